"""Accounts with code, asked at the head whether they accept a signature (ERC-1271)."""

from typing import Final

from prividium._core import CoreError, Ledger
from prividium.errors import Unavailable
from prividium.types import Address, Hash32

GAS_LIMIT: Final = 2_000_000
"""Enough for a wallet with many owners, or for a curve in Solidity; bounds what a stranger makes us compute."""
_DELEGATION: Final = b"\xef\x01\x00"
"""EIP-7702: the account's own key still signs for it."""


class LedgerContractWallets:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def is_contract(self, address: Address) -> bool:
        code = self._ledger.code(address)
        return bool(code) and not code.startswith(_DELEGATION)

    def accepts(self, address: Address, digest: Hash32, signature: bytes) -> bool:
        """False for a contract that reverts, runs out of gas, answers something else or calls what it may not.

        Raises Unavailable if the store cannot be read.
        """
        try:
            return self._ledger.signature_valid(address, digest, signature, GAS_LIMIT)
        except CoreError as error:
            raise Unavailable(error.code, "the chain cannot be read now; try again") from None
