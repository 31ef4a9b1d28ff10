"""/api/user-wallets: linking wallets; /api/siwe-messages and /api/auth/login/crypto-native: login with a linked one."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity import siwe, wallets
from prividium.identity.caller import Caller, LoginAttempt, RequestId, TheIdentity
from prividium.identity.models import User, Wallet
from prividium.identity.sessions import open_session
from prividium.rest import AddressIn, Answer, Body, address_text, time_text
from prividium.types import Address, from_hex, parse_address

router = APIRouter(tags=["wallets"])

Domain = Annotated[str, Field(min_length=1, max_length=255)]
Message = Annotated[str, Field(min_length=1, max_length=siwe.MESSAGE_LENGTH_MAX)]
Signature = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{130}$")]


class InitiateBody(Body):
    wallet_address: AddressIn
    domain: Domain | None = None


class InitiateAnswer(Answer):
    message: str
    nonce: str


class AssociateBody(Body):
    wallet_address: AddressIn
    message: Message
    signature: Signature


class SuccessAnswer(Answer):
    success: bool = True


class WalletsAnswer(Answer):
    wallets: list[str]


class SiweBody(Body):
    address: AddressIn
    domain: Domain | None = None


class SiweAnswer(Answer):
    msg: str
    nonce: str


class LoginBody(Body):
    message: Message
    signature: Signature


class LoginAnswer(Answer):
    token: str
    expires_at: str
    renewable_until: str


@router.get("/user-wallets")
def list_wallets(principal: Caller) -> WalletsAnswer:
    return WalletsAnswer(wallets=[address_text(address) for address in sorted(principal.wallets)])


@router.post("/user-wallets/initiate", dependencies=[LoginAttempt])
def initiate(body: InitiateBody, principal: Caller, session: WriteSession, identity: TheIdentity) -> InitiateAnswer:
    """A message for the wallet to sign (EIP-4361, personal_sign)."""
    issued = siwe.issue(session, identity.siwe, "link", Address(body.wallet_address), body.domain, principal.user_id)
    return InitiateAnswer(message=issued.text, nonce=issued.nonce)


@router.post("/user-wallets/associate", dependencies=[LoginAttempt])
def associate(
    body: AssociateBody, principal: Caller, session: WriteSession, identity: TheIdentity, request_id: RequestId
) -> SuccessAnswer:
    """Link the wallet that signed."""
    signed = siwe.SignedMessage(body.message, from_hex(body.signature, siwe.SIGNATURE_LENGTH))
    address = siwe.verify(identity.database, identity.siwe, "link", signed, principal.user_id)
    if address != body.wallet_address:
        raise InvalidInput("wallet_address_mismatch", "the message is for another wallet than walletAddress")
    wallets.link(session, principal.user_id, address, identity.settings.wallets_per_user_max)
    trail.record(
        session,
        actor=principal.user_id,
        action="wallet.link",
        outcome="allowed",
        subject=address_text(address),
        request_id=request_id,
    )
    return SuccessAnswer()


@router.delete("/user-wallets/{address}", status_code=204)
def remove(address: str, principal: Caller, session: WriteSession, request_id: RequestId) -> None:
    wallets.unlink(session, principal.user_id, parse_address(address))
    trail.record(
        session,
        actor=principal.user_id,
        action="wallet.unlink",
        outcome="allowed",
        subject=address.lower(),
        request_id=request_id,
    )


@router.post("/siwe-messages", dependencies=[LoginAttempt])
def siwe_message(body: SiweBody, session: WriteSession, identity: TheIdentity) -> SiweAnswer:
    """A login message; the answer is the same whether or not somebody linked the wallet."""
    issued = siwe.issue(session, identity.siwe, "login", Address(body.address), body.domain)
    return SiweAnswer(msg=issued.text, nonce=issued.nonce)


@router.post("/auth/login/crypto-native", dependencies=[LoginAttempt])
def login(
    response: Response, body: LoginBody, session: WriteSession, identity: TheIdentity, request_id: RequestId
) -> LoginAnswer:
    """Sign in with a linked wallet."""
    signed = siwe.SignedMessage(body.message, from_hex(body.signature, siwe.SIGNATURE_LENGTH))
    address = siwe.verify(identity.database, identity.siwe, "login", signed)
    wallet = session.get(Wallet, address)
    user = None if wallet is None else session.get(User, wallet.user_id)
    if user is None or user.disabled:
        raise Unauthorized("wallet_not_linked", "no user has linked this wallet; sign in and link it first")
    opened = open_session(session, user.id, "siwe", identity.session_limits)
    trail.record(
        session,
        actor=user.id,
        action="login.siwe",
        outcome="allowed",
        subject=address_text(address),
        request_id=request_id,
    )
    response.headers["Cache-Control"] = "no-store"
    return LoginAnswer(
        token=opened.token,
        expires_at=time_text(opened.expires_at),
        renewable_until=time_text(opened.renewable_until),
    )
