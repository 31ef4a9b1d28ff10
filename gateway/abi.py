"""Calls of the committed contracts, encoded and decoded by their artifacts' ABI."""

from collections.abc import Sequence
from functools import cache
from typing import cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from gateway.compile import Artifact, load
from prividium.types import Json


class Interface:
    """The functions and errors of one contract."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self._functions = {str(entry["name"]): entry for entry in artifact.abi if entry["type"] == "function"}
        self._errors = {_selector(entry): entry for entry in artifact.abi if entry["type"] == "error"}

    def call(self, function: str, *arguments: object) -> bytes:
        """Calldata."""
        entry = self._functions[function]
        return _selector(entry) + encode(_types(entry, "inputs"), arguments)

    def answer(self, function: str, data: bytes) -> tuple[object, ...]:
        """Return values, decoded strictly."""
        return cast(tuple[object, ...], decode(_types(self._functions[function], "outputs"), data))

    def creation(self, *arguments: object) -> bytes:
        """Init code with its constructor arguments."""
        constructor = next(entry for entry in self.artifact.abi if entry["type"] == "constructor")
        return self.artifact.bytecode + encode(_types(constructor, "inputs"), arguments)

    def error(self, data: bytes) -> str:
        """Revert data in words: `PrevStateMismatch(expected=0x…, given=0x…)`."""
        entry = self._errors.get(data[:4])
        if entry is None:
            return f"unknown revert 0x{data[:4].hex()}" if data else "revert without a reason"
        try:
            values = decode(_types(entry, "inputs"), data[4:])
        except DecodingError:
            return str(entry["name"])
        names = [str(parameter["name"]) for parameter in _parameters(entry, "inputs")]
        shown = ", ".join(f"{name}={_show(value)}" for name, value in zip(names, values, strict=True))
        return f"{entry['name']}({shown})"


@cache
def interface(name: str) -> Interface:
    """The interface of the committed artifact `name`."""
    return Interface(load(name))


def _show(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _parameters(entry: dict[str, Json], side: str) -> list[dict[str, Json]]:
    return cast(list[dict[str, Json]], entry[side])


def _types(entry: dict[str, Json], side: str) -> list[str]:
    return [_canonical(parameter) for parameter in _parameters(entry, side)]


def _canonical(parameter: dict[str, Json]) -> str:
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_canonical(member) for member in cast(Sequence[dict[str, Json]], parameter["components"]))
    return f"({inner}){kind.removeprefix('tuple')}"


def _selector(entry: dict[str, Json]) -> bytes:
    signature = f"{entry['name']}({','.join(_types(entry, 'inputs'))})"
    return bytes(keccak(text=signature)[:4])
