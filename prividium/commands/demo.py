"""`prividium demo`: the main job, narrated."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from prividium.demo.node import NodeProcess
from prividium.demo.story import ENVIRONMENT, Demo
from prividium.errors import PrividiumError


def register(app: typer.Typer) -> None:
    app.command(name="demo")(run_demo)


def run_demo(
    data_dir: Annotated[
        Path | None, typer.Option(help="Empty folder for the node's data; default a temporary one that is deleted.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the node running when the demo ends.")] = False,
) -> None:
    """Run the main job against a real node, prover and L1. Exits with 1 if any step is not what it says."""
    console = Console(soft_wrap=True)
    if data_dir is not None and data_dir.exists() and any(data_dir.iterdir()):
        console.print(f"[red]{data_dir} is not empty[/]: the demo starts a new chain; name another folder")
        raise typer.Exit(2)
    if data_dir is None and not keep:
        with tempfile.TemporaryDirectory(prefix="prividium-demo-") as folder:
            _tell(console, Path(folder), keep=False)
        return
    _tell(console, data_dir or Path(tempfile.mkdtemp(prefix="prividium-demo-")), keep=keep)


def _tell(console: Console, data_dir: Path, *, keep: bool) -> None:
    node = NodeProcess(data_dir.resolve(), ENVIRONMENT)
    try:
        Demo(node, console).run()
    except PrividiumError as error:
        console.print(f"\n[red]the demo failed[/] {error.code}: {error.message}")
        console.print(f"   the node's log is {node.log_path}")
        if node.log_path.exists():
            console.print("\n".join(node.log_path.read_text(errors="replace").splitlines()[-15:]), markup=False)
        node.stop()
        raise typer.Exit(1) from error
    except BaseException:
        node.stop()
        raise
    if keep:
        console.print(f"\nThe node goes on at {node.base_url}; data in {node.data_dir}; stop it with kill {node.pid}")
        return
    node.stop()
    console.print("\n[green]Every step was what it said.[/]")
