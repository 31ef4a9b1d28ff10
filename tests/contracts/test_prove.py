"""Settlement.prove."""

from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from gateway.abi import interface
from gateway.relayer.settlement import Status
from gateway.relayer.source import output_digest
from prividium.types import to_hex
from tests.contracts.chain import Chain, Refused, altered, batch
from tests.contracts.verifier.toy import batch as toy

NOT_VERIFIED = r"^ProofNotVerified\("


def header_hash(chain: Chain, number: int) -> bytes:
    return keccak(toy.prove(chain.view.public_values(number)).header)


def test_a_verified_proof_moves_a_committed_batch_to_proven(chain: Chain) -> None:
    chain.commit(batch(1))
    [(topics, data)] = chain.topics_and_data(chain.prove(1))
    assert chain.status(1) is Status.PROVEN
    signature = keccak(b"BatchProven(uint256,bytes32,bytes32)")
    assert topics == [signature, (1).to_bytes(32), output_digest(batch(1))]
    assert data == header_hash(chain, 1)


def test_the_public_values_are_those_of_the_key_and_the_output(chain: Chain) -> None:
    chain.commit(batch(1))
    spread = b"".join(bytes([0, 0, 0, byte]) for byte in output_digest(batch(1)))
    key = chain.key
    assert chain.view.public_values(1) == key.app_exe_commit + key.app_vm_commit + spread + key.dag_commit


def test_batches_may_be_proven_in_any_order(chain: Chain) -> None:
    chain.commit(batch(1))
    chain.commit(batch(2))
    chain.prove(2)
    chain.prove(1)
    assert [chain.status(number) for number in (1, 2)] == [Status.PROVEN, Status.PROVEN]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_only_a_committed_batch_can_be_proven(chain: Chain, number: int) -> None:
    chain.commit(batch(1))
    chain.prove(1)
    actual = {0: Status.EXECUTED, 1: Status.PROVEN, 2: Status.NONE}[number]
    with pytest.raises(Refused, match=rf"^StatusMismatch\(batchNumber={number}, expected=1, actual={actual.value}\)$"):
        chain.settle("prove", number, header_hash(chain, 1))


def test_a_proof_that_was_never_submitted_is_refused(chain: Chain) -> None:
    chain.commit(batch(1))
    values, header = keccak(chain.view.public_values(1)), header_hash(chain, 1)
    where = f"verifier={to_hex(chain.verifier)}, publicValuesHash={to_hex(values)}, headerHash={to_hex(header)}"
    with pytest.raises(Refused, match=rf"^ProofNotVerified\({where}\)$"):
        chain.settle("prove", 1, header)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_verification_that_is_not_complete_is_refused(chain: Chain, count: int) -> None:
    chain.commit(batch(1))
    proof, contract = toy.prove(chain.view.public_values(1)), interface("ProofVerifier")
    data = contract.call("submitHeader", proof.public_values, proof.header, proof.portion(0, count))
    chain.transact(chain.stranger, chain.verifier, data, contract)
    with pytest.raises(Refused, match=NOT_VERIFIED):
        chain.settle("prove", 1, keccak(proof.header))


@pytest.mark.parametrize("field", ["new_state", "policy_root"])
def test_a_proof_of_another_output_is_refused(chain: Chain, field: str) -> None:
    """These two fields are free at commit; a proof speaks of one value of them."""
    chain.commit(batch(1))
    proof = chain.verify(1)
    chain.settle("revertBatches", 1)
    chain.commit(altered(batch(1), field, keccak(b"forged")))
    with pytest.raises(Refused, match=NOT_VERIFIED):
        chain.settle("prove", 1, keccak(proof.header))


def test_a_proof_of_another_batch_is_refused(chain: Chain) -> None:
    chain.commit(batch(1))
    chain.commit(batch(2))
    with pytest.raises(Refused, match=NOT_VERIFIED):
        chain.settle("prove", 1, keccak(chain.verify(2).header))


def test_a_batch_keeps_the_key_version_of_its_commit(chain: Chain) -> None:
    """A proof under the other version's commitments does not serve, whichever of the two is active."""
    chain.commit(batch(1))
    chain.register("propose", chain.other_key.astuple())
    chain.advance(3_600)
    chain.register("activate")
    chain.commit(batch(2))
    assert [chain.read("Settlement", "keyVersion", number) for number in (1, 2)] == [1, 2]
    first = chain.view.public_values(1)
    chain.prove(1)
    chain.prove(2)
    assert first[:32] == chain.key.app_exe_commit != chain.other_key.app_exe_commit


@pytest.mark.parametrize("name", ["app_exe_commit", "app_vm_commit", "dag_commit"])
def test_a_proof_with_another_commitment_is_refused(chain: Chain, name: str) -> None:
    """Each of the three pinned commitments decides: the recursion circuit's is the one that is easily forgotten."""
    chain.commit(batch(1))
    proof = chain.verify(1)
    chain.settle("revertBatches", 1)
    value = bytearray(getattr(chain.key, name))
    value[31] ^= 1
    chain.register("propose", replace(chain.key, **{name: bytes(value)}).astuple())
    chain.advance(3_600)
    chain.register("activate")
    chain.commit(batch(1))
    with pytest.raises(Refused, match=NOT_VERIFIED):
        chain.settle("prove", 1, keccak(proof.header))


def test_another_verifier_has_not_seen_the_proof(chain: Chain) -> None:
    chain.commit(batch(1))
    proof = chain.verify(1)
    chain.settle("revertBatches", 1)
    chain.register("propose", replace(chain.key, verifier=chain.create_verifier()).astuple())
    chain.advance(3_600)
    chain.register("activate")
    chain.commit(batch(1))
    with pytest.raises(Refused, match=NOT_VERIFIED):
        chain.settle("prove", 1, keccak(proof.header))


def test_a_verification_outlives_a_revert(chain: Chain) -> None:
    chain.commit(batch(1))
    proof = chain.verify(1)
    chain.settle("revertBatches", 1)
    chain.commit(batch(1))
    chain.settle("prove", 1, keccak(proof.header))
    assert chain.status(1) is Status.PROVEN
