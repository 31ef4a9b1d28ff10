"""The node's view of the rules follows the database."""

import pytest
from sqlalchemy.orm import Session

from prividium import clock
from prividium.audit.models import AuditEntry
from prividium.db.engine import Database
from prividium.identity.models import User, Wallet
from prividium.identity.principal import Principal
from prividium.permissions import contracts, function_rules, log_rules
from prividium.permissions.decide import Allow, Call, Deny, judge_call, record_denial
from prividium.permissions.event_rules import EventRuleSource
from prividium.permissions.function_rules import FunctionRuleDraft
from prividium.permissions.log_rules import EventRuleDraft
from prividium.permissions.rules import RuleType
from prividium.permissions.sight import SightSource
from prividium.permissions.source import PolicySource
from prividium.types import Address, UserId

ALICE, TOKEN = Address(b"\xaa" * 20), Address(b"\xcc" * 20)
SELECTOR = bytes.fromhex("a9059cbb")
PRINCIPAL = Principal(UserId("alice"), "Alice", "session", frozenset({ALICE}))
CALL = Call(ALICE, TOKEN, SELECTOR, "write", target_has_code=True)


def register(session: Session) -> None:
    inputs = [{"type": "address"}, {"type": "uint256"}]
    contracts.register(session, TOKEN, "Token", [{"type": "function", "name": "transfer", "inputs": inputs}], None)


def link_alice(session: Session) -> None:
    session.add(
        User(
            id="alice",
            issuer="https://issuer.example",
            subject="alice",
            source="oidc",
            display_name="Alice",
            disabled=False,
            created_at=0,
            updated_at=0,
        )
    )
    session.flush()
    session.add(Wallet(address=ALICE, id="wallet", user_id="alice", created_at=0))


def allow_transfer(session: Session) -> None:
    draft = FunctionRuleDraft(TOKEN, "transfer(address,uint256)", None, "write", RuleType.PUBLIC, (), (), False)
    function_rules.create_rule(session, draft)


def show_own_logs(session: Session) -> None:
    register(session)
    log_rules.create_event_rule(session, EventRuleDraft(TOKEN, None, ("user", "", ""), ()))


def test_a_committed_change_decides_the_next_call(database: Database) -> None:
    source = PolicySource(database)
    verdicts = [judge_call(source.table(), PRINCIPAL, CALL)]
    for change in (link_alice, register, allow_transfer):
        with database.write() as session:
            change(session)
        verdicts.append(judge_call(source.table(), PRINCIPAL, CALL))
    assert verdicts == [
        Deny("wallet.not_linked"),
        Deny("permission.missing"),
        Deny("permission.missing"),
        Allow("rule.public.allow"),
    ]


def test_a_table_carries_the_version_it_was_made_from(database: Database) -> None:
    source = PolicySource(database)
    first = source.table()
    assert first.version == source.current_version() == 1
    assert source.table() is first
    with database.write() as session:
        link_alice(session)
    assert source.table().version == source.current_version() > 1


def test_event_rules_follow_the_database(database: Database) -> None:
    source = EventRuleSource(database)
    before = source.current()
    assert source.current() is before
    with database.write() as session:
        show_own_logs(session)
    assert source.current().may_match(PRINCIPAL, [TOKEN])
    assert not before.may_match(PRINCIPAL, [TOKEN])


def test_a_sight_follows_the_next_write_of_this_process(database: Database) -> None:
    source = SightSource(database)
    before = source.current()
    assert source.current() is before
    with database.write() as session:
        link_alice(session)
        show_own_logs(session)
    after = source.current()
    assert (before.people, after.people) == (frozenset(), frozenset({ALICE}))
    assert after.rules.may_match(PRINCIPAL, [TOKEN])
    with database.write() as session:
        session.delete(session.get_one(Wallet, bytes(ALICE)))
    assert source.current().people == frozenset()


def test_a_sight_follows_the_writes_of_another_program_within_a_second(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, other = SightSource(database), Database(database.engine.url.render_as_string(hide_password=False))
    started = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: started)
    before = source.current()
    with other.write() as session:
        show_own_logs(session)
    other.close()
    assert source.current() is before
    monkeypatch.setattr(clock, "monotonic", lambda: started + 1)
    assert source.current().rules.may_match(PRINCIPAL, [TOKEN])


def test_a_denial_is_recorded_with_its_reason(database: Database) -> None:
    record_denial(database, PRINCIPAL, "permission.missing", "rpc.eth_call", f"0x{TOKEN.hex()} 0xa9059cbb", "request")
    record_denial(database, None, "not_signed_in", "rpc.eth_call", "", "request")
    with database.read() as session:
        first, second = (session.get_one(AuditEntry, number) for number in (1, 2))
    assert (first.actor, first.outcome, first.reason) == ("alice", "denied", "permission.missing")
    assert (second.actor, second.reason) == (None, "not_signed_in")
