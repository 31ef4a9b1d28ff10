"""Where one is signed in, and ending it."""

from typing import TYPE_CHECKING

from sqlalchemy import update

from prividium import clock
from prividium.identity.models import LoginSession
from tests.unit.identity.newcomer import newcomer, signed_in_again

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program


def sessions(program: "Program") -> list[dict[str, object]]:
    items: list[dict[str, object]] = program.get("/api/sessions").json()["items"]
    return items


def current(program: "Program") -> str:
    return next(str(item["id"]) for item in sessions(program) if item["isCurrent"])


def alive(program: "Program") -> bool:
    return program.get("/api/profiles/me").status_code == 200


def test_a_person_sees_where_they_are_signed_in(edge: "Edge") -> None:
    program = edge.program("client")
    listed = sessions(program)
    assert [item["kind"] for item in listed if item["isCurrent"]] == ["cli"]
    assert {item["kind"] for item in listed} == {"cli", "browser"}
    assert {item["ipAddress"] for item in listed} == {"127.0.0.1"}
    assert all(str(item["userAgent"]).startswith("python-httpx") for item in listed)
    assert program.token not in str(listed)


def twice(edge: "Edge") -> tuple["Program", "Program"]:
    """Two sessions of one user."""
    first = newcomer(edge)
    return first, signed_in_again(edge, first.user_id())


def test_others_and_ended_sessions_are_not_listed(edge: "Edge") -> None:
    program, other = newcomer(edge), newcomer(edge)
    ids = {item["id"] for item in sessions(program)}
    assert ids.isdisjoint(item["id"] for item in sessions(other))
    ended = signed_in_again(edge, program.user_id())
    with edge.database.write() as session:
        this = LoginSession.id == current(ended)
        session.execute(update(LoginSession).where(this).values(expires_at=clock.now()))
    assert len(sessions(program)) == 1


def test_one_session_is_ended(edge: "Edge") -> None:
    here, there = twice(edge)
    assert here.post(f"/api/sessions/{current(there)}/revoke").status_code == 204
    assert (alive(here), alive(there)) == (True, False)


def test_the_session_of_another_looks_absent(edge: "Edge") -> None:
    program, other = newcomer(edge), newcomer(edge)
    foreign = other.post(f"/api/sessions/{current(program)}/revoke")
    absent = other.post("/api/sessions/000000000000000000000/revoke")
    assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json()) == (404, absent.json())
    assert alive(program)


def test_all_other_sessions_are_ended(edge: "Edge") -> None:
    here, there = twice(edge)
    other = newcomer(edge)
    assert here.post("/api/sessions/revoke-others").status_code == 204
    assert (alive(here), alive(there), alive(other)) == (True, False, True)
    assert len(sessions(here)) == 1


def test_an_administrator_sees_and_ends_the_sessions_of_a_user(edge: "Edge") -> None:
    admin, program = newcomer(edge, "admin"), newcomer(edge)
    user_id, session_id = program.user_id(), current(program)
    listed = admin.get("/api/admin/sessions", userId=user_id).json()["items"]
    assert {item["userId"] for item in listed} == {user_id}
    assert session_id in [item["id"] for item in listed]
    assert admin.post(f"/api/admin/sessions/{session_id}/revoke").status_code == 204
    assert not alive(program)


def test_an_administrator_ends_all_sessions_of_a_user(edge: "Edge") -> None:
    admin = newcomer(edge, "admin")
    first, second = twice(edge)
    user_id = first.user_id()
    assert admin.post(f"/api/admin/sessions/revoke-all?userId={user_id}").status_code == 204
    assert (alive(admin), alive(first), alive(second)) == (True, False, False)
    entry = admin.get("/api/audit-logs", action="session.revoke_all").json()["items"][0]
    assert entry["subject"] == user_id


def test_the_user_must_be_named(edge: "Edge") -> None:
    admin = newcomer(edge, "admin")
    assert admin.get("/api/admin/sessions").status_code == 400
    assert admin.post("/api/admin/sessions/revoke-all").status_code == 400
    assert admin.post("/api/admin/sessions/unknown/revoke").status_code == 404
