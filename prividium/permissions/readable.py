"""Which reads must be of a contract with a rule, beside what the policy says about a call.

`Ledger.read` and `Ledger.require_readable` refuse an address without code like a contract without a rule, since without
a rule no state is read at all. What is listed here may be read though it is no contract.
"""

from typing import Final

from prividium.types import Address

PRECOMPILE_NUMBER_MAX: Final = 0x1FF
"""Precompiles lie at small numbers (EIP-7951 has the largest today, 0x100)."""


def must_be_contract(to: Address | None, *, is_own: bool) -> bool:
    """`is_own`: `to` is a wallet of the reader."""
    return not (to is None or is_own or int.from_bytes(to, "big") <= PRECOMPILE_NUMBER_MAX)
