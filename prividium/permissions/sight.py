"""Where the node takes from what decides who sees what: event rules and everybody's wallets, from the database."""

from dataclasses import dataclass
from threading import Lock

from sqlalchemy import select

from prividium import clock
from prividium.db.changes import KEPT_SECONDS_MAX
from prividium.db.engine import Database
from prividium.identity.models import Wallet
from prividium.permissions.event_rules import EventRuleSource
from prividium.permissions.models import PolicyState
from prividium.permissions.visibility import Sight
from prividium.types import Address


@dataclass(frozen=True)
class _Kept:
    changes: int
    until: float
    sight: Sight


class SightSource:
    """A sight is kept while `Database.changes` stands, and for a second at most: another program may write too.
    After that, wallets are read again only if the policy's version has grown, as it does with every wallet that is
    linked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rules = EventRuleSource(database)
        self._lock = Lock()
        self._people: tuple[int, frozenset[Address]] | None = None
        self._kept: _Kept | None = None

    def current(self) -> Sight:
        kept, changes = self._kept, self._database.changes
        if kept is not None and kept.changes == changes and clock.monotonic() < kept.until:
            return kept.sight
        until = clock.monotonic() + KEPT_SECONDS_MAX
        sight = Sight(self._rules.current(), self._everybody())
        self._kept = _Kept(changes, until, sight)
        return sight

    def _everybody(self) -> frozenset[Address]:
        with self._database.read() as session:
            version = session.scalars(select(PolicyState.version)).one()
            with self._lock:
                if self._people is not None and self._people[0] == version:
                    return self._people[1]
            people = frozenset(Address(address) for address in session.scalars(select(Wallet.address)))
        with self._lock:
            self._people = (version, people)
        return people
