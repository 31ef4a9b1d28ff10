"""Requests per second and latency of the authenticated RPC, beside a bare anvil, in one run.

Both answer the same requests over the same sockets. What the door adds to a call is the latency of the authenticated
`eth_call` less that of a public method of the same server, which has HTTP and JSON but nobody to identify, and less the
execution, which the EVM needs anyway.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from prividium import clock
from prividium._core import CallRequest
from prividium.bench.load import Load, drive, request_bytes, spread
from prividium.bench.systems import (
    ANVIL_CHAIN_ID,
    CHAIN_ID,
    WALLETS,
    anvil_with_fund,
    bench_policy,
    execute_natively,
    node_with_fund,
    open_bench_ledger,
    request,
    single,
    wait_for_nonces,
)
from prividium.bench.traffic import Traffic, address_of, make_traffic
from prividium.demo.fund import call_data
from prividium.types import Json, to_hex

CONNECTIONS = 16
BATCH = 100
SENDS, SENDS_BATCHED = 400, 2_000
LOG_BLOCKS = 20
READER = "balanceOf(address)"
"""Restricted to the caller's own wallet: identity, rule and argument are judged for every call."""


@dataclass(frozen=True)
class Row:
    """One method; `items` JSON-RPC requests went into one HTTP request."""

    name: str
    items: int
    latency: Load
    """Over one connection."""
    throughput: Load
    """Over several at once: CONNECTIONS; sends one per wallet, and their batches one."""

    @property
    def per_second(self) -> float:
        """JSON-RPC requests."""
        return self.throughput.per_second * self.items


@dataclass(frozen=True)
class RpcRates:
    door: tuple[Row, ...]
    anvil: tuple[Row, ...]
    floor_seconds: float
    """Median latency of a public method of the node, without credentials."""
    execution_seconds: float
    """Median of the same `eth_call` by the ledger itself, unjudged."""

    @property
    def overhead_seconds(self) -> float:
        """What identity, permissions and visibility add to an `eth_call`, at the median."""
        return self.door[0].latency.percentile(0.5) - self.floor_seconds - self.execution_seconds


@dataclass(frozen=True)
class _Target:
    http: httpx.Client
    path: str
    url: str
    token: str | None


def bench_rpc(requests: int, say: Callable[[str], None]) -> RpcRates:
    """`requests`: how many single calls each measurement makes."""
    say(f"signing {SENDS + SENDS_BATCHED} transfers of {WALLETS} wallets")
    traffic = make_traffic(CHAIN_ID, WALLETS, SENDS + SENDS_BATCHED)
    with tempfile.TemporaryDirectory(prefix="prividium-bench-") as folder:
        say("the call by the ledger alone")
        execution = _measure_execution(traffic, Path(folder) / "native", requests)
        say("through the door: session, rules, arguments, visibility")
        with node_with_fund(Path(folder) / "node", traffic, READER) as trader:
            target = _Target(trader.http, "/rpc", f"{trader.base_url}/rpc", trader.token)
            floor = _floor(target.url, requests)
            door = _measure(target, traffic, requests)
            wait_for_nonces(target.http, target.path, traffic)
        say("anvil")
        others = make_traffic(ANVIL_CHAIN_ID, WALLETS, SENDS + SENDS_BATCHED)
        with anvil_with_fund(Path(folder) / "anvil", others) as (http, url):
            anvil = _measure(_Target(http, "", url, None), others, requests)
            wait_for_nonces(http, "", others, ask_for_blocks=True)
    return RpcRates(door, anvil, floor, execution)


def _measure(target: _Target, traffic: Traffic, requests: int) -> tuple[Row, ...]:
    """Sends come last: the reads find the chain as the set-up left it."""
    wallet = traffic.wallets[0]
    call: Json = {"from": str(wallet.address), "to": to_hex(traffic.fund), "data": _balance_of(traffic)}
    read = request(1, "eth_call", [call, "latest"])
    logs = request(1, "eth_getLogs", [_last_logs(target, traffic)])
    sends = [request(1, "eth_sendRawTransaction", [to_hex(raw)]) for raw in traffic.transfers]
    return (
        _row(target, "eth_call", [read] * requests),
        _row(target, "eth_call", [[read] * BATCH] * max(requests // BATCH, 2)),
        _row(target, "eth_getLogs", [logs] * requests),
        _row(target, "eth_getLogs", [[logs] * BATCH] * max(requests // BATCH, 2)),
        _row(target, "eth_sendRawTransaction", sends[:SENDS], WALLETS),
        _row(target, "eth_sendRawTransaction", _batches(sends[SENDS:]), 1),
    )


def _row(target: _Target, name: str, documents: Sequence[Json], connections: int = CONNECTIONS) -> Row:
    """The first half one after the other, the second several at once.

    A wallet's transactions go over one connection, so that its nonces arrive in order.
    """
    bodies = [request_bytes(target.url, json.dumps(document).encode(), target.token) for document in documents]
    half, first = len(bodies) // 2, documents[0]
    latency = drive(target.url, [bodies[:half]])
    throughput = drive(target.url, spread(bodies[half:], connections))
    return Row(name, len(first) if isinstance(first, list) else 1, latency, throughput)


def _floor(url: str, requests: int) -> float:
    body = request_bytes(url, json.dumps(request(1, "web3_clientVersion", [])).encode(), None)
    return drive(url, [[body] * (requests // 2)]).percentile(0.5)


def _batches(sends: list[Json]) -> list[Json]:
    return [sends[start : start + BATCH] for start in range(0, len(sends), BATCH)]


def _balance_of(traffic: Traffic) -> str:
    return to_hex(call_data(READER, traffic.wallets[0].address))


def _last_logs(target: _Target, traffic: Traffic) -> Json:
    """The fund's events in the last blocks: issues of shares to the wallets."""
    head = int(str(single(target.http, target.path, "eth_blockNumber", [])), 16)
    first = hex(max(head - LOG_BLOCKS, 0))
    return {"address": to_hex(traffic.fund), "fromBlock": first, "toBlock": hex(head)}


def _measure_execution(traffic: Traffic, folder: Path, requests: int) -> float:
    ledger = open_bench_ledger(folder, CHAIN_ID)
    ledger.set_policy(bench_policy(traffic))
    for raw in traffic.set_up:
        execute_natively(ledger, [raw])
    wallet = traffic.wallets[0]
    call = CallRequest(address_of(wallet), traffic.fund, call_data(READER, wallet.address))
    seconds = []
    for _ in range(requests // 2):
        started = clock.monotonic()
        ledger.call(call, judged=False)
        seconds.append(clock.monotonic() - started)
    ledger.close()
    return sorted(seconds)[len(seconds) // 2]
