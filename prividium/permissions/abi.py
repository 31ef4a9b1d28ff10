"""What the rules need from a contract's ABI: selectors, canonical signatures and positions of arguments.

Follows the Solidity "Contract ABI Specification": the head of the call data holds one word for a dynamic argument and
all words of a static one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from eth_utils.crypto import keccak

from prividium.errors import InvalidInput

Abi: TypeAlias = list[dict[str, object]]
"""As in JSON; nothing about an entry is taken for granted."""

ENTRIES_MAX = 2_000
DEPTH_MAX = 8
_WORDS_MAX = 0xFFFF
_ELEMENTARY = re.compile(
    r"u?int(8|16|24|32|40|48|56|64|72|80|88|96|104|112|120|128|136|144|152|160|168|176|184|192|200|208|216|224|232|240"
    r"|248|256)?|bytes([1-9]|[12][0-9]|3[0-2])?|address|bool|string|function"
)
_ARRAY = re.compile(r"(.+)\[([0-9]{0,5})\]")
_AFTER_ARGUMENTS = re.compile(
    r"(\s+(external|public|internal|private|view|pure|payable|nonpayable|virtual|override|returns\s*\(.*\)))*\s*;?"
)
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,255}")


@dataclass(frozen=True)
class Parameter:
    """One argument, or a part of one."""

    type: str
    """Canonical: tuples spelled out."""
    words: int | None
    """Its length in the head if static."""
    parts: "tuple[Parameter, ...]" = ()
    """Members of a tuple; the one type of an array's elements."""
    length: int | None = None
    """Number of elements of an array of fixed length."""

    @property
    def is_array(self) -> bool:
        return self.type.endswith("]")


class Function:
    def __init__(self, name: str, parameters: Sequence[Parameter]) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self.signature = f"{name}({','.join(parameter.type for parameter in parameters)})"
        self.selector = keccak(text=self.signature)[:4]

    def word_offset(self, index: int) -> int:
        """Word after the selector that holds the address argument `index`; raises InvalidInput."""
        if not 0 <= index < len(self.parameters):
            raise InvalidInput(
                "argument_index_invalid",
                f"{self.signature} has {len(self.parameters)} arguments; index {index} is none of them",
            )
        found = self.parameters[index].type
        if found != "address":
            raise InvalidInput(
                "argument_not_address",
                f"argument {index} of {self.signature} is {found}; only a plain address argument can be restricted",
            )
        offset = sum(1 if parameter.words is None else parameter.words for parameter in self.parameters[:index])
        if offset > _WORDS_MAX:
            raise InvalidInput("argument_too_far", f"argument {index} of {self.signature} lies too far behind")
        return offset


def functions(abi: Abi) -> list[Function]:
    """Every function of the ABI; raises InvalidInput("abi_invalid") for an entry that is not well-formed."""
    if len(abi) > ENTRIES_MAX:
        raise InvalidInput("abi_invalid", f"the ABI has {len(abi)} entries; at most {ENTRIES_MAX} are accepted")
    found = [_function(entry) for entry in abi if entry.get("type", "function") == "function"]
    selectors = {function.selector: function.signature for function in found}
    if len(selectors) != len(found):
        raise InvalidInput("abi_invalid", "two functions of the ABI have the same selector")
    return found


def find_function(abi: Abi, wanted: str) -> Function:
    """The function that `wanted` names: `transfer(address,uint256)`, with or without the word `function`, argument
    names and what follows the arguments. Raises InvalidInput("function_unknown").
    """
    signature = canonical_signature(wanted)
    for function in functions(abi):
        if function.signature == signature:
            return function
    raise InvalidInput("function_unknown", f"the contract's ABI has no function {signature}")


def function_of(signature: str) -> Function:
    """The function of a canonical signature, without an ABI."""
    name, _, rest = signature.partition("(")
    types, _ = _split_tuple(rest, 0, 0)
    return Function(name, [_of_type(type_) for type_ in types])


def _of_type(type_: str) -> Parameter:
    array = _ARRAY.fullmatch(type_)
    if array:
        element = _of_type(array[1])
        return _array(element, array[2])
    if type_.startswith("("):
        return _tuple([_of_type(member) for member in _split_tuple(type_, 1, 0)[0]])
    return _sized(type_, None, 0)


def canonical_signature(text: str) -> str:
    """`function f(address to, (uint256 a, bool b)[] memory c) returns (bool)` as `f(address,(uint256,bool)[])`."""
    stripped = text.strip().removeprefix("function ").strip()
    name, bracket, rest = stripped.partition("(")
    if not bracket or not _NAME.fullmatch(name):
        raise InvalidInput("function_signature_invalid", "write a signature such as transfer(address,uint256)")
    arguments, end = _split_tuple(rest, 0, 0)
    if not _AFTER_ARGUMENTS.fullmatch(rest[end:].rstrip()):
        raise InvalidInput("function_signature_invalid", "write a signature such as transfer(address,uint256)")
    return f"{name}({','.join(arguments)})"


def _split_tuple(text: str, start: int, depth: int) -> tuple[list[str], int]:
    """Types of a parenthesised list whose opening bracket ends at `start`, and the position after its end."""
    parts: list[str] = []
    current, position = "", start
    if depth > DEPTH_MAX:
        raise InvalidInput("function_signature_invalid", f"the signature nests deeper than {DEPTH_MAX} levels")
    while position < len(text):
        character = text[position]
        position += 1
        if character == "(":
            inner, position = _split_tuple(text, position, depth + 1)
            current = current.strip().removesuffix("tuple") + f"({','.join(inner)})"
        elif character in ",)":
            if current.strip() or parts or character == ",":
                parts.append(_type_of(current))
            if character == ")":
                return parts, position
            current = ""
        else:
            current += character
    raise InvalidInput("function_signature_invalid", "the signature's brackets do not match")


def _type_of(declaration: str) -> str:
    """`uint a` as `uint256`, `(bool) calldata x` as `(bool)`."""
    match = re.fullmatch(
        r"\s*(\(.*\)(?:\[[0-9]*\])*|[a-z0-9]+(?:\[[0-9]*\])*)(?:\s+[A-Za-z_$ ][A-Za-z0-9_$ ]*)?\s*", declaration
    )
    if match is None:
        raise InvalidInput("function_signature_invalid", "write a signature such as transfer(address,uint256)")
    return re.sub(r"^(u?int)(?=\[|$)", r"\g<1>256", match[1])


def _function(entry: Mapping[str, object]) -> Function:
    name, inputs = entry.get("name"), entry.get("inputs", [])
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(inputs, list):
        raise InvalidInput("abi_invalid", "a function of the ABI has no valid name or inputs")
    return Function(name, [_parameter(item, 0) for item in inputs])


def _parameter(item: object, depth: int) -> Parameter:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str) or depth > DEPTH_MAX:
        raise InvalidInput("abi_invalid", "an argument in the ABI has no valid type")
    return _sized(str(item["type"]), item.get("components"), depth)


def _sized(type_: str, components: object, depth: int) -> Parameter:
    array = _ARRAY.fullmatch(type_)
    if array:
        return _array(_sized(array[1], components, depth + 1), array[2])
    if type_ == "tuple":
        if not isinstance(components, list):
            raise InvalidInput("abi_invalid", "a tuple in the ABI has no components")
        return _tuple([_parameter(component, depth + 1) for component in components])
    if not _ELEMENTARY.fullmatch(type_) or depth > DEPTH_MAX:
        raise InvalidInput("abi_invalid", f"the ABI holds an unknown type: {type_[:40]!r}")
    canonical = re.sub(r"^(u?int)$", r"\g<1>256", type_)
    return Parameter(canonical, None if type_ in ("bytes", "string") else 1)


def _array(element: Parameter, count: str) -> Parameter:
    if not count:
        return Parameter(f"{element.type}[]", None, (element,))
    length = int(count)
    words = None if element.words is None else element.words * length
    return Parameter(f"{element.type}[{length}]", words, (element,), length)


def _tuple(members: Sequence[Parameter]) -> Parameter:
    name = f"({','.join(member.type for member in members)})"
    words = [member.words for member in members]
    return Parameter(name, None if None in words else sum(word or 0 for word in words), tuple(members))
