"""What the relayer signed, written and synced before it is sent.

One SQLite file of its own. A row is a signed transaction and is never changed except for where it was seen mined; rows
are kept, since an L1 that comes back with older blocks needs them again.
"""

import sqlite3
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.relayer.fees import Fees
from prividium.errors import ConfigurationError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS transactions (
    id INTEGER PRIMARY KEY,
    chain BLOB NOT NULL,
    sender BLOB NOT NULL,
    nonce INTEGER NOT NULL,
    step TEXT NOT NULL,
    subject INTEGER NOT NULL,
    binding BLOB NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    raw BLOB NOT NULL,
    max_fee INTEGER NOT NULL,
    priority_fee INTEGER NOT NULL,
    head INTEGER NOT NULL,
    signed_at INTEGER NOT NULL,
    block_number INTEGER,
    block_hash BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS transactions_by_nonce ON transactions (chain, sender, nonce);
"""
_COLUMNS = "nonce, step, subject, binding, hash, raw, max_fee, priority_fee, head, signed_at, block_number, block_hash"


@dataclass(frozen=True)
class Action:
    """Something to be done on L1.

    `subject` is a batch number; `binding` (32 bytes) fixes what exactly is meant, so that a batch that was reverted and
    sealed again is another action.
    """

    step: str
    subject: int
    binding: bytes


@dataclass(frozen=True)
class SignedTransaction:
    action: Action
    nonce: int
    hash: bytes
    raw: bytes
    fees: Fees
    head: int
    """Number of the L1 head when it was signed."""
    signed_at: int
    """Unix seconds."""
    block_number: int | None = None
    block_hash: bytes | None = None


class Journal:
    """Transactions of one sender on one L1, which its genesis hash names."""

    def __init__(self, path: Path, chain: bytes, sender: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key = (chain, sender)
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            text = f"the relayer's journal {path.name} cannot be used ({error}): free disk space, or move the file away"
            raise ConfigurationError("journal_unusable", text) from error

    def close(self) -> None:
        self._connection.close()

    def record(self, transaction: SignedTransaction) -> None:
        """Durable when it returns."""
        row = (
            *self._key,
            transaction.nonce,
            transaction.action.step,
            transaction.action.subject,
            transaction.action.binding,
            transaction.hash,
            transaction.raw,
            transaction.fees.max_fee,
            transaction.fees.priority_fee,
            transaction.head,
            transaction.signed_at,
            transaction.block_number,
            transaction.block_hash,
        )
        marks = ", ".join("?" * len(row))
        with self._lock:
            self._connection.execute(f"INSERT INTO transactions (chain, sender, {_COLUMNS}) VALUES ({marks})", row)  # noqa: S608

    def at(self, nonce: int) -> list[SignedTransaction]:
        """All that was signed for `nonce`, oldest first; each replaces the one before it."""
        return self._select("nonce = ?", nonce)

    def of(self, step: str) -> list[SignedTransaction]:
        """All that was signed for `step`, oldest first."""
        return self._select("step = ?", step)

    def mined(self, below: int, limit: int) -> list[SignedTransaction]:
        """The newest `limit` transactions with a nonce under `below`, newest first."""
        return self._select("nonce < ?", below, f"nonce DESC, id DESC LIMIT {limit}")

    def place(self, transaction: SignedTransaction, number: int | None, block_hash: bytes | None) -> SignedTransaction:
        """Note the block that holds the transaction; None if it fell out of the chain."""
        with self._lock:
            self._connection.execute(
                "UPDATE transactions SET block_number = ?, block_hash = ? WHERE hash = ?",
                (number, block_hash, transaction.hash),
            )
        return replace(transaction, block_number=number, block_hash=block_hash)

    def _select(self, condition: str, value: int | str, order: str = "id") -> list[SignedTransaction]:
        query = f"SELECT {_COLUMNS} FROM transactions WHERE chain = ? AND sender = ? AND {condition} ORDER BY {order}"  # noqa: S608
        with self._lock:
            rows = self._connection.execute(query, (*self._key, value)).fetchall()
        return [
            SignedTransaction(
                action=Action(step, subject, binding),
                nonce=nonce,
                hash=digest,
                raw=raw,
                fees=Fees(max_fee, priority_fee),
                head=head,
                signed_at=signed_at,
                block_number=block_number,
                block_hash=block_hash,
            )
            for (
                nonce,
                step,
                subject,
                binding,
                digest,
                raw,
                max_fee,
                priority_fee,
                head,
                signed_at,
                block_number,
                block_hash,
            ) in rows
        ]
