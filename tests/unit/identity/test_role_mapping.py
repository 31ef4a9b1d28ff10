"""Roles that follow from a claim of the identity provider."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from prividium.audit.models import AuditEntry
from prividium.identity.models import Role, User, UserRole
from tests.unit.identity.forging_provider import ForgingProvider, begin

if TYPE_CHECKING:
    from tests.unit.conftest import Browser, Edge

MAPPING = {"/fund/clients": "fund-client", "/fund/issuers": "fund-issuer", "/gone": "no-such-role"}


@pytest.fixture(scope="module")
def provider() -> Iterator[ForgingProvider]:
    started = ForgingProvider()
    yield started
    started.stop()


@pytest.fixture
def edge(make_edge: Callable[..., "Edge"], provider: ForgingProvider) -> "Edge":
    issuer = {
        "id": "bank",
        "name": "Bank",
        "url": provider.url,
        "admin_subjects": ("head",),
        "role_claim": "realm_access.roles",
        "role_mapping": MAPPING,
    }
    edge = make_edge(issuers=(issuer,))
    with edge.database.write() as session:
        for number, name in enumerate(("fund-client", "fund-issuer"), 3):
            fixed = {"system_permissions": [], "is_system": False, "created_at": 0, "updated_at": 0}
            session.add(Role(id=name, policy_id=number, name=name, **fixed))
    return edge


@pytest.fixture
def sign_in(edge: "Edge", provider: ForgingProvider) -> Callable[..., "Browser"]:
    def sign_in(*groups: str, subject: str = "subject", **claims: object) -> "Browser":
        provider.extra = {"sub": subject, "realm_access": {"roles": list(groups)}, **claims}
        browser = edge.browser()
        answer = browser.http.get(begin(browser.http, provider, "bank"), follow_redirects=False)
        assert answer.status_code == 303
        return browser

    return sign_in


def roles(browser: "Browser") -> dict[str, str]:
    return dict(browser.json("GET", "/api/profiles/me").json()["roleSources"])


def changes(edge: "Edge") -> list[dict[str, str]]:
    with edge.database.read() as session:
        statement = select(AuditEntry.details).where(AuditEntry.action == "user.roles.claim")
        return list(session.scalars(statement.order_by(AuditEntry.sequence)))


def test_a_login_brings_the_roles_that_the_claim_gives(edge: "Edge", sign_in: Callable[..., "Browser"]) -> None:
    assert roles(sign_in("/fund/clients", "/fund/issuers")) == {"fund-client": "claim", "fund-issuer": "claim"}
    assert changes(edge) == [{"gained": "fund-client fund-issuer", "lost": ""}]


def test_a_login_without_the_group_takes_the_role_away_from_every_session(
    edge: "Edge", sign_in: Callable[..., "Browser"]
) -> None:
    before = sign_in("/fund/clients", "/fund/issuers")
    assert roles(sign_in("/fund/clients")) == {"fund-client": "claim"}
    assert roles(before) == {"fund-client": "claim"}
    assert changes(edge)[1:] == [{"gained": "", "lost": "fund-issuer"}]


@pytest.mark.parametrize("claims", [{"realm_access": None}, {"realm_access": {"roles": {"/fund/clients": 1}}}])
def test_a_login_without_a_usable_claim_takes_the_roles_away(
    sign_in: Callable[..., "Browser"], claims: dict[str, object]
) -> None:
    sign_in("/fund/clients")
    assert roles(sign_in(**claims)) == {}


def test_values_that_are_not_mapped_and_roles_that_do_not_exist_give_nothing(
    edge: "Edge", sign_in: Callable[..., "Browser"]
) -> None:
    assert roles(sign_in("/somewhere", "admin", "fund-client", "no-such-role", "/gone")) == {}
    assert changes(edge) == []


def test_a_login_that_changes_nothing_leaves_no_entry(edge: "Edge", sign_in: Callable[..., "Browser"]) -> None:
    for _ in range(3):
        sign_in("/fund/clients")
    assert len(changes(edge)) == 1


def test_a_role_assigned_by_hand_stays_when_the_group_is_lost(edge: "Edge", sign_in: Callable[..., "Browser"]) -> None:
    user_id = sign_in().json("GET", "/api/profiles/me").json()["id"]
    administrator = sign_in(subject="head")
    assigned = administrator.json(
        "PUT",
        f"/api/users/{user_id}/roles",
        json={"roles": [{"id": "fund-client"}]},
        headers=administrator.csrf_headers(),
    )
    assert assigned.json()["roleSources"] == {"fund-client": "assigned"}
    found = roles(sign_in("/fund/clients", "/fund/issuers"))
    assert found == {"fund-client": "assigned claim", "fund-issuer": "claim"}
    assert roles(sign_in()) == {"fund-client": "assigned"}


def test_a_role_of_the_claim_does_not_become_permanent_by_an_administrators_list(
    edge: "Edge", sign_in: Callable[..., "Browser"]
) -> None:
    user_id = sign_in("/fund/clients").json("GET", "/api/profiles/me").json()["id"]
    administrator = sign_in(subject="head")
    changed = administrator.json(
        "PUT",
        f"/api/users/{user_id}/roles",
        json={"roles": [{"id": "fund-client"}, {"id": "fund-issuer"}]},
        headers=administrator.csrf_headers(),
    )
    assert changed.json()["roleSources"] == {"fund-client": "claim", "fund-issuer": "assigned"}
    assert roles(sign_in()) == {"fund-issuer": "assigned"}


def test_the_administrators_of_the_settings_keep_their_role_without_a_group(sign_in: Callable[..., "Browser"]) -> None:
    sign_in(subject="head")
    assert roles(sign_in("/fund/clients", subject="head")) == {"admin": "assigned", "fund-client": "claim"}


def test_a_change_of_roles_raises_the_version_of_the_policy(edge: "Edge", sign_in: Callable[..., "Browser"]) -> None:
    calls: list[str] = []
    edge.app.state.after_write = lambda: calls.append("changed")
    sign_in("/fund/clients")
    sign_in("/fund/clients")
    assert calls == ["changed"]
    with edge.database.read() as session:
        held = session.scalars(select(UserRole.role_id).join(User).where(User.subject == "subject"))
        assert list(held) == ["fund-client"]


def test_a_new_issuer_setting_without_mapping_takes_the_roles_away(
    edge: "Edge", provider: ForgingProvider, make_edge: Callable[..., "Edge"], sign_in: Callable[..., "Browser"]
) -> None:
    sign_in("/fund/clients")
    url = f"sqlite:///{edge.identity.data_dir}/prividium.db"
    later = make_edge(database_url=url, issuers=({"id": "bank", "name": "Bank", "url": provider.url},))
    browser = later.browser()
    browser.http.get(begin(browser.http, provider, "bank"))
    assert roles(browser) == {}
