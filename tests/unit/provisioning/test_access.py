"""Who may sign in, with which roles, and how a person loses everything at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from prividium.audit.models import AuditEntry
from prividium.identity.models import UserRole
from tests.unit.provisioning.provider import DirectoryClient, Document, refusal

if TYPE_CHECKING:
    from tests.unit.conftest import Browser, Edge

CLIENT = "dev-client"
ADMINISTRATOR = "dev-administrator"


def sign_in(edge: "Edge", username: str = "client") -> str | None:
    """Why it is refused, None if it is not."""
    browser = edge.browser()
    answer = browser.json("GET", str(browser.answer_of_provider(username)), follow_redirects=False)
    return None if answer.status_code == 303 else str(answer.json()["error"]["reason"])


def profile(browser: "Browser") -> Document:
    found: Document = browser.json("GET", "/api/profiles/me").json()
    return found


def status(browser: "Browser") -> int:
    return browser.json("GET", "/api/profiles/me").status_code


def actions(edge: "Edge") -> list[str]:
    with edge.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)))


def test_who_is_not_in_the_directory_cannot_sign_in(edge: "Edge") -> None:
    assert sign_in(edge) == "not_provisioned"


def test_who_is_in_the_directory_signs_in(edge: "Edge", directory: DirectoryClient) -> None:
    directory.person("clara", externalId=CLIENT)
    assert sign_in(edge) is None


def test_a_directory_that_is_not_required_lets_others_in_without_its_roles(
    make_directory: Callable[..., "Edge"],
) -> None:
    edge = make_directory(scim_required=False)
    assert profile(edge.signed_in("client"))["roleSources"] == {}


def test_the_directory_of_one_issuer_is_not_asked_about_another(make_directory: Callable[..., "Edge"]) -> None:
    other = {"id": "other", "name": "Other", "url": "https://other.example"}
    edge = make_directory(scim_issuer="other", issuers=(other,), oidc_issuer="https://sso.example")
    assert edge.identity.directory.issuer_id == "other"
    elsewhere = make_directory(scim_issuer="default")
    assert sign_in(elsewhere) == "not_provisioned"


@pytest.mark.parametrize("active", [False])
def test_who_was_announced_as_inactive_cannot_sign_in(edge: "Edge", directory: DirectoryClient, active: bool) -> None:
    directory.person("clara", externalId=CLIENT, active=active)
    assert sign_in(edge) == "user_deprovisioned"


def test_the_claim_may_be_compared_with_the_user_name(make_directory: Callable[..., "Edge"]) -> None:
    edge = make_directory(scim_claim="preferred_username", scim_attribute="userName")
    DirectoryClient.of(edge).person("CLIENT")
    assert sign_in(edge) is None
    assert sign_in(edge, "client-two") == "not_provisioned"


def test_two_people_of_one_name_sign_nobody_in(edge: "Edge", directory: DirectoryClient) -> None:
    directory.person("clara", externalId=CLIENT)
    directory.person("carla", externalId=CLIENT)
    assert sign_in(edge) == "directory_entry_taken"


def test_a_person_of_the_directory_is_one_user_only(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    assert sign_in(edge) is None
    directory.patch("Users", person, {"op": "replace", "path": "externalId", "value": "dev-client-two"})
    assert sign_in(edge, "client-two") == "directory_entry_taken"
    assert sign_in(edge) is None


@pytest.mark.parametrize("way", ["deactivate", "delete"])
def test_deprovisioning_cuts_every_live_session_at_once(edge: "Edge", directory: DirectoryClient, way: str) -> None:
    person = directory.person("clara", externalId=CLIENT)
    browser, program = edge.signed_in("client"), edge.program("client")
    assert (status(browser), program.get("/api/profiles/me").status_code) == (200, 200)
    if way == "delete":
        assert directory.send("DELETE", f"/Users/{person['id']}").status_code == 204
    else:
        directory.deactivate(person)
    assert (status(browser), program.get("/api/profiles/me").status_code) == (401, 401)
    assert sign_in(edge) == ("not_provisioned" if way == "delete" else "user_deprovisioned")
    assert actions(edge).count("session.end") == 3
    assert "user.deprovision" in actions(edge)


def test_sessions_do_not_come_back_with_the_access(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    browser = edge.signed_in("client")
    directory.deactivate(person)
    directory.activate(person)
    assert status(browser) == 401
    assert sign_in(edge) is None


def test_a_login_of_a_program_that_was_confirmed_ends_too(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    login = edge.start_cli_login()
    edge.signed_in("client").confirm(login)
    directory.deactivate(person)
    directory.activate(person)
    assert edge.poll(login).status_code == 401


def test_the_secret_address_of_a_wallet_ends_and_a_new_one_follows(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    before = edge.program("client").get("/api/wallet/personal-rpc-token").json()["token"]
    directory.deactivate(person)
    directory.activate(person)
    assert edge.program("client").get("/api/wallet/personal-rpc-token").json()["token"] != before


def test_who_was_deleted_comes_back_as_the_same_user(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    before = profile(edge.signed_in("client"))["id"]
    directory.send("DELETE", f"/Users/{person['id']}")
    directory.person("clara", externalId=CLIENT)
    assert profile(edge.signed_in("client"))["id"] == before


def test_an_attribute_that_was_taken_away_gives_no_access(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    browser = edge.signed_in("client")
    directory.patch("Users", person, {"op": "remove", "path": "active"})
    assert status(browser) == 401


def test_a_replacement_without_active_leaves_the_access_as_it_is(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    browser = edge.signed_in("client")
    whole = {"schemas": person["schemas"], "userName": "clara", "externalId": CLIENT, "displayName": "Clara"}
    assert directory.send("PUT", f"/Users/{person['id']}", whole).json()["active"] is True
    assert status(browser) == 200
    directory.deactivate(person)
    assert directory.send("PUT", f"/Users/{person['id']}", whole).json()["active"] is False


def test_groups_give_roles_and_take_them(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    group = directory.group("fund CLIENTS", person)
    browser = edge.signed_in("client")
    assert profile(browser)["roleSources"] == {"fund-client": "scim"}
    directory.patch("Groups", group, {"op": "Remove", "path": "members", "value": [{"value": person["id"]}]})
    assert profile(browser)["roleSources"] == {}
    directory.patch("Groups", group, {"op": "Add", "path": "members", "value": [{"value": person["id"]}]})
    assert profile(browser)["roleSources"] == {"fund-client": "scim"}
    directory.patch("Groups", group, {"op": "replace", "path": "displayName", "value": "Others"})
    assert profile(browser)["roleSources"] == {}


def test_a_group_that_is_deleted_takes_its_roles_along(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    group = directory.group("Fund clients", person)
    browser = edge.signed_in("client")
    assert directory.send("DELETE", f"/Groups/{group['id']}").status_code == 204
    assert profile(browser)["roleSources"] == {}


def test_a_role_lasts_until_the_last_that_gives_it_takes_it(make_directory: Callable[..., "Edge"]) -> None:
    edge = make_directory(oidc_role_claim="groups", oidc_role_mapping={"clients": "fund-client"})
    directory = DirectoryClient.of(edge)
    person = directory.person("clara", externalId=CLIENT)
    group = directory.group("Fund clients", person)
    browser = edge.signed_in("client")
    assert profile(browser)["roleSources"] == {"fund-client": "claim scim"}
    with edge.database.write() as session:
        session.add(UserRole(user_id=str(profile(browser)["id"]), role_id="fund-client", source="assigned"))
    directory.patch("Groups", group, {"op": "remove", "path": f'members[value eq "{person["id"]}"]'})
    found = profile(browser)
    assert found["roleSources"] == {"fund-client": "assigned claim"}
    assert [role["id"] for role in found["roles"]] == ["fund-client"]  # type: ignore[attr-defined]


def test_the_last_administrator_cannot_be_deprovisioned(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("ada", externalId=ADMINISTRATOR)
    browser = edge.signed_in("administrator")
    answer = directory.patch("Users", person, {"op": "replace", "path": "active", "value": False})
    assert refusal(answer) == (409, None)
    assert refusal(directory.send("DELETE", f"/Users/{person['id']}")) == (409, None)
    assert status(browser) == 200
    assert directory.get(f"/Users/{person['id']}").json()["active"] is True


def test_the_last_administrator_by_a_group_keeps_it(edge: "Edge", directory: DirectoryClient) -> None:
    person = directory.person("clara", externalId=CLIENT)
    group = directory.group("Chain administrators", person)
    edge.signed_in("client")
    assert refusal(directory.send("DELETE", f"/Groups/{group['id']}")) == (409, None)
    directory.person("ada", externalId=ADMINISTRATOR)
    edge.signed_in("administrator")
    assert directory.send("DELETE", f"/Groups/{group['id']}").status_code == 204


def test_an_administrator_and_the_directory_lock_out_each_for_itself(edge: "Edge", directory: DirectoryClient) -> None:
    directory.person("ada", externalId=ADMINISTRATOR)
    person = directory.person("clara", externalId=CLIENT)
    user_id = profile(edge.signed_in("client"))["id"]
    path, admin = f"/api/users/{user_id}", edge.administrator()
    admin.http.patch(path, json={"disabled": True})
    directory.deactivate(person)
    directory.activate(person)
    assert sign_in(edge) == "user_disabled"
    directory.deactivate(person)
    refused = admin.http.patch(path, json={"disabled": False})
    assert refused.json()["error"]["reason"] == "user_deprovisioned"
    directory.activate(person)
    assert admin.http.patch(path, json={"disabled": False}).status_code == 200
    assert sign_in(edge) is None


def test_the_policy_is_compiled_again_before_the_directory_gets_its_answer(
    edge: "Edge", directory: DirectoryClient
) -> None:
    calls: list[str] = []
    person = directory.person("clara", externalId=CLIENT)
    edge.signed_in("client")
    edge.app.state.after_write = lambda: calls.append("changed")
    directory.deactivate(person)
    assert calls == ["changed"]
