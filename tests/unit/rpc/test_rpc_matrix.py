"""The walk over the table of `matrix.py`: each method, by each kind of caller, about four objects."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pytest

from prividium.identity.principal import Principal
from prividium.permissions.event_rules import EventRules
from prividium.rpc import refusals
from prividium.rpc.filters import Filter, Filters
from prividium.rpc.handlers import account, execute, trace
from prividium.rpc.methods import METHODS
from prividium.types import UserId
from tests.unit.rpc.matrix import (
    ALIKE,
    CALLERS,
    MATRIX,
    OBJECTS,
    OF_NOBODY,
    SHOWN,
    Cells,
    Outcome,
    method_of,
)
from tests.unit.rpc.matrix_listeners import FILTERS, SOCKETS
from tests.unit.rpc.matrix_questions import ADDRESSES, CALLS, PLAIN, Case, Pair, Question, Reply, together
from tests.unit.rpc.matrix_records import RECORDS
from tests.unit.rpc.matrix_scene import Stage, opened_stage

QUESTIONS: Final[Mapping[str, Question]] = PLAIN | ADDRESSES | CALLS | RECORDS | FILTERS | SOCKETS
FOR_NOBODY: Final = frozenset(
    name for name, row in MATRIX.items() if row.answers["user"][0] in (Outcome.METHOD_FORBIDDEN, Outcome.NO_METHOD)
)
REFUSALS: Final[Mapping[Outcome, tuple[int, str, str]]] = {
    Outcome.FORBIDDEN: (-32001, "forbidden", "forbidden"),
    Outcome.NOT_OWN: (
        -32001,
        "forbidden: the sender is not one of your linked wallets",
        "wallet.not_owned_by_user",
    ),
    Outcome.METHOD_FORBIDDEN: (-32001, "the method {} is forbidden on this chain", "method_forbidden"),
    Outcome.NO_METHOD: (-32601, "the method {} does not exist", "method_unknown"),
    Outcome.NO_SOCKET: (
        -32601,
        "subscriptions need a WebSocket: connect to the same address with ws:// or wss://",
        "websocket_required",
    ),
    Outcome.NO_FILTER: (-32000, "filter not found", "filter_unknown"),
    Outcome.NO_TRANSACTION: (-32000, "transaction not found", "transaction_unknown"),
    Outcome.HAS_SESSION: (-32600, "this connection has a session already", "session_exists"),
    Outcome.SIGN_IN: (-32090, "unauthorized: sign in and send the session token as a bearer token", "not_signed_in"),
}
"""Code, message and reason; whoever is refused is told these bytes and no others."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened_stage(tmp_path_factory.mktemp("matrix") / "data") as opened:
        yield opened


def refused(outcome: Outcome, method: str) -> bytes:
    code, message, reason = REFUSALS[outcome]
    error = {"code": code, "message": message.format(method), "data": reason}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}, separators=(",", ":")).encode()


def judged(outcome: Outcome, case: Case, reply: Reply) -> Pair:
    """What the answer holds, and what it should."""
    if outcome in REFUSALS:
        return reply.body, refused(outcome, method_of(case.row))
    question = QUESTIONS[case.row]
    checks = {
        Outcome.ANSWERED: question.whole,
        Outcome.PLACE: question.place,
        Outcome.BARE: question.bare,
        Outcome.EMPTY: question.empty,
    }
    check = checks[outcome]
    assert check is not None, f"no answer of {case.row} is known to be {outcome.name}"
    return check(case, reply)


def expect(outcome: Outcome, case: Case, reply: Reply) -> None:
    wrong = f"{case.row}, {case.whose}: expected {outcome.name}, not {reply.body.decode()}"
    try:
        found, right = judged(outcome, case, reply)
    except (AssertionError, KeyError, ValueError) as error:
        raise AssertionError(wrong) from error
    assert found == right, wrong


def walk(stage: Stage, row: str, caller: str) -> None:
    column, _ = ALIKE.get(caller, (caller, ""))
    cells = MATRIX[row].answers[column]
    replies: list[Reply] = []
    for whose, outcome in zip(OBJECTS, cells, strict=True):
        case = Case(stage, row, stage.askers[caller], whose)
        replies.append(QUESTIONS[row].ask(case))
        expect(outcome, case, replies[-1])
    for first, second in same_by_rights(row, cells):
        assert replies[first].body == replies[second].body, f"{OBJECTS[first]} and {OBJECTS[second]} differ"


def same_by_rights(row: str, cells: Cells) -> Iterator[tuple[int, int]]:
    """Objects that the caller may not tell apart: what is hidden is answered byte for byte like what is absent."""
    absent = len(OBJECTS) - 1
    for place, outcome in enumerate(cells[:absent]):
        if outcome not in SHOWN and (outcome == cells[absent] or not MATRIX[row].told):
            yield place, absent


def callers_of(row: str) -> list[str]:
    """Those who are like others are asked for where it shows: where a right to read makes a difference."""
    cells = MATRIX[row].answers
    return [*CALLERS] if cells["auditor"] == cells["other user"] else [*CALLERS, *ALIKE]


CELLS = [
    pytest.param(row, caller, id=f"{row}-{caller}".replace(" ", "-")) for row in QUESTIONS for caller in callers_of(row)
]


@pytest.mark.parametrize(("row", "caller"), CELLS)
def test_the_row_says_what_the_caller_is_answered(stage: Stage, row: str, caller: str) -> None:
    walk(stage, row, caller)


@pytest.mark.parametrize("caller", CALLERS)
def test_what_nobody_may_call_is_refused_to_everybody(stage: Stage, caller: str) -> None:
    cases = [Case(stage, row, stage.askers[caller], whose) for row in sorted(FOR_NOBODY) for whose in OBJECTS]
    for case, reply in zip(cases, together(cases), strict=True):
        expect(MATRIX[case.row].answers[caller][OBJECTS.index(case.whose)], case, reply)


def test_every_method_has_a_row_and_every_row_a_method() -> None:
    assert {method_of(row) for row in MATRIX} == set(METHODS) | OF_NOBODY
    assert set(METHODS) <= set(MATRIX)
    assert not set(METHODS) & OF_NOBODY


def test_every_row_is_asked_and_has_a_cell_for_everybody() -> None:
    assert not set(QUESTIONS) & FOR_NOBODY
    assert set(QUESTIONS) | FOR_NOBODY == set(MATRIX)
    for name, row in MATRIX.items():
        assert set(row.answers) == set(CALLERS), name


def test_a_row_says_why_somebody_learns_of_what_is_hidden_only_where_that_is_so() -> None:
    for name, row in MATRIX.items():
        _, others, _, absent = range(len(OBJECTS))
        learnt = any(cells[others] not in SHOWN and cells[others] != cells[absent] for cells in row.answers.values())
        assert learnt == bool(row.told), name


def always(value: object) -> Callable[..., object]:
    return lambda *_, **__: value


def anybodys(self: Filters, owner: UserId, identifier: str) -> Filter:
    return self._filters[identifier]


TAKEN_AWAY: list[tuple[object, str, object, str, str, str]] = [
    (account, "sees_account", always(True), "eth_getBalance", "user", "other's: expected FORBIDDEN"),
    (account, "sees_account", always(True), "eth_getProof", "administrator", "other's: expected FORBIDDEN"),
    (execute, "_require_own", always(None), "eth_call/from", "machine", "other's: expected NOT_OWN"),
    (execute, "_require_own", always(None), "eth_sendRawTransaction/from", "auditor", "other's: expected NOT_OWN"),
    (trace, "sees_trace", always(True), "debug_traceTransaction", "role holder", "other's: expected NO_TRANSACTION"),
    (Filters, "find", anybodys, "eth_getFilterLogs", "auditor", "other's: expected NO_FILTER"),
    (Principal, "may", always(True), "eth_getLogs", "other user", "other's: expected EMPTY"),
    (Principal, "may", always(True), "eth_getBlockByHash", "disclosure reader", "other's: expected BARE"),
    (Principal, "may", always(True), "eth_getTransactionReceipt", "role holder", "other's: expected PLACE"),
    (Principal, "may", always(False), "eth_getTransactionReceipt", "auditor", "other's: expected ANSWERED"),
    (EventRules, "allows", always(True), "eth_getTransactionByHash", "machine", "other's: expected EMPTY"),
    (refusals, "_OWN_REASONS", {}, "eth_call/from", "user", "other's: expected NOT_OWN"),
]
"""What is put in place of a check, and the first cell that is then wrong."""


@pytest.mark.parametrize(
    ("place", "name", "instead", "row", "caller", "wrong"),
    TAKEN_AWAY,
    ids=[f"{name}-{row}-{caller}".replace(" ", "-") for _, name, _, row, caller, _ in TAKEN_AWAY],
)
def test_the_walk_notices_a_check_that_is_taken_away(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    place: object,
    name: str,
    instead: object,
    row: str,
    caller: str,
    wrong: str,
) -> None:
    monkeypatch.setattr(place, name, instead)
    with pytest.raises(AssertionError, match=wrong):
        walk(stage, row, caller)
