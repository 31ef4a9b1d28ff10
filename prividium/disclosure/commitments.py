"""The hashes of `docs/protocol/commitments.md` that a reader of a disclosure recomputes, over `hashlib` alone."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from prividium.disclosure.fields import DisclosureInvalid

DIGEST_BYTES = 27
EMPTY = bytes(DIGEST_BYTES)
KEY_BITS = 8 * DIGEST_BYTES
LIST_COUNT_MAX = 1 << 20

LEAF, NODE, HEAD, TRANSACTION, LOG, RECEIPT, BLOCK, LIST = 0x00, 0x01, 0x04, 0x05, 0x06, 0x07, 0x0A, 0x0B


def tagged(tag: int, *parts: bytes) -> bytes:
    """SHA-256 of the parts and the domain tag, all 32 bytes."""
    return hashlib.sha256(b"".join(parts) + bytes([tag])).digest()


def digest(tag: int, *parts: bytes) -> bytes:
    return tagged(tag, *parts)[:DIGEST_BYTES]


HEAD_KEY = hashlib.sha256(b"prividium.head").digest()[:DIGEST_BYTES]


@dataclass(frozen=True)
class Head:
    """The head leaf of a state: where the chain stands at the end of a batch."""

    batch_number: int
    block_number: int
    timestamp: int
    block_hash: bytes
    blocks_digest: bytes
    salt: bytes

    def value_digest(self) -> bytes:
        numbers = (self.batch_number, self.block_number, self.timestamp)
        packed = b"".join(number.to_bytes(8, "big") for number in numbers)
        return digest(HEAD, packed, self.block_hash, self.blocks_digest, self.salt)


@dataclass(frozen=True)
class BlockHeader:
    parent_hash: bytes
    number: int
    timestamp: int
    beneficiary: bytes
    gas_limit: int
    gas_used: int
    transactions_digest: bytes
    receipts_digest: bytes

    def hash(self) -> bytes:
        return tagged(
            BLOCK,
            self.parent_hash,
            self.number.to_bytes(8, "big"),
            self.timestamp.to_bytes(8, "big"),
            self.beneficiary,
            self.gas_limit.to_bytes(8, "big"),
            self.gas_used.to_bytes(8, "big"),
            self.transactions_digest,
            self.receipts_digest,
        )


def state_root(key: bytes, value_digest: bytes, path: Sequence[bytes]) -> bytes:
    """Root of the state tree from a leaf and its siblings, leaf upwards. Shape: `path` has at most 216 digests."""
    if len(path) > KEY_BITS:
        raise DisclosureInvalid("path_too_long", "a state path has at most 216 levels")
    bits = int.from_bytes(key, "big")
    root = tagged(LEAF, key, value_digest)
    for level, sibling in enumerate(path):
        depth = len(path) - 1 - level
        inner = root[:DIGEST_BYTES]
        right = bits >> (KEY_BITS - 1 - depth) & 1
        root = tagged(NODE, sibling, inner) if right else tagged(NODE, inner, sibling)
    return root


def list_digest(leaf: bytes, index: int, count: int, path: Sequence[bytes]) -> bytes:
    """Digest of a list from one of its leaves and the siblings in the padded tree, leaf upwards."""
    if not 0 <= index < count <= LIST_COUNT_MAX or len(path) != (count - 1).bit_length():
        raise DisclosureInvalid("list_shape", "index, count and path of a list do not fit together")
    top = leaf
    for level, sibling in enumerate(path):
        top = digest(NODE, sibling, top) if index >> level & 1 else digest(NODE, top, sibling)
    return digest(LIST, count.to_bytes(4, "big"), top)


def whole_list_digest(leaves: Sequence[bytes]) -> bytes:
    """Digest of a list all of whose leaves are known."""
    row = list(leaves) or [EMPTY]
    row += [EMPTY] * ((1 << (len(row) - 1).bit_length()) - len(row))
    while len(row) > 1:
        row = [digest(NODE, row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return digest(LIST, len(leaves).to_bytes(4, "big"), row[0])


def transaction_leaf(transaction_hash: bytes, salt: bytes) -> bytes:
    return digest(TRANSACTION, transaction_hash, salt)


def receipt_leaf(status: int, gas_used: int, logs_digest: bytes, salt: bytes) -> bytes:
    return digest(RECEIPT, bytes([status]), gas_used.to_bytes(8, "big"), logs_digest, salt)


def log_leaf(address: bytes, topics: Sequence[bytes], data: bytes, salt: bytes) -> bytes:
    hashed = hashlib.sha256(data).digest()
    return digest(LOG, address, bytes([len(topics)]), *topics, hashed, salt)
