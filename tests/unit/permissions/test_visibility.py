"""Who sees what of a transaction: one line a case."""

from dataclasses import dataclass

import pytest

from prividium.identity.principal import Principal
from prividium.permissions.event_rules import ANY_TOPIC, USER_TOPIC, EventRules, LogRule
from prividium.permissions.visibility import (
    Full,
    Hidden,
    Redacted,
    Sight,
    View,
    sees_account,
    sees_block_details,
    sees_frame,
    sees_returns,
    sees_trace,
    visible_transaction,
)
from prividium.types import Address, Hash32, RoleId, UserId, to_hex

ALICE, BOB, TOKEN, OTHER = (Address(bytes([byte]) * 20) for byte in (0xA1, 0xB0, 0xCC, 0xDD))
TRANSFER, APPROVAL = Hash32(b"\x01" * 32), Hash32(b"\x02" * 32)
CLIENT = RoleId(7)


@dataclass(frozen=True)
class Log:
    address: bytes
    topics: list[bytes]
    data: bytes = b""


@dataclass(frozen=True)
class Frame:
    """An inner call, unless it says otherwise."""

    depth: int = 1
    kind: str = "CALL"
    to: bytes | None = TOKEN
    data: bytes = b""
    permitted: bool = True


def padded(address: bytes) -> bytes:
    return bytes(12) + address


def sight(*rules: LogRule) -> Sight:
    return Sight(EventRules.of(rules), frozenset({ALICE, BOB}))


def person(*wallets: Address, roles: frozenset[RoleId] = frozenset(), may: str = "") -> Principal:
    return Principal(UserId("id"), "name", "session", frozenset(wallets), roles, frozenset(may.split()))


LOGS = [
    Log(TOKEN, [TRANSFER, padded(ALICE), padded(BOB)]),
    Log(TOKEN, [APPROVAL, padded(ALICE), padded(BOB)]),
    Log(OTHER, [TRANSFER, padded(ALICE), padded(BOB)]),
    Log(TOKEN, []),
]


def rule(*conditions: str, topic0: Hash32 | None = TRANSFER, roles: frozenset[RoleId] = frozenset()) -> LogRule:
    padded_conditions = (*conditions, ANY_TOPIC, ANY_TOPIC, ANY_TOPIC)[:3]
    return LogRule(TOKEN, topic0, padded_conditions, roles)


RECEIVER = rule(ANY_TOPIC, USER_TOPIC)
BY_ROLE = rule(roles=frozenset({CLIENT}))
BY_ROLE_OWN = rule(USER_TOPIC, roles=frozenset({CLIENT}))
TO_BOB = rule(ANY_TOPIC, to_hex(padded(BOB)), roles=frozenset({CLIENT}))
EVERYTHING = rule(topic0=None, roles=frozenset({CLIENT}))
MEMBER = frozenset({CLIENT})

CASES: list[tuple[str, Principal | None, list[LogRule], View]] = [
    ("nobody", None, [EVERYTHING, RECEIVER], Hidden()),
    ("a stranger", person(OTHER), [RECEIVER], Hidden()),
    ("somebody without a wallet", person(), [RECEIVER], Hidden()),
    ("the sender", person(ALICE), [], Full((0, 1, 2, 3))),
    ("the reader of everything", person(may="full_read_access"), [], Full((0, 1, 2, 3))),
    ("an administrator without read access", person(may="admin_read admin_write"), [EVERYTHING], Hidden()),
    ("the recipient", person(TOKEN), [], Full(())),
    ("the party of a log without a rule", person(BOB), [], Hidden()),
    ("the party of a log", person(BOB), [RECEIVER], Redacted((0,))),
    ("the holder of a role", person(roles=MEMBER), [BY_ROLE], Redacted((0,))),
    ("the holder of another role", person(roles=frozenset({RoleId(8)})), [BY_ROLE, EVERYTHING], Hidden()),
    ("a role for one's own logs, foreign log", person(BOB, roles=MEMBER), [BY_ROLE_OWN], Hidden()),
    ("a role and an equal topic", person(roles=MEMBER), [TO_BOB], Redacted((0,))),
    ("a role for the whole contract", person(roles=MEMBER), [EVERYTHING], Redacted((0, 1, 3))),
    ("two rules", person(BOB, roles=MEMBER), [RECEIVER, TO_BOB], Redacted((0,))),
]


@pytest.mark.parametrize(("caller", "rules", "view"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_caller_sees(caller: Principal | None, rules: list[LogRule], view: View) -> None:
    assert visible_transaction(caller, ALICE, TOKEN, LOGS, sight(*rules)) == view


# What the sender Alice sees of a log of her own transaction without any rule: topics, data, seen.
OWN_LOGS: list[tuple[str, list[bytes], bytes, bool]] = [
    ("nobody", [TRANSFER], b"", True),
    ("an address that is nobody's wallet", [TRANSFER, padded(OTHER)], padded(OTHER), True),
    ("the sender", [TRANSFER, padded(ALICE)], b"", True),
    ("the sender and another", [TRANSFER, padded(ALICE), padded(BOB)], b"", True),
    ("the sender in the data, another in a topic", [TRANSFER, padded(BOB)], padded(ALICE), True),
    ("another in a topic", [TRANSFER, padded(BOB)], b"", False),
    ("another in the first topic of an anonymous event", [padded(BOB)], b"", False),
    ("another in the data", [TRANSFER], bytes(32) + padded(BOB), False),
    ("a number that ends like another's wallet", [TRANSFER, b"\x01" * 12 + BOB], b"", True),
    ("another in half a word", [TRANSFER], padded(BOB)[:31], True),
]


@pytest.mark.parametrize(
    ("topics", "data", "seen"), [case[1:] for case in OWN_LOGS], ids=[case[0] for case in OWN_LOGS]
)
def test_the_sender_sees_a_log_that_names(topics: list[bytes], data: bytes, seen: bool) -> None:
    view = visible_transaction(person(ALICE), ALICE, TOKEN, [Log(TOKEN, topics, data)], sight())
    assert view == Full((0,) if seen else ())


def test_a_rule_shows_the_sender_a_log_about_another() -> None:
    logs = [Log(TOKEN, [TRANSFER, padded(BOB)])]
    assert visible_transaction(person(ALICE, roles=MEMBER), ALICE, TOKEN, logs, sight(BY_ROLE)) == Full((0,))


FRAMES: list[tuple[str, Principal | None, Frame, bool, bool]] = [
    ("nobody", None, Frame(depth=0), False, False),
    ("the transaction's own", person(ALICE), Frame(depth=0, permitted=False, data=bytes(4) + padded(BOB)), True, True),
    ("an inner one", person(ALICE), Frame(), True, False),
    ("one that the policy does not permit", person(ALICE), Frame(permitted=False), False, False),
    ("one that names another", person(ALICE), Frame(data=bytes(4) + padded(BOB)), False, False),
    ("one that names the caller", person(ALICE), Frame(data=bytes(4) + padded(ALICE)), True, False),
    ("one that pays another", person(ALICE), Frame(to=BOB), False, False),
    ("a creation", person(ALICE), Frame(kind="CREATE2"), False, False),
    ("a destruction", person(ALICE), Frame(kind="SELFDESTRUCT"), False, False),
    ("any, to the reader of everything", person(may="full_read_access"), Frame(permitted=False, to=BOB), True, True),
]


@pytest.mark.parametrize(
    ("caller", "frame", "seen", "returns"), [case[1:] for case in FRAMES], ids=[case[0] for case in FRAMES]
)
def test_a_frame_is_seen(caller: Principal | None, frame: Frame, seen: bool, returns: bool) -> None:
    assert sees_frame(caller, frame, sight()) is seen
    assert sees_returns(caller, frame) is returns


@pytest.mark.parametrize(
    ("caller", "traced"),
    [(None, False), (person(ALICE), True), (person(BOB), False), (person(may="full_read_access"), True)],
)
def test_a_trace_is_the_senders(caller: Principal | None, traced: bool) -> None:
    assert sees_trace(caller, ALICE) is traced


def test_a_recipient_sees_the_logs_that_rules_allow() -> None:
    view = visible_transaction(person(BOB), ALICE, BOB, LOGS, sight(RECEIVER))
    assert view == Full((0,))


def test_a_topic_must_be_an_address_to_be_ones_own() -> None:
    log = Log(TOKEN, [TRANSFER, padded(ALICE), b"\x01" * 12 + BOB])
    assert visible_transaction(person(BOB), ALICE, None, [log], sight(RECEIVER)) == Hidden()


def test_an_event_rule_for_everybody_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="role or a condition"):
        rule()


def test_a_search_that_can_find_nothing_need_not_begin() -> None:
    rules = EventRules.of([BY_ROLE])
    assert rules.may_match(person(roles=MEMBER), None)
    assert rules.may_match(person(roles=MEMBER), [TOKEN])
    assert not rules.may_match(person(roles=MEMBER), [OTHER])
    assert not rules.may_match(person(), None)
    assert not rules.may_match(None, None)


@pytest.mark.parametrize(
    ("caller", "account", "details"),
    [
        (None, False, False),
        (person(), False, False),
        (person(ALICE), True, False),
        (person(BOB), False, False),
        (person(may="full_read_access"), True, True),
        (person(may="admin_read admin_write"), False, False),
    ],
)
def test_accounts_and_block_details_are_private(caller: Principal | None, account: bool, details: bool) -> None:
    assert sees_account(caller, ALICE) is account
    assert sees_block_details(caller) is details
