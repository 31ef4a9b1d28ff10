"""A function is shown as callable exactly as long as its rule applies."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from eth_account import Account

from prividium import clock
from prividium._core import DeniedError, PolicyTable
from prividium.permissions.conditions import Conditions
from prividium.permissions.models import FunctionRule
from prividium.permissions.rules import CallRule, RuleType, WalletGrant
from prividium.permissions.table import compile_entries
from prividium.types import Address, Selector, parse_address
from tests.unit.conftest import Program
from tests.unit.identity.newcomer import newcomer

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

HOUR = 3_600
SPANS: dict[str, tuple[int | None, int | None]] = {
    "approve(address,uint256)": (None, -HOUR),
    "transfer(address,uint256)": (-2 * HOUR, -HOUR),
    "decimals()": (HOUR, None),
    "name()": (HOUR, 2 * HOUR),
    "symbol()": (-HOUR, HOUR),
    "totalSupply()": (-HOUR, None),
    "balanceOf(address)": (None, HOUR),
}
"""Start and end of a rule for each function, in seconds from now."""
OPEN = ["balanceOf(address)", "symbol()", "totalSupply()"]


@pytest.fixture(scope="module")
def admin(edge: "Edge") -> Program:
    return newcomer(edge, "admin")


@pytest.fixture(scope="module")
def contract(admin: Program) -> str:
    """Of a template whose rules open what the contract's own rules open at other times."""
    address = str(Account.create().address)
    body = {"contractAddress": address, "name": "Timed", "templateId": "erc-20", "awaitingDeployment": True}
    assert admin.post("/api/contracts", body).status_code == 201
    for signature, (begins, ends) in SPANS.items():
        rule = {
            "contractAddress": address,
            "functionSignature": signature,
            "accessType": "write",
            "ruleType": "public",
            "validFrom": from_now(begins),
            "validUntil": from_now(ends),
        }
        assert admin.post("/api/contract-permissions", rule).status_code == 201, signature
    return address


def from_now(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(clock.now() + seconds, UTC).isoformat()


def test_a_function_is_callable_while_its_rule_applies(edge: "Edge", contract: str) -> None:
    """One whose rule is over is not opened again by the template's rule for it."""
    person = newcomer(edge)
    account = Account.create()
    assert person.link(account).status_code == 200
    answer = person.get(f"/api/contracts/{contract}/abi").json()
    shown = {function["signature"] for function in answer["functions"]}
    assert sorted(shown & set(SPANS)) == OPEN
    assert {item["name"] for item in answer["abi"] if item["name"] in names(SPANS)} == names(OPEN)
    with edge.database.read() as session:
        table = PolicyTable(1, compile_entries(session))
        rules = session.query(FunctionRule).filter_by(contract_address=parse_address(contract))
        for rule in rules:
            assert allowed(table, parse_address(account.address), rule) == (rule.signature in shown), rule.signature


def names(signatures: "dict[str, tuple[int | None, int | None]] | list[str]") -> set[str]:
    return {signature.partition("(")[0] for signature in signatures}


def test_the_first_and_the_last_second_are_those_of_the_evaluator() -> None:
    begins, ends = 1_000, 2_000
    wallet, target, selector = Address(b"\x01" * 20), Address(b"\x02" * 20), Selector(b"\x03" * 4)
    row = FunctionRule(rule_type="public", access="write", valid_from=begins, valid_until=ends)
    rule = CallRule(target, selector, RuleType.PUBLIC, "write", conditions=Conditions(begins, ends))
    table = PolicyTable(1, sorted([rule.entry(), WalletGrant(wallet, frozenset(), may_deploy=False).entry()]))
    for second, open_then in ((999, False), (1_000, True), (1_999, True), (2_000, False)):
        assert row.applies_at(second) == open_then
        try:
            table.decide(wallet, target, selector, "write", True, timestamp=second)
        except DeniedError as denied:
            assert (open_then, denied.code[:6]) == (False, "grant.")
        else:
            assert open_then


def allowed(table: PolicyTable, wallet: Address, rule: FunctionRule) -> bool:
    try:
        table.decide(wallet, rule.contract_address, rule.selector, "write", True)
    except DeniedError as denied:
        assert denied.code in ("grant.expired", "grant.not_started")
        return False
    return True
