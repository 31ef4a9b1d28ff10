"""Administration by REST, over HTTP."""

from typing import TYPE_CHECKING

import httpx
import pytest

from prividium.audit.trail import verify_chain
from prividium.permissions.table import compile_entries

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program

ABI = [
    {
        "type": "function",
        "name": "transfer",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
        "outputs": [{"name": "", "type": "bool"}],
        "stateMutability": "nonpayable",
    },
    {"type": "function", "name": "balanceOf", "inputs": [{"name": "account", "type": "address"}]},
    {"type": "receive", "stateMutability": "payable"},
]
TRANSFER_TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
DAILY: dict[str, object] = {"periodSeconds": 86400, "maximum": "1000", "argumentIndex": 1, "path": []}


def asking(kind: str, **values: object) -> dict[str, object]:
    return {"argumentIndex": 1, "path": [], "test": {"type": kind, **values}}


AT_MOST = asking("atMost", value="100")


@pytest.fixture(scope="module")
def admin(edge: "Edge") -> "Program":
    return edge.administrator()


@pytest.fixture
def token(admin: "Program", account: object) -> str:
    """Address of a registered contract."""
    address = str(account.address)  # type: ignore[attr-defined]
    assert admin.post("/api/contracts", registration(address)).status_code == 201
    return address


def registration(address: str) -> dict[str, object]:
    return {"contractAddress": address, "name": "Fund", "abi": ABI, "awaitingDeployment": True}


def rule(contract: str, **changed: object) -> dict[str, object]:
    return {
        "contractAddress": contract,
        "functionSignature": "function transfer(address to, uint256 amount)",
        "accessType": "write",
        "ruleType": "public",
        **changed,
    }


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def last_entry(admin: "Program") -> dict[str, str]:
    entry: dict[str, str] = admin.get("/api/audit-logs", limit=1, reads="false").json()["items"][0]
    return entry


def test_a_role_is_made_changed_and_deleted(admin: "Program") -> None:
    made = admin.post("/api/roles", {"roleName": "issuer", "systemPermissions": ["contract_deployment"]}).json()
    assert (made["roleName"], made["isSystemRole"]) == ("issuer", False)
    path = f"/api/roles/{made['id']}"
    changed = admin.put(path, {"roleName": "issuing desk", "systemPermissions": []}).json()
    assert (changed["roleName"], changed["policyId"]) == ("issuing desk", made["policyId"])
    assert admin.delete(path).status_code == 204
    assert reason(admin.get(path)) == "role_unknown"


def test_the_number_of_a_deleted_role_is_not_used_again(admin: "Program") -> None:
    first = admin.post("/api/roles", {"roleName": "short-lived"}).json()
    admin.delete(f"/api/roles/{first['id']}")
    second = admin.post("/api/roles", {"roleName": "short-lived"}).json()
    assert second["policyId"] > first["policyId"]


def test_the_name_of_a_role_is_unique(admin: "Program") -> None:
    admin.post("/api/roles", {"roleName": "double"})
    answer = admin.post("/api/roles", {"roleName": "double"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ENTITY_ALREADY_EXISTS")


def test_an_unknown_permission_is_refused(admin: "Program") -> None:
    answer = admin.post("/api/roles", {"roleName": "x", "systemPermissions": ["everything"]})
    assert (answer.status_code, reason(answer)) == (400, "system_permission_unknown")


def test_the_built_in_roles_stay(admin: "Program") -> None:
    assert reason(admin.delete("/api/roles/admin")) == "role_is_system"
    assert reason(admin.put("/api/roles/user", {"roleName": "user", "systemPermissions": []})) == "role_is_system"


def test_a_role_that_is_in_use_cannot_be_deleted(admin: "Program", token: str) -> None:
    role = admin.post("/api/roles", {"roleName": "in use"}).json()["id"]
    admin.post("/api/contract-permissions", rule(token, ruleType="checkRole", roles=[{"id": role}]))
    assert reason(admin.delete(f"/api/roles/{role}")) == "role_in_use"


def test_a_user_receives_roles(admin: "Program", edge: "Edge") -> None:
    client = edge.program("client")
    role = admin.post("/api/roles", {"roleName": "clients"}).json()["id"]
    answer = admin.put(f"/api/users/{client.user_id()}/roles", {"roles": [{"id": role}]})
    assert [held["id"] for held in answer.json()["roles"]] == [role]
    assert [held["id"] for held in client.get("/api/profiles/me").json()["roles"]] == [role]


def test_the_last_administrator_cannot_step_down(admin: "Program") -> None:
    own = f"/api/users/{admin.user_id()}"
    assert reason(admin.put(f"{own}/roles", {"roles": []})) == "last_administrator"
    assert reason(admin.http.patch(own, json={"disabled": True})) == "last_administrator"
    assert admin.get("/api/roles").status_code == 200


def test_a_disabled_user_is_out_at_once_and_comes_back(admin: "Program", edge: "Edge") -> None:
    client = edge.program("client-two")
    path = f"/api/users/{client.user_id()}"
    admin.http.patch(path, json={"disabled": True})
    assert client.get("/api/profiles/me").status_code == 401
    admin.http.patch(path, json={"disabled": False})
    assert client.get("/api/profiles/me").status_code == 200


def test_a_contract_is_registered_shown_and_removed(admin: "Program", token: str) -> None:
    shown = admin.get(f"/api/contracts/{token}").json()
    assert (shown["contractAddress"], shown["name"], shown["abi"]) == (token, "Fund", ABI)
    assert admin.delete(f"/api/contracts/{token}").status_code == 204
    assert reason(admin.get(f"/api/contracts/{token}")) == "contract_unknown"


def test_a_contract_is_registered_once(admin: "Program", token: str) -> None:
    again = admin.post("/api/contracts", registration(token.lower()))
    assert (again.status_code, reason(again)) == (409, "contract_exists")


def test_a_rule_is_shown_as_it_was_written(admin: "Program", token: str) -> None:
    role = admin.post("/api/roles", {"roleName": f"holders {token[-6:]}"}).json()["id"]
    body = rule(
        token,
        ruleType="checkRoleAndRestrictArgument",
        roles=[{"id": role}],
        argumentRestrictions=[{"argumentIndex": 0}],
    )
    made = admin.post("/api/contract-permissions", body)
    assert made.status_code == 201
    shown = admin.get(f"/api/contract-permissions/{made.json()['id']}").json()
    assert shown == made.json()
    assert shown["functionSignature"] == "transfer(address,uint256)"
    assert shown["methodSelector"] == "0xa9059cbb"
    assert shown["argumentRestrictions"] == [{"argumentIndex": 0}]
    assert [held["id"] for held in shown["roles"]] == [role]


def test_conditions_are_shown_as_they_were_written(admin: "Program", token: str) -> None:
    conditions = {
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "argumentConditions": [
            AT_MOST,
            asking("between", low="1", high="100"),
            {"argumentIndex": 0, "path": [], "test": {"type": "oneOf", "values": ["0x" + "11" * 20]}},
            {"argumentIndex": 0, "path": [], "test": {"type": "ownWallet"}},
        ],
        "limits": [DAILY, {"periodSeconds": 60, "maximum": "5", "argumentIndex": None, "path": []}],
    }
    made = admin.post("/api/contract-permissions", rule(token, ruleType="restrictArgument", **conditions))
    assert made.status_code == 201
    shown = admin.get(f"/api/contract-permissions/{made.json()['id']}").json()
    assert {name: shown[name] for name in conditions} == conditions


def test_a_rule_reaches_the_policy_table(admin: "Program", token: str, edge: "Edge") -> None:
    admin.post("/api/contract-permissions", rule(token))
    with edge.database.read() as session:
        keys = [key for key, _ in compile_entries(session)]
    assert bytes.fromhex("12" + token[2:].lower() + "04" + "a9059cbb") in keys


def test_a_rule_is_changed_and_deleted(admin: "Program", token: str) -> None:
    path = f"/api/contract-permissions/{admin.post('/api/contract-permissions', rule(token)).json()['id']}"
    changed = admin.put(path, rule(token, ruleType="forbidden")).json()
    assert changed["ruleType"] == "forbidden"
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_a_rule_for_calls_without_a_function_can_be_written(admin: "Program", token: str) -> None:
    body = {"contractAddress": token, "methodSelector": "0x", "accessType": "write", "ruleType": "public"}
    assert admin.post("/api/contract-permissions", body).json()["methodSelector"] == "0x"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"functionSignature": "mint(address)"}, "function_unknown"),
        ({"functionSignature": "nonsense"}, "function_signature_invalid"),
        ({"functionSignature": None}, "function_missing"),
        ({"functionSignature": None, "methodSelector": "0x00000000"}, "function_unknown"),
        ({"methodSelector": "0x00000000"}, "selector_mismatch"),
        ({"ruleType": "checkRole"}, "rule_roles_invalid"),
        ({"ruleType": "checkRole", "roles": [{"id": "nobody"}]}, "role_unknown"),
        ({"roles": [{"id": "user"}]}, "rule_roles_invalid"),
        ({"ruleType": "restrictArgument"}, "rule_arguments_invalid"),
        ({"argumentRestrictions": [{"argumentIndex": 0}]}, "rule_arguments_invalid"),
        ({"ruleType": "restrictArgument", "argumentRestrictions": [{"argumentIndex": 1}]}, "argument_not_address"),
        ({"ruleType": "restrictArgument", "argumentRestrictions": [{"argumentIndex": 2}]}, "argument_index_invalid"),
        ({"argumentConditions": [AT_MOST]}, "rule_arguments_invalid"),
        (
            {"ruleType": "restrictArgument", "argumentConditions": [AT_MOST | {"argumentIndex": 0}]},
            "argument_not_number",
        ),
        ({"ruleType": "restrictArgument", "argumentConditions": [AT_MOST | {"path": ["*"]}]}, "argument_path_invalid"),
        ({"ruleType": "restrictArgument", "argumentConditions": [asking("atMost", value="many")]}, "value_invalid"),
        ({"ruleType": "restrictArgument", "argumentConditions": [asking("between", low=2, high=1)]}, "range_invalid"),
        ({"ruleType": "restrictArgument", "argumentConditions": [asking("ownWallet")]}, "argument_not_address"),
        ({"ruleType": "restrictArgument", "argumentConditions": [asking("oneOf", values=[])]}, "request_invalid"),
        ({"ruleType": "restrictArgument", "argumentConditions": [asking("never")]}, "request_invalid"),
        ({"limits": [DAILY | {"argumentIndex": 0}]}, "argument_not_number"),
        ({"limits": [DAILY, DAILY]}, "limit_twice"),
        ({"limits": [DAILY], "accessType": "read"}, "conditions_useless"),
        ({"limits": [DAILY | {"periodSeconds": 0}]}, "request_invalid"),
        ({"limits": [DAILY | {"maximum": "-1"}]}, "request_invalid"),
        ({"limits": [DAILY | {"maximum": 2**192}]}, "request_invalid"),
        ({"ruleType": "forbidden", "validFrom": "2026-01-01T00:00:00Z"}, "conditions_useless"),
        ({"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2025-01-01T00:00:00Z"}, "validity_invalid"),
        ({"validFrom": "2026-01-01T00:00:00"}, "request_invalid"),
        ({"validUntil": "1969-01-01T00:00:00Z"}, "validity_invalid"),
        ({"ruleType": "sometimes"}, "request_invalid"),
        ({"accessType": "execute"}, "request_invalid"),
        ({"unknown": 1}, "request_invalid"),
    ],
    ids=str,
)
def test_a_wrong_rule_is_refused_with_its_reason(
    admin: "Program", token: str, changed: dict[str, object], expected: str
) -> None:
    answer = admin.post("/api/contract-permissions", rule(token, **changed))
    assert (answer.status_code, reason(answer)) == (400, expected)


def test_a_function_has_one_rule(admin: "Program", token: str) -> None:
    admin.post("/api/contract-permissions", rule(token))
    assert reason(admin.post("/api/contract-permissions", rule(token))) == "rule_exists"


def test_a_rule_needs_a_registered_contract(admin: "Program") -> None:
    assert reason(admin.post("/api/contract-permissions", rule("0x" + "11" * 20))) == "contract_unknown"


def test_an_event_rule_is_shown_as_it_was_written(admin: "Program", token: str) -> None:
    body = {
        "contractAddress": token,
        "topic0": TRANSFER_TOPIC,
        "topic1": None,
        "topic2": {"type": "userAddress"},
        "roles": [],
    }
    made = admin.post("/api/event-permissions", body).json()
    shown = admin.get(f"/api/event-permissions/{made['id']}").json()
    assert (shown["topic0"], shown["topic1"], shown["topic3"]) == (TRANSFER_TOPIC, None, None)
    assert shown["topic2"]["type"] == "userAddress"
    assert admin.delete(f"/api/event-permissions/{made['id']}").status_code == 204


def test_an_event_rule_for_everybody_is_refused(admin: "Program", token: str) -> None:
    answer = admin.post("/api/event-permissions", {"contractAddress": token, "topic0": TRANSFER_TOPIC})
    assert (answer.status_code, reason(answer)) == (400, "event_rule_too_open")


def test_lists_come_in_pages(admin: "Program") -> None:
    for number in range(3):
        admin.post("/api/roles", {"roleName": f"page {number}"})
    answer = admin.get("/api/roles", limit=2, offset=2).json()
    assert len(answer["items"]) == 2
    pages = answer["pagination"]
    assert (pages["currentPage"], pages["limit"], pages["offset"]) == (2, 2, 2)
    assert pages["totalPages"] == -(-pages["totalItems"] // 2)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "x"}])
def test_a_page_has_bounds(admin: "Program", query: dict[str, object]) -> None:
    answer = admin.get("/api/roles", **query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_every_change_is_in_the_audit_trail(admin: "Program", token: str, edge: "Edge") -> None:
    assert (last_entry(admin)["action"], last_entry(admin)["subject"]) == ("contract.register", token)
    admin.post("/api/contract-permissions", rule(token))
    entry = last_entry(admin)
    assert (entry["action"], entry["subject"]) == ("rule.create", f"{token} transfer(address,uint256)")
    assert (entry["actor"], entry["outcome"]) == (admin.user_id(), "allowed")
    with edge.database.read() as session:
        assert verify_chain(session) >= int(entry["sequence"])
    assert admin.get("/api/audit-logs/verification").json()["intact"] is True


def test_a_failed_change_leaves_no_trace_of_success(admin: "Program", token: str) -> None:
    before = last_entry(admin)["sequence"]
    admin.post("/api/contract-permissions", rule(token, ruleType="checkRole"))
    assert last_entry(admin)["sequence"] == before


def test_the_trail_can_be_filtered(admin: "Program") -> None:
    admin.post("/api/roles", {"roleName": "filtered"})
    items = admin.get("/api/audit-logs", action="role.create", limit=100).json()["items"]
    assert {item["action"] for item in items} == {"role.create"}
