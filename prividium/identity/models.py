"""Tables of people: users, roles, wallets, sessions and the short-lived rows of a login."""

from sqlalchemy import ForeignKey, Index, String, Text, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from prividium.db.metadata import ADDRESS, HASH, SECONDS, Base

ADMIN_ROLE_ID = "admin"
USER_ROLE_ID = "user"
ASSIGNED = "assigned"
FROM_CLAIM = "claim"
FROM_DIRECTORY = "scim"


class UserRole(Base):
    __tablename__ = "user_roles"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="RESTRICT"), primary_key=True, index=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True, server_default=ASSIGNED)
    """What gave the role: `assigned` by an administrator, the `claim` of the identity provider, or its directory
    (`scim`). A role that several give lasts until the last of them takes it away."""


class Role(Base):
    """A set of people; `policy_id` is its number in the policy table and never used again."""

    __tablename__ = "roles"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    policy_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    system_permissions: Mapped[list[str]]
    is_system: Mapped[bool]
    created_at: Mapped[int] = mapped_column(SECONDS)
    updated_at: Mapped[int] = mapped_column(SECONDS)


class Wallet(Base):
    """An address that a user proved to control; it belongs to one user."""

    __tablename__ = "user_wallets"

    address: Mapped[bytes] = mapped_column(ADDRESS, primary_key=True)
    id: Mapped[str] = mapped_column(String(21), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[int] = mapped_column(SECONDS)


_HELD = select(UserRole.user_id, UserRole.role_id).distinct().subquery("held_roles")
"""Each role once, however many give it."""


class User(Base):
    """A person, made at the first login; (issuer, subject) is the identity, the rest is display."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_issuer_subject", "issuer", "subject", unique=True),)

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(512))
    subject: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(16))
    display_name: Mapped[str] = mapped_column(String(128))
    disabled: Mapped[bool] = mapped_column(default=False)
    """Whether they are locked out: `suspended` or `deprovisioned`."""
    suspended: Mapped[bool] = mapped_column(default=False, server_default=false())
    """By an administrator."""
    deprovisioned: Mapped[bool] = mapped_column(default=False, server_default=false())
    """By the directory."""
    created_at: Mapped[int] = mapped_column(SECONDS)
    updated_at: Mapped[int] = mapped_column(SECONDS)

    roles: Mapped[list[Role]] = relationship(
        secondary=_HELD,
        primaryjoin=lambda: User.id == _HELD.c.user_id,
        secondaryjoin=lambda: Role.id == _HELD.c.role_id,
        order_by=Role.policy_id,
        viewonly=True,
    )
    role_links: Mapped[list[UserRole]] = relationship(viewonly=True)
    wallets: Mapped[list[Wallet]] = relationship(order_by=Wallet.created_at)


class LoginSession(Base):
    """A signed-in browser or program. Only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(HASH, unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[int] = mapped_column(SECONDS)
    expires_at: Mapped[int] = mapped_column(SECONDS)
    """Ends here unless extended."""
    renewable_until: Mapped[int] = mapped_column(SECONDS)
    """No extension goes past this."""
    revoked_at: Mapped[int | None] = mapped_column(SECONDS)
    issuer_id: Mapped[str | None] = mapped_column(String(32))
    """Which issuer of the settings signed the person in; None for wallets."""
    provider_sid: Mapped[str | None] = mapped_column(String(255), index=True)
    """The issuer's name (`sid`) for its session that this one came from."""
    id_token_sealed: Mapped[str | None] = mapped_column(Text)
    """Hint for the logout at the issuer; only the session's own token opens it."""
    network_address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(256))
    api_key_id: Mapped[str | None] = mapped_column(String(21))
    """The API key for which a machine got this token; it ends with the key."""
    client_id: Mapped[str | None] = mapped_column(String(64), index=True)
    """The application that the person gave this session to; None for the person's own."""

    user: Mapped[User] = relationship()


class LoginFlow(Base):
    """A redirect to the identity provider that has not come back yet; used once."""

    __tablename__ = "login_flows"

    state_hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(HASH)
    """SHA-256 of the cookie of the browser that started: nobody can finish a login in another's browser."""
    issuer_id: Mapped[str] = mapped_column(String(32))
    nonce: Mapped[str] = mapped_column(String(64))
    code_verifier: Mapped[str] = mapped_column(String(128))
    return_to: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[int] = mapped_column(SECONDS, index=True)


class CliLogin(Base):
    """A program that waits until a person confirms its code in a browser (after RFC 8628)."""

    __tablename__ = "cli_logins"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    poll_code_hash: Mapped[bytes] = mapped_column(HASH)
    user_code_hash: Mapped[bytes] = mapped_column(HASH)
    code_challenge: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    """The browser's session in which the person confirmed."""
    expires_at: Mapped[int] = mapped_column(SECONDS, index=True)


class ProviderLogout(Base):
    """A logout token that an issuer sent (OpenID Connect Back-Channel Logout 1.0); it counts once."""

    __tablename__ = "provider_logouts"

    id: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    """SHA-256 of issuer and `jti`."""
    issuer: Mapped[str] = mapped_column(String(512))
    subject: Mapped[str | None] = mapped_column(String(255))
    provider_sid: Mapped[str | None] = mapped_column(String(255))
    issued_at: Mapped[int] = mapped_column(SECONDS)
    kept_until: Mapped[int] = mapped_column(SECONDS, index=True)


class SpentNonce(Base):
    """The nonce of an EIP-4361 message, or an ID token, that was presented; kept until it would not count any more."""

    __tablename__ = "siwe_spent_nonces"

    nonce_hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    expires_at: Mapped[int] = mapped_column(SECONDS, index=True)
