from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from prividium import clock
from prividium.audit.models import AuditEntry
from prividium.errors import RateLimited
from prividium.identity.rate_limit import SlidingWindow

if TYPE_CHECKING:
    from tests.unit.conftest import Edge


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Sets the monotonic clock."""
    moment = 1_000.0

    def turn(seconds: float) -> None:
        nonlocal moment
        moment += seconds

    monkeypatch.setattr(clock, "monotonic", lambda: moment)
    yield turn


def test_a_window_slides(hands: Callable[[float], None]) -> None:
    window = SlidingWindow(limit=2, window_seconds=60)
    window.spend("a")
    hands(30)
    window.spend("a")
    with pytest.raises(RateLimited):
        window.spend("a")
    hands(30)
    window.spend("a")
    with pytest.raises(RateLimited):
        window.spend("a")


def test_callers_do_not_spend_for_each_other() -> None:
    window = SlidingWindow(limit=1)
    window.spend("a")
    window.spend("b")


def test_a_window_remembers_a_bounded_number_of_callers() -> None:
    window = SlidingWindow(limit=1, keys_max=10)
    for number in range(1_000):
        window.spend(str(number))
    assert len(window._events) == 10


def test_logins_are_limited_by_network_address(make_edge: Callable[..., "Edge"]) -> None:
    edge = make_edge(login_requests_per_minute_max=3)
    client = edge.client()
    statuses = [client.get("/api/auth/login", follow_redirects=False).status_code for _ in range(5)]
    assert statuses == [303, 303, 303, 429, 429]
    answer = client.get("/api/auth/login").json()["error"]
    assert (answer["code"], answer["reason"]) == ("RATE_LIMIT_ERROR", "rate_limited")


def test_calls_are_limited_by_person(make_edge: Callable[..., "Edge"]) -> None:
    edge = make_edge(requests_per_minute_max=3)
    first, second = edge.program("client"), edge.program("client-two")
    assert [first.get("/api/profiles/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert second.get("/api/profiles/me").status_code == 200


def test_strangers_cannot_flood_the_audit_trail(make_edge: Callable[..., "Edge"]) -> None:
    edge = make_edge(login_requests_per_minute_max=3)
    client = edge.client(headers={"Authorization": "Bearer unknown"})
    assert {client.get("/api/profiles/me").status_code for _ in range(10)} == {401}
    with edge.database.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 3
