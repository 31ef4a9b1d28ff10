"""Domain types that must not mix, and their hexadecimal form at the edge."""

from typing import NewType, TypeAlias

from prividium.errors import InvalidInput

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A JSON value as `json.loads` gives it."""

Address = NewType("Address", bytes)
"""20 bytes."""
Hash32 = NewType("Hash32", bytes)
"""32 bytes: a hash, a root or a topic."""
Selector = NewType("Selector", bytes)
"""The first four bytes of call data, or empty for calls without a function."""
UserId = NewType("UserId", str)
RoleId = NewType("RoleId", int)
"""Number of the role in the policy table (u32)."""


def to_hex(value: bytes) -> str:
    return "0x" + value.hex()


def to_quantity(value: int) -> str:
    """An unsigned integer as in the Ethereum JSON-RPC specification: no leading zeros."""
    return hex(value)


def from_hex(text: str, length: int | None = None) -> bytes:
    """Strict `0x` data, optionally of `length` bytes; raises InvalidInput("invalid_hex")."""
    if not text.startswith("0x") or len(text) % 2 or text != text.strip():
        raise InvalidInput("invalid_hex", "expected 0x-prefixed hexadecimal data")
    try:
        value = bytes.fromhex(text[2:])
    except ValueError as error:
        raise InvalidInput("invalid_hex", "expected 0x-prefixed hexadecimal data") from error
    if len(text) != 2 + 2 * len(value):
        raise InvalidInput("invalid_hex", "expected 0x-prefixed hexadecimal data")
    if length is not None and len(value) != length:
        raise InvalidInput("invalid_hex", f"expected {length} bytes, got {len(value)}")
    return value


def parse_address(text: str) -> Address:
    return Address(from_hex(text, 20))


def parse_hash(text: str) -> Hash32:
    return Hash32(from_hex(text, 32))
