"""What the relayer signed, written and synced before it is sent.

One SQLite file of its own. A row is a signed transaction and is never changed. Rows are kept: an L1 that comes back
with older blocks needs them again. Whether a transaction was mined is not noted, since only L1 can say so.
"""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.relayer.fees import Fees
from prividium.errors import ConfigurationError, Unavailable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS transactions (
    id INTEGER PRIMARY KEY,
    chain BLOB NOT NULL,
    sender BLOB NOT NULL,
    nonce INTEGER NOT NULL,
    step TEXT NOT NULL,
    subject INTEGER NOT NULL,
    binding BLOB NOT NULL,
    hash BLOB NOT NULL,
    raw BLOB NOT NULL,
    max_fee INTEGER NOT NULL,
    priority_fee INTEGER NOT NULL,
    head INTEGER NOT NULL,
    signed_at INTEGER NOT NULL,
    UNIQUE (chain, hash)
) STRICT;
CREATE INDEX IF NOT EXISTS transactions_by_nonce ON transactions (chain, sender, nonce);
"""
_COLUMNS = "nonce, step, subject, binding, hash, raw, max_fee, priority_fee, head, signed_at"


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


class JournalFailed(Unavailable):
    """Nothing is sent that the journal does not hold."""


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
        )
        marks = ", ".join("?" * len(row))
        self._execute(f"INSERT INTO transactions (chain, sender, {_COLUMNS}) VALUES ({marks})", row)  # noqa: S608

    def at(self, nonce: int) -> list[SignedTransaction]:
        """All that was signed for `nonce`, oldest first; each replaces the one before it."""
        return self._select("nonce = ?", nonce)

    def of(self, step: str) -> list[SignedTransaction]:
        """All that was signed for `step`, oldest first."""
        return self._select("step = ?", step)

    def _select(self, condition: str, value: int | str) -> list[SignedTransaction]:
        query = f"SELECT {_COLUMNS} FROM transactions WHERE chain = ? AND sender = ? AND {condition} ORDER BY id"  # noqa: S608
        rows = self._execute(query, (*self._key, value))
        return [
            SignedTransaction(
                action=Action(step, subject, binding),
                nonce=nonce,
                hash=digest,
                raw=raw,
                fees=Fees(max_fee, priority_fee),
                head=head,
                signed_at=signed_at,
            )
            for nonce, step, subject, binding, digest, raw, max_fee, priority_fee, head, signed_at in rows
        ]

    def _execute(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                text = f"the relayer's journal cannot be read or written ({error}): is the disk full?"
                raise JournalFailed("journal_failed", text) from error
