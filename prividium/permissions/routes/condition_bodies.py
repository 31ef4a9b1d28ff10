"""Conditions of rules in the REST interface."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from prividium.permissions.arguments import EVERY, Step, Value
from prividium.permissions.condition_drafts import ArgumentCondition, ConditionsDraft, LimitDraft, of_rule
from prividium.permissions.conditions import LIMITS_PER_RULE_MAX, LISTED_MAX, MAXIMUM_BITS, PERIOD_SECONDS_MAX
from prividium.permissions.models import FunctionRule
from prividium.permissions.rules import ARGUMENTS_PER_RULE_MAX
from prividium.rest import Answer, Body, time_text

PATH_STEPS_MAX = 8

Path = Annotated[list[Annotated[int, Field(ge=0, lt=EVERY)] | Literal["*"]], Field(max_length=PATH_STEPS_MAX)]
"""Positions in tuples and arrays, from the argument inwards; `*` for every element."""
ArgumentIndex = Annotated[int, Field(ge=0, le=254)]
ValueIn = bool | int | Annotated[str, Field(max_length=128)]
"""Numbers may be decimal strings, or hexadecimal with 0x."""


def _number(value: object) -> object:
    """Numbers beyond 2^53 are often written as strings."""
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= 60:
        return int(value)
    return value


class OwnWallet(Body):
    type: Literal["ownWallet"]


class Comparison(Body):
    type: Literal["equals", "atLeast", "atMost"]
    value: ValueIn


class OneOf(Body):
    type: Literal["oneOf"]
    values: Annotated[list[ValueIn], Field(min_length=1, max_length=LISTED_MAX)]


class Between(Body):
    type: Literal["between"]
    low: ValueIn
    high: ValueIn


Test = Annotated[OwnWallet | Comparison | OneOf | Between, Field(discriminator="type")]


class ArgumentConditionBody(Body):
    argument_index: ArgumentIndex
    path: Path = Field(default_factory=list)
    test: Test

    def draft(self) -> ArgumentCondition:
        path: tuple[Step, ...] = tuple(self.path)
        values: tuple[Value, ...] = ()
        match self.test:
            case Comparison(value=value):
                values = (value,)
            case OneOf(values=listed):
                values = tuple(listed)
            case Between(low=low, high=high):
                values = (low, high)
        return ArgumentCondition(self.argument_index, path, self.test.type, values)


class LimitBody(Body):
    """Without an argument calls are counted, with one its values are summed."""

    period_seconds: Annotated[int, Field(ge=1, le=PERIOD_SECONDS_MAX)]
    maximum: Annotated[
        int, BeforeValidator(_number, json_schema_input_type=int | str), Field(ge=0, lt=1 << MAXIMUM_BITS)
    ]
    argument_index: ArgumentIndex | None = None
    path: Path = Field(default_factory=list)

    def draft(self) -> LimitDraft:
        return LimitDraft(self.period_seconds, self.maximum, self.argument_index, tuple(self.path))


class ConditionsBody(Body):
    """What a rule may ask beyond its type."""

    valid_from: AwareDatetime | None = None
    """First second in which the rule applies."""
    valid_until: AwareDatetime | None = None
    """First second in which it applies no more."""
    argument_conditions: list[ArgumentConditionBody] = Field(default_factory=list, max_length=ARGUMENTS_PER_RULE_MAX)
    limits: list[LimitBody] = Field(default_factory=list, max_length=LIMITS_PER_RULE_MAX)

    def conditions(self) -> ConditionsDraft:
        return ConditionsDraft(
            valid_from=_seconds(self.valid_from),
            valid_until=_seconds(self.valid_until),
            arguments=tuple(condition.draft() for condition in self.argument_conditions),
            limits=tuple(limit.draft() for limit in self.limits),
        )


class ArgumentConditionAnswer(Answer):
    argument_index: int
    path: list[int | str]
    test: Test


class LimitAnswer(Answer):
    period_seconds: int
    maximum: str
    argument_index: int | None
    path: list[int | str]


class ConditionsAnswer(Answer):
    valid_from: str | None
    valid_until: str | None
    argument_conditions: list[ArgumentConditionAnswer]
    limits: list[LimitAnswer]


def show_arguments(rule: FunctionRule) -> list[ArgumentConditionAnswer]:
    return [
        ArgumentConditionAnswer(argument_index=condition.index, path=list(condition.path), test=_test(condition))
        for condition in of_rule(rule).arguments
    ]


def show_limits(rule: FunctionRule) -> list[LimitAnswer]:
    return [
        LimitAnswer(
            period_seconds=limit.period,
            maximum=str(limit.maximum),
            argument_index=limit.index,
            path=list(limit.path),
        )
        for limit in of_rule(rule).limits
    ]


def show_time(seconds: int | None) -> str | None:
    return None if seconds is None else time_text(seconds)


def _test(condition: ArgumentCondition) -> Test:
    match condition.test, condition.values:
        case "ownWallet", _:
            return OwnWallet(type="ownWallet")
        case "oneOf", values:
            return OneOf(type="oneOf", values=list(values))
        case "between", (low, high):
            return Between(type="between", low=low, high=high)
        case ("equals" | "atLeast" | "atMost") as test, (value,):
            return Comparison(type=test, value=value)
    raise ValueError("a stored condition is damaged")


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())
