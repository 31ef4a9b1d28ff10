"""`prividium bench`: what proving and the ledger cost here, now, in one run."""

import os
import platform
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from prividium.bench.l1 import SETTLEMENT_STEPS, Verification, bench_l1, settlement_gas
from prividium.bench.ledger import bench_ledger
from prividium.bench.prove import SIZES, Execution, Proof, measure_execution, measure_proof
from prividium.bench.rpc import CONNECTIONS, Row, bench_rpc
from prividium.proof.prover import locate

GOAL_INSTRUCTIONS, GOAL_CELLS = 120_000, 8_000_000
"""Per transfer, at sixteen transfers a batch."""

GOAL_OVERHEAD_MICROSECONDS = 300

TRANSFERS_A_PROOF = (10**2, 10**4, 10**6)
PUBLISHED = (
    ("StarkEx 2020, 13 transactions, 80 bits conjectured, not hiding", "about 5,000,000"),
    ("WHIR alone, 2^22, 100 bits provable, no constraints checked", "5,646,080"),
    ("Groth16 wrap, trusted setup, pairing", "200,000 to 300,000"),
)
"""Gas of a verification, as their authors published it."""


def register(app: typer.Typer) -> None:
    bench = typer.Typer(help="Measure; ratios within one run are what counts.", no_args_is_help=True)
    bench.command(name="prove")(bench_prove)
    bench.command(name="ledger")(bench_ledger_rates)
    bench.command(name="rpc")(bench_rpc_rates)
    bench.command(name="l1")(bench_l1_gas)
    app.add_typer(bench, name="bench")


def bench_prove(
    transfers: Annotated[int, typer.Option(help="Batch to prove: 1, 4 or 16 transfers; 0 proves nothing.")] = 4,
) -> None:
    """Instructions and cells per transfer by part; then a proof: kHz, seconds by stage, memory, bytes."""
    console = Console()
    prover = locate(None)
    _machine(console)
    console.print(_executions([measure_execution(prover, size) for size in SIZES]))
    if transfers:
        console.print(_proof(measure_proof(prover, transfers, lambda text: console.print(f"[dim]{text}[/]"))))


def bench_ledger_rates(
    transfers: Annotated[int, typer.Option(help="Signed ERC-20 transfers to run through.", min=100)] = 2_000,
) -> None:
    """Transactions per second: native, sealing, through the authenticated RPC, and anvil beside them."""
    console = Console()
    _machine(console)
    rates = bench_ledger(transfers, lambda text: console.print(f"[dim]{text}[/]"))
    anvil = next(rate for rate in rates if rate.name == "anvil")
    table = Table(title=f"{transfers} ERC-20 transfers")
    for column in ("", "tx/s", "seconds", "of anvil"):
        table.add_column(column, justify="right" if column else "left")
    for rate in rates:
        ratio = f"{rate.per_second / anvil.per_second:.2f}"
        table.add_row(rate.name, f"{rate.per_second:,.0f}", f"{rate.seconds:.2f}", ratio)
    console.print(table)


def bench_rpc_rates(
    requests: Annotated[int, typer.Option(help="Single calls of each measurement.", min=200)] = 10_000,
) -> None:
    """Requests per second and latency of the authenticated RPC, singly and in batches, and of anvil beside it."""
    console = Console()
    _machine(console)
    rates = bench_rpc(requests, lambda text: console.print(f"[dim]{text}[/]"))
    table = Table(
        title=f"Requests a second over {CONNECTIONS} connections, and milliseconds over one",
        box=SIMPLE,
        padding=(0, 0, 0, 1),
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    for column in ("batch", "req/s", "p50", "p99", "anvil", "p50", "p99"):
        table.add_column(column, justify="right")
    for door, anvil in zip(rates.door, rates.anvil, strict=True):
        table.add_row(door.name, str(door.items), *_figures(door), *_figures(anvil))
    console.print(table)
    parts = (
        ("eth_call, p50", rates.door[0].latency.percentile(0.5)),
        ("a public method of the same server, p50", rates.floor_seconds),
        ("execution by the ledger alone, p50", rates.execution_seconds),
        (f"identity, permissions and visibility (goal {GOAL_OVERHEAD_MICROSECONDS})", rates.overhead_seconds),
    )
    shares = Table(title="What an authenticated eth_call is made of, µs", show_header=False)
    shares.add_column("")
    shares.add_column("", justify="right")
    for name, seconds in parts:
        shares.add_row(name, f"{seconds * 1e6:,.0f}")
    console.print(shares)


def _figures(row: Row) -> list[str]:
    latencies = [f"{row.latency.percentile(share) * 1e3:,.2f}" for share in (0.5, 0.99)]
    return [f"{row.per_second:,.0f}", *latencies]


def bench_l1_gas() -> None:
    """Gas and bytes of a verification by transaction, gas per transfer, published figures, and gas by part."""
    console = Console()
    verification = bench_l1(lambda text: console.print(f"[dim]{text}[/]"))
    parts = verification.parts
    table = Table(title="Verification of a final proof on L1, mainnet rules")
    for column in ("transaction", "calldata bytes", "gas", "gas at 64 a byte"):
        table.add_column(column, justify="left" if column == "transaction" else "right")
    for part in parts:
        table.add_row(part.name, f"{part.calldata_bytes:,}", f"{part.gas:,}", f"{part.gas_announced:,}")
    table.add_section()
    total, announced = sum(part.gas for part in parts), sum(part.gas_announced for part in parts)
    table.add_row("verification", f"{sum(part.calldata_bytes for part in parts):,}", f"{total:,}", f"{announced:,}")
    settling = settlement_gas()
    table.add_row(", ".join(SETTLEMENT_STEPS), "", f"{settling:,}", f"{settling:,}")
    table.add_section()
    for transfers in TRANSFERS_A_PROOF:
        shares = [f"{(gas + settling) / transfers:,.1f}" for gas in (total, announced)]
        table.add_row(f"per transfer, {transfers:,} a proof", "", *shares)
    table.add_section()
    for name, gas in PUBLISHED:
        table.add_row(name, "", gas, "")
    console.print(table)
    console.print(_shares(verification))


def _shares(verification: Verification) -> Table:
    table = Table(title="What the gas is for")
    table.add_column("")
    table.add_column("gas", justify="right")
    blocks = [(part.name, part.shares) for part in verification.parts]
    for title, shares in [
        *blocks,
        ("within the header", verification.header),
        ("within the queries", verification.queries),
    ]:
        table.add_section()
        table.add_row(f"[bold]{title}[/]", "")
        for share in shares:
            table.add_row(share.name, f"{share.gas:,}")
    return table


def _machine(console: Console) -> None:
    load = os.getloadavg()[0]
    console.print(f"{os.cpu_count()} cores, {platform.machine()}, load {load:.1f} at the start")


def _executions(executions: list[Execution]) -> Table:
    table = Table(title="Per transfer, in the zkVM")
    table.add_column("part")
    for execution in executions:
        table.add_column(f"{execution.transfers} a batch", justify="right")
    for part in sorted(executions[-1].parts, key=lambda name: -executions[-1].parts[name]):
        cells = [f"{execution.parts.get(part, 0) / execution.transfers:,.0f}" for execution in executions]
        table.add_row(part, *cells)
    table.add_section()
    table.add_row("instructions", *[f"{item.instructions / item.transfers:,.0f}" for item in executions])
    table.add_row("trace cells", *[f"{item.cells / item.transfers:,.0f}" for item in executions])
    table.add_row("segments of the batch", *[str(item.segments) for item in executions])
    table.caption = f"goal at {SIZES[-1]} a batch: {GOAL_INSTRUCTIONS:,} instructions, {GOAL_CELLS:,} cells"
    return table


def _proof(proof: Proof) -> Table:
    table = Table(title=f"Proof of {proof.transfers} transfers", show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    for stage, seconds in proof.seconds.items():
        table.add_row(f"{stage.replace('_', ' ')}, seconds", f"{seconds:,.1f}")
    table.add_row("CPU, seconds", f"{proof.cpu_seconds:,.0f}")
    table.add_row("segments, kHz", f"{proof.segment_kilohertz:,.1f}")
    table.add_row("peak memory, GiB", f"{proof.peak_memory_bytes / 2**30:,.2f}")
    table.add_row("proof, bytes", f"{proof.proof_bytes:,}")
    return table
