"""Calls for an event loop, over a ledger without contracts: accounts, and code that runs as a creation."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from prividium._core import CallRequest, CoreError, DeniedError, Genesis, Ledger, PolicyTable, RevertedError
from prividium.ledger.reads import Reads
from prividium.permissions.rules import WalletGrant
from prividium.types import Address

WALLET, STRANGER = Address(b"\x01" * 20), Address(b"\x02" * 20)
FOR_EVER = bytes.fromhex("5b5f56")
"""JUMPDEST, PUSH0, JUMP: until the gas is used up."""


def creating(code: bytes, sender: Address = WALLET) -> CallRequest:
    return CallRequest(sender, None, code)


def returning(word: int) -> bytes:
    """Init code whose contract is one word."""
    return b"\x61" + word.to_bytes(2, "big") + bytes.fromhex("5f5260205ff3")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(tmp_path, Genesis(6565, 1_764_000_000, bytes(20), 1 << 27, []), bytes(range(32)))
    ledger.set_policy(PolicyTable(1, [WalletGrant(WALLET, frozenset(), may_deploy=True).entry()]))
    yield ledger
    ledger.close()


def test_many_at_once_are_answered_each_by_its_own(ledger: Ledger) -> None:
    async def ask() -> list[bytes]:
        reads = Reads(ledger, 3)
        asked = (reads.run(creating(returning(word)), of_contract=False) for word in range(200))
        return await asyncio.gather(*asked)

    assert asyncio.run(ask()) == [word.to_bytes(32, "big") for word in range(200)]


def test_what_the_ledger_refuses_is_raised_as_the_ledger_raises_it(ledger: Ledger) -> None:
    async def failure(request: CallRequest, *, of_contract: bool) -> CoreError:
        with pytest.raises(CoreError) as raised:
            await Reads(ledger, 1).run(request, of_contract=of_contract)
        return raised.value

    reverted = asyncio.run(failure(creating(bytes.fromhex("60075f5260205ffd")), of_contract=False))
    assert isinstance(reverted, RevertedError) and reverted.data == (7).to_bytes(32, "big")
    denied = asyncio.run(failure(creating(b"", STRANGER), of_contract=False))
    assert isinstance(denied, DeniedError) and denied.code == "wallet.not_linked"
    of_none = asyncio.run(failure(CallRequest(WALLET, b"\x77" * 20, b"\x01\x02\x03\x04"), of_contract=True))
    assert isinstance(of_none, DeniedError) and of_none.code == "permission.missing"
    ledger.close()
    assert asyncio.run(failure(creating(b""), of_contract=False)).code == "ledger_closed"


def test_the_loop_goes_on_while_a_call_runs_and_after_one_that_nobody_waits_for(ledger: Ledger) -> None:
    async def ask() -> bytes:
        reads = Reads(ledger, 1)
        long = asyncio.create_task(reads.run(creating(FOR_EVER), of_contract=False))
        await asyncio.sleep(0)
        assert not long.done()
        long.cancel()
        return await reads.run(creating(returning(5)), of_contract=False)

    assert asyncio.run(ask()) == (5).to_bytes(32, "big")


def test_another_loop_is_refused(ledger: Ledger) -> None:
    reads = Reads(ledger, 1)
    asyncio.run(reads.run(creating(b""), of_contract=False))
    with pytest.raises(RuntimeError):
        asyncio.run(reads.run(creating(b""), of_contract=False))
