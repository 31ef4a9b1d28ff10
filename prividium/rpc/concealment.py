"""Answers that there is nothing, in a time that does not tell whether something is hidden.

To find out that a transaction exists and may not be seen takes some 10 µs longer than to find none, by what is in its
logs. A wait to a whole step takes that away; what looking leaves in the processor's caches still tells afterwards, by
about as much, and is lost in the random part.
"""

from typing import Final

from prividium import clock

STEP_SECONDS: Final = 0.001
"""Many times what looking takes; little beside the way of an answer over a network."""
RANDOM_STEPS: Final = 4
_RANDOM_BYTES: Final = 4


def conceal(began: float) -> None:
    """After a look in vain that began at `began` of `clock.monotonic`: waits until a whole number of steps later, and
    then for at most RANDOM_STEPS, all equally likely.

    Keeps the thread: not for an event loop.
    """
    steps = (clock.monotonic() - began) // STEP_SECONDS + 1
    part = int.from_bytes(clock.random_bytes(_RANDOM_BYTES), "big") / 256**_RANDOM_BYTES
    clock.wait_until(began + (steps + part * RANDOM_STEPS) * STEP_SECONDS)
