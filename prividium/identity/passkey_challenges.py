"""Challenges for authenticators: each for one user, one purpose and one use, and used up by the first attempt."""

import json
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from prividium import clock
from prividium.db.engine import Database
from prividium.errors import Unauthorized
from prividium.identity import base64url
from prividium.identity.passkey_models import PasskeyChallenge
from prividium.identity.secrecy import credential_hash, same
from prividium.types import Json

Purpose = Literal["register", "login", "step_up"]
CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True)
class RelyingParty:
    id: str
    """Host name of this node."""
    name: str
    origin: str
    ttl_seconds: int
    """How long a challenge waits for its answer."""


@dataclass(frozen=True)
class Ceremony:
    """What a challenge is for; its answer serves nothing else."""

    user_id: str
    purpose: Purpose
    bound_to: str


def new_challenge(session: Session, party: RelyingParty, ceremony: Ceremony) -> bytes:
    now = clock.now()
    challenge = clock.random_bytes(CHALLENGE_BYTES)
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now))
    session.add(
        PasskeyChallenge(
            challenge_hash=credential_hash(base64url.encode(challenge)),
            user_id=ceremony.user_id,
            purpose=ceremony.purpose,
            bound_to=credential_hash(ceremony.bound_to),
            expires_at=now + party.ttl_seconds,
        )
    )
    return challenge


def spend(database: Database, ceremony: Ceremony, answer: dict[str, Json]) -> bytes:
    """The challenge that the answer names, used up in a transaction of its own.

    Raises Unauthorized("passkey_challenge_invalid").
    """
    challenge = _challenge_in(answer)
    wanted = credential_hash(base64url.encode(challenge))
    with database.write() as session:
        found: PasskeyChallenge | None = session.scalar(
            delete(PasskeyChallenge).where(PasskeyChallenge.challenge_hash == wanted).returning(PasskeyChallenge)
        )
    if (
        found is None
        or found.user_id != ceremony.user_id
        or found.purpose != ceremony.purpose
        or not same(found.bound_to, credential_hash(ceremony.bound_to))
        or clock.now() >= found.expires_at
    ):
        raise challenge_invalid()
    return challenge


def challenge_invalid() -> Unauthorized:
    text = "the challenge was used already, has expired or was given out for another use"
    return Unauthorized("passkey_challenge_invalid", text)


def _challenge_in(answer: dict[str, Json]) -> bytes:
    """Empty where there is none, and where the page stood in a frame of another site (WebAuthn §7.1, step 10)."""
    response = answer.get("response")
    data = base64url.decode(response.get("clientDataJSON") if isinstance(response, dict) else None)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return b""
    if not isinstance(document, dict) or document.get("crossOrigin", False) is not False:
        return b""
    return base64url.decode(document.get("challenge"))
