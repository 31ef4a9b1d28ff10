"""Who is calling: the frozen type that every later layer receives."""

from dataclasses import dataclass, field
from typing import Literal

from prividium.types import Address, RoleId, UserId

PrincipalKind = Literal["user", "machine"]


@dataclass(frozen=True)
class Principal:
    """A signed-in person or a machine. Made only by `identity.subject`; layers after it never look at tokens."""

    user_id: UserId
    display_name: str
    session_id: str
    """Empty for a machine that called with an API key: there is no session."""
    wallets: frozenset[Address] = field(default_factory=frozenset)
    roles: frozenset[RoleId] = field(default_factory=frozenset)
    system_permissions: frozenset[str] = field(default_factory=frozenset)
    """Names as in Prividium: `admin_read`, `admin_write`, `contract_deployment`, `full_read_access`, …"""
    kind: PrincipalKind = "user"
    client_id: str | None = None
    """The application that a person lets act for them; None for the person."""

    def may(self, permission: str) -> bool:
        return permission in self.system_permissions

    def owns(self, address: Address) -> bool:
        return address in self.wallets
