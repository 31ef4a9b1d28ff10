"""Settlement.commit."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from gateway.relayer.settlement import Status
from gateway.relayer.source import output_digest, output_tuple
from prividium._core import Genesis, GenesisAccount, Ledger
from prividium.types import from_hex, to_hex
from tests.contracts.chain import GENESIS_STATE, PRIVATE_CHAIN_ID, ZERO, Chain, Refused, altered, batch, record_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "commitments.json").read_text())["outputs"]
RESERVED = ["l1_inbox_hash", "message_root", "imported_roots_hash", "disclosure_log_root", "da_commitment"]


def test_the_genesis_is_executed_and_its_state_is_readable(chain: Chain) -> None:
    assert chain.status(0) is Status.EXECUTED
    assert chain.view.state_root(0) == GENESIS_STATE
    assert chain.read("Settlement", "policyRoot", 0) == ZERO
    assert chain.read("Settlement", "keyVersion", 0) == 0
    assert (chain.view.last_committed(), chain.view.last_executed()) == (0, 0)


def test_a_commit_records_output_roots_and_key_version(chain: Chain) -> None:
    chain.commit(batch(1))
    assert chain.view.batch(1) == record_of(batch(1), Status.COMMITTED)
    assert chain.status(1) is Status.COMMITTED
    assert chain.read("Settlement", "stateRoot", 1) == batch(1).new_state
    assert chain.read("Settlement", "policyRoot", 1) == batch(1).policy_root
    assert chain.read("Settlement", "keyVersion", 1) == 1


def test_the_output_hash_of_the_contract_is_the_one_of_the_relayer(chain: Chain) -> None:
    values = [keccak(bytes([n])) for n in range(8)]
    fields = replace(
        batch(1),
        chain_id=2**256 - 1,
        batch_number=2**255 + 1,
        **dict(zip(["prev_state", "new_state", "policy_root", *RESERVED], values, strict=True)),
    )
    assert chain.read("Settlement", "hashOutput", output_tuple(fields)) == output_digest(fields)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"batch {vector['batchNumber']}")
def test_the_output_hash_of_the_contract_is_the_one_of_the_vectors(chain: Chain, vector: dict[str, int | str]) -> None:
    fields = [value if isinstance(value, int) else from_hex(value, 32) for value in vector.values()]
    assert chain.read("Settlement", "hashOutput", tuple(fields[:-1])) == fields[-1]


def test_the_output_hash_of_the_contract_is_the_one_of_the_core(chain: Chain, tmp_path: Path) -> None:
    genesis = Genesis(PRIVATE_CHAIN_ID, 1, bytes(20), 30_000_000, [GenesisAccount(b"\x01" * 20, 5)])
    ledger = Ledger.open(str(tmp_path / "store"), genesis, bytes(32))
    sealed = ledger.batch(0)
    assert sealed is not None
    assert chain.read("Settlement", "hashOutput", output_tuple(sealed.output)) == sealed.output.digest()
    assert output_digest(sealed.output) == sealed.output.digest()
    ledger.close()


def test_batches_chain_state_to_state(chain: Chain) -> None:
    for number in (1, 2, 3):
        chain.commit(batch(number))
    assert chain.view.last_committed() == 3
    assert chain.view.state_root(2) == batch(3).prev_state


def test_the_event_of_a_commit_holds_commitments_alone(chain: Chain) -> None:
    [(topics, data)] = chain.topics_and_data(chain.commit(batch(1)))
    signature = keccak(b"BatchCommitted(uint256,bytes32,bytes32,bytes32,uint64)")
    assert topics == [signature, (1).to_bytes(32), output_digest(batch(1))]
    assert data == batch(1).new_state + batch(1).policy_root + (1).to_bytes(32)


def test_a_stranger_cannot_commit(chain: Chain) -> None:
    for key in (chain.stranger, chain.governor):
        with pytest.raises(Refused, match=rf"^NotRole\(role=1, caller={to_hex(key.address)}\)$"):
            chain.commit(batch(1), key=key)


def test_another_chain_id_is_refused(chain: Chain) -> None:
    with pytest.raises(Refused, match=rf"^ChainIdMismatch\(expected={PRIVATE_CHAIN_ID}, given=1\)$"):
        chain.commit(replace(batch(1), chain_id=1))


@pytest.mark.parametrize("number", [0, 2, 2**256 - 1])
def test_a_batch_number_that_is_not_the_next_is_refused(chain: Chain, number: int) -> None:
    with pytest.raises(Refused, match=rf"^BatchNumberMismatch\(expected=1, given={number}\)$"):
        chain.commit(replace(batch(1), batch_number=number))


def test_a_batch_cannot_be_committed_twice(chain: Chain) -> None:
    chain.commit(batch(1))
    with pytest.raises(Refused, match=r"^BatchNumberMismatch\(expected=2, given=1\)$"):
        chain.commit(batch(1))


def test_the_first_batch_must_start_from_the_genesis_state(chain: Chain) -> None:
    expected = f"^PrevStateMismatch\\(expected={to_hex(GENESIS_STATE)}, given={to_hex(ZERO)}\\)$"
    with pytest.raises(Refused, match=expected):
        chain.commit(replace(batch(1), prev_state=ZERO))


def test_a_later_batch_must_start_from_the_state_before_it(chain: Chain) -> None:
    chain.commit(batch(1))
    with pytest.raises(Refused, match=f"^PrevStateMismatch\\(expected={to_hex(batch(1).new_state)}"):
        chain.commit(replace(batch(2), prev_state=GENESIS_STATE))


def test_a_zero_state_root_is_refused(chain: Chain) -> None:
    with pytest.raises(Refused, match=r"^StateRootZero\(\)$"):
        chain.commit(replace(batch(1), new_state=ZERO))


@pytest.mark.parametrize(("index", "name"), list(enumerate(RESERVED)))
def test_a_reserved_field_must_be_zero(chain: Chain, index: int, name: str) -> None:
    value = (1).to_bytes(32)
    with pytest.raises(Refused, match=rf"^ReservedFieldSet\(field={index}, value={to_hex(value)}\)$"):
        chain.commit(altered(batch(1), name, value))


@pytest.mark.parametrize("view", ["stateRoot", "policyRoot", "keyVersion", "batch"])
def test_a_batch_that_is_not_committed_has_no_roots_to_read(chain: Chain, view: str) -> None:
    with pytest.raises(Refused, match=r"^BatchUnknown\(batchNumber=1, lastCommitted=0\)$"):
        chain.read("Settlement", view, 1)
    assert chain.status(1) is Status.NONE


@pytest.mark.parametrize("office", ["governor", "operator", "registry"])
def test_a_settlement_without_an_office_or_a_registry_cannot_be_deployed(chain: Chain, office: str) -> None:
    with pytest.raises(Refused, match=r"^ZeroAddress\(\)$"):
        chain.create_settlement(**{office: to_hex(bytes(20))})


def test_a_settlement_without_a_genesis_state_cannot_be_deployed(chain: Chain) -> None:
    with pytest.raises(Refused, match=r"^StateRootZero\(\)$"):
        chain.create_settlement(genesis_state=ZERO)
