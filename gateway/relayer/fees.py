"""What to pay for a transaction on L1 (EIP-1559), and how much more when it does not move."""

from dataclasses import dataclass
from statistics import median

from gateway.relayer.client import L1Block, L1Client

PRIORITY_FEE_MIN_WEI = 1_000_000
PRIORITY_FEE_BLOCKS = 10

BUMP_NUMERATOR, BUMP_DENOMINATOR = 9, 8
"""12.5 %: nodes ask for at least 10 % before they replace a transaction at the same nonce."""


@dataclass(frozen=True)
class Fees:
    """Wei per gas; `priority_fee` ≤ `max_fee`."""

    max_fee: int
    priority_fee: int


def estimate(client: L1Client, head: L1Block) -> Fees:
    """Enough for about six full blocks in a row: the base fee grows by at most an eighth per block."""
    tips = client.priority_fees(PRIORITY_FEE_BLOCKS)
    priority_fee = max(PRIORITY_FEE_MIN_WEI, int(median(tips)) if tips else 0)
    return Fees(max_fee=2 * head.base_fee + priority_fee, priority_fee=priority_fee)


def bump(previous: Fees, market: Fees) -> Fees:
    """Fees that replace a transaction with `previous` fees and are not below the market."""
    return Fees(
        max_fee=max(market.max_fee, _raised(previous.max_fee)),
        priority_fee=max(market.priority_fee, _raised(previous.priority_fee)),
    )


def _raised(fee: int) -> int:
    return -(-fee * BUMP_NUMERATOR // BUMP_DENOMINATOR)
