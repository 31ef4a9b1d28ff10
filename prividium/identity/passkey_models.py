"""Tables of passkeys (WebAuthn), of the challenges that wait for one, and of step-up proofs."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import LargeBinary

from prividium.db.metadata import HASH, SECONDS, Base


class Passkey(Base):
    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2048))
    """COSE key (RFC 9052)."""
    sign_count: Mapped[int] = mapped_column(SECONDS)
    """The authenticator's counter at its last use; 0 where it has none."""
    transports: Mapped[list[str]]
    device_name: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[int] = mapped_column(SECONDS)
    last_used_at: Mapped[int | None] = mapped_column(SECONDS)


class PasskeyChallenge(Base):
    """A challenge that an authenticator has not signed yet; used once, by the first attempt."""

    __tablename__ = "passkey_challenges"

    challenge_hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(8))
    bound_to: Mapped[bytes] = mapped_column(HASH)
    """SHA-256 of what the answer may be used for."""
    expires_at: Mapped[int] = mapped_column(SECONDS, index=True)


class StepUpProof(Base):
    """A person confirmed one request with a passkey; used once, by that request."""

    __tablename__ = "step_up_proofs"

    proof_hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    bound_to: Mapped[bytes] = mapped_column(HASH)
    """SHA-256 of session and request."""
    expires_at: Mapped[int] = mapped_column(SECONDS, index=True)
