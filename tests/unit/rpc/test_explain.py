"""What `POST /api/permissions/explain` says is what the door answers, frame by frame."""

from typing import cast

import pytest
from eth_utils.address import to_checksum_address

from prividium.demo.fund import call_data
from prividium.demo.member import Member
from prividium.errors import PrividiumError
from prividium.types import Json
from tests.unit.live import Scene, new_account
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc

METHODS = {"read": "eth_call", "write": "eth_estimateGas"}
Document = dict[str, Json]


def explain(administrator: Member, **body: Json) -> Document:
    return administrator.rest("POST", "/api/permissions/explain", {"accessType": "write", **body})


def steps(answer: Document) -> list[tuple[Json, Json, Json]]:
    return [(step["depth"], step["reason"], step["allowed"]) for step in cast(list[Document], answer["steps"])]


def denial(scene: Scene, caller: Rpc, access: str, request: Document) -> str:
    """The reason with which the door denies a call, empty if it does not. It tells the caller nothing but that; the
    audit trail knows.
    """
    error = cast(Document, caller.ask(METHODS[access], request).get("error", {}))
    if error.get("code") != -32001:
        return ""
    query = f"action=rpc.{METHODS[access]}&outcome=denied&limit=1"
    listed = scene.administrator.rest("GET", f"/api/audit-logs?{query}")
    return str(cast(list[Document], listed["items"])[0]["reason"])


def test_an_explanation_names_the_rule_that_allows(scene: Scene) -> None:
    data = "0x" + call_data("balanceOf(address)", scene.one.address).hex()
    asked: Document = {"from": scene.one.address, "to": scene.shares, "data": data, "accessType": "read"}
    answer = explain(scene.administrator, **asked)
    (step,) = cast(list[Document], answer["steps"])
    assert (answer["allowed"], answer["decisiveStep"], answer["reason"]) == (True, 0, step["reason"])
    assert (step["contract"], step["methodSelector"], step["accessType"]) == (
        to_checksum_address(scene.shares),
        data[:10],
        "read",
    )
    rule = cast(Document, step["rule"])
    assert (rule["functionSignature"], rule["templateId"]) == ("balanceOf(address)", None)
    listed = scene.administrator.rest("GET", f"/api/contract-permissions/{rule['id']}")
    assert {name: listed[name] for name in rule if name != "templateId"} == {
        name: value for name, value in rule.items() if name != "templateId"
    }


@pytest.mark.parametrize("access", ["read", "write"])
@pytest.mark.parametrize("holder", ["one", "two"])
@pytest.mark.parametrize("signature", ["balanceOf(address)", "transfer(address,uint256)", "mint(address,uint256)"])
def test_the_verdict_is_that_of_the_door(
    scene: Scene, one: Rpc, stranger: Rpc, access: str, holder: str, signature: str
) -> None:
    arguments = [1] if "uint256" in signature else []
    data = "0x" + call_data(signature, getattr(scene, holder).address, *arguments).hex()
    for caller in (one, stranger):
        request: Document = {"from": caller.member.address, "to": scene.shares, "data": data}
        answer = explain(scene.administrator, **request, accessType=access)
        found = denial(scene, caller, access, request)
        assert (answer["allowed"], answer["reason"] if found else "") == (not found, found)


def test_addresses_without_code_or_rule_are_explained_as_the_door_refuses_them(scene: Scene, one: Rpc) -> None:
    targets = {"own": scene.one.address, "other": scene.two.address, "unregistered": scene.unregistered}
    for access in ("read", "write"):
        for target in targets.values():
            request: Document = {"from": scene.one.address, "to": target}
            answer = explain(scene.administrator, **request, accessType=access)
            found = denial(scene, one, access, request)
            assert (answer["allowed"], answer["reason"] if found else "") == (not found, found)


def test_inner_calls_are_explained_and_the_decisive_one_is_named(scene: Scene, stranger: Rpc) -> None:
    mint = call_data("mint(address,uint256)", scene.stranger.address, 5)
    outer = contracts.deploy(
        scene, contracts.calls(scene.shares, mint), ("go()", "write", "public"), ("free()", "write", "public")
    )
    request: Document = {"from": scene.stranger.address, "to": outer, "data": "0x" + contracts.selector("go()").hex()}
    answer = explain(scene.administrator, **request)
    assert (answer["allowed"], answer["decisiveStep"]) == (False, 1)
    assert [step[0] for step in steps(answer)] == [0, 1]
    assert steps(answer)[0][1:] == ("rule.public.allow", True)
    assert answer["reason"] == denial(scene, stranger, "write", request) == steps(answer)[1][1]
    inner = cast(list[Document], answer["steps"])[1]
    assert (inner["caller"], inner["contract"], inner["kind"]) == (
        to_checksum_address(outer),
        to_checksum_address(scene.shares),
        "CALL",
    )
    assert cast(Document, inner["rule"])["functionSignature"] == "mint(address,uint256)"
    assert mint[4:].hex() not in str(answer)


def test_a_waiver_is_written_for_one_function_listed_and_named(scene: Scene, stranger: Rpc) -> None:
    supply = call_data("mint(address,uint256)", scene.stranger.address, 5)
    outer = contracts.deploy(scene, contracts.calls(scene.shares, supply), ("go()", "write", "public"))
    (rule,) = cast(
        list[Document],
        scene.administrator.rest("GET", f"/api/contract-permissions?contractAddress={outer}")["items"],
    )
    assert rule["isUmbrella"] is False
    body: Json = {
        "contractAddress": outer,
        "functionSignature": "go()",
        "accessType": "write",
        "ruleType": "public",
        "isUmbrella": True,
    }
    changed = scene.administrator.rest("PUT", f"/api/contract-permissions/{rule['id']}", body)
    assert changed["isUmbrella"] is True
    request: Document = {"from": scene.stranger.address, "to": outer, "data": "0x" + contracts.selector("go()").hex()}
    answer = explain(scene.administrator, **request)
    first, inner = cast(list[Document], answer["steps"])
    assert (first["waivesInnerCalls"], cast(Document, first["rule"])["isUmbrella"]) == (True, True)
    assert (inner["reason"], inner["waivesInnerCalls"]) == ("umbrella.allow", False)
    assert not denial(scene, stranger, "write", request)


def limited(scene: Scene, **limit: Json) -> str:
    """A contract with `pay(address,uint256)` for everybody, so often or so much in a century."""
    address = contracts.deploy(scene, b"\x00")
    limits: Json = [{"periodSeconds": 100 * 365 * 86_400, **limit}]
    contracts.guard(scene.administrator, address, "pay(address,uint256)", limits=limits)
    return address


def test_a_limit_is_named_on_the_frame_and_rule_that_exceed_it(scene: Scene, stranger: Rpc) -> None:
    target = limited(scene, maximum="10", argumentIndex=1)
    pay = {amount: call_data("pay(address,uint256)", scene.two.address, amount) for amount in (1, 6, 11)}
    request: Document = {"from": scene.stranger.address, "to": target, "data": "0x" + pay[11].hex()}
    answer = explain(scene.administrator, **request)
    (step,) = cast(list[Document], answer["steps"])
    assert (answer["allowed"], answer["reason"], answer["decisiveStep"]) == (False, "limit.exceeded", 0)
    assert (step["allowed"], step["reason"]) == (False, "limit.exceeded")
    assert cast(Document, step["rule"])["limits"] == [
        {"periodSeconds": 100 * 365 * 86_400, "maximum": "10", "argumentIndex": 1, "path": []}
    ]
    assert denial(scene, stranger, "write", request) == "limit.exceeded"
    assert explain(scene.administrator, **request, accessType="read")["allowed"] is True
    for _ in range(2):
        request["data"] = "0x" + pay[6].hex()
        assert explain(scene.administrator, **request)["allowed"] is True, "explaining does not count"
    scene.stranger.send(target, pay[6], scene.chain_id)
    assert explain(scene.administrator, **request)["reason"] == "limit.exceeded"
    assert denial(scene, stranger, "write", request) == "limit.exceeded"


def test_the_inner_call_that_exceeds_a_limit_is_the_decisive_one(scene: Scene, stranger: Rpc) -> None:
    target, data = limited(scene, maximum="2"), call_data("pay(address,uint256)", scene.two.address, 1)
    forbidden = contracts.step(scene.shares, contracts.selector("totalSupply()"), forgiving=True)
    pay = contracts.step(target, data, forgiving=True)
    outer = contracts.deploy(scene, contracts.in_turn(pay, pay, pay, forbidden, pay), ("go()", "write", "public"))
    request: Document = {"from": scene.stranger.address, "to": outer, "data": "0x" + contracts.selector("go()").hex()}
    answer = explain(scene.administrator, **request)
    assert (answer["allowed"], answer["reason"], answer["decisiveStep"]) == (False, "limit.exceeded", 3)
    assert [reason for _, reason, _ in steps(answer)] == [
        *("rule.public.allow",) * 3,
        "limit.exceeded",
        "permission.access_type_mismatch",
        "limit.exceeded",
    ]
    decisive = cast(list[Document], answer["steps"])[3]
    assert (decisive["contract"], cast(Document, decisive["rule"])["functionSignature"]) == (
        to_checksum_address(target),
        "pay(address,uint256)",
    )
    assert denial(scene, stranger, "write", request) == "limit.exceeded"


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"validUntil": "2020-01-01T00:00:00Z"}, "grant.expired"),
        ({"validFrom": "2999-01-01T00:00:00Z"}, "grant.not_started"),
        ({"argumentConditions": [{"argumentIndex": 0, "test": {"type": "ownWallet"}}]}, "rule.restrict_argument.deny"),
        ({"limits": [{"periodSeconds": 60, "maximum": 9, "argumentIndex": 1}]}, "limit.decode_failed"),
    ],
    ids=["over", "not begun", "other argument", "unreadable sum"],
)
def test_a_condition_is_named_where_it_denies(
    scene: Scene, stranger: Rpc, conditions: dict[str, Json], expected: str
) -> None:
    target = contracts.deploy(scene, b"\x00")
    contracts.guard(scene.administrator, target, "pay(address,uint256)", **conditions)
    data = call_data("pay(address,uint256)", scene.two.address, 1) + b"\x00" * (expected == "limit.decode_failed")
    outer = contracts.deploy(
        scene, contracts.in_turn(contracts.step(target, data, forgiving=True)), ("go()", "write", "public")
    )
    for to, called, depth in ((target, data, 0), (outer, contracts.selector("go()"), 1)):
        request: Document = {"from": scene.stranger.address, "to": to, "data": "0x" + called.hex()}
        answer = explain(scene.administrator, **request)
        assert (answer["allowed"], answer["reason"], answer["decisiveStep"]) == (False, expected, depth)
        assert steps(answer)[depth] == (depth, expected, False)
        assert denial(scene, stranger, "write", request) == expected


def test_calls_without_a_function_need_the_rule_for_them(scene: Scene) -> None:
    till = contracts.deploy(scene, b"\x00")
    receive: Json = {"type": "receive", "stateMutability": "payable"}
    scene.administrator.rest("POST", "/api/contracts", {"contractAddress": till, "name": "Till", "abi": [receive]})
    request: Document = {"from": scene.stranger.address, "to": till}
    assert explain(scene.administrator, **request)["reason"] == "permission.missing"
    rule: Json = {"contractAddress": till, "methodSelector": "0x", "accessType": "write", "ruleType": "public"}
    scene.administrator.rest("POST", "/api/contract-permissions", rule)
    answers = [explain(scene.administrator, **request, data=data) for data in ("0x", "0x010203", "0x01020304")]
    assert [answer["reason"] for answer in answers] == ["rule.public.allow"] * 2 + ["permission.missing"]


def test_what_an_inner_call_asks_for_depends_on_its_opcode_and_what_lies_above(scene: Scene) -> None:
    """A rule for reading suffices below a STATICCALL of a transaction, and nowhere else in it."""
    peek = contracts.selector("peek()")
    inner = contracts.deploy(scene, b"\x00", ("peek()", "read", "public"))
    between = contracts.deploy(scene, contracts.passes_on(inner), ("peek()", "read", "public"))
    expected = {
        (inner, contracts.CALL): ["permission.access_type_mismatch"],
        (inner, contracts.STATICCALL): ["rule.public.allow"],
        (between, contracts.STATICCALL): ["rule.public.allow"] * 2,
    }
    for (target, opcode), reasons in expected.items():
        code = contracts.in_turn(contracts.step(target, peek, opcode, forgiving=True))
        outer = contracts.deploy(scene, code, ("go()", "write", "public"))
        request: Document = {
            "from": scene.stranger.address,
            "to": outer,
            "data": "0x" + contracts.selector("go()").hex(),
        }
        answer = explain(scene.administrator, **request)
        assert [reason for _, reason, _ in steps(answer)[1:]] == reasons


def test_a_creation_and_a_transfer_of_value_are_explained(scene: Scene) -> None:
    creation = explain(scene.administrator, **{"from": scene.stranger.address, "data": "0x5f5ff3"})
    assert (creation["allowed"], creation["reason"]) == (False, "deploy.permission_missing")
    own = explain(scene.administrator, **{"from": scene.administrator.address, "data": "0x5f5ff3"})
    assert (own["allowed"], own["reason"]) == (True, "deploy.allow")
    transfer = explain(scene.administrator, **{"from": scene.one.address, "to": new_account().address})
    assert (transfer["allowed"], transfer["reason"]) == (True, "transfer.native.allow")
    with pytest.raises(PrividiumError) as refused:
        explain(scene.administrator, **{"from": scene.one.address, "to": new_account().address, "value": "0x1"})
    assert refused.value.code == "insufficient_funds"


def test_the_caller_may_be_named_by_user_by_wallet_or_by_both(scene: Scene) -> None:
    profile = scene.one.rest("GET", "/api/profiles/me")
    request: Document = {"to": scene.shares, "data": "0x"}
    by_user = explain(scene.administrator, userId=profile["id"], **request)
    assert by_user["wallet"] == scene.one.address
    assert by_user == explain(scene.administrator, **{"from": scene.one.address}, **request)
    other = explain(scene.administrator, userId=profile["id"], **{"from": scene.two.address}, **request)
    assert (other["allowed"], other["reason"], other["steps"]) == (False, "wallet.not_owned_by_user", [])
    unknown = explain(scene.administrator, **{"from": new_account().address}, **request)
    assert (unknown["reason"], unknown["userId"]) == ("wallet.not_linked", None)
    for body, code in (({}, "caller_missing"), ({"userId": "nobody"}, "user_unknown")):
        with pytest.raises(PrividiumError) as refused:
            explain(scene.administrator, **body, **request)
        assert refused.value.code == code


def test_an_explanation_is_for_administrators_and_leaves_an_entry_without_arguments(scene: Scene) -> None:
    data = "0x" + call_data("balanceOf(address)", scene.two.address).hex()
    with pytest.raises(PrividiumError) as refused:
        explain(scene.one, **{"from": scene.one.address, "to": scene.shares, "data": data})
    assert refused.value.code == "permission_missing"
    explain(scene.administrator, **{"from": scene.one.address, "to": scene.shares, "data": data})
    listed = scene.administrator.rest("GET", "/api/audit-logs?action=permissions.explain&limit=1")
    (entry,) = cast(list[Document], listed["items"])
    assert entry["subject"] == f"write {scene.one.address} {to_checksum_address(scene.shares)} {data[:10]}"
    assert scene.two.address[2:].lower() not in str(entry).lower()
