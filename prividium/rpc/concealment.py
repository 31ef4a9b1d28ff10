"""Answers that there is nothing, in a time that does not tell whether something is hidden.

To find out that a transaction exists and may not be seen takes longer than to find none, by what is in its logs.
"""

from typing import Final

from prividium import clock

STEP_SECONDS: Final = 0.001
"""Many times what looking takes; little beside the way of an answer over a network."""


def conceal(began: float) -> None:
    """After a look in vain: waits until a whole number of steps after `began`, of `clock.monotonic`.

    Keeps the thread: not for an event loop.
    """
    steps = (clock.monotonic() - began) // STEP_SECONDS + 1
    clock.wait_until(began + steps * STEP_SECONDS)
