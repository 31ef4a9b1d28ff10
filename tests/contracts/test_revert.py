"""Settlement.revertBatches."""

import pytest
from eth_utils.crypto import keccak

from gateway.relayer.settlement import Status
from prividium.types import to_hex
from tests.contracts.chain import Chain, Refused, batch, record_of


def test_reverted_batches_are_gone_and_their_numbers_free(chain: Chain) -> None:
    for number in (1, 2, 3):
        chain.commit(batch(number))
    chain.prove(2)
    [(topics, data)] = chain.topics_and_data(chain.settle("revertBatches", 2))
    assert topics == [keccak(b"BatchesReverted(uint256,uint256)"), (2).to_bytes(32), (3).to_bytes(32)]
    assert data == b""
    assert [chain.status(number) for number in (1, 2, 3)] == [Status.COMMITTED, Status.NONE, Status.NONE]
    with pytest.raises(Refused, match=r"^BatchUnknown\(batchNumber=2, lastCommitted=1\)$"):
        chain.read("Settlement", "stateRoot", 2)


def test_a_repaired_batch_takes_the_place_of_a_reverted_one(chain: Chain) -> None:
    chain.commit(batch(1, "mistake"))
    chain.prove(1)
    chain.settle("revertBatches", 1)
    chain.commit(batch(1))
    assert chain.view.batch(1) == record_of(batch(1), Status.COMMITTED)


def test_a_proof_of_a_reverted_batch_says_nothing_of_the_repaired_one(chain: Chain) -> None:
    chain.commit(batch(1, "mistake"))
    proof = chain.verify(1)
    chain.settle("revertBatches", 1)
    chain.commit(batch(1))
    with pytest.raises(Refused, match=r"^ProofNotVerified\("):
        chain.settle("prove", 1, keccak(proof.header))


@pytest.mark.parametrize("start", [0, 1, 3])
def test_executed_and_unknown_batches_cannot_be_reverted(chain: Chain, start: int) -> None:
    chain.commit(batch(1))
    chain.prove(1)
    chain.execute(1)
    chain.commit(batch(2))
    with pytest.raises(Refused, match=rf"^RevertOutOfRange\(from={start}, lastExecuted=1, lastCommitted=2\)$"):
        chain.settle("revertBatches", start)


def test_a_stranger_cannot_revert(chain: Chain) -> None:
    chain.commit(batch(1))
    for key in (chain.stranger, chain.governor):
        with pytest.raises(Refused, match=rf"^NotRole\(role=1, caller={to_hex(key.address)}\)$"):
            chain.settle("revertBatches", 1, key=key)
