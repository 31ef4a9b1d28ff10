"""What is hidden is answered exactly as what does not exist: byte for byte, and in the same time."""

import random
from collections.abc import Callable
from time import perf_counter

import pytest

from prividium import clock
from prividium.rpc import views
from prividium.rpc.concealment import RANDOM_STEPS, STEP_SECONDS, conceal
from prividium.rpc.methods import METHODS, Treatment
from prividium.types import Json
from tests.unit.live import Scene, new_account
from tests.unit.rpc.conftest import Rpc

SAMPLES = 2_000
KOLMOGOROV_SMIRNOV_MAX = 2.225 * (2 / SAMPLES) ** 0.5
"""Two samples of one distribution differ by more once in ten thousand tests."""
TRACER: Json = {"tracer": "callTracer"}

Params = list[Json]
Pair = tuple[Params, Params]
"""Asking for what is another's, and for what is nobody's."""


def call(sender: str, to: str) -> dict[str, Json]:
    return {"from": sender, "to": to, "data": "0x18160ddd"}


def pairs(scene: Scene) -> dict[str, Pair]:
    """For `stranger`, who has nothing to do with anything."""
    stranger, foreign = scene.stranger.address, scene.hashes["transfer"]
    absent, nobody, contract = "0x" + "ab" * 32, new_account().address, scene.unregistered
    receipt = scene.one.rpc("eth_getTransactionReceipt", foreign)
    assert isinstance(receipt, dict)
    number, block_hash = receipt["blockNumber"], receipt["blockHash"]
    theirs = scene.one.rpc("eth_newFilter", {})
    calls = [[{"blockStateCalls": [{"calls": [call(stranger, to)]}]}] for to in (scene.shares, contract)]
    return {
        "eth_getTransactionByHash": ([foreign], [absent]),
        "eth_getTransactionReceipt": ([foreign], [absent]),
        "debug_traceTransaction": ([foreign, TRACER], [absent, TRACER]),
        "eth_getTransactionByBlockNumberAndIndex": ([number, "0x0"], [number, "0x9"]),
        "eth_getTransactionByBlockHashAndIndex": ([block_hash, "0x0"], [block_hash, "0x9"]),
        "eth_getBalance": ([scene.one.address], [nobody]),
        "eth_getTransactionCount": ([scene.one.address], [nobody]),
        "eth_getCode": ([contract], [nobody]),
        "eth_getStorageAt": ([contract, "0x0"], [nobody, "0x0"]),
        "eth_getProof": ([contract, ["0x0"]], [nobody, ["0x0"]]),
        "eth_call": ([call(stranger, contract)], [call(stranger, nobody)]),
        "debug_traceCall": (
            [call(stranger, contract), "latest", TRACER],
            [call(stranger, nobody), "latest", TRACER],
        ),
        "eth_simulateV1": (calls[0], calls[1]),
        "eth_estimateGas": ([call(stranger, scene.shares)], [call(stranger, contract)]),
        "eth_getLogs": ([{"fromBlock": number, "toBlock": number, "address": scene.shares}], [{"address": nobody}]),
        "eth_getFilterChanges": ([theirs], ["0x" + "ab" * 16]),
        "eth_getFilterLogs": ([theirs], ["0x" + "ab" * 16]),
        "eth_uninstallFilter": ([theirs], ["0x" + "ab" * 16]),
        "eth_getBlockReceipts": ([number], ["earliest"]),
    }


TELLS_NOTHING_OF_OTHERS = {
    # Blocks are there for everybody, and redacted; what is sent is one's own; filters and subscriptions are too.
    "eth_getBlockByNumber",
    "eth_getBlockByHash",
    "eth_getBlockTransactionCountByNumber",
    "eth_getBlockTransactionCountByHash",
    "eth_sendRawTransaction",
    "eth_sendRawTransactionSync",
    "eth_newFilter",
    "eth_newBlockFilter",
    "eth_subscribe",
    "eth_unsubscribe",
    "prividium_authenticate",
}
TAKES_AS_LONG_AS_THE_BLOCK_IS_FULL = {"eth_getLogs", "eth_getBlockReceipts"}
"""`docs/rpc.md`, "What is still told"."""
OPEN = (Treatment.PUBLIC, Treatment.SIGNED_IN, Treatment.FORBIDDEN)


def raw(rpc: Rpc, method: str, params: Params) -> bytes:
    return rpc.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).content


def test_every_method_about_others_is_compared(scene: Scene) -> None:
    about_others = {name for name, method in METHODS.items() if method.treatment not in OPEN}
    assert about_others == set(pairs(scene)) | TELLS_NOTHING_OF_OTHERS


def test_hidden_and_absent_are_the_same_bytes(scene: Scene, stranger: Rpc) -> None:
    for method, (hidden, absent) in pairs(scene).items():
        answers = raw(stranger, method, hidden), raw(stranger, method, absent)
        assert answers[0] == answers[1], method


def test_what_waits_is_hidden_too(scene: Scene, one: Rpc, stranger: Rpc) -> None:
    """A gap in the nonces keeps a transaction of another waiting."""
    from prividium.demo.fund import call_data
    from tests.unit.rpc.test_rpc_execute import nonce_of, signed

    data = call_data("transfer(address,uint256)", scene.two.address, 1)
    waiting = signed(one.member, scene.chain_id, to=scene.shares, nonce=nonce_of(one) + 1, data=data)
    asked = one.result("eth_sendRawTransaction", waiting)
    assert one.result("eth_getTransactionByHash", asked)
    for method in ("eth_getTransactionByHash", "eth_getTransactionReceipt"):
        assert raw(stranger, method, [asked]) == raw(stranger, method, ["0x" + "ab" * 32])
    gap = signed(one.member, scene.chain_id, to=scene.shares, nonce=nonce_of(one), data=data)
    one.member.receipt(str(one.result("eth_sendRawTransaction", gap)))


def test_every_look_for_a_transaction_that_ends_with_nothing_is_concealed(
    scene: Scene, one: Rpc, stranger: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    concealed: list[float] = []
    monkeypatch.setattr(views, "conceal", concealed.append)
    foreign, absent = scene.hashes["transfer"], "0x" + "ab" * 32
    asked = ("eth_getTransactionByHash", "eth_getTransactionReceipt")
    for count, (method, sought) in enumerate(((method, sought) for method in asked for sought in (foreign, absent)), 1):
        assert stranger.result(method, sought) is None
        assert len(concealed) == count
    assert stranger.refusal("debug_traceTransaction", foreign, TRACER)
    assert len(concealed) == len(asked) * 2 + 1
    assert one.result("eth_getTransactionReceipt", foreign)
    assert len(concealed) == len(asked) * 2 + 1


@pytest.mark.parametrize(("elapsed", "end"), [(0.0, 1), (0.25, 1), (0.75, 1), (1.5, 2), (7.25, 8)])
def test_a_look_in_vain_ends_at_a_whole_step_and_a_random_part(
    monkeypatch: pytest.MonkeyPatch, elapsed: float, end: int
) -> None:
    began, waited = 64.0, list[float]()
    monkeypatch.setattr(clock, "random_bytes", lambda length: b"\x40".ljust(length, b"\0"))
    monkeypatch.setattr(clock, "monotonic", lambda: began + elapsed * STEP_SECONDS)
    monkeypatch.setattr(clock, "wait_until", waited.append)
    conceal(began)
    assert waited == [pytest.approx(began + (end + 0.25 * RANDOM_STEPS) * STEP_SECONDS)]


def distance(first: list[float], second: list[float]) -> float:
    """Kolmogorov and Smirnov's: the largest difference between the two distributions."""
    merged = sorted([(value, 1) for value in first] + [(value, -1) for value in second])
    above = largest = 0
    for _, side in merged:
        above += side
        largest = max(largest, abs(above))
    return largest / len(first)


def timed(ask: Callable[[Params], object], pair: Pair) -> tuple[list[float], list[float]]:
    """Seconds of both, asked in turns of random order, so that the weather is the same for both."""
    times: tuple[list[float], list[float]] = ([], [])
    order = random.Random(7)
    for _ in range(SAMPLES):
        for side in order.sample((0, 1), 2):
            began = perf_counter()
            ask(pair[side])
            times[side].append(perf_counter() - began)
    return times


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    sorted(
        name
        for name in METHODS
        if METHODS[name].treatment not in OPEN
        and name not in TELLS_NOTHING_OF_OTHERS | TAKES_AS_LONG_AS_THE_BLOCK_IS_FULL
    ),
)
def test_hidden_and_absent_take_the_same_time(scene: Scene, stranger: Rpc, method: str) -> None:
    pair = pairs(scene)[method]
    found = distance(*timed(lambda params: raw(stranger, method, params), pair))
    assert found < KOLMOGOROV_SMIRNOV_MAX, found


@pytest.mark.slow
def test_the_comparison_sees_a_difference_where_there_is_one(scene: Scene, one: Rpc) -> None:
    """One's own transaction against none."""
    pair: Pair = ([scene.hashes["transfer"]], ["0x" + "ab" * 32])
    found = distance(*timed(lambda params: raw(one, "eth_getTransactionReceipt", params), pair))
    assert found > KOLMOGOROV_SMIRNOV_MAX, found
