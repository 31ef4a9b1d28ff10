"""What of a contract a caller may call, and that the evaluator agrees."""

import itertools
from typing import TYPE_CHECKING

import pytest
from eth_account import Account
from sqlalchemy import select

from prividium._core import DeniedError, PolicyTable
from prividium.identity.principal import Principal
from prividium.permissions.callable import lets_in
from prividium.permissions.models import FunctionRule
from prividium.permissions.rules import RuleType
from prividium.permissions.table import compile_entries
from prividium.types import Address, RoleId, UserId
from tests.unit.conftest import Program
from tests.unit.identity.newcomer import newcomer

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

NAMES = ("open", "forbidden", "roles", "own", "ownAndRoles", "ownOrRoles")


def entry(name: str) -> dict[str, object]:
    inputs = [{"name": "amount", "type": "uint256"}, {"name": "who", "type": "address"}]
    return {"type": "function", "name": name, "inputs": inputs, "outputs": [], "stateMutability": "nonpayable"}


ABI: list[dict[str, object]] = [
    *(entry(name) for name in (*NAMES, "unmentioned")),
    {"type": "event", "name": "Moved", "inputs": []},
    {"type": "error", "name": "Refused", "inputs": []},
    {"type": "constructor", "inputs": []},
    {"type": "receive", "stateMutability": "payable"},
]


@pytest.fixture(scope="module")
def admin(edge: "Edge") -> Program:
    return newcomer(edge, "admin")


@pytest.fixture(scope="module")
def role(admin: Program) -> str:
    return str(admin.post("/api/roles", {"roleName": "callers"}).json()["id"])


@pytest.fixture(scope="module")
def contract(admin: Program, role: str) -> str:
    address = str(Account.create().address)
    assert (
        admin.post(
            "/api/contracts", {"contractAddress": address, "name": "Sample", "abi": ABI, "awaitingDeployment": True}
        ).status_code
        == 201
    )
    for name, kind in zip(NAMES, ("public", *[kind.value for kind in RuleType if kind.value != "public"]), strict=True):
        body = {
            "contractAddress": address,
            "functionSignature": f"{name}(uint256,address)",
            "accessType": "read" if name == "own" else "write",
            "ruleType": kind,
            "roles": [{"id": role}] if RuleType(kind).needs_roles else [],
            "argumentRestrictions": [{"argumentIndex": 1}] if RuleType(kind).needs_arguments else [],
        }
        assert admin.post("/api/contract-permissions", body).status_code == 201, name
    return address


def linked(edge: "Edge", *roles: str) -> Program:
    program = newcomer(edge, *roles)
    assert program.link(Account.create()).status_code == 200
    return program


def names(program: Program, contract: str) -> list[str]:
    return sorted(function["name"] for function in program.get(f"/api/contracts/{contract}/abi").json()["functions"])


def test_a_person_sees_the_functions_that_they_may_call(edge: "Edge", contract: str) -> None:
    assert names(linked(edge), contract) == ["open", "own", "ownOrRoles"]


def test_a_role_opens_more(edge: "Edge", contract: str, role: str) -> None:
    assert names(linked(edge, role), contract) == ["open", "own", "ownAndRoles", "ownOrRoles", "roles"]


def test_the_abi_holds_those_functions_and_errors_and_nothing_else(edge: "Edge", contract: str) -> None:
    answer = linked(edge).get(f"/api/contracts/{contract.lower()}/abi").json()
    assert (answer["contractAddress"], answer["name"]) == (contract, "Sample")
    assert [item["name"] for item in answer["abi"]] == ["open", "own", "ownOrRoles", "Refused"]
    shown = {item["name"]: item for item in answer["functions"]}
    assert shown["own"]["accessType"] == "read"
    assert shown["open"] == {
        "selector": shown["open"]["selector"],
        "signature": "open(uint256,address)",
        "name": "open",
        "accessType": "write",
    }
    assert len(shown["open"]["selector"]) == 10


def test_a_contract_without_a_way_in_looks_like_one_that_does_not_exist(edge: "Edge", contract: str) -> None:
    program = newcomer(edge)
    closed = program.get(f"/api/contracts/{contract}/abi")
    absent = program.get(f"/api/contracts/{Account.create().address}/abi")
    assert closed.status_code == absent.status_code == 404
    assert closed.content == absent.content


def test_the_evaluator_allows_some_call_exactly_where_a_function_is_shown(
    edge: "Edge", contract: str, role: str
) -> None:
    wallet, stranger = Address(b"\x01" * 20), Address(b"\x02" * 20)
    with edge.database.read() as session:
        of_contracts = select(FunctionRule).where(FunctionRule.template_id.is_(None))
        rules = session.scalars(of_contracts.order_by(FunctionRule.id)).all()
        number = rules[-1].roles[0].policy_id if rules[-1].roles else 0
        entries = dict(compile_entries(session))
        numbers = {item.policy_id for rule in rules for item in rule.roles}
        assert numbers == {number}
        for held in (frozenset(), frozenset({RoleId(number)})):
            grant = bytes([0]) + len(held).to_bytes(2, "big") + b"".join(one.to_bytes(4, "big") for one in held)
            table = PolicyTable(1, sorted({**entries, b"\x10" + wallet: grant}.items()))
            caller = Principal(UserId("x"), "x", "x", wallets=frozenset({wallet}), roles=held)
            for rule in rules:
                assert lets_in(rule, caller) == some_call_is_allowed(table, rule, wallet, stranger), rule.signature


@pytest.mark.parametrize(("begins", "ends", "open_now"), [(None, 1, False), (2**40, None, False), (1, 2**40, True)])
def test_a_rule_lets_nobody_in_before_its_start_and_after_its_end(
    begins: int | None, ends: int | None, open_now: bool
) -> None:
    rule = FunctionRule(rule_type="public", access="write", valid_from=begins, valid_until=ends)
    caller = Principal(UserId("x"), "x", "x", wallets=frozenset({Address(b"\x01" * 20)}), roles=frozenset())
    assert lets_in(rule, caller) == open_now


def some_call_is_allowed(table: PolicyTable, rule: FunctionRule, wallet: Address, stranger: Address) -> bool:
    return any(
        allowed(table, wallet, rule, rule.selector + b"".join(bytes(12) + word for word in words))
        for words in itertools.product((wallet, stranger), repeat=2)
    )


def allowed(table: PolicyTable, wallet: Address, rule: FunctionRule, data: bytes) -> bool:
    try:
        table.decide(wallet, rule.contract_address, data, "read", True)
    except DeniedError:
        return False
    return True


def test_event_rules_that_serve_the_reader_are_told(edge: "Edge", admin: Program, contract: str, role: str) -> None:
    topic = "0x" + "ab" * 32
    own = {"contractAddress": contract, "topic1": {"type": "userAddress"}, "roles": []}
    held = {
        "contractAddress": contract,
        "topic0": topic,
        "topic2": {"type": "equalTo", "value": topic},
        "roles": [{"id": role}],
    }
    for body in (own, held):
        assert admin.post("/api/event-permissions", body).status_code == 201
    ours = {"contractAddress": contract, "topic0": None, "topic1": {"type": "userAddress", "value": None}}
    answer = newcomer(edge).get("/api/check/event-permission-rules").json()
    assert [{name: rule[name] for name in ours} for rule in answer["rules"]] == [ours]
    assert len(answer["fingerprint"]) == 64
    more = newcomer(edge, role).get("/api/check/event-permission-rules").json()
    assert more["fingerprint"] == answer["fingerprint"]
    assert [rule["topic0"] for rule in more["rules"]] == [None, topic]
    assert more["rules"][1]["topic2"] == {"type": "equalTo", "value": topic}
