"""Kills a node at random instants and starts it again over the same folder."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import httpx

from prividium.errors import PrividiumError
from prividium.types import to_hex
from tests.e2e.scenario import Scenario


class Chaos:
    """One node and the number of times it was killed."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.kills = 0
        self._random = random.Random(seed)

    def kill_during(self, work: Callable[[], object], longest: float) -> None:
        """Begin `work`, kill -9 the node and its children at most `longest` seconds later, and start it again."""
        seconds = self._random.uniform(0, longest)
        strike = threading.Thread(target=self._kill_after, args=(seconds,))
        strike.start()
        with suppress(httpx.HTTPError, PrividiumError, ValueError, OSError):
            work()
        strike.join()
        self.kills += 1
        self.scenario.node.start()

    def submit(self, raw: bytes, kills: int) -> None:
        """Send one transaction and see its receipt; `kills` times the node dies while it is under way."""
        trader = self.scenario.trader

        def send() -> None:
            trader.receipt(str(trader.rpc("eth_sendRawTransaction", to_hex(raw))))

        for _ in range(kills):
            self.kill_during(send, longest=0.12)
        send()

    def submit_all(self, kills: int) -> None:
        """Send every transaction of the scenario, the kills spread over them."""
        transactions = self.scenario.transactions
        for index, raw in enumerate(transactions):
            done, due = kills * index // len(transactions), kills * (index + 1) // len(transactions)
            self.submit(raw, due - done)

    def _kill_after(self, seconds: float) -> None:
        time.sleep(seconds)
        self.scenario.node.kill()


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for what other processes do; a node that is just starting counts as not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError, PrividiumError):
            if condition():
                return
        time.sleep(0.1)
    raise AssertionError("what was waited for did not happen")
