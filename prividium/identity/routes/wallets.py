"""/api/user-wallets: linking wallets."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.errors import InvalidInput
from prividium.identity import siwe, wallets
from prividium.identity.caller import Caller, LoginAttempt, RequestId, TheIdentity, WalletOwner
from prividium.identity.nonce_token import TOKEN_LENGTH_MAX
from prividium.rest import AddressIn, Answer, Body, address_text
from prividium.types import Address, from_hex, parse_address

router = APIRouter(tags=["wallets"])

Domain = Annotated[str, Field(min_length=1, max_length=255)]
Message = Annotated[str, Field(min_length=1, max_length=siwe.MESSAGE_LENGTH_MAX)]
Signature = Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2})+$", max_length=2 + 2 * siwe.SIGNATURE_BYTES_MAX)]
NonceToken = Annotated[str, Field(min_length=1, max_length=TOKEN_LENGTH_MAX)]


class InitiateBody(Body):
    wallet_address: AddressIn
    domain: Domain | None = None


class InitiateAnswer(Answer):
    message: str
    nonce: str
    nonce_token: str


class AssociateBody(Body):
    wallet_address: AddressIn
    message: Message
    signature: Signature
    nonce_token: NonceToken


class SuccessAnswer(Answer):
    success: bool = True


class WalletsAnswer(Answer):
    wallets: list[str]


@router.get("/user-wallets")
def list_wallets(principal: Caller) -> WalletsAnswer:
    return WalletsAnswer(wallets=[address_text(address) for address in sorted(principal.wallets)])


@router.post("/user-wallets/initiate", dependencies=[LoginAttempt])
def initiate(body: InitiateBody, principal: Caller, identity: TheIdentity) -> InitiateAnswer:
    """A message for the wallet to sign (EIP-4361, personal_sign), and the token to send back with the signature."""
    issued = siwe.issue(identity.siwe, "link", Address(body.wallet_address), body.domain, principal.user_id)
    return InitiateAnswer(message=issued.text, nonce=issued.nonce, nonce_token=issued.nonce_token)


@router.post("/user-wallets/associate", dependencies=[LoginAttempt])
def associate(
    body: AssociateBody, principal: WalletOwner, session: WriteSession, identity: TheIdentity, request_id: RequestId
) -> SuccessAnswer:
    """Link the wallet that signed."""
    signed = siwe.SignedMessage(body.message, from_hex(body.signature), body.nonce_token)
    claims = siwe.check(identity.siwe, signed, principal.user_id)
    siwe.spend(identity.database, claims)
    address = siwe.signer(identity.siwe, signed, claims)
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
def remove(address: str, principal: WalletOwner, session: WriteSession, request_id: RequestId) -> None:
    wallets.unlink(session, principal.user_id, parse_address(address))
    trail.record(
        session,
        actor=principal.user_id,
        action="wallet.unlink",
        outcome="allowed",
        subject=address.lower(),
        request_id=request_id,
    )
