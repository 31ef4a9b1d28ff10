"""The head of the trail, noted in a file outside the database: who owns the database alone cannot shorten the trail.

The file is written `PERIOD_SECONDS` after an entry at the latest. What is newer than the file can be cut off without a
trace in it, and who owns the data folder as well can write both anew: copies of the file elsewhere find that out.
"""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import select

from prividium.audit.models import AuditEntry, AuditHead
from prividium.audit.trail import Anchor
from prividium.db.engine import Database
from prividium.errors import ConfigurationError, PrividiumError

FILE_NAME: Final = "audit-head.json"
PERIOD_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


def read_anchor(path: Path) -> Anchor | None:
    """None without a file; raises ConfigurationError("audit_head_invalid")."""
    try:
        document = json.loads(path.read_text())
        return Anchor(int(document["sequence"]), bytes.fromhex(document["entryHash"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        text = f"{path} is damaged; take a copy of it from elsewhere, or remove it if there is none"
        raise ConfigurationError("audit_head_invalid", text) from None


class Anchoring:
    """Notes the head in `path` whenever it has grown, in a thread of its own.

    `write` puts a file into place, whole and durable or not at all.
    """

    def __init__(self, database: Database, path: Path, write: Callable[[Path, bytes], None]) -> None:
        self._database = database
        self._path = path
        self._write = write
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-anchor")
        self._broken = False

    def start(self) -> None:
        """Raises ConfigurationError where the file is damaged."""
        read_anchor(self._path)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join()

    def note(self) -> None:
        """Write the head of now, unless the trail does not go on from the head that is in the file."""
        known = read_anchor(self._path)
        with self._database.read() as session:
            head = session.get(AuditHead, 1)
            if head is None:
                self._tell("the audit trail has lost its head: no entry can be added")
                return
            now = Anchor(head.sequence, head.entry_hash)
            if known == now or now.sequence == 0:
                return
            at = AuditEntry.sequence == (0 if known is None else known.sequence)
            found = session.scalar(select(AuditEntry.entry_hash).where(at))
        if known is not None and found != known.entry_hash:
            self._tell(f"the audit trail does not go on from entry {known.sequence} of {self._path.name}")
            return
        document = {"sequence": now.sequence, "entryHash": now.entry_hash.hex()}
        self._write(self._path, json.dumps(document).encode() + b"\n")

    def _tell(self, broken: str) -> None:
        """Once: nothing of it mends itself."""
        if not self._broken:
            _log.critical(broken)
        self._broken = True

    def _run(self) -> None:
        while not self._end.wait(PERIOD_SECONDS):
            self._try()
        self._try()

    def _try(self) -> None:
        try:
            self.note()
        except PrividiumError as error:
            _log.error("the head of the audit trail is not noted: %s", error.code)
