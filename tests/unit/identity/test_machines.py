"""Machines: made by administrators, known by API key, judged like any subject."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlalchemy import select, update

from prividium import clock
from prividium.identity.credentials import Credentials
from prividium.identity.machine_models import ApiKey
from prividium.identity.secrecy import credential_hash
from prividium.permissions.table import wallet_grants
from prividium.types import parse_address
from tests.unit.identity.machine import DAY, MACHINES, MachineUnderTest, in_seconds, reason
from tests.unit.identity.newcomer import newcomer
from tests.unit.identity.test_wallets import Issued, log_in, sign

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program


@pytest.fixture(scope="module")
def admin(edge: "Edge") -> "Program":
    return newcomer(edge, "admin")


@pytest.fixture
def machine(admin: "Program") -> MachineUnderTest:
    return MachineUnderTest.made(admin)


def test_a_key_says_which_machine_calls(machine: MachineUnderTest) -> None:
    me = machine.me().json()
    assert (me["id"], me["displayName"], me["source"]) == (machine.id, "settlement robot", "m2m_app")


def test_a_machine_is_a_principal_of_its_own_kind(machine: MachineUnderTest) -> None:
    found = machine.edge.identity.principal_for(Credentials(api_keys=(machine.key,), address="127.0.0.1"))
    assert found is not None
    assert (found.kind, found.session_id) == ("machine", "")


def test_a_key_has_the_form_of_prividium(machine: MachineUnderTest) -> None:
    assert re.fullmatch(r"priv_sk_[0-9A-Za-z]{64}", machine.key)


def test_the_full_key_is_shown_once_and_kept_as_a_hash(machine: MachineUnderTest) -> None:
    listed = machine.admin.get(f"{machine.path}/api-keys").json()["items"]
    assert [entry["keyPrefix"] for entry in listed] == [machine.key[:12]]
    assert machine.key not in str(listed)
    with machine.edge.database.read() as session:
        assert session.get_one(ApiKey, machine.key_id).key_hash == credential_hash(machine.key)
    stored = (machine.edge.identity.data_dir / "prividium.db-wal").read_bytes()
    assert machine.key.encode() not in stored


@pytest.mark.parametrize("key", ["", "priv_sk_", "priv_sk_" + "a" * 64, "x" * 5_000])
def test_a_wrong_key_is_refused(machine: MachineUnderTest, key: str) -> None:
    answer = machine.edge.client(headers={"X-Api-Key": key}).get("/api/profiles/me")
    assert (answer.status_code, reason(answer)) == (401, "api_key_invalid")


def test_two_credentials_are_refused(machine: MachineUnderTest) -> None:
    both = machine.edge.client(headers={"X-Api-Key": machine.key, "Authorization": f"Bearer {machine.admin.token}"})
    assert reason(both.get("/api/profiles/me")) == "credentials_ambiguous"
    twice = machine.edge.client(headers=[("X-Api-Key", machine.key), ("X-Api-Key", machine.key)])
    assert reason(twice.get("/api/profiles/me")) == "credentials_ambiguous"


@pytest.mark.parametrize("seconds", [-DAY, 0, 366 * DAY])
def test_a_key_lives_at_most_a_year(machine: MachineUnderTest, seconds: int) -> None:
    answer = machine.admin.post(f"{machine.path}/api-keys", {"name": "k", "expiresAt": in_seconds(seconds)})
    assert reason(answer) == "expiry_invalid"


def test_a_key_without_expiry_is_not_made(machine: MachineUnderTest) -> None:
    assert machine.admin.post(f"{machine.path}/api-keys", {"name": "k"}).status_code == 400


def test_an_expired_key_is_refused(machine: MachineUnderTest) -> None:
    with machine.edge.database.write() as session:
        session.execute(update(ApiKey).where(ApiKey.id == machine.key_id).values(expires_at=clock.now()))
    assert reason(machine.me()) == "api_key_invalid"


def test_a_revoked_key_is_refused(machine: MachineUnderTest) -> None:
    assert machine.admin.delete(f"{machine.path}/api-keys/{machine.key_id}").status_code == 204
    assert reason(machine.me()) == "api_key_invalid"


def test_the_key_of_another_machine_looks_absent(machine: MachineUnderTest, admin: "Program") -> None:
    other = MachineUnderTest.made(admin)
    assert reason(admin.delete(f"{other.path}/api-keys/{machine.key_id}")) == "api_key_unknown"
    assert machine.me().status_code == 200


def test_old_and_new_key_overlap_and_then_the_old_one_ends(
    machine: MachineUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"expiresAt": in_seconds(30 * DAY), "overlapSeconds": 3_600}
    new = machine.admin.post(f"{machine.path}/api-keys/{machine.key_id}/rotate", body).json()["fullKey"]
    assert (machine.me().status_code, machine.me(new).status_code) == (200, 200)
    later = clock.now() + 3_600
    monkeypatch.setattr(clock, "now", lambda: later)
    assert (machine.me().status_code, machine.me(new).status_code) == (401, 200)


def test_a_rotation_without_overlap_ends_the_old_key(machine: MachineUnderTest) -> None:
    body = {"expiresAt": in_seconds(DAY), "overlapSeconds": 0}
    path = f"{machine.path}/api-keys/{machine.key_id}/rotate"
    new = machine.admin.post(path, body).json()["fullKey"]
    assert (machine.me().status_code, machine.me(new).status_code) == (401, 200)
    assert reason(machine.admin.post(path, body)) == "api_key_ended"


def test_a_rotation_never_lengthens_the_old_key(machine: MachineUnderTest) -> None:
    body = {"expiresAt": in_seconds(DAY), "overlapSeconds": 30 * DAY}
    machine.admin.post(f"{machine.path}/api-keys/{machine.key_id}/rotate", body)
    with machine.edge.database.read() as session:
        assert session.get_one(ApiKey, machine.key_id).expires_at <= clock.now() + DAY


def test_the_last_use_is_written_down(machine: MachineUnderTest) -> None:
    machine.me()
    (listed,) = machine.admin.get(f"{machine.path}/api-keys").json()["items"]
    assert listed["lastUsedIp"] == "127.0.0.1"
    assert listed["lastUsedAt"] is not None


def test_a_machine_calls_only_from_its_networks(admin: "Program") -> None:
    machine = MachineUnderTest.made(admin, "10.0.0.0/16")
    foreign = machine.me()
    unknown = machine.me("priv_sk_" + "a" * 64)
    assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json()) == (401, unknown.json())
    entries = admin.get("/api/audit-logs", actor=machine.id).json()["items"]
    assert [(entry["reason"], entry["subject"]) for entry in entries] == [("network_not_allowed", "127.0.0.1")]


def test_a_machine_without_a_network_calls_from_nowhere(machine: MachineUnderTest) -> None:
    (network,) = machine.admin.get(f"{machine.path}/ip-whitelist").json()["items"]
    assert network["ipAddress"] == "127.0.0.0/16"
    assert machine.admin.delete(f"{machine.path}/ip-whitelist/{network['id']}").status_code == 204
    assert reason(machine.me()) == "api_key_invalid"


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("10.0.0.0/15", "network_too_wide"),
        ("0.0.0.0/0", "network_too_wide"),
        ("2001:d00::/31", "network_too_wide"),
        ("::/0", "network_too_wide"),
        ("::ffff:10.0.0.0/111", "network_too_wide"),
        ("10.0.0.1/16", "network_invalid"),
        ("localhost", "network_invalid"),
        ("127.0.0.0/16", "network_exists"),
        ("::ffff:127.0.0.0/112", "network_exists"),
    ],
)
def test_a_network_is_narrow_and_well_written(machine: MachineUnderTest, network: str, expected: str) -> None:
    assert reason(machine.admin.post(f"{machine.path}/ip-whitelist", {"ipAddress": network})) == expected


def test_a_disabled_machine_is_out_at_once(machine: MachineUnderTest) -> None:
    token = machine.token().json()["access_token"]
    assert machine.admin.http.patch(machine.path, json={"disabled": True}).status_code == 200
    assert (machine.me().status_code, machine.with_token(token).status_code) == (401, 401)
    assert machine.admin.http.patch(machine.path, json={"disabled": False}).status_code == 200
    assert (machine.me().status_code, machine.with_token(token).status_code) == (200, 401)


def test_a_deleted_machine_is_gone_with_its_wallets(machine: MachineUnderTest) -> None:
    wallet = Account.create().address
    machine.admin.post(f"{machine.path}/wallets", {"walletAddress": wallet})
    assert machine.admin.delete(machine.path).status_code == 204
    assert reason(machine.me()) == "api_key_invalid"
    assert machine.admin.get(machine.path).status_code == 404
    assert machine.admin.post(
        f"{MachineUnderTest.made(machine.admin).path}/wallets", {"walletAddress": wallet}
    ).is_success


def test_the_policy_judges_a_machine_by_wallet_and_roles(machine: MachineUnderTest, account: LocalAccount) -> None:
    role = machine.admin.post("/api/roles", {"roleName": f"robots {machine.id}", "systemPermissions": []}).json()
    body = {"name": "robot", "description": "", "roles": [{"id": role["id"]}]}
    assert machine.admin.put(machine.path, body).json()["roles"][0]["id"] == role["id"]
    linked = machine.admin.post(f"{machine.path}/wallets", {"walletAddress": account.address})
    assert [wallet["walletAddress"] for wallet in linked.json()["wallets"]] == [account.address]
    with machine.edge.database.read() as session:
        grants = {grant.address: grant.roles for grant in wallet_grants(session, with_owner=False)}
    assert grants[parse_address(account.address)] == {role["policyId"]}


def test_a_machine_proves_a_wallet_itself(machine: MachineUnderTest, account: LocalAccount) -> None:
    started = machine.call("POST", "/api/user-wallets/initiate", {"walletAddress": account.address}).json()
    issued = Issued(started["message"], started["nonceToken"])
    body = {
        "walletAddress": account.address,
        "message": issued.text,
        "signature": sign(account, issued.text),
        "nonceToken": issued.token,
    }
    assert machine.call("POST", "/api/user-wallets/associate", body).json() == {"success": True}
    assert machine.admin.get(machine.path).json()["wallets"][0]["walletAddress"] == account.address


def test_a_machine_signs_in_with_its_wallet_from_its_networks_only(admin: "Program", edge: "Edge") -> None:
    at_home, away = MachineUnderTest.made(admin), MachineUnderTest.made(admin, "10.0.0.0/16")
    accounts = [Account.create(), Account.create()]
    for machine, account in zip((at_home, away), accounts, strict=True):
        admin.post(f"{machine.path}/wallets", {"walletAddress": account.address})
    token = log_in(edge, accounts[0]).json()["token"]
    assert at_home.with_token(token).json()["id"] == at_home.id
    assert log_in(edge, accounts[1]).status_code == 401


def test_a_machine_cannot_change_the_policy(machine: MachineUnderTest, admin: "Program") -> None:
    refused = admin.put(machine.path, {"name": "robot", "description": "", "roles": [{"id": "admin"}]})
    assert reason(refused) == "machine_may_not_administer"
    # A role that becomes powerful later does not make its machines administrators either.
    role = admin.post("/api/roles", {"roleName": "growing", "systemPermissions": ["admin_read"]}).json()
    admin.put(machine.path, {"name": "robot", "description": "", "roles": [{"id": role["id"]}]})
    powers = {"roleName": "growing", "systemPermissions": ["admin_read", "admin_write"]}
    assert admin.put(f"/api/roles/{role['id']}", powers).status_code == 200
    assert machine.call("GET", "/api/roles").status_code == 200
    assert (
        reason(machine.call("POST", "/api/roles", {"roleName": "x", "systemPermissions": []})) == "permission_missing"
    )


def test_a_machine_does_not_count_as_the_last_administrator(make_edge: Callable[..., "Edge"]) -> None:
    admin = newcomer(make_edge(), "admin")
    machine = MachineUnderTest.made(admin)
    role = admin.post("/api/roles", {"roleName": "powers", "systemPermissions": []}).json()
    admin.put(machine.path, {"name": "robot", "description": "", "roles": [{"id": role["id"]}]})
    admin.put(f"/api/roles/{role['id']}", {"roleName": "powers", "systemPermissions": ["admin_write"]})
    assert reason(admin.put(f"/api/users/{admin.user_id()}/roles", {"roles": []})) == "last_administrator"


def test_machines_are_no_users(machine: MachineUnderTest) -> None:
    listed = machine.admin.get("/api/users", limit=100).json()["items"]
    assert machine.id not in [user["id"] for user in listed]
    assert machine.admin.get(f"/api/users/{machine.id}").status_code == 404
    assert machine.admin.put(f"/api/users/{machine.id}/roles", {"roles": [{"id": "admin"}]}).status_code == 404
    assert machine.admin.get(f"{MACHINES}/{machine.admin.user_id()}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth/current-session"),
        ("POST", "/api/auth/extend-session"),
        ("POST", "/api/auth/logout"),
        ("GET", "/api/sessions"),
        ("POST", "/api/webauthn/register/begin"),
        ("GET", "/api/webauthn/credentials"),
    ],
)
def test_what_needs_a_session_is_not_for_keys(machine: MachineUnderTest, method: str, path: str) -> None:
    assert reason(machine.call(method, path)) == "session_required"


def test_a_key_needs_no_page_token(machine: MachineUnderTest) -> None:
    """A browser never adds the header by itself, so there is nothing to forge."""
    body = {"walletAddress": Account.create().address}
    assert machine.call("POST", "/api/user-wallets/initiate", body).status_code == 200


def test_every_change_is_in_the_audit_trail(admin: "Program") -> None:
    machine = MachineUnderTest.made(admin)
    entries = admin.get("/api/audit-logs", limit=3, reads="false").json()["items"]
    assert [entry["action"] for entry in entries] == ["api_key.create", "machine.network.allow", "machine.create"]
    assert {entry["subject"] for entry in entries} == {machine.id}
    assert machine.key not in str(entries)


def test_keys_are_unique_rows(admin: "Program", edge: "Edge") -> None:
    MachineUnderTest.made(admin)
    with edge.database.read() as session:
        hashes = list(session.scalars(select(ApiKey.key_hash)))
    assert len(hashes) == len(set(hashes))
