"""KeyRegistry: propose, activate, cancel, key."""

from dataclasses import replace

import pytest

from gateway.abi import interface
from prividium.types import to_hex
from tests.contracts.chain import KEY_DELAY_SECONDS, ZERO, Chain, Refused

NOTHING_PENDING = ((ZERO, ZERO, ZERO, to_hex(bytes(20))), 0)


def test_the_first_key_is_in_force_from_deployment(chain: Chain) -> None:
    assert chain.read("KeyRegistry", "activeVersion") == 1
    assert chain.read("KeyRegistry", "key", 1) == chain.key.astuple()
    assert chain.read("KeyRegistry", "delaySeconds") == KEY_DELAY_SECONDS
    assert chain.read("KeyRegistry", "pending") == NOTHING_PENDING


def test_a_key_comes_into_force_after_its_delay_and_the_old_one_stays_readable(chain: Chain) -> None:
    receipt = chain.register("propose", chain.other_key.astuple())
    block = chain.client.block(receipt.block_number)
    assert block is not None
    assert chain.read("KeyRegistry", "pending") == (chain.other_key.astuple(), block.timestamp + KEY_DELAY_SECONDS)
    assert chain.read("KeyRegistry", "activeVersion") == 1
    chain.advance(KEY_DELAY_SECONDS)
    chain.register("activate")
    assert chain.read("KeyRegistry", "activeVersion") == 2
    assert chain.read("KeyRegistry", "key", 1) == chain.key.astuple()
    assert chain.read("KeyRegistry", "key", 2) == chain.other_key.astuple()
    assert chain.read("KeyRegistry", "pending") == NOTHING_PENDING
    assert chain.view.key(2) == chain.other_key


def test_a_key_cannot_be_activated_early(chain: Chain) -> None:
    chain.register("propose", chain.other_key.astuple())
    chain.advance(KEY_DELAY_SECONDS - 60)
    with pytest.raises(Refused, match=r"^ProposalEarly\(readyAt=\d+, timestamp=\d+\)$"):
        chain.register("activate")


def test_one_key_is_pending_at_a_time(chain: Chain) -> None:
    chain.register("propose", chain.other_key.astuple())
    with pytest.raises(Refused, match=r"^ProposalPending\(readyAt=\d+\)$"):
        chain.register("propose", chain.key.astuple())


def test_a_cancelled_key_never_comes_into_force(chain: Chain) -> None:
    chain.register("propose", chain.other_key.astuple())
    chain.register("cancel")
    chain.advance(KEY_DELAY_SECONDS)
    assert chain.read("KeyRegistry", "pending") == NOTHING_PENDING
    with pytest.raises(Refused, match=r"^ProposalMissing\(\)$"):
        chain.register("activate")
    with pytest.raises(Refused, match=r"^ProposalMissing\(\)$"):
        chain.register("cancel")


@pytest.mark.parametrize("field", ["app_exe_commit", "app_vm_commit", "dag_commit"])
def test_a_key_with_a_zero_commitment_is_refused(chain: Chain, field: str) -> None:
    incomplete = replace(chain.other_key, **{field: ZERO})
    with pytest.raises(Refused, match=r"^CommitmentZero\(\)$"):
        chain.register("propose", incomplete.astuple())
    contract = interface("KeyRegistry")
    with pytest.raises(Refused, match=r"^CommitmentZero\(\)$"):
        chain.create(contract.creation(to_hex(chain.governor.address), 0, incomplete.astuple()), contract)


@pytest.mark.parametrize("verifier", [bytes(20), b"\x01" * 20])
def test_a_key_without_a_verifier_is_refused(chain: Chain, verifier: bytes) -> None:
    with pytest.raises(Refused, match=rf"^VerifierMissing\(verifier={to_hex(verifier)}\)$"):
        chain.register("propose", replace(chain.other_key, verifier=verifier).astuple())


@pytest.mark.parametrize("version", [0, 2, 2**256 - 1])
def test_an_unknown_version_is_refused(chain: Chain, version: int) -> None:
    with pytest.raises(Refused, match=rf"^VersionUnknown\(version={version}, activeVersion=1\)$"):
        chain.read("KeyRegistry", "key", version)


@pytest.mark.parametrize("function", ["propose", "activate", "cancel"])
def test_only_the_governor_changes_keys(chain: Chain, function: str) -> None:
    arguments = [chain.other_key.astuple()] if function == "propose" else []
    for key in (chain.stranger, chain.operator):
        with pytest.raises(Refused, match=rf"^NotRole\(role=0, caller={to_hex(key.address)}\)$"):
            chain.register(function, *arguments, key=key)
