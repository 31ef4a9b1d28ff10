"""The demo's contracts: Fund and Forwarder."""

from typing import cast

import pytest

from gateway.abi import interface
from gateway.relayer.client import L1Client, L1Receipt
from gateway.relayer.keys import LocalKey
from prividium.types import to_hex
from tests.contracts.chain import Chain, Refused

FUND = interface("Fund")


class FundOnL1:
    """A fund whose administrator is the governor and whose issuer is the operator."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        creation = FUND.creation("Example Money Market Fund", "EMMF", to_hex(chain.governor.address))
        self.address = chain.create(creation, FUND)
        self.send(chain.governor, "setIssuer", to_hex(chain.operator.address), True)

    def send(self, key: LocalKey, function: str, *arguments: object) -> L1Receipt:
        return self.chain.transact(key, self.address, FUND.call(function, *arguments), FUND)

    def read(self, function: str, *arguments: object) -> object:
        return FUND.answer(function, self.chain.client.call(self.address, FUND.call(function, *arguments)))[0]

    def balance(self, key: LocalKey) -> int:
        return cast(int, self.read("balanceOf", to_hex(key.address)))


@pytest.fixture
def fund(l1: L1Client) -> FundOnL1:
    return FundOnL1(Chain(l1))


def test_the_fund_describes_itself(fund: FundOnL1) -> None:
    assert [fund.read(name) for name in ("name", "symbol", "decimals", "totalSupply")] == [
        "Example Money Market Fund",
        "EMMF",
        6,
        0,
    ]


def test_an_issuer_mints_and_burns(fund: FundOnL1) -> None:
    operator, stranger = fund.chain.operator, fund.chain.stranger
    fund.send(operator, "mint", to_hex(stranger.address), 100)
    fund.send(operator, "burn", to_hex(stranger.address), 30)
    assert (fund.balance(stranger), fund.read("totalSupply")) == (70, 70)
    with pytest.raises(Refused, match=r"^InsufficientBalance\(.*balance=70, needed=71\)$"):
        fund.send(operator, "burn", to_hex(stranger.address), 71)


def test_holders_transfer_and_allow(fund: FundOnL1) -> None:
    operator, stranger, governor = fund.chain.operator, fund.chain.stranger, fund.chain.governor
    fund.send(operator, "mint", to_hex(stranger.address), 100)
    fund.send(stranger, "transfer", to_hex(governor.address), 10)
    fund.send(stranger, "approve", to_hex(operator.address), 50)
    fund.send(operator, "transferFrom", to_hex(stranger.address), to_hex(governor.address), 20)
    assert (fund.balance(stranger), fund.balance(governor)) == (70, 30)
    assert fund.read("allowance", to_hex(stranger.address), to_hex(operator.address)) == 30
    with pytest.raises(Refused, match=r"^InsufficientAllowance\(.*allowance=30, needed=31\)$"):
        fund.send(operator, "transferFrom", to_hex(stranger.address), to_hex(governor.address), 31)
    with pytest.raises(Refused, match=r"^InsufficientBalance\("):
        fund.send(stranger, "transfer", to_hex(governor.address), 71)


def test_an_unlimited_allowance_is_not_used_up(fund: FundOnL1) -> None:
    operator, stranger = fund.chain.operator, fund.chain.stranger
    fund.send(operator, "mint", to_hex(stranger.address), 100)
    fund.send(stranger, "approve", to_hex(operator.address), 2**256 - 1)
    fund.send(operator, "transferFrom", to_hex(stranger.address), to_hex(operator.address), 100)
    assert fund.read("allowance", to_hex(stranger.address), to_hex(operator.address)) == 2**256 - 1


def test_roles_are_held_to(fund: FundOnL1) -> None:
    stranger = fund.chain.stranger
    for function in ("mint", "burn"):
        with pytest.raises(Refused, match=r"^NotIssuer\("):
            fund.send(stranger, function, to_hex(stranger.address), 1)
    with pytest.raises(Refused, match=r"^NotAdministrator\("):
        fund.send(stranger, "setIssuer", to_hex(stranger.address), True)
    fund.send(fund.chain.governor, "setIssuer", to_hex(fund.chain.operator.address), False)
    with pytest.raises(Refused, match=r"^NotIssuer\("):
        fund.send(fund.chain.operator, "mint", to_hex(stranger.address), 1)


def test_nothing_goes_to_the_zero_address(fund: FundOnL1) -> None:
    for key, function in ((fund.chain.operator, "mint"), (fund.chain.stranger, "transfer")):
        with pytest.raises(Refused, match=r"^ZeroAddress\(\)$"):
            fund.send(key, function, to_hex(bytes(20)), 0)


def test_a_forwarder_passes_on_answers_and_reverts(fund: FundOnL1) -> None:
    forwarder = interface("Forwarder")
    chain = fund.chain
    address = chain.create(forwarder.artifact.bytecode, forwarder)
    fund.send(chain.operator, "mint", to_hex(address), 5)
    for amount in (5, 6):
        inner = FUND.call("transfer", to_hex(chain.stranger.address), amount)
        data = forwarder.call("forward", to_hex(fund.address), inner)
        if amount == 5:
            chain.transact(chain.stranger, address, data, FUND)
        else:
            with pytest.raises(Refused, match=r"^InsufficientBalance\(.*balance=0, needed=6\)$"):
                chain.transact(chain.stranger, address, data, FUND)
    assert fund.balance(chain.stranger) == 5
