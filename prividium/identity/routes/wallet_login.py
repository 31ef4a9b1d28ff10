"""/api/siwe-messages and /api/auth/login/crypto-native: login with a linked wallet."""

from typing import Literal, Self

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.errors import Unauthorized
from prividium.identity import base64url, siwe
from prividium.identity.caller import LoginAttempt, RequestId, TheIdentity
from prividium.identity.credentials import Origin, origin_of
from prividium.identity.machine_models import MACHINE_SOURCE
from prividium.identity.mfa import SecondFactor, needs_second_factor
from prividium.identity.models import User, Wallet
from prividium.identity.passkeys import AssertionOptions
from prividium.identity.routes.wallets import Domain, Message, NonceToken, Signature
from prividium.identity.service import Identity
from prividium.identity.sessions import OpenedSession, SessionKind, authenticate, open_session
from prividium.identity.webauthn_forms import Assertion, as_json
from prividium.rest import AddressIn, Answer, Body, address_text, time_text
from prividium.types import Address, from_hex

router = APIRouter(tags=["auth"])


class SiweBody(Body):
    address: AddressIn
    domain: Domain | None = None


class SiweAnswer(Answer):
    msg: str
    nonce: str
    nonce_token: str


class LoginBody(Body):
    message: Message
    signature: Signature
    nonce_token: NonceToken
    passkey_assertion: Assertion | None = None
    """The second factor, in the second call of a login that was answered with requiresMfa."""


class LoginAnswer(Answer):
    token: str
    expires_at: str
    renewable_until: str


class AllowedCredential(Answer):
    id: str
    type: str = "public-key"
    transports: list[str]


class AssertionAnswer(Answer):
    """What `navigator.credentials.get` needs."""

    rp_id: str
    challenge: str
    allow_credentials: list[AllowedCredential]

    @classmethod
    def of(cls, rp_id: str, options: AssertionOptions) -> Self:
        allowed = [
            AllowedCredential(id=base64url.encode(passkey.credential_id), transports=passkey.transports)
            for passkey in options.credentials
        ]
        return cls(rp_id=rp_id, challenge=options.challenge, allow_credentials=allowed)


class MfaAnswer(AssertionAnswer):
    requires_mfa: Literal[True] = True


@router.post("/siwe-messages", dependencies=[LoginAttempt])
def siwe_message(body: SiweBody, identity: TheIdentity) -> SiweAnswer:
    """A login message; the answer is the same whether or not somebody linked the wallet."""
    issued = siwe.issue(identity.siwe, "login", Address(body.address), body.domain)
    return SiweAnswer(msg=issued.text, nonce=issued.nonce, nonce_token=issued.nonce_token)


@router.post("/auth/login/crypto-native", dependencies=[LoginAttempt])
def login(
    request: Request,
    response: Response,
    body: LoginBody,
    session: WriteSession,
    identity: TheIdentity,
    request_id: RequestId,
) -> LoginAnswer | MfaAnswer:
    """Sign in with a linked wallet; administrators with a passkey repeat the call with its assertion."""
    response.headers["Cache-Control"] = "no-store"
    signed = siwe.SignedMessage(body.message, from_hex(body.signature), body.nonce_token)
    claims = siwe.check(identity.siwe, signed)
    if body.passkey_assertion is None:
        siwe.spend(identity.database, claims)
    address = siwe.signer(identity.siwe, signed, claims)
    with identity.database.read() as reading:
        user = _holder(reading, address)
        two_factors = needs_second_factor(reading, user.id)
    factor = SecondFactor(identity.relying_party, claims.nonce)
    if body.passkey_assertion is not None:
        # The nonce is spent; what is left to spend is the challenge that only this nonce's first call was given.
        factor.finish(identity.database, user, as_json(body.passkey_assertion))
    elif two_factors:
        return MfaAnswer.of(identity.relying_party.id, factor.begin(session, user))
    if _holder(session, address).id != user.id:
        # Between the two looks the wallet changed hands: what was confirmed was another's.
        raise _not_linked()
    opened = _open(session, identity, user, origin_of(request))
    trail.record(
        session,
        actor=user.id,
        action="login.siwe",
        outcome="allowed",
        subject=address_text(address),
        request_id=request_id,
        details={"passkey": "yes"} if two_factors else {},
    )
    return LoginAnswer(
        token=opened.token,
        expires_at=time_text(opened.expires_at),
        renewable_until=time_text(opened.renewable_until),
    )


def _open(session: WriteSession, identity: Identity, user: User, origin: Origin) -> OpenedSession:
    kind: SessionKind = "machine" if user.source == MACHINE_SOURCE else "siwe"
    opened = open_session(session, user.id, kind, identity.session_limits, origin)
    session.flush()
    # A machine signs in only from where it may call from.
    authenticate(session, opened.token, origin.address)
    return opened


def _holder(session: Session, address: Address) -> User:
    """Who linked the wallet; raises Unauthorized("wallet_not_linked")."""
    wallet = session.get(Wallet, address)
    user = None if wallet is None else session.get(User, wallet.user_id)
    if user is None or user.disabled:
        raise _not_linked()
    return user


def _not_linked() -> Unauthorized:
    return Unauthorized("wallet_not_linked", "no user has linked this wallet; sign in and link it first")
