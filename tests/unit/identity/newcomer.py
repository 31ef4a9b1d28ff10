"""People who are there already: a user and a session written beside the edge, since how they signed in does not matter
here."""

from typing import TYPE_CHECKING

from prividium import clock
from prividium.identity.credentials import Origin
from prividium.identity.models import User, UserRole
from prividium.identity.sessions import open_session
from tests.unit.conftest import Program

if TYPE_CHECKING:
    from tests.unit.conftest import Edge


def newcomer(edge: "Edge", *roles: str) -> Program:
    """A new user with these roles, signed in."""
    user_id, now = clock.new_id(), clock.now()
    with edge.database.write() as session:
        session.add(
            User(
                id=user_id,
                issuer="https://issuer.example",
                subject=user_id,
                source="oidc",
                display_name="newcomer",
                created_at=now,
                updated_at=now,
            )
        )
        session.flush()
        session.add_all(UserRole(user_id=user_id, role_id=role) for role in roles)
    return signed_in_again(edge, user_id)


def signed_in_again(edge: "Edge", user_id: str) -> Program:
    """Another session of the same user."""
    with edge.database.write() as session:
        opened = open_session(session, user_id, "cli", edge.identity.session_limits, Origin("127.0.0.1", "test"))
    return Program(edge, opened.token)
