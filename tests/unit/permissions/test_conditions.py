"""Conditions as administrators write them: what they compile to, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from prividium._core import DeniedError, PolicyTable
from prividium.db.engine import Database
from prividium.errors import InvalidInput
from prividium.permissions import contracts, function_rules
from prividium.permissions.abi import function_of
from prividium.permissions.arguments import EVERY, encode_types, find_place, word_of
from prividium.permissions.condition_drafts import ArgumentCondition, ConditionsDraft, LimitDraft
from prividium.permissions.conditions import Conditions, IsOneOf, Limit
from prividium.permissions.models import FunctionRule
from prividium.permissions.rules import RuleType
from prividium.permissions.table import compile_entries
from tests.reference import policy
from tests.unit.permissions.test_table import ALICE, TOKEN, add_user, draft
from tests.vectors import make_policy

BATCH = function_of("batch((address,uint256,bytes)[],uint8[2],string)")
VECTORS = Path(__file__).parents[2] / "vectors" / "policy.json"


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("f(address,uint256,bool)", "c2 03 14 20 00"),
        ("f(int8,bytes4,bytes)", "c2 03 41 84 b0"),
        ("f(string[],uint8[2])", "c2 02 c0b0 c1000201"),
        ("f((address,uint256)[])", "c2 01 c0 c202 14 20"),
    ],
)
def test_types_become_the_bytes_of_the_policy(signature: str, expected: str) -> None:
    assert encode_types(function_of(signature)) == bytes.fromhex(expected)


@pytest.mark.parametrize(
    "signature",
    ["f()", "f(uint8[0])", "f(uint256[4097])", "f(uint256[4096],uint8)", "f(" + "(" * 8 + "uint8" + ")" * 8 + ")"],
)
def test_types_that_no_condition_can_read_are_refused(signature: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        encode_types(function_of(signature))
    assert caught.value.code == "argument_type_unsupported"


def test_a_path_leads_to_a_single_word() -> None:
    assert find_place(BATCH, 0, ("*", 1)).steps == (0, EVERY, 1)
    assert find_place(BATCH, 0, (7, 0)).type == "address"
    assert find_place(BATCH, 1, (1,)).type == "uint8"


@pytest.mark.parametrize(
    ("index", "path", "code"),
    [
        (3, (), "argument_index_invalid"),
        (0, (), "argument_path_invalid"),
        (0, ("*",), "argument_path_invalid"),
        (0, ("*", 2), "argument_path_invalid"),
        (0, ("*", 3), "argument_path_invalid"),
        (0, ("*", "*"), "argument_path_invalid"),
        (0, (-1, 0), "argument_path_invalid"),
        (1, (2,), "argument_path_invalid"),
        (1, (0, 0), "argument_path_invalid"),
        (2, (), "argument_path_invalid"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(index: int, path: tuple[Any, ...], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        find_place(BATCH, index, path)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("type_", "value", "word"),
    [
        ("uint8", 255, "ff".rjust(64, "0")),
        ("uint256", "0x10", "10".rjust(64, "0")),
        ("int16", "-2", "f" * 63 + "e"),
        ("bool", True, "01".rjust(64, "0")),
        ("address", "0x" + "ab" * 20, "ab" * 20),
        ("bytes4", "0x01020304", "01020304".ljust(64, "0")),
    ],
)
def test_values_become_words(type_: str, value: bool | int | str, word: str) -> None:
    assert word_of(type_, value).hex() == word.rjust(64, "0")


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("int8", 128),
        ("uint8", "ten"),
        ("uint8", True),
        ("bool", 1),
        ("bool", "true"),
        ("address", 5),
        ("address", "0x" + "ab" * 19),
        ("bytes4", "0x010203"),
        ("bytes4", 5),
    ],
)
def test_values_of_another_type_are_refused(type_: str, value: bool | int | str) -> None:
    with pytest.raises(InvalidInput):
        word_of(type_, value)


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(InvalidInput) as caught:
        make()
    return caught.value.code


def test_conditions_that_say_nothing_or_contradict_themselves_are_refused() -> None:
    assert refusal(lambda: Conditions(valid_from=5, valid_until=5)) == "validity_invalid"
    assert refusal(lambda: Conditions(valid_from=-1)) == "validity_invalid"
    assert refusal(lambda: Conditions(limits=(Limit(60, 1), Limit(60, 2)))) == "limit_twice"
    assert refusal(lambda: Limit(0, 1)) == "limit_period_invalid"
    assert refusal(lambda: Limit(60, 1 << 192)) == "limit_maximum_invalid"
    assert refusal(lambda: IsOneOf(frozenset()).encode()) == "values_count_invalid"
    many = ConditionsDraft(arguments=(ArgumentCondition(0, ("*", 1), "between", (2, 1)),))
    assert refusal(lambda: many.compile(BATCH)) == "range_invalid"
    signed = ConditionsDraft(limits=(LimitDraft(60, 1, 0, ()),))
    assert refusal(lambda: signed.compile(function_of("f(int256)"))) == "argument_not_number"
    bare = ConditionsDraft(limits=(LimitDraft(60, 1, None, (0,)),))
    assert refusal(lambda: bare.compile(BATCH)) == "argument_path_invalid"
    assert refusal(lambda: signed.compile(None)) == "rule_arguments_invalid"


def limited(session: Session) -> FunctionRule:
    contracts.register(session, TOKEN, "Token", make_abi(), None)
    conditions = ConditionsDraft(
        valid_until=2_000_000_000,
        arguments=(ArgumentCondition(1, (), "atMost", ("500",)),),
        limits=(LimitDraft(86_400, 1000, 1, ()),),
    )
    return function_rules.create_rule(session, draft(rule_type=RuleType.RESTRICT_ARGUMENT, conditions=conditions))


def make_abi() -> list[dict[str, object]]:
    inputs = [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}]
    return [{"type": "function", "name": "transfer", "inputs": inputs}]


def test_a_rule_with_conditions_reaches_the_table_and_the_evaluator(database: Database) -> None:
    with database.write() as session:
        add_user(session, "alice", ALICE, b"\xab" * 20)
        limited(session)
        table = PolicyTable(1, compile_entries(session))

    def verdict(amount: int, now: int = 1_999_999_999) -> str:
        data = bytes.fromhex("a9059cbb") + bytes(32) + amount.to_bytes(32)
        try:
            return table.decide(ALICE, TOKEN, data, "write", target_has_code=True, timestamp=now)
        except DeniedError as denied:
            return denied.code

    assert verdict(500) == "rule.restrict_argument.allow"
    assert verdict(501) == "rule.restrict_argument.deny"
    assert verdict(500, 2_000_000_000) == "grant.expired"


def test_wallets_name_their_owner_only_where_a_limit_counts(database: Database) -> None:
    with database.write() as session:
        add_user(session, "alice", ALICE, b"\xab" * 20)
        add_user(session, "bob", b"\xbb" * 20)
        assert [entry[0] for _, entry in compile_entries(session)] == [0, 0, 0]
        rule = limited(session)
        wallets = [entry for key, entry in compile_entries(session) if key[0] == 0x10]
        assert [entry[0] for entry in wallets] == [2, 2, 2]
        assert len({entry[-16:] for entry in wallets}) == 2
        function_rules.delete_rule(session, rule.id)
        assert [entry[0] for _, entry in compile_entries(session)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (
            {"access": "read", "conditions": ConditionsDraft(limits=(LimitDraft(60, 1, None, ()),))},
            "conditions_useless",
        ),
        ({"rule_type": RuleType.FORBIDDEN, "conditions": ConditionsDraft(valid_from=1)}, "conditions_useless"),
        (
            {"conditions": ConditionsDraft(arguments=(ArgumentCondition(0, (), "ownWallet", ()),))},
            "rule_arguments_invalid",
        ),
    ],
)
def test_conditions_that_a_rule_cannot_use_are_refused(
    database: Database, changed: dict[str, object], code: str
) -> None:
    with database.write() as session:
        contracts.register(session, TOKEN, "Token", make_abi(), None)
        assert refusal(lambda: function_rules.create_rule(session, draft(**changed))) == code


def test_the_shared_vectors_are_what_the_twin_says_and_the_evaluator_agrees() -> None:
    cases = json.loads(VECTORS.read_text())
    made = [*make_policy.predicate_cases(), *make_policy.limit_cases(), *make_policy.time_cases()]
    assert cases == json.loads(json.dumps(made))
    for case in cases:
        table = PolicyTable(1, [(bytes.fromhex(key), bytes.fromhex(entry)) for key, entry in case["entries"]])
        data = bytes.fromhex(case["data"])
        try:
            reason = table.decide(
                make_policy.SIGNER, make_policy.TARGET, data, "write", target_has_code=True, timestamp=case["timestamp"]
            )
        except DeniedError as denied:
            reason = denied.code
        assert reason == case["reason"], case["name"]


def test_the_counters_have_the_account_that_the_protocol_names() -> None:
    assert policy.COUNTERS.hex() == "292ee3493b047fddb5ca5d10caa0181dd90e7ab7"
