"""Step-up: who has a passkey confirms every change of the policy with it, once for each request.

A proof is bound to the session and to one request, body included. The first answer to a change says which `action` to
confirm; the client confirms it at `/api/webauthn/step-up` and sends the change again with `X-Step-Up-Proof`.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete

from prividium import clock
from prividium.db.engine import Database
from prividium.errors import Forbidden, Unauthorized
from prividium.identity import passkeys
from prividium.identity.passkey_challenges import Ceremony
from prividium.identity.passkey_models import StepUpProof
from prividium.identity.principal import Principal
from prividium.identity.secrecy import credential_hash, same

STEP_UP_HEADER: Final = "x-step-up-proof"
PROOF_TTL_SECONDS: Final = 120
PATH_LENGTH_SHOWN: Final = 200
ACTION_LENGTH_MAX: Final = 300


class StepUpRequired(Unauthorized):
    """`action`: what the client has to confirm."""

    def __init__(self, code: str, message: str, action: str) -> None:
        super().__init__(code, message)
        self.action = action


@dataclass(frozen=True)
class Proof:
    proof: str
    """Appears here once and nowhere else."""
    expires_at: int


def action_of(method: str, path: str, query: str, body: bytes) -> str:
    """One request and no other: a digest over method, path, query and body, behind what a person can read."""
    digest = hashlib.sha256(b"\x00".join((method.encode(), path.encode(), query.encode(), body)))
    return f"{method} {path[:PATH_LENGTH_SHOWN]} {digest.hexdigest()}"


def ceremony(principal: Principal, action: str) -> Ceremony:
    return Ceremony(principal.user_id, "step_up", _binding(principal, action))


def grant(database: Database, principal: Principal, action: str) -> Proof:
    """A proof for the action that a passkey has just confirmed."""
    now = clock.now()
    proof = clock.new_token()
    with database.write() as session:
        session.execute(delete(StepUpProof).where(StepUpProof.expires_at < now))
        session.add(
            StepUpProof(
                proof_hash=credential_hash(proof),
                user_id=principal.user_id,
                bound_to=credential_hash(_binding(principal, action)),
                expires_at=now + PROOF_TTL_SECONDS,
            )
        )
    return Proof(proof, now + PROOF_TTL_SECONDS)


def demand(
    database: Database, principal: Principal, action: str, proof: str | None, *, passkey_required: bool = False
) -> None:
    """Let the request through if its sender has no passkey or a proof for it, which is used up.

    Raises StepUpRequired("step_up_required" or "step_up_invalid"), and Forbidden("passkey_required") where everybody
    must have one.
    """
    with database.read() as session:
        enrolled = passkeys.has_passkey(session, principal.user_id)
    if not enrolled:
        if passkey_required:
            text = "administrators need a passkey here: register one at /api/webauthn/register/begin"
            raise Forbidden("passkey_required", text)
        return
    if proof is None:
        text = "this change has to be confirmed with your passkey: see requiresStepUp"
        raise StepUpRequired("step_up_required", text, action)
    with database.write() as session:
        found: StepUpProof | None = session.scalar(
            delete(StepUpProof).where(StepUpProof.proof_hash == credential_hash(proof)).returning(StepUpProof)
        )
    if (
        found is None
        or found.user_id != principal.user_id
        or not same(found.bound_to, credential_hash(_binding(principal, action)))
        or clock.now() >= found.expires_at
    ):
        text = "the proof was used already, has expired or belongs to another request: confirm again"
        raise StepUpRequired("step_up_invalid", text, action)


def _binding(principal: Principal, action: str) -> str:
    return f"{principal.session_id} {action}"
