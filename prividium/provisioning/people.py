"""People of the directory: rows, resources, and what a change does to the user's access."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from scim2_models import InvalidValueException, NotFoundException, Reference, UniquenessException
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.identity.directory import comparable, let_in, shut_out
from prividium.identity.directory_models import DirectoryGroup, DirectoryMember, DirectoryPerson
from prividium.identity.models import User as Account
from prividium.permissions.roles import keeping_an_administrator
from prividium.provisioning.journal import DirectoryJournal
from prividium.provisioning.resources import Group, Membership, User
from prividium.provisioning.stored import meta, needed, short

DOCUMENT_CHARACTERS_MAX: Final = 16_384
_COLUMNS: Final = ("schemas", "id", "meta", "externalId", "userName", "active", "groups")
"""Of a resource, what is not in `attributes`."""


def find(session: Session, person_id: str, *, for_update: bool = False) -> DirectoryPerson:
    """Raises NotFoundException."""
    row = session.get(DirectoryPerson, person_id, with_for_update=for_update or None)
    if row is None:
        raise NotFoundException(detail="there is no such user in the directory")
    return row


def show(session: Session, rows: Sequence[DirectoryPerson], base: str) -> list[User]:
    """The resources, in the order of the rows."""
    groups = _memberships(session, [row.id for row in rows], base)
    return [_resource(row, groups.get(row.id), base) for row in rows]


def create(journal: DirectoryJournal, wanted: User) -> DirectoryPerson:
    """Raises UniquenessException and InvalidValueException."""
    now = clock.now()
    row = DirectoryPerson(id=clock.new_id(), version=1, created_at=now, updated_at=now, user_id=None)
    _write(journal.session, row, wanted, active=wanted.active is not False)
    journal.session.add(row)
    journal.session.flush()
    journal.note("directory.user.create", row.id, {"active": str(row.active).lower()})
    return row


def change(journal: DirectoryJournal, row: DirectoryPerson, wanted: User, active: bool | None) -> None:
    """The person is as `wanted` afterwards; `active` of None gives no access.

    Raises what `create` raises and Conflict("last_administrator").
    """
    _write(journal.session, row, wanted, active=active)
    row.version, row.updated_at = row.version + 1, clock.now()
    with keeping_an_administrator(journal.session):
        _settle(journal, row)
    journal.note("directory.user.change", row.id, {"user": row.user_id or "", "active": str(bool(row.active)).lower()})


def remove(journal: DirectoryJournal, row: DirectoryPerson) -> None:
    """The user stays, without access: what they did has an author. Raises Conflict("last_administrator")."""
    row.active = False
    with keeping_an_administrator(journal.session):
        _settle(journal, row)
        journal.session.execute(delete(DirectoryMember).where(DirectoryMember.person_id == row.id))
        journal.directory.bring_roles(journal.session, row, journal.request_id)
    journal.note("directory.user.delete", row.id, {"user": row.user_id or ""})
    journal.session.delete(row)
    journal.session.flush()


def _settle(journal: DirectoryJournal, row: DirectoryPerson) -> None:
    """What the directory says of the person takes effect on the user, who exists since the first login."""
    user = None if row.user_id is None else journal.session.get(Account, row.user_id, with_for_update=True)
    if user is None or user.deprovisioned == (not row.active):
        return
    if row.active:
        let_in(journal.session, user)
        journal.note("user.reprovision", user.id, {})
        return
    shut_out(journal.session, user, journal.request_id)
    journal.note("user.deprovision", user.id, {})


def _write(session: Session, row: DirectoryPerson, wanted: User, active: bool | None) -> None:
    row.user_name = needed("userName", wanted.user_name)
    row.user_name_key = needed("userName", comparable(row.user_name))
    row.external_id = short("externalId", wanted.external_id)
    row.active = active
    rest = {name: value for name, value in wanted.model_dump().items() if name not in _COLUMNS}
    if len(json.dumps(rest)) > DOCUMENT_CHARACTERS_MAX:
        raise InvalidValueException(detail=f"the attributes are longer than {DOCUMENT_CHARACTERS_MAX} characters")
    row.attributes = rest
    with session.no_autoflush:
        same = (DirectoryPerson.user_name_key == row.user_name_key, DirectoryPerson.id != row.id)
        if session.scalar(select(DirectoryPerson.id).where(*same)) is not None:
            raise UniquenessException(detail="another user has this userName")


def _resource(row: DirectoryPerson, groups: list[Membership] | None, base: str) -> User:
    user = User.model_validate({**row.attributes, "userName": row.user_name})
    user.id, user.external_id, user.active, user.groups = row.id, row.external_id, row.active, groups
    user.meta = meta(row, User.__name__, base)
    return user


def _memberships(session: Session, person_ids: Iterable[str], base: str) -> dict[str, list[Membership]]:
    found: dict[str, list[Membership]] = {}
    rows = session.execute(
        select(DirectoryMember.person_id, DirectoryGroup.id, DirectoryGroup.display_name)
        .join(DirectoryGroup, DirectoryGroup.id == DirectoryMember.group_id)
        .where(DirectoryMember.person_id.in_(person_ids))
        .order_by(DirectoryGroup.created_at, DirectoryGroup.id)
    )
    for person_id, group_id, name in rows:
        reference: Reference[Group] = Reference(f"{base}/Groups/{group_id}")
        found.setdefault(person_id, []).append(Membership(value=group_id, ref=reference, display=name))
    return found
