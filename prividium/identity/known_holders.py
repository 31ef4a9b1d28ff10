"""Whom a credential belongs to, kept as long as nothing was written that might change the answer.

Asking the database costs more than judging the call. A kept answer is used only while `Database.changes` stands, so
that a revocation, a removed role or a lost wallet counts from the moment that its write is over; and for a second at
most, so that what another program writes into the database counts too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from prividium import clock
from prividium.db.changes import KEPT_SECONDS_MAX
from prividium.db.engine import Database
from prividium.identity.secrecy import credential_hash

HOLDERS_MAX: Final = 10_000


class Holder(Protocol):
    @property
    def expires_at(self) -> int: ...


Held = TypeVar("Held", bound=Holder)


@dataclass(frozen=True)
class _Known(Generic[Held]):
    holder: Held
    until: float


class KnownHolders(Generic[Held]):
    """`find` asks the database, by credential and network address; what it raises is not kept."""

    def __init__(self, database: Database, find: Callable[[str, str], Held]) -> None:
        self._database = database
        self._find = find
        self._known: tuple[int, dict[tuple[bytes, str], _Known[Held]]] = (0, {})

    def known(self, credential: str, address: str) -> Held | None:
        """The holder if that is known without asking the database."""
        return _valid(self._current().get((credential_hash(credential), address)))

    def holder(self, credential: str, address: str) -> Held:
        """Raises what `find` raises."""
        key, known = (credential_hash(credential), address), self._current()
        found = _valid(known.get(key))
        if found is not None:
            return found
        holder = self._find(credential, address)
        if len(known) >= HOLDERS_MAX:
            known.clear()
        known[key] = _Known(holder, clock.monotonic() + KEPT_SECONDS_MAX)
        return holder

    def _current(self) -> dict[tuple[bytes, str], _Known[Held]]:
        """What was kept since the last change."""
        changes, known = self._known
        if changes != self._database.changes:
            changes, known = self._database.changes, {}
            self._known = (changes, known)
        return known


def _valid(found: _Known[Held] | None) -> Held | None:
    if found is not None and clock.monotonic() < found.until and clock.now() < found.holder.expires_at:
        return found.holder
    return None
