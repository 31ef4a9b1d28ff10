"""Transactions at gas price zero, as wallets of this chain sign them."""

from collections.abc import Sequence

from eth_account.datastructures import SignedTransaction
from eth_account.signers.local import LocalAccount
from eth_account.types import AccessListEntry
from eth_typing import HexStr
from eth_utils.address import to_checksum_address


def sign_free(
    account: LocalAccount, to: str | bytes | None, data: bytes, *, chain_id: int, nonce: int, gas: int
) -> SignedTransaction:
    """An EIP-1559 transaction without fee or value; `to` None creates a contract."""
    fields: dict[str, bytes | int | HexStr | Sequence[AccessListEntry]] = {
        "type": 2,
        "chainId": chain_id,
        "nonce": nonce,
        "gas": gas,
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "value": 0,
        "data": data,
    }
    if to is not None:
        fields["to"] = HexStr(to_checksum_address(to))
    return account.sign_transaction(fields)
