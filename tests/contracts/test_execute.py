"""Settlement.execute."""

import pytest
from eth_utils.crypto import keccak

from gateway.relayer.settlement import Status
from gateway.relayer.source import output_digest
from prividium.types import to_hex
from tests.contracts.chain import Chain, Refused, batch


def test_a_proven_batch_becomes_final(chain: Chain) -> None:
    chain.commit(batch(1))
    chain.prove(1)
    [(topics, data)] = chain.topics_and_data(chain.execute(1))
    assert chain.status(1) is Status.EXECUTED
    assert chain.view.last_executed() == 1
    assert topics == [
        keccak(b"BatchExecuted(uint256,bytes32,bytes32)"),
        (1).to_bytes(32),
        output_digest(batch(1)),
    ]
    assert data == batch(1).new_state


def test_a_batch_without_a_proof_is_refused(chain: Chain) -> None:
    chain.commit(batch(1))
    with pytest.raises(Refused, match=r"^StatusMismatch\(batchNumber=1, expected=2, actual=1\)$"):
        chain.execute(1)


def test_a_batch_that_is_not_committed_is_refused(chain: Chain) -> None:
    with pytest.raises(Refused, match=r"^StatusMismatch\(batchNumber=1, expected=2, actual=0\)$"):
        chain.execute(1)


def test_batches_execute_in_order(chain: Chain) -> None:
    for number in (1, 2):
        chain.commit(batch(number))
    chain.prove(2)
    with pytest.raises(Refused, match=r"^BatchNumberMismatch\(expected=1, given=2\)$"):
        chain.execute(2)
    chain.prove(1)
    chain.execute(1)
    chain.execute(2)
    assert chain.view.last_executed() == 2


def test_a_batch_executes_once(chain: Chain) -> None:
    chain.commit(batch(1))
    chain.prove(1)
    chain.execute(1)
    with pytest.raises(Refused, match=r"^BatchNumberMismatch\(expected=2, given=1\)$"):
        chain.execute(1)


def test_a_stranger_cannot_execute(chain: Chain) -> None:
    chain.commit(batch(1))
    chain.prove(1)
    with pytest.raises(Refused, match=rf"^NotRole\(role=1, caller={to_hex(chain.stranger.address)}\)$"):
        chain.settle("execute", 1, key=chain.stranger)
