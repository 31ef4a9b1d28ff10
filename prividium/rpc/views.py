"""A block as one person sees it.

What others did must not show in what a person is shown, so positions, log numbers and gas sums count only what that
person sees: the third transaction of a block is the first for someone who sees no other.
"""

from dataclasses import dataclass

from prividium import clock
from prividium._core import Block, Log, Receipt, Transaction
from prividium.errors import Unavailable
from prividium.permissions.visibility import Full, Hidden, Sight, visible_transaction
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.concealment import conceal
from prividium.types import Hash32


@dataclass(frozen=True)
class SeenLog:
    log: Log
    position: int
    """Number of the log in its transaction, as stored."""
    index: int
    """Number of the log among those of the block that the person sees."""


@dataclass(frozen=True)
class SeenTransaction:
    transaction: Transaction
    receipt: Receipt
    full: bool
    """False: only where it is and the listed logs are shown."""
    index: int
    cumulative_gas: int
    logs: tuple[SeenLog, ...]


@dataclass(frozen=True)
class SeenBlock:
    block: Block
    transactions: tuple[SeenTransaction, ...]

    @property
    def gas_used(self) -> int:
        return self.transactions[-1].cumulative_gas if self.transactions else 0

    def find(self, transaction_hash: Hash32) -> SeenTransaction | None:
        return next((seen for seen in self.transactions if seen.transaction.hash == transaction_hash), None)


@dataclass(frozen=True)
class Pending:
    """A transaction that waits for its block."""

    transaction: Transaction


@dataclass(frozen=True)
class Placed:
    """A transaction in its block."""

    block: SeenBlock
    seen: SeenTransaction


def seen_block(chain: Chain, caller: Caller, block: Block, sight: Sight) -> SeenBlock:
    stored = chain.ledger.block_transactions(block.number)
    if stored is None:
        raise _incomplete()
    seen: list[SeenTransaction] = []
    gas, log_count = 0, 0
    for transaction, receipt in stored:
        verdict = visible_transaction(caller.principal, transaction.sender, transaction.to, receipt.logs, sight)
        if isinstance(verdict, Hidden):
            continue
        full = isinstance(verdict, Full)
        gas += receipt.gas_used if full else 0
        logs = tuple(
            SeenLog(receipt.logs[position], position, log_count + offset)
            for offset, position in enumerate(verdict.logs)
        )
        log_count += len(logs)
        seen.append(SeenTransaction(transaction, receipt, full, len(seen), gas, logs))
    return SeenBlock(block, tuple(seen))


def seen_transaction(chain: Chain, caller: Caller, transaction_hash: Hash32) -> Pending | Placed | None:
    """None if there is none, or none that the person may see, in times that do not tell which. A waiting one is seen by
    those who will see all of it.
    """
    began = clock.monotonic()
    found = _seen_transaction(chain, caller, transaction_hash)
    if found is None:
        conceal(began)
    return found


def _seen_transaction(chain: Chain, caller: Caller, transaction_hash: Hash32) -> Pending | Placed | None:
    known = chain.ledger.transaction(transaction_hash)
    if known is None:
        return None
    # The store may be a block ahead of what every method knows.
    number = known.block_number if known.block_number is None or known.block_number <= chain.height else None
    receipt = None if number is None else chain.ledger.receipt(known.hash)
    sight = chain.sight()
    logs = [] if receipt is None else receipt.logs
    verdict = visible_transaction(caller.principal, known.sender, known.to, logs, sight)
    if isinstance(verdict, Hidden):
        return None
    if number is None:
        return Pending(known) if isinstance(verdict, Full) else None
    block = chain.ledger.block(number)
    if block is None:
        raise _incomplete()
    view = seen_block(chain, caller, block, sight)
    found = view.find(transaction_hash)
    return None if found is None else Placed(view, found)


def _incomplete() -> Unavailable:
    return Unavailable("store_incomplete", "the chain store lacks a block of the chain")
