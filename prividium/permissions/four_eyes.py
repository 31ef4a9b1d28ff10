"""The four-eyes rule: a change of what is marked takes effect when a second administrator approves it.

What a request changes is seen in its database session, whatever route it came by: a contract with its rules, a
function, a template, a role with its permissions and holders. Giving less at once stays possible: disabling a person
or machine, unlinking a wallet and ending a session touch nothing.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import event, select
from sqlalchemy.orm import Session, UOWTransaction
from sqlalchemy.orm.attributes import get_history

from prividium import clock
from prividium.errors import Conflict, NotFound
from prividium.identity.models import ADMIN_ROLE_ID, Role, User, UserRole, Wallet
from prividium.permissions.approval_models import FourEyesMark
from prividium.permissions.models import Contract, ContractTemplate, EventRule, FunctionRule
from prividium.permissions.roles import ADMIN_WRITE
from prividium.types import Address, Selector, to_hex

MARKS_MAX: Final = 1_000


def contract_subject(address: bytes) -> str:
    return f"contract:{to_hex(address)}"


def function_subject(address: bytes, selector: bytes) -> str:
    return f"function:{to_hex(address)}:{to_hex(selector)}"


def template_subject(template_id: str) -> str:
    return f"template:{template_id}"


def role_subject(role_id: str) -> str:
    return f"role:{role_id}"


class Touched:
    """What a session changes, noticed as it is flushed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._subjects: set[str] = set()
        self._contracts: set[bytes] = set()
        self._template_rules: set[tuple[str, bytes]] = set()
        self._templates: set[str] = set()
        self._empowered: set[str] = set()
        self._unmarked: set[str] = set()
        self._moved_roles: set[str] = set()
        event.listen(session, "before_flush", self._notice)

    def marks(self) -> list[str]:
        """The marked subjects among what was changed, in order."""
        self._session.flush()
        marked = self._session.scalars(select(FourEyesMark.subject)).all()
        if not marked:
            return sorted(self._unmarked)
        touched = self._subjects | set(self._of_templates()) | set(self._of_users())
        functions = tuple(f"function:{to_hex(address)}:" for address in self._contracts)
        found = {subject for subject in marked if subject in touched or subject.startswith(functions)}
        return sorted(found | self._unmarked)

    def _notice(self, session: Session, _context: UOWTransaction, _instances: object) -> None:
        for changed in (*session.new, *session.dirty, *session.deleted):
            match changed:
                case FunctionRule():
                    self._notice_rule(changed)
                case Contract():
                    self._contracts.add(changed.address)
                    self._subjects.add(contract_subject(changed.address))
                case EventRule():
                    self._subjects.add(contract_subject(changed.contract_address))
                case ContractTemplate():
                    self._templates.add(changed.id)
                    self._subjects.add(template_subject(changed.id))
                case Role():
                    self._notice_role(changed)
                case UserRole():
                    self._moved_roles.add(changed.role_id)
                case User():
                    self._notice_user(changed)
                case Wallet() if changed in session.new:
                    self._empowered.add(changed.user_id)
                case FourEyesMark() if changed in session.deleted:
                    self._unmarked.add(changed.subject)

    def _notice_rule(self, rule: FunctionRule) -> None:
        if rule.contract_address is not None:
            self._subjects.add(contract_subject(rule.contract_address))
            self._subjects.add(function_subject(rule.contract_address, rule.selector))
        if rule.template_id is not None:
            self._subjects.add(template_subject(rule.template_id))
            self._template_rules.add((rule.template_id, rule.selector))

    def _notice_role(self, role: Role) -> None:
        """Whoever can make administrators can approve their own changes: such roles count as the role `admin`."""
        self._subjects.add(role_subject(role.id))
        history = get_history(role, "system_permissions")
        if any(ADMIN_WRITE in names for names in (role.system_permissions, *(history.deleted or ()))):
            self._subjects.add(role_subject(ADMIN_ROLE_ID))

    def _notice_user(self, user: User) -> None:
        if not user.disabled and True in (get_history(user, "disabled").deleted or ()):
            self._empowered.add(user.id)

    def _of_templates(self) -> Iterable[str]:
        """Contracts whose rules change with their template's."""
        changed = self._templates | {template for template, _ in self._template_rules}
        for contract in self._session.scalars(select(Contract).where(Contract.template_id.in_(changed))):
            yield contract_subject(contract.address)
            for template, selector in self._template_rules:
                if template == contract.template_id:
                    yield function_subject(contract.address, selector)

    def _of_users(self) -> Iterable[str]:
        """Roles that people gain and lose, and those of who gets a wallet or comes back."""
        held = select(UserRole.role_id).where(UserRole.user_id.in_(self._empowered))
        moved = self._moved_roles | set(self._session.scalars(held))
        for role in self._session.scalars(select(Role).where(Role.id.in_(moved))):
            yield role_subject(role.id)
            if ADMIN_WRITE in role.system_permissions:
                yield role_subject(ADMIN_ROLE_ID)


def subject_of(
    contract: Address | None, selector: Selector | None, template_id: str | None, role_id: str | None
) -> str:
    """Of a mark; exactly one of contract (with or without a function), template and role is given."""
    if contract is not None:
        return contract_subject(contract) if selector is None else function_subject(contract, selector)
    return template_subject(template_id) if template_id is not None else role_subject(role_id or "")


def add_mark(session: Session, subject: str, author: str) -> FourEyesMark:
    """Raises Conflict("mark_exists", "too_many_marks")."""
    known = session.scalars(select(FourEyesMark.subject)).all()
    if subject in known:
        raise Conflict("mark_exists", "changes of this need a second administrator already")
    if len(known) >= MARKS_MAX:
        raise Conflict("too_many_marks", f"there are at most {MARKS_MAX} marks; mark whole contracts instead")
    mark = FourEyesMark(id=clock.new_id(), subject=subject, created_by=author, created_at=clock.now())
    session.add(mark)
    session.flush()
    return mark


def remove_mark(session: Session, mark_id: str) -> FourEyesMark:
    """Raises NotFound("mark_unknown")."""
    mark = session.get(FourEyesMark, mark_id)
    if mark is None:
        raise NotFound("mark_unknown", "there is no such mark")
    session.delete(mark)
    session.flush()
    return mark
