"""When open blocks become a batch."""

import pytest

from prividium.batch.seal import SealPolicy
from prividium.ledger.sequencer import Unsealed

POLICY = SealPolicy(transactions_max=4, cycles_max=1000, age_seconds_max=60)


@pytest.mark.parametrize(
    ("unsealed", "due"),
    [
        (Unsealed(0, 0, 0), False),
        (Unsealed(0, 5000, 5000), False),
        (Unsealed(3, 999, 59), False),
        (Unsealed(4, 1, 0), True),
        (Unsealed(1, 1000, 0), True),
        (Unsealed(1, 1, 60), True),
    ],
)
def test_a_batch_seals_by_count_by_cycles_and_by_age_but_never_empty(unsealed: Unsealed, due: bool) -> None:
    assert POLICY.due(unsealed) is due


def test_without_an_age_only_transactions_decide() -> None:
    assert not SealPolicy(4, 1000, 0).due(Unsealed(1, 1, 10**9))
