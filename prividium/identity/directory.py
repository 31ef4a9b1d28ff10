"""What the directory (SCIM) says about people who sign in: whether they may, and their roles.

At the first login a claim of the ID token finds the person; from then on the two are tied, and (issuer, subject) finds
them whatever the claim says.
"""

from typing import Final
from unicodedata import normalize

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from prividium.audit import trail
from prividium.errors import Unauthorized
from prividium.identity.claims import VerifiedClaims
from prividium.identity.directory_models import DirectoryGroup, DirectoryMember, DirectoryPerson
from prividium.identity.given_roles import RoleChange, apply_given_roles
from prividium.identity.models import FROM_DIRECTORY, CliLogin, User
from prividium.identity.sessions import live_sessions, revoke
from prividium.identity.users import settle_access
from prividium.identity.wallet_rpc_models import TransactionAllowance, WalletRpcToken
from prividium.settings import IdentitySettings

DEPROVISIONED: Final = "deprovisioned"


class Directory:
    """The directory of one issuer; without a token for it there is none."""

    def __init__(self, settings: IdentitySettings) -> None:
        self.issuer_id = settings.scim_issuer
        self._exists = bool(settings.scim_token_hashes)
        self._required = settings.scim_required
        self._by_external_id = settings.scim_attribute == "externalId"
        self._roles = {comparable(group): role for group, role in settings.scim_role_mapping.items()}

    def admit(self, session: Session, issuer_id: str, user: User, claims: VerifiedClaims, request_id: str) -> bool:
        """Tie the person who signs in to what the directory says of them; whether that changed the policy.

        Raises Unauthorized("not_provisioned", "user_deprovisioned" or "directory_entry_taken").
        """
        if not self._exists or issuer_id != self.issuer_id:
            return False
        person = self._find(session, user, claims)
        if person is None:
            if self._required:
                raise Unauthorized("not_provisioned", "your organisation has not given you access; ask its directory")
            return False
        if not person.active:
            raise Unauthorized("user_deprovisioned", "your organisation has taken your access away; ask its directory")
        returns, user.deprovisioned = user.deprovisioned, False
        settle_access(user)
        change = self.bring_roles(session, person, request_id)
        return returns or bool(change.gained or change.lost)

    def bring_roles(self, session: Session, person: DirectoryPerson, request_id: str) -> RoleChange:
        """Give the person's user the roles of their groups, and no other roles of the directory."""
        if person.user_id is None:
            return RoleChange((), (), ())
        groups = session.scalars(
            select(DirectoryGroup.display_name_key)
            .join(DirectoryMember, DirectoryMember.group_id == DirectoryGroup.id)
            .where(DirectoryMember.person_id == person.id)
        )
        granted = {self._roles[group] for group in groups if group in self._roles}
        change = apply_given_roles(session, person.user_id, granted, FROM_DIRECTORY)
        if change.gained or change.lost:
            trail.record(
                session,
                actor=None,
                action="user.roles.scim",
                outcome="allowed",
                subject=person.user_id,
                request_id=request_id,
                details={"gained": " ".join(change.gained), "lost": " ".join(change.lost)},
            )
        return change

    def _find(self, session: Session, user: User, claims: VerifiedClaims) -> DirectoryPerson | None:
        tied = session.scalar(select(DirectoryPerson).where(DirectoryPerson.user_id == user.id))
        if tied is not None or claims.directory_key is None:
            return tied
        key = claims.directory_key
        matches = (
            DirectoryPerson.external_id == key
            if self._by_external_id
            else DirectoryPerson.user_name_key == comparable(key)
        )
        candidates = session.scalars(select(DirectoryPerson).where(matches).with_for_update()).all()
        if not candidates:
            return None
        found = candidates[0]
        # The standard leaves it to the provider that an externalId belongs to one person only.
        if len(candidates) > 1 or found.user_id is not None:
            raise Unauthorized(
                "directory_entry_taken", "the directory knows somebody else by the same name; ask its administrators"
            )
        found.user_id = user.id
        session.flush()
        return found


def shut_out(session: Session, user: User, request_id: str) -> None:
    """Everything that lets the user in ends now, and does not come back with their access."""
    user.deprovisioned = True
    settle_access(user)
    for found in live_sessions(session, user.id):
        revoke(session, found.id)
        trail.record(
            session,
            actor=user.id,
            action="session.end",
            outcome="allowed",
            reason=DEPROVISIONED,
            subject=found.id,
            request_id=request_id,
        )
    for table in (CliLogin, WalletRpcToken, TransactionAllowance):
        session.execute(delete(table).where(table.user_id == user.id))
    session.flush()


def let_in(session: Session, user: User) -> None:
    """The directory has nothing against the user any more."""
    user.deprovisioned = False
    settle_access(user)
    session.flush()


def comparable(text: str) -> str:
    """The form in which names are compared: canonical composition, case does not count (RFC 7643 §2.2)."""
    return normalize("NFC", normalize("NFC", text).lower())
