"""/api/m2m-applications/{id}/api-keys: secrets of machines, shown in full once."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from prividium.db.edge import ReadSession
from prividium.identity import api_keys
from prividium.identity.api_keys import OVERLAP_SECONDS_MAX
from prividium.identity.caller import AdminReader
from prividium.identity.machine_models import ApiKey
from prividium.permissions import machines
from prividium.permissions.routes.journal import AdminJournal, ThePage
from prividium.rest import Answer, Body, Page, page_of, time_text

router = APIRouter(prefix="/m2m-applications", tags=["machines"])


class KeyBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    expires_at: AwareDatetime
    """RFC 3339; at most one year from now."""


class RotationBody(Body):
    expires_at: AwareDatetime
    overlap_seconds: Annotated[int, Field(ge=0, le=OVERLAP_SECONDS_MAX)] = 86_400
    """How long the old key goes on; 0 ends it now."""


class KeyAnswer(Answer):
    id: str
    name: str
    key_prefix: str
    expires_at: str
    last_used_at: str | None
    last_used_ip: str | None
    revoked_at: str | None
    created_at: str


class NewKeyAnswer(KeyAnswer):
    full_key: str
    """The only time that it is shown."""


def _show(row: ApiKey) -> KeyAnswer:
    return KeyAnswer.model_validate(_fields(row))


def _fields(row: ApiKey) -> dict[str, str | None]:
    return {
        "id": row.id,
        "name": row.name,
        "key_prefix": row.key_prefix,
        "expires_at": time_text(row.expires_at),
        "last_used_at": None if row.last_used_at is None else time_text(row.last_used_at),
        "last_used_ip": row.last_used_address,
        "revoked_at": None if row.revoked_at is None else time_text(row.revoked_at),
        "created_at": time_text(row.created_at),
    }


@router.get("/{machine_id}/api-keys")
def list_keys(machine_id: str, _reader: AdminReader, session: ReadSession, query: ThePage) -> Page[KeyAnswer]:
    """Newest first, those that have ended included."""
    machines.find(session, machine_id)
    mine = select(ApiKey).where(ApiKey.user_id == machine_id)
    return page_of(session, mine.order_by(ApiKey.created_at.desc(), ApiKey.id), query, _show)


@router.post("/{machine_id}/api-keys", status_code=201)
def create_key(machine_id: str, body: KeyBody, journal: AdminJournal, response: Response) -> NewKeyAnswer:
    machines.find(journal.session, machine_id)
    made = api_keys.create(journal.session, machine_id, body.name, _seconds(body.expires_at))
    journal.note("api_key.create", machine_id, {"key": made.row.id, "prefix": made.row.key_prefix})
    response.headers["Cache-Control"] = "no-store"
    return NewKeyAnswer.model_validate({**_fields(made.row), "full_key": made.full_key})


@router.post("/{machine_id}/api-keys/{key_id}/rotate", status_code=201)
def rotate_key(
    machine_id: str, key_id: str, body: RotationBody, journal: AdminJournal, response: Response
) -> NewKeyAnswer:
    """A new key of the same name; the old one ends after the overlap."""
    old = api_keys.find(journal.session, machine_id, key_id)
    made = api_keys.rotate(journal.session, old, _seconds(body.expires_at), body.overlap_seconds)
    details = {"key": made.row.id, "prefix": made.row.key_prefix, "old": old.id, "old_ends": time_text(old.expires_at)}
    journal.note("api_key.rotate", machine_id, details)
    response.headers["Cache-Control"] = "no-store"
    return NewKeyAnswer.model_validate({**_fields(made.row), "full_key": made.full_key})


@router.delete("/{machine_id}/api-keys/{key_id}", status_code=204)
def revoke_key(machine_id: str, key_id: str, journal: AdminJournal) -> None:
    """The key and the tokens that were got for it end now."""
    key = api_keys.find(journal.session, machine_id, key_id)
    api_keys.revoke(journal.session, key)
    journal.note("api_key.revoke", machine_id, {"key": key.id, "prefix": key.key_prefix})


def _seconds(time: datetime) -> int:
    return int(time.timestamp())
