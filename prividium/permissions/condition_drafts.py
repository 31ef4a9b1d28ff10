"""Conditions as administrators write them, and what they become for a function.

The database keeps them as JSON in the words of the REST interface, and compiles them again when the ABI changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from prividium.errors import InvalidInput
from prividium.permissions.abi import Function
from prividium.permissions.arguments import (
    Place,
    Step,
    Value,
    encode_types,
    extremes,
    find_place,
    order_of,
    word_of,
)
from prividium.permissions.conditions import Conditions, IsBetween, IsOneOf, IsSigner, Limit, Predicate
from prividium.permissions.models import FunctionRule

TestType: TypeAlias = Literal["ownWallet", "equals", "oneOf", "atLeast", "atMost", "between"]
Document: TypeAlias = dict[str, object]
"""One condition or limit as JSON."""

_NUMBER_TESTS: Final = ("atLeast", "atMost", "between")


@dataclass(frozen=True)
class ArgumentCondition:
    """`path` leads from argument `index` inwards. `values`: none for ownWallet, two for between, one for the others
    but oneOf.
    """

    index: int
    path: tuple[Step, ...]
    test: TestType
    values: tuple[Value, ...]

    def document(self) -> Document:
        return {
            "argumentIndex": self.index,
            "path": list(self.path),
            "test": self.test,
            "values": [str(value) if _is_number(value) else value for value in self.values],
        }


@dataclass(frozen=True)
class LimitDraft:
    """Without `index` calls are counted, with it the argument is summed; `path` leads from it inwards."""

    period: int
    maximum: int
    index: int | None
    path: tuple[Step, ...]

    def document(self) -> Document:
        return {
            "periodSeconds": self.period,
            "maximum": str(self.maximum),
            "argumentIndex": self.index,
            "path": list(self.path),
        }


@dataclass(frozen=True)
class ConditionsDraft:
    valid_from: int | None = None
    valid_until: int | None = None
    arguments: tuple[ArgumentCondition, ...] = ()
    limits: tuple[LimitDraft, ...] = ()

    def compile(self, function: Function | None) -> Conditions:
        """None for calls without a function. Raises InvalidInput with what is wrong."""
        reads = bool(self.arguments) or any(limit.index is not None for limit in self.limits)
        if reads and function is None:
            raise InvalidInput("rule_arguments_invalid", "a call without a function has no arguments to restrict")
        return Conditions(
            valid_from=self.valid_from or 0,
            valid_until=self.valid_until or 0,
            types=encode_types(function) if reads and function is not None else b"",
            predicates=tuple(_predicate(function, condition) for condition in self.arguments if function is not None),
            limits=tuple(_limit(function, limit) for limit in self.limits),
        )


NO_CONDITIONS: Final = ConditionsDraft()


def of_rule(rule: FunctionRule) -> ConditionsDraft:
    """From the database."""
    return ConditionsDraft(
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
        arguments=tuple(_argument(document) for document in rule.argument_conditions or ()),
        limits=tuple(_stored_limit(document) for document in rule.limits or ()),
    )


def _argument(document: Document) -> ArgumentCondition:
    return ArgumentCondition(
        index=_int(document["argumentIndex"]),
        path=tuple(_steps(document["path"])),
        test=_test(document["test"]),
        values=tuple(_values(document["values"])),
    )


def _stored_limit(document: Document) -> LimitDraft:
    index = document["argumentIndex"]
    return LimitDraft(
        period=_int(document["periodSeconds"]),
        maximum=int(str(document["maximum"])),
        index=None if index is None else _int(index),
        path=tuple(_steps(document["path"])),
    )


def _predicate(function: Function, condition: ArgumentCondition) -> Predicate:
    place = find_place(function, condition.index, condition.path)
    return Predicate(place.steps, _compiled_test(place, condition))


def _compiled_test(place: Place, condition: ArgumentCondition) -> IsSigner | IsOneOf | IsBetween:
    if condition.test == "ownWallet":
        if place.type != "address":
            raise InvalidInput("argument_not_address", f"a wallet is an address, but the argument is {place.type}")
        return IsSigner()
    if condition.test in _NUMBER_TESTS and not place.is_number:
        raise InvalidInput(
            "argument_not_number", f"{condition.test} compares numbers, but the argument is {place.type}"
        )
    words = [word_of(place.type, value) for value in condition.values]
    if condition.test not in _NUMBER_TESTS:
        return IsOneOf(frozenset(words))
    low, high = extremes(place.type)
    if condition.test != "atMost":
        low = words[0]
    if condition.test != "atLeast":
        high = words[-1]
    if order_of(place.type, low) > order_of(place.type, high):
        raise InvalidInput("range_invalid", "the lower end of a range lies above its upper end")
    return IsBetween(low, high)


def _limit(function: Function | None, draft: LimitDraft) -> Limit:
    if draft.index is None or function is None:
        if draft.path:
            raise InvalidInput("argument_path_invalid", "a limit on the number of calls has no path")
        return Limit(draft.period, draft.maximum)
    place = find_place(function, draft.index, draft.path)
    if not place.is_unsigned:
        raise InvalidInput("argument_not_number", f"only unsigned numbers are summed, but the argument is {place.type}")
    return Limit(draft.period, draft.maximum, place.steps)


def _is_number(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a stored condition is damaged")
    return value


def _steps(value: object) -> Iterable[Step]:
    for step in _list(value):
        yield "*" if step == "*" else _int(step)


def _values(value: object) -> Iterable[Value]:
    for item in _list(value):
        if not isinstance(item, bool | int | str):
            raise TypeError("a stored condition is damaged")
        yield item


def _test(value: object) -> TestType:
    tests: Sequence[TestType] = ("ownWallet", "equals", "oneOf", "atLeast", "atMost", "between")
    for test in tests:
        if value == test:
            return test
    raise TypeError("a stored condition is damaged")


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a stored condition is damaged")
    return value
