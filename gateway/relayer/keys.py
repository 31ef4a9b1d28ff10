"""Keys of the gateway's L1 accounts: one file each, 0600, made at the first start."""

import os
from collections.abc import Sequence
from pathlib import Path

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_account.types import AccessListEntry
from eth_typing import HexStr

from gateway.relayer.fees import Fees
from prividium.clock import random_bytes
from prividium.errors import ConfigurationError
from prividium.types import Json, to_hex


class LocalKey:
    """A secp256k1 key held in memory; its representation shows the address alone."""

    def __init__(self, secret: bytes) -> None:
        account: LocalAccount = Account.from_key(secret)
        self._account = account
        self.address = bytes.fromhex(account.address[2:])

    def __repr__(self) -> str:
        return f"LocalKey({to_hex(self.address)})"

    @staticmethod
    def open(path: Path) -> "LocalKey":
        """Read the key, or make it; ConfigurationError("key_unreadable") or ("key_exposed")."""
        if not path.exists():
            _write_new(path, random_bytes(32))
        if path.stat().st_mode & 0o077:
            raise ConfigurationError("key_exposed", f"others may read the key file {path.name}: run `chmod 600` on it")
        try:
            secret = bytes.fromhex(path.read_text().strip())
            return LocalKey(secret)
        except (ValueError, OSError) as error:
            text = f"the key file {path.name} does not hold a key of 32 bytes in hexadecimal"
            raise ConfigurationError("key_unreadable", text) from error

    def sign_transaction(
        self, chain_id: int, nonce: int, to: bytes | None, data: bytes, gas_limit: int, fees: Fees
    ) -> tuple[bytes, bytes]:
        """An EIP-1559 transaction without value: (hash, raw)."""
        fields: dict[str, Sequence[AccessListEntry] | bytes | HexStr | int] = {
            "type": 2,
            "chainId": chain_id,
            "nonce": nonce,
            "value": 0,
            "data": data,
            "gas": gas_limit,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.priority_fee,
        }
        if to is not None:
            fields["to"] = to
        signed = self._account.sign_transaction(fields)
        return bytes(signed.hash), bytes(signed.raw_transaction)

    def sign_typed_data(self, document: dict[str, Json]) -> bytes:
        """EIP-712 signature, 65 bytes `r ‖ s ‖ v`. The document is hashed here: no foreign digest is ever signed."""
        return bytes(self._account.sign_message(encode_typed_data(full_message=document)).signature)


def _write_new(path: Path, secret: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
