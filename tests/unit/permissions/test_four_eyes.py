"""The four-eyes rule: every changing route, whether it waits for a second administrator, and that it does so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest
from eth_account import Account
from sqlalchemy import delete, select, text, update

from prividium.audit.models import AuditEntry
from prividium.identity.models import User, UserRole
from prividium.permissions.approval_models import PolicyProposal
from prividium.permissions.routes.replay import PREFIX, policy_routes
from prividium.permissions.shipped import standard
from tests.unit.identity.newcomer import newcomer
from tests.unit.permissions import test_every_route as every_route

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program

ABI = standard("erc-20")["abi"]
RULE = {"functionSignature": "balanceOf(address)", "accessType": "read", "ruleType": "public"}
OTHER_RULE = {**RULE, "functionSignature": "totalSupply()"}
UNDEPLOYED = {"awaitingDeployment": True}
Request = tuple[str, str, object]


@dataclass
class World:
    """Things that are marked, and their kin."""

    first: "Program"
    second: "Program"
    ids: dict[str, str] = field(default_factory=dict)

    def make(self, name: str, path: str, body: object, key: str = "id") -> str:
        answer = self.first.post(path, body)
        assert answer.status_code == 201, answer.text
        self.ids[name] = str(answer.json()[key])
        return self.ids[name]

    def mark(self, **subject: str) -> str:
        """Id of the mark, empty if there was one."""
        answer = self.first.post("/api/four-eyes", subject)
        assert answer.status_code in (201, 409)
        return str(answer.json().get("id", ""))


@pytest.fixture
def world(edge: "Edge") -> World:
    made = World(newcomer(edge, "admin"), newcomer(edge, "admin"))
    name = Account.create().address[:20]
    template = made.make("template", "/api/templates", {"name": name, "abi": ABI})
    made.make("template rule", "/api/template-permissions", {"templateId": template, **RULE})
    made.make("spare template", "/api/templates", {"name": f"{name}2", "abi": ABI})
    contract = {
        "contractAddress": Account.create().address,
        "name": "X",
        "abi": ABI,
        "templateId": template,
        **UNDEPLOYED,
    }
    address = made.make("contract", "/api/contracts", contract, "contractAddress")
    made.make("rule", "/api/contract-permissions", {"contractAddress": address, **RULE})
    own = {"contractAddress": address, "topic1": {"type": "userAddress"}}
    made.make("event rule", "/api/event-permissions", own)
    gone = {"contractAddress": Account.create().address, "name": "X", "abi": ABI, **UNDEPLOYED}
    made.make("gone", "/api/contracts", gone, "contractAddress")
    role = made.make("role", "/api/roles", {"roleName": f"r{name}"})
    made.make("spare role", "/api/roles", {"roleName": f"s{name}"})
    made.make("machine", "/api/m2m-applications", {"name": "m", "roles": [{"id": role}]})
    made.make("sleeper", "/api/m2m-applications", {"name": "m", "roles": [{"id": role}]})
    made.first.http.patch(f"/api/m2m-applications/{made.ids['sleeper']}", json={"disabled": True})
    made.ids["user"], made.ids["disabled"] = newcomer(edge).user_id(), newcomer(edge, role).user_id()
    made.first.http.patch(f"/api/users/{made.ids['disabled']}", json={"disabled": True})
    for subject in (address, made.ids["gone"]):
        made.mark(contractAddress=subject)
    for subject in (template, made.ids["spare template"]):
        made.mark(templateId=subject)
    for subject in ("admin", made.ids["spare role"], role):
        made.ids["mark"] = made.mark(roleId=subject)
    return made


def contract_body(address: str) -> dict[str, object]:
    return {"contractAddress": address, "name": "Y", "abi": ABI, **UNDEPLOYED}


WAIT: dict[tuple[str, str], Callable[[dict[str, str]], Request]] = {
    ("PUT", "/contracts/{address}"): lambda ids: (
        "PUT",
        f"/contracts/{ids['contract']}",
        {"name": "Renamed", "abi": ABI},
    ),
    ("DELETE", "/contracts/{address}"): lambda ids: ("DELETE", f"/contracts/{ids['gone']}", None),
    ("POST", "/contract-permissions"): lambda ids: (
        "POST",
        "/contract-permissions",
        {"contractAddress": ids["contract"], **OTHER_RULE},
    ),
    ("PUT", "/contract-permissions/{rule_id}"): lambda ids: (
        "PUT",
        f"/contract-permissions/{ids['rule']}",
        {"contractAddress": ids["contract"], **RULE, "ruleType": "forbidden"},
    ),
    ("DELETE", "/contract-permissions/{rule_id}"): lambda ids: ("DELETE", f"/contract-permissions/{ids['rule']}", None),
    ("POST", "/event-permissions"): lambda ids: (
        "POST",
        "/event-permissions",
        {"contractAddress": ids["contract"], "topic2": {"type": "userAddress"}},
    ),
    ("DELETE", "/event-permissions/{rule_id}"): lambda ids: ("DELETE", f"/event-permissions/{ids['event rule']}", None),
    ("PUT", "/templates/{template_id}"): lambda ids: (
        "PUT",
        f"/templates/{ids['template']}",
        {"name": f"new {ids['template']}", "abi": ABI},
    ),
    ("DELETE", "/templates/{template_id}"): lambda ids: ("DELETE", f"/templates/{ids['spare template']}", None),
    ("POST", "/template-permissions"): lambda ids: (
        "POST",
        "/template-permissions",
        {"templateId": ids["template"], **OTHER_RULE},
    ),
    ("PUT", "/template-permissions/{rule_id}"): lambda ids: (
        "PUT",
        f"/template-permissions/{ids['template rule']}",
        {"templateId": ids["template"], **RULE, "ruleType": "forbidden"},
    ),
    ("DELETE", "/template-permissions/{rule_id}"): lambda ids: (
        "DELETE",
        f"/template-permissions/{ids['template rule']}",
        None,
    ),
    ("POST", "/roles"): lambda ids: (
        "POST",
        "/roles",
        {"roleName": f"a{ids['role']}", "systemPermissions": ["admin_write"]},
    ),
    ("PUT", "/roles/{role_id}"): lambda ids: (
        "PUT",
        f"/roles/{ids['role']}",
        {"roleName": f"n{ids['role']}", "systemPermissions": ["contract_deployment"]},
    ),
    ("DELETE", "/roles/{role_id}"): lambda ids: ("DELETE", f"/roles/{ids['spare role']}", None),
    ("PUT", "/users/{user_id}/roles"): lambda ids: (
        "PUT",
        f"/users/{ids['user']}/roles",
        {"roles": [{"id": ids["role"]}]},
    ),
    ("PATCH", "/users/{user_id}"): lambda ids: ("PATCH", f"/users/{ids['disabled']}", {"disabled": False}),
    ("POST", "/m2m-applications"): lambda ids: (
        "POST",
        "/m2m-applications",
        {"name": "new", "roles": [{"id": ids["role"]}]},
    ),
    ("PUT", "/m2m-applications/{machine_id}"): lambda ids: (
        "PUT",
        f"/m2m-applications/{ids['machine']}",
        {"name": "m", "roles": []},
    ),
    ("PATCH", "/m2m-applications/{machine_id}"): lambda ids: (
        "PATCH",
        f"/m2m-applications/{ids['sleeper']}",
        {"disabled": False},
    ),
    ("POST", "/m2m-applications/{machine_id}/wallets"): lambda ids: (
        "POST",
        f"/m2m-applications/{ids['machine']}/wallets",
        {"walletAddress": "0x" + ids["machine"].encode().hex()[:40]},
    ),
    ("DELETE", "/four-eyes/{mark_id}"): lambda ids: ("DELETE", f"/four-eyes/{ids['mark']}", None),
}
"""Routes whose change waits if it touches something marked, with such a change."""

AT_ONCE = {
    ("POST", "/contracts"): "a new contract has no mark, and opens nothing",
    ("POST", "/templates"): "no contract uses a new template",
    ("POST", "/four-eyes"): "asks for more care",
    ("DELETE", "/m2m-applications/{machine_id}"): "takes away",
    ("DELETE", "/m2m-applications/{machine_id}/wallets/{address}"): "takes away",
    ("POST", "/m2m-applications/{machine_id}/ip-whitelist"): "a credential's condition; what the machine may do stays",
    ("DELETE", "/m2m-applications/{machine_id}/ip-whitelist/{network_id}"): "takes away",
    ("POST", "/m2m-applications/{machine_id}/api-keys"): "a credential, shown once to who asked; no right",
    ("POST", "/m2m-applications/{machine_id}/api-keys/{key_id}/rotate"): "a credential, shown once to who asked",
    ("DELETE", "/m2m-applications/{machine_id}/api-keys/{key_id}"): "takes away",
    ("POST", "/admin/sessions/revoke-all"): "takes away",
    ("POST", "/admin/sessions/{session_id}/revoke"): "takes away",
    ("DELETE", "/admin/webauthn/users/{user_id}"): "a credential; who lost it has to come back",
    ("DELETE", "/admin/webauthn/users/{user_id}/{passkey_id}"): "a credential; who lost it has to come back",
    ("POST", "/applications"): "an application acts with its person's rights, without admin_write",
    ("PUT", "/applications/{application_id}"): "as above",
    ("DELETE", "/applications/{application_id}"): "takes away",
    ("POST", "/permissions/explain"): "reads",
    ("POST", "/policy-proposals/{proposal_id}/approve"): "is the second pair of eyes",
    ("POST", "/policy-proposals/{proposal_id}/reject"): "changes nothing",
}
"""Every other route of administrators that is no GET, and why it does not wait."""


def rows(edge: "Edge") -> list[object]:
    """All that the policy is made from."""
    tables = ("contracts", "function_rules", "function_rule_roles", "event_rules", "contract_templates", "roles")
    people = ("user_roles", "user_wallets", "four_eyes_marks")
    with edge.database.read() as session:
        found = [sorted(map(repr, session.execute(text(f"SELECT * FROM {name}")))) for name in (*tables, *people)]
        return [*found, sorted(map(repr, session.execute(select(User.id, User.disabled))))]


def send(caller: "Program", request: Request) -> httpx.Response:
    method, path, body = request
    return (
        caller.http.request(method, PREFIX + path, json=body)
        if body is not None
        else caller.http.request(method, PREFIX + path)
    )


def propose(world: World) -> str:
    answer = send(world.first, WAIT["POST", "/contract-permissions"](world.ids))
    assert answer.status_code == 202
    return str(answer.json()["proposal"]["id"])


def decide(caller: "Program", proposal: str, decision: str = "approve") -> httpx.Response:
    return caller.post(f"/api/policy-proposals/{proposal}/{decision}")


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def test_every_route_of_administrators_is_listed_here(edge: "Edge") -> None:
    others = every_route.PUBLIC | every_route.OWN_CHECKS | every_route.OPEN_TO_EVERY_PERSON
    found = {
        (method, path.removeprefix(PREFIX))
        for method, path in every_route.routes(edge) - others
        if method != "GET" and path.startswith(PREFIX)
    }
    assert found == set(WAIT) | set(AT_ONCE)
    assert not set(WAIT) & set(AT_ONCE)


def test_every_change_that_waits_can_be_applied() -> None:
    assert {(method, route.path) for route in policy_routes() for method in route.methods or ()} >= set(WAIT)


@pytest.mark.parametrize("route", WAIT, ids=" ".join)
def test_a_change_of_what_is_marked_waits_and_is_applied_once(
    edge: "Edge", world: World, route: tuple[str, str]
) -> None:
    before = rows(edge)
    answer = send(world.first, WAIT[route](world.ids))
    assert answer.status_code == 202, answer.text
    proposal = answer.json()["proposal"]
    assert (proposal["status"], proposal["method"], proposal["decidedBy"]) == ("pending", route[0], None)
    assert rows(edge) == before
    assert (decide(world.first, proposal["id"]).status_code, rows(edge)) == (403, before)
    applied = decide(world.second, proposal["id"])
    assert (applied.status_code, applied.json()["status"]) == (200, "applied"), applied.text
    after = rows(edge)
    assert after != before
    assert reason(decide(world.second, proposal["id"])) == "proposal_decided"
    assert rows(edge) == after


def test_what_is_not_marked_changes_at_once(edge: "Edge", world: World) -> None:
    address = world.make("free", "/api/contracts", contract_body(Account.create().address), "contractAddress")
    world.make("free rule", "/api/contract-permissions", {"contractAddress": address, **RULE})
    world.mark(contractAddress=address, methodSelector="0x18160ddd")
    path = f"/api/contract-permissions/{world.ids['free rule']}"
    assert world.first.put(path, {"contractAddress": address, **RULE, "ruleType": "forbidden"}).status_code == 200
    waits = world.first.post("/api/contract-permissions", {"contractAddress": address, **OTHER_RULE})
    assert waits.status_code == 202
    assert waits.json()["proposal"]["subjects"] == [f"function:{address.lower()}:0x18160ddd"]
    assert world.first.put(f"/api/contracts/{address}", {"name": "Y", "abi": ABI}).status_code == 202
    assert world.first.http.patch(f"/api/users/{world.ids['user']}", json={"disabled": True}).status_code == 200


def test_a_rule_of_a_template_waits_for_the_sake_of_a_marked_contract(edge: "Edge", world: World) -> None:
    template = world.make("t", "/api/templates", {"name": f"u{world.ids['role']}", "abi": ABI})
    body = {**contract_body(Account.create().address), "templateId": template}
    address = world.make("c", "/api/contracts", body, "contractAddress")
    world.make("r", "/api/template-permissions", {"templateId": template, **RULE})
    world.mark(contractAddress=address, methodSelector="0x18160ddd")
    answer = world.first.post("/api/template-permissions", {"templateId": template, **OTHER_RULE})
    assert answer.json()["proposal"]["subjects"] == [f"function:{address.lower()}:0x18160ddd"]


def test_a_change_that_is_wrong_is_refused_and_not_proposed(edge: "Edge", world: World) -> None:
    waiting = world.first.get("/api/policy-proposals", status="pending").json()["pagination"]["totalItems"]
    taken = {"contractAddress": world.ids["contract"], **RULE}
    assert reason(world.first.post("/api/contract-permissions", taken)) == "rule_exists"
    assert reason(world.first.post("/api/contract-permissions", {"contractAddress": 7})) == "request_invalid"
    now = world.first.get("/api/policy-proposals", status="pending").json()["pagination"]["totalItems"]
    assert now == waiting


def test_a_rejected_proposal_changes_nothing_and_its_author_may_take_it_back(edge: "Edge", world: World) -> None:
    before = rows(edge)
    for caller in (world.first, world.second):
        proposal = propose(world)
        assert decide(caller, proposal, "reject").json()["status"] == "rejected"
        assert reason(decide(world.second, proposal)) == "proposal_decided"
    assert rows(edge) == before


def test_a_proposal_expires(edge: "Edge", world: World) -> None:
    proposal, before = propose(world), rows(edge)
    with edge.database.write() as session:
        session.execute(update(PolicyProposal).where(PolicyProposal.id == proposal).values(expires_at=1))
    assert reason(decide(world.second, proposal)) == "proposal_expired"
    assert world.first.get(f"/api/policy-proposals/{proposal}").json()["status"] == "expired"
    assert reason(decide(world.second, proposal)) == "proposal_expired"
    assert rows(edge) == before


def test_who_is_no_administrator_any_more_has_proposed_nothing(edge: "Edge", world: World) -> None:
    proposal = propose(world)
    with edge.database.write() as session:
        session.execute(delete(UserRole).where(UserRole.user_id == world.first.user_id()))
    assert reason(decide(world.second, proposal)) == "requester_not_administrator"


def test_a_change_that_has_become_impossible_leaves_the_proposal_as_it_was(edge: "Edge", world: World) -> None:
    first, second = propose(world), propose(world)
    assert decide(world.second, first).status_code == 200
    assert reason(decide(world.second, second)) == "rule_exists"
    assert world.first.get(f"/api/policy-proposals/{second}").json()["status"] == "pending"


def test_every_step_is_in_the_audit_trail(edge: "Edge", world: World) -> None:
    requested, decided = world.first.user_id(), world.second.user_id()
    proposal = propose(world)
    decide(world.first, proposal)
    decide(world.second, proposal)
    with edge.database.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(4)).all()[::-1]
    assert [(entry.action, entry.actor, entry.outcome) for entry in entries] == [
        ("proposal.create", requested, "allowed"),
        ("rest", requested, "denied"),
        ("proposal.approve", decided, "allowed"),
        ("rule.create", decided, "allowed"),
    ]
    assert entries[1].reason == "own_proposal"
    assert entries[3].details["requestedBy"] == requested
    assert {entry.details.get("proposal") for entry in (entries[0], *entries[2:])} == {proposal}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"roleId": "admin", "templateId": "erc-20"},
        {"roleId": "admin", "methodSelector": "0x18160ddd"},
        {"contractAddress": "0x" + "11" * 20},
        {"templateId": "erc-0"},
        {"roleId": "nobody"},
    ],
    ids=str,
)
def test_a_mark_names_one_thing_that_exists(world: World, body: dict[str, str]) -> None:
    assert world.first.post("/api/four-eyes", body).status_code in (400, 404)


def test_a_mark_is_made_once(world: World) -> None:
    assert reason(world.first.post("/api/four-eyes", {"roleId": world.ids["role"]})) == "mark_exists"
