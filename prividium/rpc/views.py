"""A block as one person sees it.

What others did must not show in what a person is shown, so positions, log numbers and gas sums count only what that
person sees: the third transaction of a block is the first for someone who sees no other.
"""

from dataclasses import dataclass

from prividium._core import Block, Log, Receipt, Transaction
from prividium.errors import Unavailable
from prividium.permissions.event_rules import EventRules
from prividium.permissions.visibility import Full, Hidden, visible_transaction
from prividium.rpc.chain import Caller, Chain
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


def seen_block(chain: Chain, caller: Caller, block: Block, rules: EventRules) -> SeenBlock:
    seen: list[SeenTransaction] = []
    gas, log_count = 0, 0
    for transaction_hash in block.transaction_hashes:
        transaction, receipt = _stored(chain, transaction_hash)
        verdict = visible_transaction(caller.principal, transaction.sender, transaction.to, receipt.logs, rules)
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


def seen_transaction(
    chain: Chain, caller: Caller, transaction_hash: Hash32
) -> tuple[SeenBlock, SeenTransaction] | None:
    """A transaction in a block; None if there is none, or none that the person may see."""
    receipt = chain.ledger.receipt(transaction_hash)
    if receipt is None or receipt.block_number > chain.height:
        return None
    block = chain.ledger.block(receipt.block_number)
    if block is None:
        return None
    view = seen_block(chain, caller, block, chain.event_rules())
    found = view.find(transaction_hash)
    return None if found is None else (view, found)


def seen_pending(chain: Chain, caller: Caller, transaction_hash: Hash32) -> Transaction | None:
    """A transaction that waits for its block, for those who will see all of it."""
    transaction = chain.ledger.transaction(transaction_hash)
    if transaction is None:
        return None
    if transaction.block_number is not None and transaction.block_number <= chain.height:
        return None
    verdict = visible_transaction(caller.principal, transaction.sender, transaction.to, (), chain.event_rules())
    return transaction if isinstance(verdict, Full) else None


def _stored(chain: Chain, transaction_hash: bytes) -> tuple[Transaction, Receipt]:
    transaction, receipt = chain.ledger.transaction(transaction_hash), chain.ledger.receipt(transaction_hash)
    if transaction is None or receipt is None:
        raise Unavailable("store_incomplete", "the chain store lacks a transaction of one of its blocks")
    return transaction, receipt
