"""What the methods work with: the chain behind one face that shows readers a consistent height."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from prividium._core import Block, Ledger
from prividium.identity.principal import Principal
from prividium.ledger.index import LedgerIndex
from prividium.permissions.event_rules import EventRules
from prividium.rpc.envelope import INVALID_PARAMS, RpcError
from prividium.rpc.params import BlockId
from prividium.types import to_hex


@dataclass(frozen=True)
class Chain:
    ledger: Ledger
    index: LedgerIndex
    submit: Callable[[bytes], Future[bytes]]
    """Answers when the transaction is durable."""
    event_rules: Callable[[], EventRules]
    chain_id: int
    client_version: str
    logs_max: int
    block_range_max: int

    @property
    def height(self) -> int:
        """The newest block that every method knows; the store may be a moment ahead."""
        return self.index.height

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


@dataclass(frozen=True)
class Caller:
    """Who asks. `principal` is None only for public methods: `dispatch` sees to that."""

    principal: Principal | None

    @property
    def person(self) -> Principal:
        if self.principal is None:
            raise PermissionError("a method that needs a person was called without one")
        return self.principal


def _shown(block: BlockId) -> str:
    return to_hex(block) if isinstance(block, bytes) else str(block)
