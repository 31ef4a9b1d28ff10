"""Strict reading of a disclosure's JSON: every field is expected, typed and of the right length."""

import json
from collections.abc import Mapping
from typing import cast

from prividium.errors import PrividiumError
from prividium.types import Json, from_hex

FILE_BYTES_MAX = 4 << 20


class DisclosureInvalid(PrividiumError):
    """The file is malformed, or it does not prove what it states; `code` says which check failed."""

    status = 422


class Fields:
    """An object whose fields are all taken exactly once; `done` refuses what is left over."""

    def __init__(self, name: str, value: Json) -> None:
        if not isinstance(value, dict):
            raise DisclosureInvalid("malformed", f"{name} must be an object")
        self._name = name
        self._left: dict[str, Json] = dict(value)

    def take(self, key: str) -> Json:
        if key not in self._left:
            raise DisclosureInvalid("malformed", f"{self._name}.{key} is missing")
        return self._left.pop(key)

    def object(self, key: str) -> "Fields":
        return Fields(f"{self._name}.{key}", self.take(key))

    def items(self, key: str) -> list[Json]:
        value = self.take(key)
        if not isinstance(value, list):
            raise DisclosureInvalid("malformed", f"{self._name}.{key} must be a list")
        return value

    def integer(self, key: str, bits: int = 64) -> int:
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
            raise DisclosureInvalid("malformed", f"{self._name}.{key} must be an unsigned {bits}-bit integer")
        return value

    def amount(self, key: str) -> int:
        """A decimal string below 2^256."""
        value = self.take(key)
        if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 78:
            raise DisclosureInvalid("malformed", f"{self._name}.{key} must be a decimal string")
        if (value != "0" and value.startswith("0")) or int(value) >= 1 << 256:
            raise DisclosureInvalid("malformed", f"{self._name}.{key} must be a canonical amount below 2^256")
        return int(value)

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str):
            raise DisclosureInvalid("malformed", f"{self._name}.{key} must be a string")
        return value

    def data(self, key: str, length: int | None = None) -> bytes:
        return parse_data(f"{self._name}.{key}", self.take(key), length)

    def optional_data(self, key: str, length: int) -> bytes | None:
        value = self.take(key)
        return None if value is None else parse_data(f"{self._name}.{key}", value, length)

    def digests(self, key: str) -> list[bytes]:
        """A Merkle path: 27-byte digests."""
        return [parse_data(f"{self._name}.{key}", item, 27) for item in self.items(key)]

    def done(self) -> None:
        if self._left:
            raise DisclosureInvalid("malformed", f"{self._name} has unknown fields: {', '.join(sorted(self._left))}")


def parse_data(name: str, value: Json, length: int | None) -> bytes:
    if not isinstance(value, str) or value != value.lower():
        raise DisclosureInvalid("malformed", f"{name} must be lower-case hexadecimal data")
    try:
        return from_hex(value, length)
    except PrividiumError as error:
        raise DisclosureInvalid("malformed", f"{name}: {error.message}") from error


def parse_document(content: bytes) -> Json:
    """Parse a disclosure file; refuses oversized files, duplicate keys and invalid JSON."""
    if len(content) > FILE_BYTES_MAX:
        raise DisclosureInvalid("too_large", f"a disclosure has at most {FILE_BYTES_MAX} bytes")
    try:
        return cast(Json, json.loads(content, object_pairs_hook=_unique))
    except (ValueError, RecursionError) as error:
        raise DisclosureInvalid("malformed", f"not a JSON document: {error}") from error


def _unique(pairs: list[tuple[str, Json]]) -> Mapping[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field appears twice")
    return found
