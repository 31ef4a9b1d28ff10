"""/api/admin/webauthn: other people's passkeys, for the day on which one is lost."""

from fastapi import APIRouter

from prividium.db.edge import ReadSession
from prividium.errors import Conflict
from prividium.identity import passkeys
from prividium.identity.caller import AdminReader, AdminWriter
from prividium.identity.routes.webauthn import CredentialAnswer, show_passkey
from prividium.permissions import roles
from prividium.permissions.routes.journal import AdminJournal
from prividium.rest import Answer

router = APIRouter(prefix="/admin/webauthn/users", tags=["webauthn"])


class Credentials(Answer):
    items: list[CredentialAnswer]


class Deleted(Answer):
    deleted_count: int


@router.get("/{user_id}")
def list_passkeys(user_id: str, _reader: AdminReader, session: ReadSession) -> Credentials:
    roles.find_user(session, user_id)
    return Credentials(items=[show_passkey(passkey) for passkey in passkeys.passkeys_of(session, user_id)])


@router.delete("/{user_id}/{passkey_id}", status_code=204)
def delete_passkey(user_id: str, passkey_id: str, writer: AdminWriter, journal: AdminJournal) -> None:
    _require_another(user_id, writer.user_id)
    journal.session.delete(passkeys.find(journal.session, user_id, passkey_id))
    journal.note("passkey.delete", passkey_id, {"user": user_id})


@router.delete("/{user_id}")
def delete_all(user_id: str, writer: AdminWriter, journal: AdminJournal) -> Deleted:
    """The user registers a first passkey again after the next login."""
    _require_another(user_id, writer.user_id)
    roles.find_user(journal.session, user_id)
    found = passkeys.passkeys_of(journal.session, user_id)
    for passkey in found:
        journal.session.delete(passkey)
    journal.note("passkey.reset", user_id, {"passkeys": str(len(found))})
    return Deleted(deleted_count=len(found))


def _require_another(user_id: str, writer_id: str) -> None:
    if user_id == writer_id:
        raise Conflict("own_passkey", "delete your own passkeys at /api/webauthn/credentials")
