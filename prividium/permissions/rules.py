"""The vocabulary of rules, and their bytes in the policy table (docs/protocol/policy.md)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from prividium.errors import InvalidInput
from prividium.permissions.conditions import NO_CONDITIONS, Conditions
from prividium.types import Address, RoleId, Selector

AccessType = Literal["read", "write"]

SYSTEM_PERMISSIONS: Final = (
    "admin_read",
    "admin_write",
    "contract_deployment",
    "disclosure_read",
    "full_read_access",
)
ROLES_PER_RULE_MAX: Final = 256
ARGUMENTS_PER_RULE_MAX: Final = 16

_WALLET_KEY: Final = b"\x10"
_RULE_KEY: Final = b"\x12"
_ACCESS: Final[dict[AccessType, int]] = {"read": 1, "write": 2}
_MAY_DEPLOY: Final = 1
_HAS_OWNER: Final = 2
_UMBRELLA: Final = 1
_HAS_CONDITIONS: Final = 2


class RuleType(Enum):
    """Names as in Prividium; the value is followed by the number in the policy table."""

    FORBIDDEN = "forbidden"
    PUBLIC = "public"
    CHECK_ROLE = "checkRole"
    RESTRICT_ARGUMENT = "restrictArgument"
    CHECK_ROLE_AND_RESTRICT_ARGUMENT = "checkRoleAndRestrictArgument"
    CHECK_ROLE_OR_RESTRICT_ARGUMENT = "checkRoleOrRestrictArgument"

    @property
    def number(self) -> int:
        return list(RuleType).index(self)

    @property
    def needs_roles(self) -> bool:
        return self.number in (2, 4, 5)

    @property
    def needs_arguments(self) -> bool:
        return self.number in (3, 4, 5)


@dataclass(frozen=True)
class WalletGrant:
    """What the policy table says about an address that somebody linked."""

    address: Address
    roles: frozenset[RoleId]
    may_deploy: bool
    owner: bytes | None = None
    """16 bytes that the wallets of one user share, so that limits count them as one; None: it counts by itself."""

    def entry(self) -> tuple[bytes, bytes]:
        permissions = (_MAY_DEPLOY if self.may_deploy else 0) | (0 if self.owner is None else _HAS_OWNER)
        entry = bytes([permissions]) + _role_bytes(self.roles) + (self.owner or b"")
        return _WALLET_KEY + self.address, entry


@dataclass(frozen=True)
class CallRule:
    """Who may call one function; raises InvalidInput if it is not complete or says more than its type uses."""

    contract: Address
    selector: Selector
    rule_type: RuleType
    access: AccessType
    roles: frozenset[RoleId] = frozenset()
    word_offsets: tuple[int, ...] = ()
    is_umbrella: bool = False
    conditions: Conditions = NO_CONDITIONS

    def __post_init__(self) -> None:
        if bool(self.roles) != self.rule_type.needs_roles:
            need = "needs at least one role" if self.rule_type.needs_roles else "takes no roles"
            raise InvalidInput("rule_roles_invalid", f"a rule of type {self.rule_type.value} {need}")
        if bool(self.word_offsets or self.conditions.predicates) != self.rule_type.needs_arguments:
            need = "needs at least one argument" if self.rule_type.needs_arguments else "takes no arguments"
            raise InvalidInput("rule_arguments_invalid", f"a rule of type {self.rule_type.value} {need}")
        if len(self.selector) not in (0, 4):
            raise InvalidInput("selector_invalid", "a selector has four bytes, or none for calls without data")
        if not self.selector and (self.word_offsets or self.conditions.types):
            raise InvalidInput("rule_arguments_invalid", "a call without a function has no arguments to restrict")
        if self.rule_type is RuleType.FORBIDDEN and self.conditions:
            raise InvalidInput("conditions_useless", "what is forbidden to all has no time and no limits")
        if self.access == "read" and self.conditions.limits:
            raise InvalidInput("conditions_useless", "reads are not counted; limits need a rule with write access")
        count = len(self.word_offsets) + len(self.conditions.predicates)
        if len(self.roles) > ROLES_PER_RULE_MAX or count > ARGUMENTS_PER_RULE_MAX:
            raise InvalidInput(
                "rule_too_large",
                f"a rule holds at most {ROLES_PER_RULE_MAX} roles and {ARGUMENTS_PER_RULE_MAX} arguments",
            )

    def entry(self) -> tuple[bytes, bytes]:
        selector = bytes([len(self.selector)]) + self.selector
        flags = (_UMBRELLA if self.is_umbrella else 0) | (_HAS_CONDITIONS if self.conditions else 0)
        head = bytes([self.rule_type.number, _ACCESS[self.access], flags])
        offsets = sorted(set(self.word_offsets))
        arguments = bytes([len(offsets)]) + b"".join(offset.to_bytes(2, "big") for offset in offsets)
        conditions = self.conditions.encode() if self.conditions else b""
        return _RULE_KEY + self.contract + selector, head + _role_bytes(self.roles) + arguments + conditions


def _role_bytes(roles: Iterable[RoleId]) -> bytes:
    ascending = sorted(roles)
    return len(ascending).to_bytes(2, "big") + b"".join(role.to_bytes(4, "big") for role in ascending)
