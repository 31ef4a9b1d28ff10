"""Groups of the directory: rows, resources, and the roles that their members hold by them."""

from collections.abc import Iterable, Sequence

from scim2_models import InvalidValueException, NotFoundException, Reference
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.identity.directory import comparable
from prividium.identity.directory_models import DirectoryGroup, DirectoryMember, DirectoryPerson
from prividium.permissions.roles import keeping_an_administrator
from prividium.provisioning.journal import DirectoryJournal
from prividium.provisioning.resources import Group, Member, User
from prividium.provisioning.stored import meta, needed, short

_CHUNK = 500
"""Fewer than the variables that a statement may have in every SQLite."""


def find(session: Session, group_id: str, *, for_update: bool = False) -> DirectoryGroup:
    """Raises NotFoundException."""
    row = session.get(DirectoryGroup, group_id, with_for_update=for_update or None)
    if row is None:
        raise NotFoundException(detail="there is no such group in the directory")
    return row


def show(session: Session, rows: Sequence[DirectoryGroup], base: str) -> list[Group]:
    """The resources, in the order of the rows."""
    members = _members(session, [row.id for row in rows], base)
    return [_resource(row, members.get(row.id), base) for row in rows]


def create(journal: DirectoryJournal, wanted: Group) -> DirectoryGroup:
    """Raises InvalidValueException."""
    now = clock.now()
    row = DirectoryGroup(id=clock.new_id(), version=0, created_at=now, updated_at=now, display_name_key="")
    _write(row, wanted)
    journal.session.add(row)
    journal.session.flush()
    _settle_members(journal, row, wanted, renamed=False)
    journal.note("directory.group.create", row.id, {"name": row.display_name})
    return row


def change(journal: DirectoryJournal, row: DirectoryGroup, wanted: Group) -> None:
    """The group is as `wanted` afterwards. Raises InvalidValueException and Conflict("last_administrator")."""
    before = row.display_name_key
    _write(row, wanted)
    row.updated_at = clock.now()
    journal.session.flush()
    _settle_members(journal, row, wanted, renamed=before != row.display_name_key)
    journal.note("directory.group.change", row.id, {"name": row.display_name})


def remove(journal: DirectoryJournal, row: DirectoryGroup) -> None:
    """Its members lose its roles. Raises Conflict("last_administrator")."""
    _settle_members(journal, row, Group(display_name=row.display_name), renamed=False)
    journal.note("directory.group.delete", row.id, {"name": row.display_name})
    journal.session.delete(row)
    journal.session.flush()


def _write(row: DirectoryGroup, wanted: Group) -> None:
    row.display_name = needed("displayName", wanted.display_name)
    row.display_name_key = needed("displayName", comparable(row.display_name))
    row.external_id = short("externalId", wanted.external_id)
    row.version += 1


def _settle_members(journal: DirectoryJournal, row: DirectoryGroup, wanted: Group, *, renamed: bool) -> None:
    session = journal.session
    held = set(session.scalars(select(DirectoryMember.person_id).where(DirectoryMember.group_id == row.id)))
    named = {member.value for member in wanted.members or [] if member.value}
    added, removed = named - held, held - named
    known = {person.id for person in _people(session, added)}
    if known != added:
        raise InvalidValueException(detail="a member is no user of the directory; groups in groups are not supported")
    for chunk in _chunks(removed):
        session.execute(
            delete(DirectoryMember).where(DirectoryMember.group_id == row.id, DirectoryMember.person_id.in_(chunk))
        )
    if added:
        session.execute(insert(DirectoryMember), [{"group_id": row.id, "person_id": one} for one in sorted(added)])
    with keeping_an_administrator(session):
        for person in _people(session, held | named if renamed else added | removed):
            journal.directory.bring_roles(session, person, journal.request_id)


def _resource(row: DirectoryGroup, members: list[Member] | None, base: str) -> Group:
    group = Group(display_name=row.display_name, members=members)
    group.id, group.external_id = row.id, row.external_id
    group.meta = meta(row, Group.__name__, base)
    return group


def _members(session: Session, group_ids: Iterable[str], base: str) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {}
    rows = session.execute(
        select(DirectoryMember.group_id, DirectoryPerson.id)
        .join(DirectoryPerson, DirectoryPerson.id == DirectoryMember.person_id)
        .where(DirectoryMember.group_id.in_(group_ids))
        .order_by(DirectoryPerson.created_at, DirectoryPerson.id)
    )
    for group_id, person_id in rows:
        reference: Reference[User] = Reference(f"{base}/Users/{person_id}")
        found.setdefault(group_id, []).append(Member(value=person_id, ref=reference))
    return found


def _people(session: Session, ids: Iterable[str]) -> list[DirectoryPerson]:
    return [
        person
        for chunk in _chunks(ids)
        for person in session.scalars(select(DirectoryPerson).where(DirectoryPerson.id.in_(chunk)))
    ]


def _chunks(ids: Iterable[str]) -> list[list[str]]:
    ordered = sorted(ids)
    return [ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK)]
