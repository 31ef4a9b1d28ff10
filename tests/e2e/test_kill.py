"""kill -9 at any instant, while transactions are submitted and batches sealed, proven and anchored, loses nothing.

The chain is reproducible: salts are a PRF of its secret and the clock counts blocks. A disturbed run must therefore
seal and anchor the very outputs that an undisturbed run proved once, in `tests/vectors/proofs/scenario_*.final`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.relayer.settlement import Status
from prividium.types import Json, to_hex
from tests.e2e.chaos import Chaos, wait_until
from tests.e2e.scenario import (
    BATCHES,
    NUMBERS,
    WITH_PROOFS,
    WITHOUT_PROOFS,
    Scenario,
    anchored,
    begin,
    frozen_outputs,
    outputs,
    place_proofs,
    prepare_folder,
)

SEED = 20_26
SUBMIT_KILLS, PROVE_KILLS, DEPLOY_KILLS, ANCHOR_KILLS = 34, 8, 4, 12
ANCHOR_SECONDS = 180
PROOF_SECONDS = 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prepare_folder(tmp_path / "node")
    return tmp_path / "node"


@pytest.fixture
def stopping() -> Iterator[list[Scenario]]:
    """Scenarios to stop after the test, whatever became of it."""
    running: list[Scenario] = []
    yield running
    for scenario in running:
        scenario.stop()


@pytest.mark.node
def test_kills_over_submitting_sealing_and_anchoring_lose_nothing(folder: Path, stopping: list[Scenario]) -> None:
    scenario = begin(folder, **WITHOUT_PROOFS)
    stopping.append(scenario)
    chaos = Chaos(scenario, SEED)
    chaos.submit_all(SUBMIT_KILLS)
    wait_until(lambda: len(outputs(scenario.trader)) == BATCHES, 60)
    every_transaction_is_there_once(scenario)
    assert outputs(scenario.trader) == frozen_outputs()

    scenario.node.stop()
    place_proofs(folder)
    scenario.node.configure(**WITH_PROOFS)
    scenario.node.start()
    kill_at_random(chaos, DEPLOY_KILLS, longest=3)
    wait_until(lambda: is_deployed(scenario), ANCHOR_SECONDS)
    kill_at_random(chaos, ANCHOR_KILLS, longest=3)
    the_same_outputs_are_anchored(scenario)
    assert chaos.kills == SUBMIT_KILLS + DEPLOY_KILLS + ANCHOR_KILLS >= 50


@pytest.mark.node
@pytest.mark.slow
def test_kills_over_the_whole_line_with_real_proofs_lose_nothing(folder: Path, stopping: list[Scenario]) -> None:
    scenario = begin(folder, **WITH_PROOFS)
    stopping.append(scenario)
    chaos = Chaos(scenario, SEED + 1)
    chaos.submit_all(SUBMIT_KILLS)
    kill_at_random(chaos, PROVE_KILLS, longest=100)
    wait_until(lambda: is_proven(scenario, 1), PROOF_SECONDS)
    kill_at_random(chaos, ANCHOR_KILLS, longest=3)
    wait_until(lambda: is_proven(scenario, BATCHES), PROOF_SECONDS)
    every_transaction_is_there_once(scenario)
    assert outputs(scenario.trader) == frozen_outputs()
    the_same_outputs_are_anchored(scenario)
    assert chaos.kills == SUBMIT_KILLS + PROVE_KILLS + ANCHOR_KILLS


def kill_at_random(chaos: Chaos, kills: int, longest: float) -> None:
    for _ in range(kills):
        chaos.kill_during(lambda: None, longest)


def is_deployed(scenario: Scenario) -> bool:
    return "settlement" in scenario.node.gateway()


def is_proven(scenario: Scenario, number: int) -> bool:
    return (scenario.node.data_dir / "batches" / str(number) / "final.bin").exists()


def every_transaction_is_there_once(scenario: Scenario) -> None:
    trader = scenario.trader
    hashes = [str(trader.rpc("eth_sendRawTransaction", to_hex(raw))) for raw in scenario.transactions]
    receipts: list[dict[str, Json]] = [trader.receipt(transaction_hash) for transaction_hash in hashes]
    assert [receipt["transactionHash"] for receipt in receipts] == hashes
    places = {(receipt["blockNumber"], receipt["transactionIndex"]) for receipt in receipts}
    assert len(places) == len(hashes)
    batches = trader.rest("GET", "/api/batches")["items"]
    assert isinstance(batches, list)
    assert sum(int(str(batch["transactionCount"])) for batch in batches if isinstance(batch, dict)) == len(hashes)


def the_same_outputs_are_anchored(scenario: Scenario) -> None:
    wait_until(
        lambda: [status for status, _ in anchored(scenario.node).values()] == [Status.EXECUTED] * BATCHES,
        ANCHOR_SECONDS,
    )
    assert anchored(scenario.node) == {number: (Status.EXECUTED, frozen_outputs()[number]) for number in NUMBERS}
