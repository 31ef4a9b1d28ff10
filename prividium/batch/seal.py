"""When the open blocks become a batch: by count, by age, or by what the proof would cost."""

from dataclasses import dataclass

from prividium._core import SealLimits
from prividium.ledger.sequencer import Unsealed


@dataclass(frozen=True)
class SealPolicy:
    transactions_max: int
    cycles_max: int
    age_seconds_max: int
    """0 never seals by age, so that batches depend on the transactions alone."""

    def due(self, unsealed: Unsealed) -> bool:
        """Whether the oldest blocks should seal now. A batch is never empty."""
        if unsealed.transactions == 0:
            return False
        return (
            unsealed.transactions >= self.transactions_max
            or unsealed.cycles >= self.cycles_max
            or self._aged(unsealed.age_seconds)
        )

    def limits(self) -> SealLimits:
        """What the core may put into one batch; it takes whole blocks, and at least one."""
        return SealLimits(transactions_max=self.transactions_max, cycles_max=self.cycles_max)

    def _aged(self, age_seconds: int) -> bool:
        return self.age_seconds_max > 0 and age_seconds >= self.age_seconds_max
