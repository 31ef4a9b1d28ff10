"""Transactions per second: executed natively, through the authenticated RPC, and on anvil, in one run."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from prividium import clock
from prividium._core import SealLimits
from prividium.bench.systems import (
    ANVIL_CHAIN_ID,
    BLOCK_CYCLES,
    BLOCK_TRANSACTIONS,
    CHAIN_ID,
    WALLETS,
    anvil_with_fund,
    bench_policy,
    execute_natively,
    node_with_fund,
    open_bench_ledger,
    request,
    wait_for_nonces,
)
from prividium.bench.traffic import Traffic, make_traffic
from prividium.errors import PrividiumError
from prividium.types import to_hex

GROUP = 200
"""Transactions handed over at once: a group commit natively, a JSON-RPC batch elsewhere."""


@dataclass(frozen=True)
class Rate:
    name: str
    transactions: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.transactions / self.seconds


def bench_ledger(transfers: int, say: Callable[[str], None]) -> list[Rate]:
    """Rates of native execution, the authenticated RPC and anvil over the same signed transfers."""
    say(f"signing {transfers} transfers of {WALLETS} wallets")
    traffic = make_traffic(CHAIN_ID, WALLETS, transfers)
    with tempfile.TemporaryDirectory(prefix="prividium-bench-") as folder:
        say("native: admission, execution, durable blocks, then sealing with the state tree and witness")
        rates = measure_native(traffic, Path(folder) / "native")
        say("anvil: the same transfers by JSON-RPC batches")
        rates.append(measure_anvil(make_traffic(ANVIL_CHAIN_ID, WALLETS, transfers), Path(folder) / "anvil"))
        say("through the door: session, permissions, per-item decisions, audit, index")
        rates.append(measure_rpc(traffic, Path(folder) / "node"))
    return rates


def measure_native(traffic: Traffic, folder: Path) -> list[Rate]:
    ledger = open_bench_ledger(folder, CHAIN_ID)
    ledger.set_policy(bench_policy(traffic))
    for raw in traffic.set_up:
        execute_natively(ledger, [raw])
    started = clock.monotonic()
    for group in _groups(traffic.transfers):
        execute_natively(ledger, group)
    executed = clock.monotonic()
    while ledger.seal(SealLimits(BLOCK_TRANSACTIONS, BLOCK_CYCLES)) is not None:
        pass
    sealed = clock.monotonic()
    ledger.close()
    count = len(traffic.transfers)
    return [Rate("native, durable blocks", count, executed - started), Rate("sealing", count, sealed - executed)]


def measure_anvil(traffic: Traffic, folder: Path) -> Rate:
    with anvil_with_fund(folder, traffic) as (http, _):
        return Rate("anvil", len(traffic.transfers), _send(http, "", traffic, ask_for_blocks=True))


def measure_rpc(traffic: Traffic, folder: Path) -> Rate:
    with node_with_fund(folder, traffic) as trader:
        return Rate("through RPC", len(traffic.transfers), _send(trader.http, "/rpc", traffic))


def _send(http: httpx.Client, path: str, traffic: Traffic, *, ask_for_blocks: bool = False) -> float:
    """Seconds until every transfer is in a block."""
    started = clock.monotonic()
    for group in _groups(traffic.transfers):
        body = [request(number, "eth_sendRawTransaction", [to_hex(raw)]) for number, raw in enumerate(group)]
        for answer in http.post(path, json=body).json():
            if "error" in answer:
                raise PrividiumError("refused", f"a transfer was refused: {answer['error']}")
    wait_for_nonces(http, path, traffic, ask_for_blocks=ask_for_blocks)
    return clock.monotonic() - started


def _groups(items: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(items), GROUP):
        yield items[start : start + GROUP]
