"""Where the node takes from what decides who sees what: event rules and everybody's wallets, from the database."""

from threading import Lock

from sqlalchemy import select

from prividium.db.engine import Database
from prividium.identity.models import Wallet
from prividium.permissions.event_rules import EventRuleSource
from prividium.permissions.models import PolicyState
from prividium.permissions.visibility import Sight
from prividium.types import Address


class SightSource:
    """Wallets are read again when the policy's version has grown, as it does with every wallet that is linked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rules = EventRuleSource(database)
        self._lock = Lock()
        self._people: tuple[int, frozenset[Address]] | None = None

    def current(self) -> Sight:
        return Sight(self._rules.current(), self._everybody())

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
