"""Which addresses may be read at all, beside what the policy says about a call."""

from typing import Final

from prividium._core import Ledger
from prividium.errors import Forbidden
from prividium.types import Address

PRECOMPILE_NUMBER_MAX: Final = 0x1FF
"""Precompiles lie at small numbers (EIP-7951 has the largest today, 0x100)."""


def require_readable(ledger: Ledger, sender: Address, to: Address | None, data: bytes, *, is_own: bool) -> None:
    """A read of an address without code is refused like that of a contract without rule: they must look alike, and
    without a rule no state is read at all. `is_own`: `to` is a wallet of the sender's owner.

    Raises `DeniedError` and Forbidden("permission.missing").
    """
    if to is None or is_own or int.from_bytes(to, "big") <= PRECOMPILE_NUMBER_MAX:
        return
    ledger.judge_read(sender, to, data)
    if not ledger.code(to):
        raise Forbidden("permission.missing", "forbidden")
