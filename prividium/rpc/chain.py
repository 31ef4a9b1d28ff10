"""What the methods work with: the chain behind one face that shows readers a consistent height."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore
from typing import Final, Protocol

from prividium._core import Block, Ledger
from prividium.identity.principal import Principal
from prividium.ledger.index import LedgerIndex
from prividium.ledger.reads import Reads
from prividium.permissions.visibility import FULL_READ, Sight
from prividium.rpc.envelope import INVALID_PARAMS, RpcError
from prividium.rpc.filters import Filters
from prividium.rpc.heights import Heights
from prividium.rpc.log_params import LogFilter
from prividium.rpc.params import BlockId
from prividium.types import to_hex

TRACES_AT_ONCE_MAX: Final = 2
"""A trace runs up to a batch of transactions again; more at once would keep the writer waiting for the processor."""
WAITING_MAX: Final = 256
"""Sends that wait for their receipt at the same time, of all people together."""


@dataclass(frozen=True)
class ChainLimits:
    logs_max: int
    block_range_max: int
    sync_ms_max: int
    """Longest wait of eth_sendRawTransactionSync."""


@dataclass(frozen=True)
class Chain:
    ledger: Ledger
    index: LedgerIndex
    reads: Reads
    submit: Callable[[bytes], Future[bytes]]
    """Answers when the transaction is durable."""
    sight: Callable[[], Sight]
    chain_id: int
    client_version: str
    limits: ChainLimits
    filters: Filters
    heights: Heights
    tracing: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(TRACES_AT_ONCE_MAX))
    waiting: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(WAITING_MAX))
    fixed_height: int | None = None
    """What `height` says for good; None to follow the chain."""

    @property
    def height(self) -> int:
        """The newest block that every method knows; the store may be a moment ahead."""
        return self.index.height if self.fixed_height is None else self.fixed_height

    @property
    def now(self) -> "Chain":
        """The chain up to the newest block, whatever is made later: what all requests of a batch see. Were a batch
        told of no receipt and then of the height at which there is one, its caller would wait for a block that may
        not come (ethers does).
        """
        return replace(self, fixed_height=self.height)

    @property
    def live(self) -> "Chain":
        """The chain that grows, for those who wait for a block."""
        return self if self.fixed_height is None else replace(self, fixed_height=None)

    def number(self, block: BlockId) -> int | None:
        """The block's number; None if there is no such block. Blocks are final when they are made."""
        if isinstance(block, bytes):
            found = self.ledger.block_by_hash(block)
            return found.number if found is not None and found.number <= self.height else None
        if isinstance(block, int):
            return block if block <= self.height else None
        return 0 if block == "earliest" else self.height

    def block(self, block: BlockId) -> Block | None:
        number = self.number(block)
        return None if number is None else self.ledger.block(number)

    def require_head(self, block: BlockId) -> None:
        """State is read at the head alone; raises -32602 `historical_state_unavailable` elsewhere."""
        number = self.number(block)
        if number is None and isinstance(block, int) and block <= self.ledger.head().number:
            return
        if number is None:
            raise RpcError(INVALID_PARAMS, f"block {_shown(block)} does not exist", "block_unknown")
        if number < self.height:
            message = f"the state at block {number} is not kept; ask for latest (now {self.height})"
            raise RpcError(INVALID_PARAMS, message, "historical_state_unavailable")

    def require_batch_end(self, block: BlockId) -> int:
        """The batch that ends with the block, the last sealed one for `latest` and the like. Proofs are made there
        alone; raises -32602 elsewhere.
        """
        if isinstance(block, str) and block != "earliest":
            return self.ledger.last_batch()
        number = self.number(block)
        if number is None:
            raise RpcError(INVALID_PARAMS, f"block {_shown(block)} does not exist", "block_unknown")
        sealed = 0 if number == 0 else self.ledger.batch_of_block(number)
        batch = None if sealed is None else self.ledger.batch(sealed)
        if batch is None or batch.last_block != number:
            message = f"block {number} is not the last of a sealed batch, and proofs are made there; ask for latest"
            raise RpcError(INVALID_PARAMS, message, "proof_unavailable")
        return batch.number


class Connection(Protocol):
    """A WebSocket, as the methods see it."""

    def subscribe(self, wanted: LogFilter | None, *, reads_all: bool) -> str:
        """Id of a new subscription: to logs, or to heads without a filter. Raises RpcError over the limit.

        `reads_all`: it may use the right to read everything, since its entry in the audit trail says so.
        """

    def unsubscribe(self, subscription: str) -> bool: ...

    def abandon(self) -> None:
        """End the subscriptions of which the client has not been told."""


@dataclass(frozen=True)
class Caller:
    """Who asks. `principal` is None only for public methods: `dispatch` sees to that."""

    principal: Principal | None
    connection: Connection | None = None
    """None over HTTP."""

    @property
    def person(self) -> Principal:
        if self.principal is None:
            raise PermissionError("a method that needs a person was called without one")
        return self.principal

    @property
    def unprivileged(self) -> "Caller":
        """Without the right to read everything, for answers that leave no entry in the audit trail."""
        person = self.person
        return replace(self, principal=replace(person, system_permissions=person.system_permissions - {FULL_READ}))


def _shown(block: BlockId) -> str:
    return to_hex(block) if isinstance(block, bytes) else str(block)
