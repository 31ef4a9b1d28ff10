"""The evaluator against the slow twin that decides on decoded values: random types, values, damage and conditions."""

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from prividium._core import DeniedError, PolicyTable
from prividium.permissions.abi import Parameter, function_of
from prividium.permissions.arguments import Step
from prividium.permissions.condition_drafts import ArgumentCondition, ConditionsDraft
from prividium.permissions.rules import CallRule, RuleType, WalletGrant
from prividium.types import Address, Selector
from tests.reference import policy

SIGNER, OTHER, TARGET = Address(b"\x11" * 20), Address(b"\x22" * 20), Address(b"\xcc" * 20)
NUMBERS = ["uint8", "uint64", "uint256", "int8", "int128", "int256"]
WORDS = [*NUMBERS, "address", "bool", "bytes4", "bytes32"]


def types(depth: int = 3) -> st.SearchStrategy[str]:
    leaf = st.sampled_from([*WORDS, "bytes", "string"])
    if depth == 0:
        return leaf
    inner = types(depth - 1)
    return st.one_of(
        leaf,
        inner.map(lambda element: f"{element}[]"),
        st.tuples(inner, st.integers(1, 3)).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
        st.lists(inner, min_size=1, max_size=3).map(lambda members: f"({','.join(members)})"),
    )


def values_of(parameter: Parameter) -> st.SearchStrategy[Any]:
    if parameter.is_array:
        low, high = (0, 3) if parameter.length is None else (parameter.length, parameter.length)
        return st.lists(values_of(parameter.parts[0]), min_size=low, max_size=high)
    if parameter.parts:
        return st.tuples(*(values_of(part) for part in parameter.parts))
    return word_values(parameter.type)


def word_values(type_: str) -> st.SearchStrategy[Any]:
    if type_ == "address":
        return st.sampled_from([SIGNER, OTHER]).map(lambda address: "0x" + address.hex())
    if type_ == "bool":
        return st.booleans()
    if type_ == "string":
        return st.text(max_size=40)
    if type_ == "bytes":
        return st.binary(max_size=70)
    if type_.startswith("bytes"):
        return st.sampled_from([b"\0", b"\x01", b"\xff"]).map(lambda byte: byte * int(type_[5:]))
    bits = int(type_.lstrip("uint"))
    low, high = (0, 2**bits - 1) if type_.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return st.one_of(st.integers(low, high), st.integers(max(low, -3), 3), st.sampled_from([low, high]))


def places(parameter: Parameter, path: tuple[Step, ...]) -> list[tuple[str, tuple[Step, ...]]]:
    """Every place that a condition can look at: type and path."""
    if parameter.is_array:
        steps: list[Step] = ["*", 0, 1] if parameter.length is None else ["*", *range(parameter.length)]
        return [place for step in steps for place in places(parameter.parts[0], (*path, step))]
    if parameter.parts:
        return [place for index, part in enumerate(parameter.parts) for place in places(part, (*path, index))]
    return [] if parameter.type in ("bytes", "string") else [(parameter.type, path)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[str], bytes, list[ArgumentCondition], list[policy.Predicate]]:
    listed = draw(st.lists(types(), min_size=1, max_size=4))
    function = function_of(f"f({','.join(listed)})")
    found = [place for index, part in enumerate(function.parameters) for place in places(part, (index,))]
    data = encode(listed, [draw(values_of(part)) for part in function.parameters])
    conditions, predicates = [], []
    for type_, path in draw(st.lists(st.sampled_from(found), max_size=3)) if found else []:
        condition, predicate = draw(condition_tests_of(type_, path))
        conditions.append(condition)
        predicates.append(predicate)
    return listed, damaged(draw, data), conditions, predicates


def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    match draw(st.sampled_from(["nothing", "nothing", "bit", "byte", "cut", "longer", "word"])):
        case "bit":
            at = draw(st.integers(0, len(data) * 8 - 1))
            return data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]
        case "byte":
            at = draw(st.integers(0, len(data) - 1))
            return data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
        case "cut":
            return data[: draw(st.integers(0, len(data) - 1))]
        case "longer":
            return data + bytes(draw(st.sampled_from([1, 32])))
        case "word":
            at = draw(st.integers(0, len(data) // 32 - 1)) * 32
            return (
                data[:at] + draw(st.sampled_from([0, 31, 32, 64, 2**31, 2**32])).to_bytes(32, "big") + data[at + 32 :]
            )
    return data


@st.composite
def condition_tests_of(
    draw: st.DrawFn, type_: str, path: tuple[Step, ...]
) -> tuple[ArgumentCondition, policy.Predicate]:
    index, inner = int(path[0]), path[1:]
    kinds = (
        ["oneOf"]
        + (["between", "between"] if type_ in NUMBERS else [])
        + (["ownWallet"] * 3 if type_ == "address" else [])
    )
    kind = draw(st.sampled_from(kinds))
    if kind == "ownWallet":
        return ArgumentCondition(index, inner, "ownWallet", ()), policy.Predicate(path, "signer")
    if kind == "between":
        low, high = sorted((draw(word_values(type_)), draw(word_values(type_))))
        return ArgumentCondition(index, inner, "between", (low, high)), policy.Predicate(path, (low, high))
    listed = draw(st.lists(word_values(type_), min_size=1, max_size=4))
    written = tuple("0x" + value.hex() if isinstance(value, bytes) else value for value in listed)
    return ArgumentCondition(index, inner, "oneOf", written), policy.Predicate(path, listed)


def verdict(table: PolicyTable, data: bytes) -> str:
    try:
        return table.decide(SIGNER, TARGET, data, "write", target_has_code=True)
    except DeniedError as denied:
        return denied.code


EXPECTED = {
    True: "rule.restrict_argument.allow",
    False: "rule.restrict_argument.deny",
    None: "rule.restrict_argument.decode_failed",
}


@settings(max_examples=1500, deadline=None)
@given(cases())
def test_the_evaluator_decides_as_the_twin(
    case: tuple[list[str], bytes, list[ArgumentCondition], list[policy.Predicate]],
) -> None:
    listed, data, conditions, predicates = case
    if not conditions:
        return
    function = function_of(f"f({','.join(listed)})")
    rule = CallRule(
        TARGET,
        Selector(function.selector),
        RuleType.RESTRICT_ARGUMENT,
        "write",
        conditions=ConditionsDraft(arguments=tuple(conditions)).compile(function),
    )
    table = PolicyTable(1, sorted([rule.entry(), WalletGrant(SIGNER, frozenset(), may_deploy=False).entry()]))
    call_data = function.selector + data
    expected = policy.arguments_are_right(listed, predicates, call_data, SIGNER)
    assert verdict(table, call_data) == EXPECTED[expected]


@pytest.mark.parametrize("step", [2, 5])
def test_an_index_behind_the_end_of_a_list_finds_nothing(step: int) -> None:
    function = function_of("f(uint256[])")
    condition = ArgumentCondition(0, (step,), "between", (0, 9))
    rule = CallRule(
        TARGET,
        Selector(function.selector),
        RuleType.RESTRICT_ARGUMENT,
        "write",
        conditions=ConditionsDraft(arguments=(condition,)).compile(function),
    )
    table = PolicyTable(1, sorted([rule.entry(), WalletGrant(SIGNER, frozenset(), may_deploy=False).entry()]))
    data = function.selector + encode(["uint256[]"], [[1, 2]])
    assert verdict(table, data) == "rule.restrict_argument.deny"
