"""How a user is shown: to themselves and to administrators."""

from prividium.identity.models import Role, User, Wallet
from prividium.rest import Answer, address_text, time_text


class RoleAnswer(Answer):
    id: str
    policy_id: int
    """Number of the role in the policy table."""
    role_name: str
    system_permissions: list[str]
    is_system_role: bool
    created_at: str
    updated_at: str


class WalletAnswer(Answer):
    id: str
    wallet_address: str
    user_id: str
    created_at: str


class UserAnswer(Answer):
    id: str
    display_name: str
    source: str
    disabled: bool
    created_at: str
    updated_at: str
    roles: list[RoleAnswer]
    role_sources: dict[str, str]
    """By id of the role: `assigned` by an administrator, a `claim` of the identity provider, its directory (`scim`), or
    several of them with a space between."""
    wallets: list[WalletAnswer]


def show_role(role: Role) -> RoleAnswer:
    return RoleAnswer(
        id=role.id,
        policy_id=role.policy_id,
        role_name=role.name,
        system_permissions=role.system_permissions,
        is_system_role=role.is_system,
        created_at=time_text(role.created_at),
        updated_at=time_text(role.updated_at),
    )


def show_wallet(wallet: Wallet) -> WalletAnswer:
    return WalletAnswer(
        id=wallet.id,
        wallet_address=address_text(wallet.address),
        user_id=wallet.user_id,
        created_at=time_text(wallet.created_at),
    )


def _role_sources(user: User) -> dict[str, str]:
    sources: dict[str, list[str]] = {}
    for link in user.role_links:
        sources.setdefault(link.role_id, []).append(link.source)
    return {role_id: " ".join(sorted(names)) for role_id, names in sources.items()}


def show_user(user: User) -> UserAnswer:
    return UserAnswer(
        id=user.id,
        display_name=user.display_name,
        source=user.source,
        disabled=user.disabled,
        created_at=time_text(user.created_at),
        updated_at=time_text(user.updated_at),
        roles=[show_role(role) for role in user.roles],
        role_sources=_role_sources(user),
        wallets=[show_wallet(wallet) for wallet in user.wallets],
    )
