"""Every preimage of commitments.md §1 and §3, written out."""

import hashlib
import hmac
from collections.abc import Sequence

from tests.reference.state_tree import DIGEST_BYTES, EMPTY, node


def digest(preimage: bytes) -> bytes:
    """First 27 bytes of SHA-256."""
    return hashlib.sha256(preimage).digest()[:DIGEST_BYTES]


def account_key(address: bytes) -> bytes:
    """Key of an account's leaf."""
    return digest(address)


def storage_key(address: bytes, slot: bytes) -> bytes:
    """Key of a slot's leaf."""
    return digest(address + slot)


def head_key() -> bytes:
    """Key of the head's leaf."""
    return digest(b"prividium.head")


def storage_value(value: bytes, salt: bytes) -> bytes:
    """Value digest of a slot."""
    return digest(value + salt + b"\x02")


def history_digest(count: int, head: bytes) -> bytes:
    """What an account's value binds of its history."""
    return digest(count.to_bytes(8) + head + b"\x0d")


def account_value(nonce: int, balance: bytes, code_hash: bytes, history: bytes, salt: bytes) -> bytes:
    """Value digest of an account; 19 bytes of the salt enter."""
    return digest(nonce.to_bytes(8) + balance + code_hash + history + salt[:19] + b"\x03")


def head_value(batch: int, block: int, timestamp: int, block_hash: bytes, blocks: bytes, salt: bytes) -> bytes:
    """Value digest of the head."""
    numbers = batch.to_bytes(8) + block.to_bytes(8) + timestamp.to_bytes(8)
    return digest(numbers + block_hash + blocks + salt + b"\x04")


def transaction_leaf(transaction_hash: bytes, salt: bytes) -> bytes:
    """Leaf of a transaction."""
    return digest(transaction_hash + salt + b"\x05")


def log_leaf(address: bytes, topics: Sequence[bytes], data: bytes, salt: bytes) -> bytes:
    """Leaf of a log."""
    body = address + bytes([len(topics)]) + b"".join(topics)
    return digest(body + hashlib.sha256(data).digest() + salt + b"\x06")


def receipt_leaf(status: int, gas_used: int, logs: bytes, salt: bytes) -> bytes:
    """Leaf of a receipt."""
    return digest(bytes([status]) + gas_used.to_bytes(8) + logs + salt + b"\x07")


def history_entry(block: int, index: int, transaction: bytes, receipt: bytes) -> bytes:
    """Entry of a transaction in histories."""
    return digest(block.to_bytes(8) + index.to_bytes(4) + transaction + receipt + b"\x08")


def history_link(head: bytes, entry: bytes) -> bytes:
    """Head of a history after an entry."""
    return digest(head + entry + b"\x09")


def block_hash(
    parent: bytes,
    number: int,
    timestamp: int,
    beneficiary: bytes,
    gas_limit: int,
    gas_used: int,
    transactions: bytes,
    receipts: bytes,
) -> bytes:
    """Hash of a block, all 32 bytes."""
    fields = parent + number.to_bytes(8) + timestamp.to_bytes(8) + beneficiary
    gas = gas_limit.to_bytes(8) + gas_used.to_bytes(8)
    return hashlib.sha256(fields + gas + transactions + receipts + b"\x0a").digest()


def list_digest(leaves: Sequence[bytes]) -> bytes:
    """Digest of a list: padded to a power of two, joined, then bound to its length."""
    layer = list(leaves)
    while len(layer) & (len(layer) - 1):
        layer.append(EMPTY)
    while len(layer) > 1:
        layer = [node(left, right)[:DIGEST_BYTES] for left, right in zip(layer[::2], layer[1::2], strict=True)]
    top = layer[0] if layer else EMPTY
    return digest(len(leaves).to_bytes(4) + top + b"\x0b")


def policy_value(entry: bytes, salt: bytes) -> bytes:
    """Value digest of a policy entry."""
    return digest(entry + salt + b"\x0c")


def salt(secret: bytes, label: int, key: bytes, number: int) -> bytes:
    """A salt of 22 bytes; `number` is a batch, a block or a policy version."""
    return hmac.digest(secret, bytes([label]) + key + number.to_bytes(8), "sha256")[:22]
