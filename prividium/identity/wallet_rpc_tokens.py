"""The secret address of a person's wallet, `/rpc/wallet/{token}`: made, found and taken away.

A token is HMAC-SHA-256 of the person and a random generation, under a key in the data folder. So it can be shown again
to its owner, while the database, which keeps its SHA-256, cannot show it to anybody.
"""

import hmac
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import ConfigurationError, Unauthorized
from prividium.identity import base64url
from prividium.identity.models import User, Wallet
from prividium.identity.principal import Principal
from prividium.identity.secrecy import credential_hash, same
from prividium.identity.subject import SUBJECT_COLUMNS, Bearer, principal_of
from prividium.identity.wallet_rpc_models import TransactionAllowance, WalletRpcToken

KEY_FILE: Final = "wallet-rpc-key"
KEY_BYTES: Final = 32
TOKEN_LENGTH: Final = 43
_LABEL: Final = b"prividium wallet rpc token v1\x00"
_HOLDER = (
    select(WalletRpcToken.token_hash, *SUBJECT_COLUMNS)
    .join(User, User.id == WalletRpcToken.user_id)
    .outerjoin(Wallet, Wallet.user_id == User.id)
    .where(WalletRpcToken.token_hash == bindparam("token_hash"))
)


@dataclass(frozen=True)
class ShownToken:
    token: str
    is_new: bool


class WalletRpcTokens:
    """`data_dir`: where the key lies; it is made when it is first needed."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / KEY_FILE
        self._key: bytes | None = None

    def show(self, session: Session, user_id: str) -> ShownToken:
        """The person's token, which stays the same until it is invalidated."""
        session.get_one(User, user_id, with_for_update=True)
        row = session.get(WalletRpcToken, user_id)
        if row is None:
            return ShownToken(self._make(session, user_id), is_new=True)
        token = self._token(user_id, row.generation)
        # Another key, since the file was lost: the old token was lost with it.
        row.token_hash = credential_hash(token)
        return ShownToken(token, is_new=False)

    def renew(self, session: Session, user_id: str) -> str:
        """A new token; the old one and all that was authorised end now."""
        session.get_one(User, user_id, with_for_update=True)
        session.execute(delete(WalletRpcToken).where(WalletRpcToken.user_id == user_id))
        session.execute(delete(TransactionAllowance).where(TransactionAllowance.user_id == user_id))
        return self._make(session, user_id)

    def _make(self, session: Session, user_id: str) -> str:
        generation = clock.new_id()
        token = self._token(user_id, generation)
        session.add(
            WalletRpcToken(
                user_id=user_id, generation=generation, token_hash=credential_hash(token), created_at=clock.now()
            )
        )
        session.flush()
        return token

    def _token(self, user_id: str, generation: str) -> str:
        if self._key is None:
            self._key = _load_key(self._path)
        return base64url.encode(hmac.digest(self._key, _LABEL + f"{user_id}\x00{generation}".encode(), "sha256"))


def holder(session: Session, token: str, address: str) -> Principal:
    """Whose token it is; without any system permission, since an address is known to more than its owner.

    Raises Unauthorized("wallet_token_invalid").
    """
    refused = Unauthorized("wallet_token_invalid", "this address is not valid; get the current one where you sign in")
    wanted = credential_hash(token if len(token) == TOKEN_LENGTH else "")
    connection = session.connection()
    rows = connection.execute(_HOLDER, {"token_hash": wanted}).all()
    if not rows or not same(rows[0].token_hash, wanted):
        raise refused
    return replace(principal_of(connection, rows, Bearer(), address, refused), system_permissions=frozenset())


def _load_key(path: Path) -> bytes:
    """Readable by its owner only; raises ConfigurationError("wallet_rpc_key_invalid")."""
    key = clock.kept_random_bytes(path, KEY_BYTES)
    if len(key) != KEY_BYTES:
        text = f"{path.name} in the data folder is damaged; delete it, and people get new addresses for their wallets"
        raise ConfigurationError("wallet_rpc_key_invalid", text)
    return key
