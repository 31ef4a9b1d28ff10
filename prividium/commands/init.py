"""`prividium init`: a new node's data folder."""

import typer
from rich.console import Console

from prividium.commands.node_options import DataDir
from prividium.errors import ConfigurationError
from prividium.node.folder import DataFolder
from prividium.node.parts import open_database, open_ledger
from prividium.settings import load_settings


def register(app: typer.Typer) -> None:
    app.command(name="init")(init)


def init(data_dir: DataDir = None) -> None:
    """Make the data folder: genesis, the chain's secret, the store and the database. `up` does the same if need be."""
    settings = load_settings(data_dir)
    folder = DataFolder(settings.data_dir)
    if folder.is_initialised:
        text = f"{folder.path} holds a node already: start it with `prividium up`, or name another folder"
        raise ConfigurationError("already_initialised", text)
    folder.prepare()
    database = open_database(settings)
    database.upgrade()
    database.close()
    ledger = open_ledger(settings, folder)
    ledger.close()
    console = Console(soft_wrap=True)
    console.print(f"[green]made[/] chain {settings.chain_id} in {folder.path}")
    console.print("Back up `secret` and `genesis.json`: without them the chain's history cannot be proven.")
