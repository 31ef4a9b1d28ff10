"""kill -9 at any instant loses nothing, and the chain anchors the roots of an undisturbed run.

The first batches' proofs are frozen ones: real, and verified again before they are anchored. The chain is reproducible,
so they stay valid while the guest is the same. The next batch is proven while the kills go on.
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
from tests.e2e.scenario import BATCH_TRANSACTIONS, BATCHES, Scenario, begin, outputs, prepare_folder, submit_all

SEED = 20_26
FROZEN_BATCHES = 2
KILLS_WHILE_SUBMITTING, KILLS_WHILE_ANCHORING, KILLS_WHILE_PROVING = 24, 20, 6
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


def statuses(scenario: Scenario) -> dict[int, str]:
    items = scenario.trader.rest("GET", "/api/batches")["items"]
    assert isinstance(items, list)
    return {int(str(item["number"])): str(item["status"]) for item in items if isinstance(item, dict)}


def all_frozen_are_executed(scenario: Scenario) -> bool:
    found = statuses(scenario)
    return all(found.get(number) == "Executed" for number in range(1, FROZEN_BATCHES + 1))


def eth_call(url: str, to: str, data: str) -> str:
    call: Json = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": to, "data": data}, "latest"]}
    return str(httpx.post(url, json=call).json()["result"])


@pytest.fixture
def undisturbed(tmp_path: Path) -> tuple[dict[int, str], list[Json]]:
    """Batch outputs and receipts of a run in which nothing happens."""
    prepare_folder(tmp_path / "undisturbed")
    scenario = begin(tmp_path / "undisturbed", PRIVIDIUM_PROVER_ENABLED="false", PRIVIDIUM_L1_ENABLED="false")
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
def test_fifty_kills_lose_nothing_and_anchor_the_same_roots(
    tmp_path: Path, undisturbed: tuple[dict[int, str], list[Json]]
) -> None:
    expected_outputs, expected_receipts = undisturbed
    prepare_folder(tmp_path / "disturbed", frozen=FROZEN_BATCHES)
    scenario = begin(tmp_path / "disturbed")
    chaos = Chaos(scenario, SEED)
    frozen_transactions = FROZEN_BATCHES * BATCH_TRANSACTIONS
    try:
        submit_through_chaos(chaos, scenario.transactions[:frozen_transactions])
        anchor_through_chaos(chaos)
        assert_roots_on_l1(scenario, expected_outputs)
        for raw in scenario.transactions[frozen_transactions:]:
            send_through_chaos(chaos, raw, kills=0)
        prove_through_chaos(chaos)
        wait_for_batches(scenario)
        assert outputs(scenario.trader) == expected_outputs
        assert receipts(scenario) == expected_receipts
        assert chaos.kills >= 50
    finally:
        scenario.node.stop()


def submit_through_chaos(chaos: Chaos, transactions: list[bytes]) -> None:
    for index, raw in enumerate(transactions):
        share = KILLS_WHILE_SUBMITTING * (index + 1) // len(transactions)
        send_through_chaos(chaos, raw, share - KILLS_WHILE_SUBMITTING * index // len(transactions))


def anchor_through_chaos(chaos: Chaos) -> None:
    """Kill the gateway at work, then let it finish."""
    for _ in range(KILLS_WHILE_ANCHORING):
        chaos.kill_after(chaos.delay(2.5)).join()
        chaos.restart()
    for _ in range(ROUNDS_MAX):
        if all_frozen_are_executed(chaos.scenario):
            return
        time.sleep(0.25)
    raise AssertionError(f"the batches were not anchored: {statuses(chaos.scenario)}")


def prove_through_chaos(chaos: Chaos) -> None:
    """The next batch has no frozen proof: kill the node while the prover works on it."""
    for _ in range(KILLS_WHILE_PROVING):
        chaos.kill_after(chaos.delay(12)).join()
        chaos.restart()
    assert statuses(chaos.scenario)[FROZEN_BATCHES + 1] in ("Sealed", "Proving", "Proven")


def assert_roots_on_l1(scenario: Scenario, expected: dict[int, str]) -> None:
    """Settlement holds exactly the outputs of the undisturbed run."""
    known = scenario.node.gateway()
    for number in range(1, FROZEN_BATCHES + 1):
        # batch(uint256) answers (output, stateRoot, policyRoot, keyVersion, status)
        answer = eth_call(known["l1_url"], known["settlement"], "0x0eaa75fe" + number.to_bytes(32, "big").hex())
        assert answer[:66] == expected[number]
