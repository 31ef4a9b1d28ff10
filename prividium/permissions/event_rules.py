"""Who sees which logs of a contract."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from prividium.db.engine import Database
from prividium.identity.principal import Principal
from prividium.permissions.models import EventRule, PolicyState
from prividium.types import Address, Hash32, RoleId

ANY_TOPIC: Final = ""
USER_TOPIC: Final = "user"
"""The topic must be one of the caller's wallets, left-padded to 32 bytes."""
_ADDRESS_PADDING: Final = bytes(12)


class LogFacts(Protocol):
    @property
    def address(self) -> bytes: ...
    @property
    def topics(self) -> Sequence[bytes]: ...


@dataclass(frozen=True)
class LogRule:
    """One event rule. Without roles it needs a condition on the caller's own address: nothing is public by itself."""

    contract: Address
    topic0: Hash32 | None
    topics: tuple[str, ...]
    """Conditions on topic 1 to 3: ANY_TOPIC, USER_TOPIC or 0x-data."""
    roles: frozenset[RoleId]

    def __post_init__(self) -> None:
        if not self.roles and USER_TOPIC not in self.topics:
            raise ValueError("an event rule needs a role or a condition on the caller's address")

    def serves(self, principal: Principal) -> bool:
        return not self.roles or not self.roles.isdisjoint(principal.roles)

    def matches(self, principal: Principal, log: LogFacts) -> bool:
        if log.address != self.contract:
            return False
        if self.topic0 is not None and (not log.topics or log.topics[0] != self.topic0):
            return False
        return all(
            _fits(condition, log.topics, position, principal) for position, condition in enumerate(self.topics, 1)
        )


@dataclass(frozen=True)
class EventRules:
    by_contract: Mapping[Address, tuple[LogRule, ...]]

    @staticmethod
    def of(rules: Iterable[LogRule]) -> "EventRules":
        grouped: dict[Address, tuple[LogRule, ...]] = {}
        for rule in rules:
            grouped[rule.contract] = (*grouped.get(rule.contract, ()), rule)
        return EventRules(grouped)

    def allows(self, principal: Principal | None, log: LogFacts) -> bool:
        if principal is None:
            return False
        rules = self.by_contract.get(Address(log.address), ())
        return any(rule.serves(principal) and rule.matches(principal, log) for rule in rules)

    def may_match(self, principal: Principal | None, addresses: Iterable[bytes] | None) -> bool:
        """False if no log of these contracts (None: of any) can be allowed: the search need not begin."""
        if principal is None:
            return False
        wanted = self.by_contract if addresses is None else [Address(address) for address in addresses]
        return any(rule.serves(principal) for address in wanted for rule in self.by_contract.get(address, ()))


class EventRuleSource:
    """The rules of the database, read again when they changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._known: tuple[int, EventRules] | None = None

    def current(self) -> EventRules:
        with self._database.read() as session:
            version = session.scalars(select(PolicyState.event_version)).one()
            with self._lock:
                if self._known is not None and self._known[0] == version:
                    return self._known[1]
            rules = EventRules.of(rules_of(session))
        with self._lock:
            self._known = (version, rules)
        return rules


def rules_of(session: Session) -> list[LogRule]:
    """Every event rule of the database, oldest first."""
    rows = session.scalars(select(EventRule).order_by(EventRule.id).options(selectinload(EventRule.roles)))
    return [_log_rule(row) for row in rows]


def _log_rule(row: EventRule) -> LogRule:
    return LogRule(
        contract=Address(row.contract_address),
        topic0=None if row.topic0 is None else Hash32(row.topic0),
        topics=tuple(row.topics),
        roles=frozenset(RoleId(role.policy_id) for role in row.roles),
    )


def _fits(condition: str, topics: Sequence[bytes], position: int, principal: Principal) -> bool:
    if condition == ANY_TOPIC:
        return True
    if position >= len(topics):
        return False
    topic = topics[position]
    if condition == USER_TOPIC:
        return topic[:12] == _ADDRESS_PADDING and principal.owns(Address(topic[12:]))
    return topic == bytes.fromhex(condition[2:])
