"""Login of a program: it shows a code, a person signed in at a browser types that code, the program gets its token.

After RFC 8628 (device authorization grant), with PKCE: the token goes only to the holder of poll code and verifier, and
nothing that is worth stealing appears in a URL. The typed code defends against a stranger who sends somebody a link.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.audit import trail
from prividium.db.engine import Database
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity.credentials import Origin
from prividium.identity.models import CliLogin, LoginSession
from prividium.identity.principal import Principal
from prividium.identity.secrecy import credential_hash, is_challenge, proves, same
from prividium.identity.sessions import (
    OpenedSession,
    ProviderSession,
    SessionLimits,
    open_session,
    user_with_roles,
)

POLL_INTERVAL_SECONDS: Final = 2
ATTEMPTS_MAX: Final = 5
_CODE_ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
_CODE_LENGTH: Final = 8


@dataclass(frozen=True)
class StartedCliLogin:
    request_id: str
    user_code: str
    poll_code: str
    expires_at: int


@dataclass(frozen=True)
class PollProof:
    request_id: str
    poll_code: str
    code_verifier: str


def start(session: Session, code_challenge: str, ttl_seconds: int) -> StartedCliLogin:
    """Raises InvalidInput("code_challenge_invalid")."""
    if not is_challenge(code_challenge):
        raise InvalidInput("code_challenge_invalid", "codeChallenge is the unpadded base64url SHA-256 of the verifier")
    now = clock.now()
    request_id, user_code, poll_code = clock.new_id(), _new_user_code(), clock.new_token()
    session.execute(delete(CliLogin).where(CliLogin.expires_at < now))
    session.add(
        CliLogin(
            id=request_id,
            poll_code_hash=credential_hash(poll_code),
            user_code_hash=_user_code_hash(request_id, user_code),
            code_challenge=code_challenge,
            attempts=0,
            expires_at=now + ttl_seconds,
        )
    )
    return StartedCliLogin(request_id, user_code, poll_code, now + ttl_seconds)


def confirm(database: Database, request_id: str, user_code: str, principal: Principal, audit_id: str) -> None:
    """The signed-in person typed the code that the program shows.

    Raises Unauthorized("user_code_invalid"); after five wrong codes the login is void. The attempt is counted in a
    transaction of its own, so that it stays counted.
    """
    with database.write() as session:
        login = session.scalar(select(CliLogin).where(CliLogin.id == request_id).with_for_update())
        right = (
            login is not None
            and login.user_id is None
            and login.attempts < ATTEMPTS_MAX
            and clock.now() < login.expires_at
            and same(login.user_code_hash, _user_code_hash(request_id, user_code))
        )
        if login is not None and right:
            login.user_id, login.session_id = principal.user_id, principal.session_id
            trail.record(
                session, actor=principal.user_id, action="login.cli.confirm", outcome="allowed", request_id=audit_id
            )
        elif login is not None:
            login.attempts += 1
    if not right:
        raise Unauthorized("user_code_invalid", "this is not the code that the program shows, or it took too long")


def poll(
    session: Session, proof: PollProof, limits: SessionLimits, origin: Origin, audit_id: str
) -> OpenedSession | None:
    """The program's session once the person confirmed, None before; raises Unauthorized("cli_login_invalid")."""
    login = session.scalar(select(CliLogin).where(CliLogin.id == proof.request_id).with_for_update())
    if (
        login is None
        or clock.now() >= login.expires_at
        or login.attempts >= ATTEMPTS_MAX
        or not same(login.poll_code_hash, credential_hash(proof.poll_code))
        or not proves(proof.code_verifier, login.code_challenge)
    ):
        raise Unauthorized("cli_login_invalid", "this login does not exist, has expired or was used; start again")
    if login.user_id is None:
        return None
    user = user_with_roles(session, login.user_id)
    if user is None or user.disabled:
        raise Unauthorized("user_disabled", "this user is disabled; ask an administrator")
    provider = _provider_session(session, login)
    session.delete(login)
    opened = open_session(session, user.id, "cli", limits, origin, provider=provider)
    trail.record(session, actor=user.id, action="login.cli", outcome="allowed", request_id=audit_id)
    return opened


def _provider_session(session: Session, login: CliLogin) -> ProviderSession | None:
    """The program's session ends with the provider's session in which the person confirmed."""
    browser = None if login.session_id is None else session.get(LoginSession, login.session_id)
    if browser is None or browser.revoked_at is not None:
        raise Unauthorized("cli_login_invalid", "the session that confirmed this login was ended; start again")
    return None if browser.issuer_id is None else ProviderSession(browser.issuer_id, browser.provider_sid, None)


def _new_user_code() -> str:
    number = int.from_bytes(clock.random_bytes(16), "big")
    letters = ""
    for _ in range(_CODE_LENGTH):
        number, index = divmod(number, len(_CODE_ALPHABET))
        letters += _CODE_ALPHABET[index]
    return f"{letters[:4]}-{letters[4:]}"


def _user_code_hash(request_id: str, user_code: str) -> bytes:
    plain = "".join(character for character in user_code.upper() if character.isalpha())
    return credential_hash(f"{request_id}:{plain}")
