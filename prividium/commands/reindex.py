"""`prividium reindex`: build the SQL index from the chain store."""

import typer
from rich.console import Console
from rich.progress import Progress

from prividium.commands.node_options import DataDir, existing_node
from prividium.ledger.index import LedgerIndex
from prividium.node.parts import open_database, open_ledger


def register(app: typer.Typer) -> None:
    app.command(name="reindex")(reindex)


def reindex(data_dir: DataDir = None) -> None:
    """Drop the SQL index of blocks, transactions and logs and build it again from the store. The node must be down."""
    settings, folder = existing_node(data_dir)
    console = Console(soft_wrap=True)
    ledger = open_ledger(settings, folder)
    database = open_database(settings)
    try:
        database.upgrade()
        with Progress(console=console) as bar:
            task = bar.add_task("blocks", total=ledger.head().number + 1)
            LedgerIndex(database, ledger).rebuild(lambda done, head: bar.update(task, completed=done + 1))
        console.print(f"[green]indexed[/] {ledger.head().number + 1:,} blocks")
    finally:
        database.close()
        ledger.close()
