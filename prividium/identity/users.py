"""Users, made from a verified identity at their first login."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Unauthorized
from prividium.identity.claims import VerifiedClaims
from prividium.identity.models import ADMIN_ROLE_ID, User, UserRole


def user_for(session: Session, claims: VerifiedClaims, admin_subjects: Collection[str]) -> User:
    """The user of (issuer, subject); a new one has no roles, save those that the settings name as administrators.

    Whether they may sign in is another question: `refuse_disabled`.
    """
    now = clock.now()
    user = session.scalar(select(User).where(User.issuer == claims.issuer, User.subject == claims.subject))
    if user is None:
        user = User(
            id=clock.new_id(),
            issuer=claims.issuer,
            subject=claims.subject,
            source="oidc",
            display_name=claims.display_name,
            disabled=False,
            created_at=now,
            updated_at=now,
        )
        session.add(user)
        session.flush()
        if claims.subject in admin_subjects:
            session.add(UserRole(user_id=user.id, role_id=ADMIN_ROLE_ID))
    if user.display_name != claims.display_name:
        user.display_name, user.updated_at = claims.display_name, now
    return user


def refuse_disabled(user: User) -> None:
    """Raises Unauthorized("user_disabled")."""
    if user.disabled:
        raise Unauthorized("user_disabled", "this user is disabled; ask an administrator")


def settle_access(user: User) -> None:
    """Out as soon as an administrator or the directory says so, in again when neither does."""
    user.disabled = user.suspended or user.deprovisioned
