"""Arguments of a function as conditions of rules see them (docs/protocol/policy.md, "Conditions"): the bytes of their
types, the way to one of them, and the words that they are compared with.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from prividium.errors import InvalidInput
from prividium.permissions.abi import Function, Parameter
from prividium.types import from_hex, parse_address

Step: TypeAlias = int | Literal["*"]
"""Position of a tuple's member, index of an array's element, or every element."""
Value: TypeAlias = bool | int | str
"""A number (also as a decimal string or in hexadecimal), an address, a truth value, or bytes in hexadecimal."""

EVERY: Final = 0xFFFF
_DEPTH_MAX: Final = 8
_STATIC_WORDS_MAX: Final = 4096
_COUNT_MAX: Final = 0xFFFF
_MEMBERS_MAX: Final = 255
_DYNAMIC: Final = 0xB0
_LIST, _ARRAY, _TUPLE = b"\xc0", b"\xc1", b"\xc2"
_NUMBER: Final = re.compile(r"(u?)int([0-9]+)")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,78}")


@dataclass(frozen=True)
class Place:
    """Where a condition looks."""

    type: str
    """Canonical; takes one word."""
    steps: tuple[int, ...]
    """As in policy.md."""

    @property
    def is_number(self) -> bool:
        return _NUMBER.fullmatch(self.type) is not None

    @property
    def is_unsigned(self) -> bool:
        return self.type.startswith("uint")


def encode_types(function: Function) -> bytes:
    """The function's arguments as one tuple; raises InvalidInput("argument_type_unsupported")."""
    if sum(parameter.words or 0 for parameter in function.parameters) > _STATIC_WORDS_MAX:
        raise _unsupported("they are too long")
    return _tuple(function.parameters, 0)


def find_place(function: Function, index: int, path: Sequence[Step]) -> Place:
    """The place in argument `index` that `path` leads to. Raises InvalidInput("argument_index_invalid") and
    ("argument_path_invalid").
    """
    if not 0 <= index < len(function.parameters):
        raise InvalidInput(
            "argument_index_invalid",
            f"{function.signature} has {len(function.parameters)} arguments; index {index} is none of them",
        )
    found, steps = function.parameters[index], [index]
    for step in path:
        steps.append(_step(found, step))
        found = found.parts[0] if found.is_array else found.parts[steps[-1]]
    if found.parts or found.type in ("bytes", "string"):
        raise InvalidInput(
            "argument_path_invalid",
            f"the path ends at {found.type}; a condition needs a single value such as an address or a number",
        )
    return Place(found.type, tuple(steps))


def word_of(type_: str, value: Value) -> bytes:
    """The 32 bytes that encode `value` as `type_`; raises InvalidInput("value_invalid")."""
    number = _NUMBER.fullmatch(type_)
    if number:
        return _number_word(type_, _integer(type_, value), signed=not number[1], bits=int(number[2]))
    if type_ == "bool" and isinstance(value, bool):
        return bytes(31) + bytes([value])
    if type_ == "address" and isinstance(value, str):
        return bytes(12) + parse_address(value)
    if type_.startswith("bytes") and isinstance(value, str):
        return from_hex(value, int(type_[5:])).ljust(32, b"\0")
    raise InvalidInput("value_invalid", f"{str(value)[:80]!r} is no value of type {type_}")


def extremes(type_: str) -> tuple[bytes, bytes]:
    """The words of a number type's smallest and largest value."""
    number = _NUMBER.fullmatch(type_)
    if number is None:
        raise InvalidInput("value_invalid", f"{type_} is not a number")
    signed, bits = not number[1], int(number[2])
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return _number_word(type_, low, signed, bits), _number_word(type_, high, signed, bits)


def order_of(type_: str, word: bytes) -> int:
    """The number that a word encodes."""
    return int.from_bytes(word, "big", signed=not type_.startswith("u"))


def _step(holder: Parameter, step: Step) -> int:
    is_tuple = bool(holder.parts) and not holder.is_array
    if holder.is_array and step == "*":
        return EVERY
    if isinstance(step, int) and not isinstance(step, bool) and holder.parts:
        count = len(holder.parts) if is_tuple else holder.length
        if 0 <= step < (EVERY if count is None else count):
            return step
    raise InvalidInput("argument_path_invalid", f"the path's step {step!r} leads nowhere in {holder.type}")


def _tuple(members: Sequence[Parameter], depth: int) -> bytes:
    if not 0 < len(members) <= _MEMBERS_MAX:
        raise _unsupported("an empty tuple, or one of more than 255 members")
    return _TUPLE + bytes([len(members)]) + b"".join(_type_bytes(member, depth + 1) for member in members)


def _type_bytes(parameter: Parameter, depth: int) -> bytes:
    if (parameter.words or 0) > _STATIC_WORDS_MAX or (parameter.parts and depth >= _DEPTH_MAX):
        raise _unsupported(f"{parameter.type[:80]} is too long or too deep")
    if parameter.is_array:
        element = _type_bytes(parameter.parts[0], depth + 1)
        if parameter.length is None:
            return _LIST + element
        if not 0 < parameter.length <= _COUNT_MAX:
            raise _unsupported(f"{parameter.type[:80]} has no elements, or too many")
        return _ARRAY + parameter.length.to_bytes(2, "big") + element
    if parameter.type.startswith("("):
        return _tuple(parameter.parts, depth)
    return bytes([_elementary(parameter.type)])


def _elementary(type_: str) -> int:
    named = {"bool": 0, "address": 20, "function": 0x80 + 24, "bytes": _DYNAMIC, "string": _DYNAMIC}
    if type_ in named:
        return named[type_]
    number = _NUMBER.fullmatch(type_)
    if number:
        return (0 if number[1] else 0x40) + int(number[2]) // 8
    return 0x80 + int(type_.removeprefix("bytes"))


def _unsupported(what: str) -> InvalidInput:
    return InvalidInput("argument_type_unsupported", f"conditions cannot read this function's arguments: {what}")


def _integer(type_: str, value: Value) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"0x[0-9a-fA-F]{1,64}", value):
        return int(value, 16)
    raise InvalidInput("value_invalid", f"{str(value)[:80]!r} is no value of type {type_}")


def _number_word(type_: str, number: int, signed: bool, bits: int) -> bytes:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if not low <= number <= high:
        raise InvalidInput("value_invalid", f"{number} is no value of type {type_}")
    return number.to_bytes(32, "big", signed=signed)
