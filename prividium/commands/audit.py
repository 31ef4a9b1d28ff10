"""`prividium audit`: the trail, read from the database by the operator; the node may be up or down."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium.audit import anchor
from prividium.audit.models import AuditEntry
from prividium.audit.ocsf import ocsf_event
from prividium.audit.trail import AuditChainBroken, record, verify_chain
from prividium.commands.node_options import DataDir, existing_node
from prividium.errors import PrividiumError
from prividium.node.parts import open_database

_CHUNK_ROWS = 1_000

HeadFile = Annotated[
    Path | None, typer.Option(help=f"A copy of {anchor.FILE_NAME} from elsewhere; default the one in the data folder.")
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The audit trail: check and export.", no_args_is_help=True)
    group.command(name="verify")(verify)
    group.command(name="export")(export)
    app.add_typer(group, name="audit")


def verify(data_dir: DataDir = None, head: HeadFile = None) -> None:
    """Check every entry, and the end against the head noted outside the database. Exits with 1 if it was changed."""
    with _trail(data_dir) as (session, folder):
        path = head or folder / anchor.FILE_NAME
        noted = anchor.read_anchor(path)
        try:
            entries = verify_chain(session, noted)
        except AuditChainBroken as broken:
            raise PrividiumError("audit_chain_broken", str(broken)) from None
    console = Console(soft_wrap=True)
    console.print(f"[green]intact[/]: {entries} entries")
    if noted is None:
        console.print(f"There is no {path.name}: entries cut off at the end would not be missed.")
    else:
        console.print(f"The end is the one that {path.name} noted, {entries - noted.sequence} entries later.")


def export(
    data_dir: DataDir = None,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
) -> None:
    """The entries as JSON lines with OCSF fields, on standard output. The chain is checked first."""
    _record_export(data_dir, after)
    with _trail(data_dir) as (session, folder):
        try:
            verify_chain(session, anchor.read_anchor(folder / anchor.FILE_NAME))
        except AuditChainBroken as broken:
            raise PrividiumError("audit_chain_broken", str(broken)) from None
        rows = select(AuditEntry).where(AuditEntry.sequence > after).order_by(AuditEntry.sequence)
        for entry in session.scalars(rows).yield_per(_CHUNK_ROWS):
            sys.stdout.write(json.dumps(ocsf_event(entry), ensure_ascii=False, separators=(",", ":")) + "\n")


def _record_export(data_dir: Path | None, after: int) -> None:
    """Who reads everybody's actions leaves a trace as well."""
    settings, _ = existing_node(data_dir)
    database = open_database(settings)
    try:
        with database.write() as session:
            record(session, actor=None, action="audit.export.read", outcome="allowed", subject=f"after {after}")
    finally:
        database.close()


@contextmanager
def _trail(data_dir: Path | None) -> Iterator[tuple[Session, Path]]:
    settings, folder = existing_node(data_dir)
    database = open_database(settings)
    try:
        with database.read() as session:
            yield session, folder.path
    finally:
        database.close()
