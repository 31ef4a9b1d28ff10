"""Where the chain stands on L1, for the node's status: how far batches have come, and what of it is final."""

from dataclasses import dataclass, replace

from gateway.relayer.client import L1Client, L1Error, L1Refused
from gateway.relayer.settlement import SettlementView, Status

PROVEN_LOOK_AHEAD = 64
"""Batches past the last executed one that are looked at."""


@dataclass(frozen=True)
class AnchorStatus:
    """Batch numbers; 0 is the genesis. With `reachable` false the numbers are those of the last answer."""

    reachable: bool
    l1_host: str
    head: int
    last_committed: int
    last_proven: int
    """All batches up to this one are proven to L1, or executed."""
    last_executed: int
    last_finalized: int
    """Executed in an L1 block that cannot be reorganised away."""
    operator_balance: int
    """Wei."""


class Watcher:
    """Reads the status on demand."""

    def __init__(self, client: L1Client, settlement: bytes, operator: bytes) -> None:
        self._client = client
        self._settlement = settlement
        self._operator = operator
        self._last = AnchorStatus(False, client.host, 0, 0, 0, 0, 0, 0)

    def status(self) -> AnchorStatus:
        """Never raises for an L1 that is away: it is then not `reachable`."""
        try:
            self._last = self._read()
        except L1Error:
            self._last = replace(self._last, reachable=False)
        return self._last

    def _read(self) -> AnchorStatus:
        head = self._client.head().number
        view = SettlementView(self._client, self._settlement, head)
        last_executed, last_committed = view.last_executed(), view.last_committed()
        last_proven = last_executed
        while last_proven < min(last_committed, last_executed + PROVEN_LOOK_AHEAD):
            if view.batch(last_proven + 1).status is not Status.PROVEN:
                break
            last_proven += 1
        return AnchorStatus(
            reachable=True,
            l1_host=self._client.host,
            head=head,
            last_committed=last_committed,
            last_proven=last_proven,
            last_executed=last_executed,
            last_finalized=self._finalized(),
            operator_balance=self._client.balance(self._operator),
        )

    def _finalized(self) -> int:
        """Zero while the finalized block is older than the contract, and on an L1 without finality."""
        try:
            block = self._client.block("finalized")
            if block is None or not self._client.code(self._settlement, block.number):
                return 0
            return SettlementView(self._client, self._settlement, block.number).last_executed()
        except L1Refused:
            return 0
