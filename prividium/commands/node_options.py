"""What the node's commands have in common."""

from pathlib import Path
from typing import Annotated

import typer

from prividium.errors import ConfigurationError
from prividium.node.folder import DataFolder
from prividium.settings import Settings, load_settings

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", "-d", help="Folder of the node's data; default PRIVIDIUM_DATA_DIR, else ./.prividium."),
]


def existing_node(data_dir: Path | None) -> tuple[Settings, DataFolder]:
    """Settings and folder of a node that was initialised before; raises ConfigurationError."""
    settings = load_settings(data_dir)
    folder = DataFolder(settings.data_dir)
    if not folder.is_initialised:
        text = f"there is no node in {folder.path}: run `prividium init`, or name another folder with --data-dir"
        raise ConfigurationError("not_initialised", text)
    folder.prepare()
    return settings, folder
