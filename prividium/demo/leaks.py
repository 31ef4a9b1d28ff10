"""Search everything that reached L1 for facts of the private chain.

L1 content is read from a development node (anvil): calldata, events, contract storage and code, blobs. A fact is an
address, hash, amount or count; it is looked for in the encodings in which such values usually appear.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from eth_utils.crypto import keccak

from prividium.types import Json

SYSTEM_CONTRACTS = {
    "0x0000f90827f1c53a10cb7a02335b175320002935",
    "0x000f3df6d732807ef1319fb7b8bb8522d0beac02",
}
"""Written by L1 itself with its own block hashes and beacon roots (EIP-2935, EIP-4788)."""


class L1Reader(Protocol):
    """JSON-RPC access to the L1."""

    def request(self, method: str, params: list[Json]) -> Json: ...


@dataclass(frozen=True)
class Fact:
    """Something that must not be seen outside: bytes (address, hash) or a number (amount, count)."""

    name: str
    value: bytes | int


@dataclass(frozen=True)
class Published:
    """A piece of L1 content and where it stands."""

    place: str
    content: bytes


@dataclass(frozen=True)
class Leak:
    fact: str
    encoding: str
    place: str


def published_content(l1: L1Reader) -> list[Published]:
    """Everything on a development L1: transactions, events, blobs, and the state dump with storage and code."""
    head = int(str(l1.request("eth_blockNumber", [])), 16)
    found: list[Published] = []
    for number in range(head + 1):
        block = _mapping(l1.request("eth_getBlockByNumber", [hex(number), True]))
        for transaction in map(_mapping, _items(block["transactions"])):
            found.extend(_transaction_content(l1, transaction))
    dump = json.loads(gzip.decompress(_data(l1.request("anvil_dumpState", []))))
    for address, account in dump["accounts"].items():
        if address.lower() in SYSTEM_CONTRACTS:
            continue
        found.append(Published(f"code of {address}", _data(account["code"])))
        storage = sorted(account["storage"].items())
        words = b"".join(_word(slot) + _word(value) for slot, value in storage)
        found.append(Published(f"storage of {address}", words))
    return found


def _transaction_content(l1: L1Reader, transaction: dict[str, Json]) -> Iterator[Published]:
    label = str(transaction["hash"])
    yield Published(f"calldata of {label}", _data(transaction["input"]))
    receipt = _mapping(l1.request("eth_getTransactionReceipt", [label]))
    for log in map(_mapping, _items(receipt["logs"])):
        topics = b"".join(_data(topic) for topic in _items(log["topics"]))
        yield Published(f"event of {label}", topics + _data(log["data"]))
    for blob in _items(transaction.get("blobVersionedHashes") or []):
        content = l1.request("anvil_getBlobByHash", [blob])
        yield Published(f"blob of {label}", _data(content))


def find_leaks(facts: Iterable[Fact], content: Iterable[Published]) -> list[Leak]:
    """Every appearance of a fact, in any encoding, in any piece of content."""
    pieces = list(content)
    leaks = []
    for fact in facts:
        for encoding, pattern in encodings(fact):
            for piece in pieces:
                hit = _as_word(pattern, piece.content) if encoding == "word" else pattern in piece.content
                if hit:
                    leaks.append(Leak(fact.name, encoding, piece.place))
    return leaks


def encodings(fact: Fact) -> list[tuple[str, bytes]]:
    """(name, pattern) pairs. Numbers below 2^24 count as whole ABI words only: their shorter forms are everywhere."""
    if isinstance(fact.value, bytes):
        raw = fact.value
        found = [("raw", raw), ("reversed", raw[::-1])]
        hashed = {"raw": raw, "padded": raw.rjust(32, b"\0")}
    else:
        raw = fact.value.to_bytes(32, "big")
        found = [("word", raw)]
        hashed = {"padded": raw}
        if fact.value >= 1 << 24:
            short = raw.lstrip(b"\0")
            found += [("minimal", short), ("little-endian", short[::-1]), ("decimal", str(fact.value).encode())]
            raw = short
    if isinstance(fact.value, bytes) or fact.value >= 1 << 24:
        found += [("hex", raw.hex().encode()), ("HEX", raw.hex().upper().encode())]
        found += [("base64", form) for form in _base64_forms(raw)]
    for form, value in hashed.items():
        found += [(f"keccak256 of {form}", keccak(value)), (f"sha256 of {form}", hashlib.sha256(value).digest())]
        found += [(f"27-byte sha256 of {form}", hashlib.sha256(value).digest()[:27])]
    return found


def _base64_forms(raw: bytes) -> list[bytes]:
    """The part of the base64 text that does not depend on what stands before or after, for each of three alignments."""
    return [
        base64.b64encode(b"\0" * shift + raw)[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6] for shift in range(3)
    ]


def _as_word(pattern: bytes, content: bytes) -> bool:
    """Whether the pattern is a 32-byte word of the content, aligned as in storage and events or after a selector."""
    return any(
        content[start : start + 32] == pattern for offset in (0, 4) for start in range(offset, len(content) - 31, 32)
    )


def _data(value: Json) -> bytes:
    return bytes.fromhex(str(value)[2:])


def _word(value: Json) -> bytes:
    return int(str(value), 16).to_bytes(32, "big")


def _mapping(value: Json) -> dict[str, Json]:
    return cast(dict[str, Json], value)


def _items(value: Json) -> list[Json]:
    return cast(list[Json], value)
