"""The second factor of a wallet login: administrators who have a passkey confirm it with that passkey."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium.db.engine import Database
from prividium.identity import passkeys
from prividium.identity.models import Role, User, UserRole
from prividium.identity.passkey_challenges import Ceremony, RelyingParty
from prividium.identity.passkeys import AssertionOptions
from prividium.identity.subject import PEOPLE_ONLY
from prividium.types import Json


@dataclass(frozen=True)
class SecondFactor:
    """Bound to one EIP-4361 nonce: the confirmation serves the login that asked for it."""

    party: RelyingParty
    nonce: str

    def begin(self, session: Session, user: User) -> AssertionOptions:
        return passkeys.begin_assertion(session, self.party, self._ceremony(user))

    def finish(self, database: Database, user: User, answer: dict[str, Json]) -> str:
        """Raises Unauthorized("passkey_challenge_invalid" or "passkey_refused")."""
        return passkeys.finish_assertion(database, self.party, self._ceremony(user), answer)

    def _ceremony(self, user: User) -> Ceremony:
        return Ceremony(user.id, "login", self.nonce)


def holds_power(session: Session, user_id: str) -> bool:
    """Does one of the user's roles let them change the policy?"""
    held = select(Role.system_permissions).join(UserRole, UserRole.role_id == Role.id)
    permissions = {name for names in session.scalars(held.where(UserRole.user_id == user_id)) for name in names}
    return bool(permissions & PEOPLE_ONLY)


def needs_second_factor(session: Session, user_id: str) -> bool:
    return holds_power(session, user_id) and passkeys.has_passkey(session, user_id)
