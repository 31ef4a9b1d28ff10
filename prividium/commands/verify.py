"""`prividium verify`: check a disclosure against L1 and nothing else."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.relayer.client import L1Client, L1Error
from prividium.disclosure.anchor import AnchoredRoot, read_root
from prividium.disclosure.fields import FILE_BYTES_MAX, DisclosureInvalid
from prividium.disclosure.verify import Anchor, Verified, parse, verify
from prividium.types import parse_address, to_hex

REFUSED, FAILED = 1, 2


def register(app: typer.Typer) -> None:
    app.command(name="verify")(verify_file)


def verify_file(
    file: Annotated[Path, typer.Argument(help="The disclosure, a JSON file.", exists=True, dir_okay=False)],
    l1: Annotated[str, typer.Option("--l1", help="URL of an L1 node that you trust.")],
    settlement: Annotated[
        str | None, typer.Option(help="Address of the settlement contract, from a source other than the file.")
    ] = None,
) -> None:
    """Check a disclosure FILE against L1 alone. Exit status: 0 it holds, 1 it does not, 2 it could not be checked."""
    console = Console(soft_wrap=True)
    try:
        with file.open("rb") as opened:
            disclosure = parse(opened.read(FILE_BYTES_MAX + 1))
        _check_pin(disclosure.anchor, settlement)
        client = L1Client(l1)
        read: list[AnchoredRoot] = []

        def state_root_of(anchor: Anchor) -> bytes:
            read.append(read_root(client, anchor))
            return read[0].state_root

        verified = verify(disclosure, state_root_of)
    except DisclosureInvalid as error:
        console.print(f"[red]refused[/] {error.code}: {error.message}")
        raise typer.Exit(REFUSED) from error
    except L1Error as error:
        console.print(f"[red]cannot check[/] {error.code}: {error.message}")
        raise typer.Exit(FAILED) from error
    _report(console, verified, is_pinned=settlement is not None, is_final=read[0].is_final)


def _check_pin(anchor: Anchor, settlement: str | None) -> None:
    if settlement is not None and parse_address(settlement.lower()) != anchor.settlement:
        raise DisclosureInvalid("settlement_mismatch", "the file names another settlement contract than you do")


def _report(console: Console, verified: Verified, *, is_pinned: bool, is_final: bool) -> None:
    console.print(f"[green]holds[/] {verified.claims[0]}")
    for claim in verified.claims[1:]:
        console.print(f"      {claim}")
    anchor = verified.anchor
    console.print(f"      against state root {to_hex(verified.state_root)}")
    console.print(
        f"      of chain {anchor.chain_id} at settlement {to_hex(anchor.settlement)} on L1 {anchor.l1_chain_id}"
    )
    console.print("      a contract on that L1 verified the proof of the batch")
    if not is_final:
        console.print("[yellow]note[/]  the batch is not final on L1 yet, or this L1 does not tell")
    if not is_pinned:
        console.print(
            "[yellow]note[/]  the settlement address is the file's own word: compare it with the one you were given, "
            "or pass it with --settlement"
        )
