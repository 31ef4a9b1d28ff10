"""kill -9 at any instant while transactions are submitted and batches are sealed loses nothing.

The chain is reproducible: salts are a PRF of its secret and the clock counts blocks. A disturbed run must seal the very
batches, with the same roots, that an undisturbed run seals.
"""

import random
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from prividium.errors import PrividiumError
from prividium.types import Json, to_hex
from tests.e2e.scenario import BATCHES, Scenario, begin, outputs, prepare_folder, submit_all

SEED = 20_26
KILLS = 50
WITHOUT_PROOFS = {"PRIVIDIUM_PROVER_ENABLED": "false", "PRIVIDIUM_L1_ENABLED": "false"}
ROUNDS_MAX = 400


class Chaos:
    """Kills the node at random instants and starts it again over the same folder."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.kills = 0
        self._random = random.Random(seed)

    def delay(self, longest: float) -> float:
        return self._random.uniform(0, longest)

    def kill_after(self, seconds: float) -> threading.Thread:
        """Kill the node in the background, a random while from now."""

        def strike() -> None:
            time.sleep(seconds)
            self.scenario.node.kill()

        thread = threading.Thread(target=strike)
        thread.start()
        return thread

    def restart(self) -> None:
        self.kills += 1
        self.scenario.node.start()


def send_through_chaos(chaos: Chaos, raw: bytes, kills: int) -> None:
    """Send one transaction; `kills` times the node dies while it is under way."""
    trader = chaos.scenario.trader
    for _ in range(kills):
        strike = chaos.kill_after(chaos.delay(0.12))
        with suppress(httpx.HTTPError, PrividiumError, ValueError):
            trader.receipt(str(trader.rpc("eth_sendRawTransaction", to_hex(raw))))
        strike.join()
        chaos.restart()
    trader.receipt(str(trader.rpc("eth_sendRawTransaction", to_hex(raw))))


@pytest.fixture
def undisturbed(tmp_path: Path) -> tuple[dict[int, str], list[Json]]:
    """Batch outputs and receipts of a run in which nothing happens."""
    prepare_folder(tmp_path / "undisturbed")
    scenario = begin(tmp_path / "undisturbed", **WITHOUT_PROOFS)
    try:
        submit_all(scenario)
        wait_for_batches(scenario)
        return outputs(scenario.trader), receipts(scenario)
    finally:
        scenario.node.stop()


def wait_for_batches(scenario: Scenario) -> None:
    for _ in range(ROUNDS_MAX):
        if len(outputs(scenario.trader)) == BATCHES:
            return
        time.sleep(0.05)
    raise AssertionError("the batches were not sealed")


def receipts(scenario: Scenario) -> list[Json]:
    hashes = [str(scenario.trader.rpc("eth_sendRawTransaction", to_hex(raw))) for raw in scenario.transactions]
    return [scenario.trader.receipt(transaction_hash) for transaction_hash in hashes]


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_seal_the_same_batches(
    tmp_path: Path, undisturbed: tuple[dict[int, str], list[Json]]
) -> None:
    expected_outputs, expected_receipts = undisturbed
    prepare_folder(tmp_path / "disturbed")
    scenario = begin(tmp_path / "disturbed", **WITHOUT_PROOFS)
    chaos = Chaos(scenario, SEED)
    try:
        for index, raw in enumerate(scenario.transactions):
            done, share = KILLS * index // len(scenario.transactions), KILLS * (index + 1) // len(scenario.transactions)
            send_through_chaos(chaos, raw, share - done)
        wait_for_batches(scenario)
        assert outputs(scenario.trader) == expected_outputs
        assert receipts(scenario) == expected_receipts
        assert chaos.kills == KILLS
    finally:
        scenario.node.stop()
