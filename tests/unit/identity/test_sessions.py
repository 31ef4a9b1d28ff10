from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from prividium import clock
from prividium.errors import Unauthorized
from prividium.identity.credentials import Credentials
from prividium.identity.models import LoginSession, User
from prividium.identity.secrecy import credential_hash

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program


@pytest.fixture
def program(edge: "Edge") -> "Program":
    return edge.program("client")


def change(edge: "Edge", program: "Program", **columns: int) -> None:
    with edge.database.write() as session:
        found = session.scalars(
            select(LoginSession).where(LoginSession.token_hash == credential_hash(program.token))
        ).one()
        for name, value in columns.items():
            setattr(found, name, value)


def reason(program: "Program") -> str:
    answer = program.get("/api/profiles/me")
    assert answer.status_code == 401
    return str(answer.json()["error"]["reason"])


def test_a_token_says_who_calls(edge: "Edge", program: "Program") -> None:
    principal = edge.identity.principal_for(Credentials(f"Bearer {program.token}"))
    assert principal is not None
    assert principal.display_name == "client"


def test_no_header_is_nobody(edge: "Edge") -> None:
    assert edge.identity.principal_for(Credentials()) is None


def test_only_the_hash_of_a_token_is_stored(edge: "Edge", program: "Program") -> None:
    stored = (edge.identity.data_dir / "prividium.db").read_bytes()
    stored += (edge.identity.data_dir / "prividium.db-wal").read_bytes()
    assert credential_hash(program.token) in stored
    assert program.token.encode() not in stored


def test_an_expired_session_is_refused(edge: "Edge", program: "Program") -> None:
    change(edge, program, expires_at=clock.now())
    assert reason(program) == "session_expired"


def test_a_revoked_session_is_refused(edge: "Edge", program: "Program") -> None:
    change(edge, program, revoked_at=clock.now())
    assert reason(program) == "session_invalid"


def test_logout_ends_the_session(program: "Program") -> None:
    assert program.post("/api/auth/logout").status_code == 204
    assert reason(program) == "session_invalid"


def test_a_disabled_user_is_out_at_once(make_edge: Callable[..., "Edge"]) -> None:
    edge = make_edge()
    program = edge.program("client")
    with edge.database.write() as session:
        session.scalars(select(User)).one().disabled = True
    assert reason(program) == "session_invalid"


@pytest.mark.parametrize("token", ["", "unknown", "a" * 10_000, "é", "\u0000"])
def test_an_unknown_token_is_refused(edge: "Edge", token: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        edge.identity.principal_for(Credentials(f"Bearer {token}"))
    assert caught.value.code == "session_invalid"


def test_extending_moves_the_end(edge: "Edge", program: "Program") -> None:
    change(edge, program, expires_at=clock.now() + 10)
    before = program.get("/api/auth/current-session").json()
    after = program.post("/api/auth/extend-session").json()
    assert after["expiresAt"] > before["expiresAt"]
    assert after["renewableUntil"] == before["renewableUntil"]


def test_extending_never_goes_past_the_longest_life(edge: "Edge", program: "Program") -> None:
    change(edge, program, expires_at=clock.now() + 10, renewable_until=clock.now() + 20)
    extended = program.post("/api/auth/extend-session").json()
    assert extended["expiresAt"] == extended["renewableUntil"]


def test_an_expired_session_cannot_be_extended(edge: "Edge", program: "Program") -> None:
    change(edge, program, expires_at=clock.now())
    assert program.post("/api/auth/extend-session").status_code == 401
    assert reason(program) == "session_expired"


def test_a_header_that_holds_the_same_token_twice_counts_and_two_tokens_do_not(edge: "Edge") -> None:
    mine, other = edge.program("client").token, edge.program("client-two").token
    answers = [
        edge.client().get("/api/profiles/me", headers={"Authorization": f"Bearer {mine}, Bearer {second}"})
        for second in (mine, other)
    ]
    assert [answer.status_code for answer in answers] == [200, 401]
