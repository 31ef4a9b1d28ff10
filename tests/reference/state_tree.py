"""The sparse Merkle tree of commitments.md §2, rebuilt from all its leaves every time."""

import hashlib
from collections.abc import Mapping

DIGEST_BYTES = 27
EMPTY = bytes(DIGEST_BYTES)
EMPTY_ROOT = bytes(32)


def leaf(key: bytes, value: bytes) -> bytes:
    """The full hash of a leaf: `H(key27 ‖ valueDigest27 ‖ 00)`."""
    return hashlib.sha256(key + value + b"\x00").digest()


def node(left: bytes, right: bytes) -> bytes:
    """The full hash of a branch: `H(left27 ‖ right27 ‖ 01)`."""
    return hashlib.sha256(left + right + b"\x01").digest()


def bit(key: bytes, depth: int) -> int:
    """Bit `depth` of a key, the most significant bit of the first byte first."""
    return key[depth // 8] >> (7 - depth % 8) & 1


def _subtree(leaves: Mapping[bytes, bytes], depth: int) -> bytes:
    if len(leaves) == 1:
        [(key, value)] = leaves.items()
        return leaf(key, value)
    sides = ({key: leaves[key] for key in leaves if bit(key, depth) == side} for side in (0, 1))
    digests = (_subtree(side, depth + 1)[:DIGEST_BYTES] if side else EMPTY for side in sides)
    return node(*digests)


def root(leaves: Mapping[bytes, bytes]) -> bytes:
    """Root of the tree with these keys and value digests."""
    return _subtree(leaves, 0) if leaves else EMPTY_ROOT


def verify_path(key: bytes, value: bytes, siblings: list[bytes], expected_root: bytes) -> bool:
    """Whether the leaf is in the tree: siblings run from the leaf upwards."""
    top = leaf(key, value)
    for depth in reversed(range(len(siblings))):
        sibling = siblings[len(siblings) - 1 - depth]
        sides = (top[:DIGEST_BYTES], sibling) if bit(key, depth) == 0 else (sibling, top[:DIGEST_BYTES])
        top = node(*sides)
    return top == expected_root
