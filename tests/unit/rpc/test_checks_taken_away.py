"""Each check is taken away, and the test that stands for it must fail: a test that cannot fail guards nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import pytest

from prividium.demo.member import Member
from prividium.permissions import visibility
from prividium.permissions.visibility import Full
from prividium.rpc import envelope, execution_params, forms, params, sockets, views
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.dispatch import Door
from prividium.rpc.filters import Filter, Filters
from prividium.rpc.handlers import account, execute, trace
from prividium.rpc.methods import METHODS, Answer
from prividium.rpc.params import Params
from prividium.rpc.subscriptions import Subscriptions
from prividium.types import Json, UserId, to_hex, to_quantity
from tests.unit.live import Scene
from tests.unit.rpc import contracts
from tests.unit.rpc import test_audit_unavailable as unrecorded
from tests.unit.rpc import test_conditions_inside as inside
from tests.unit.rpc import test_rights_unrecorded as rights
from tests.unit.rpc import test_rpc_envelope as envelopes
from tests.unit.rpc import test_rpc_filtered as filtered
from tests.unit.rpc import test_rpc_pages as pages
from tests.unit.rpc import test_rpc_sockets as wires
from tests.unit.rpc import test_rpc_traces as traces
from tests.unit.rpc import test_weak_points as weak

Patch: TypeAlias = Callable[[pytest.MonkeyPatch], None]
Case: TypeAlias = tuple[Patch, Callable[..., None], Mapping[str, object]]
"""What takes the check away, the test that must fail then, and its parameters."""


def always(value: object) -> Callable[..., object]:
    return lambda *_, **__: value


def set_to(module: object, name: str, value: object) -> Patch:
    return lambda patch: patch.setattr(module, name, value)


def _call(on: Chain, caller: Caller, values: Params) -> Json:
    return to_hex(on.ledger.call(params.simulation(values).request, judged=False))


def _estimate(on: Chain, caller: Caller, values: Params) -> Json:
    return to_quantity(on.ledger.estimate_gas(params.simulation(values).request, judged=False))


def _trace(on: Chain, caller: Caller, values: Params) -> Json:
    asked = execution_params.call_trace(values)
    frames = on.ledger.trace_call(asked.call.request, judged=False)
    return to_hex(frames[0].output)


def unjudged(method: str, run: Callable[[Chain, Caller, Params], Json]) -> Patch:
    return lambda patch: patch.setitem(METHODS, method, replace(METHODS[method], run=run, soon=None))


UNJUDGED = {
    "eth_call": unjudged("eth_call", _call),
    "eth_estimateGas": unjudged("eth_estimateGas", _estimate),
    "debug_traceCall": unjudged("debug_traceCall", _trace),
}


def overridable(method: str) -> Patch:
    """Everything after the block is ignored instead of refused."""
    whole = METHODS[method]

    def run(on: Chain, caller: Caller, values: Params) -> Answer:
        assert whole.run is not None
        return whole.run(on, caller, values[:2])

    return lambda patch: patch.setitem(METHODS, method, replace(whole, run=run, soon=None))


def _block_calls(item: Json) -> tuple[params.Simulation, ...]:
    calls = params.object_of("block", item, frozenset({"calls", "blockOverrides", "stateOverrides"}))["calls"]
    assert isinstance(calls, list)
    return tuple(params.simulation([call]) for call in calls)


def _as_if_full(view: views.SeenBlock, seen: views.SeenTransaction) -> dict[str, Json]:
    return _RECEIPT_FORM(view, replace(seen, full=True))


_RECEIPT_FORM = forms.receipt_form


def _everything(principal: object, sender: bytes, to: bytes | None, logs: Sequence[object], sight: object) -> Full:
    return Full(tuple(range(len(logs))))


def _anybodys(self: Filters, owner: UserId, identifier: str) -> Filter:
    return self._filters[identifier]


def _remove_anybodys(self: Filters, owner: UserId, identifier: str) -> bool:
    return self._filters.pop(identifier, None) is not None


async def _nobody_refused(*_: object) -> None:
    return None


def _told_all_the_same(self: Door, notes: object) -> bool:
    return True


_GUARD, _OUTER = contracts.guard, inside.outer


def _without_conditions(administrator: Member, address: str, *signatures: str, **_: Json) -> None:
    _GUARD(administrator, address, *signatures)


def _waiving(scene: Scene, *steps: bytes) -> str:
    """The contract in between has an umbrella: what it calls is not judged."""
    address = _OUTER(scene, *steps)
    listed = scene.administrator.rest("GET", f"/api/contract-permissions?contractAddress={address}")
    (rule,) = filtered.documents(listed["items"])
    body: Json = {
        "contractAddress": address,
        "functionSignature": "go()",
        "accessType": "write",
        "ruleType": "public",
        "isUmbrella": True,
    }
    scene.administrator.rest("PUT", f"/api/contract-permissions/{rule['id']}", body)
    return address


WITHOUT_CONDITIONS = set_to(contracts, "guard", _without_conditions)
WAIVED = set_to(inside, "outer", _waiving)
CONDITIONS: list[tuple[Callable[..., None], Mapping[str, object]]] = [
    (inside.test_the_own_wallet_is_the_signers_whoever_calls, {}),
    (inside.test_a_list_of_values_holds_inside, {}),
    (inside.test_a_range_holds_inside, {}),
    (inside.test_every_element_is_looked_at_inside, {}),
    (inside.test_arguments_in_another_encoding_are_denied_inside, {}),
    *((inside.test_a_span_of_time_holds_inside, {"case": case}) for case in inside.SPANS),
    (inside.test_a_sum_cannot_be_split_within_a_transaction, {}),
    (inside.test_a_number_of_calls_cannot_be_split_within_a_transaction, {}),
    (inside.test_inner_and_outer_calls_of_several_contracts_count_together, {}),
    (inside.test_borrowed_code_counts_for_its_borrower_call_by_call, {}),
    (inside.test_a_proxys_call_is_one_call, {}),
    (inside.test_what_reverts_is_judged_and_does_not_count, {}),
    (inside.test_a_transaction_that_fails_does_not_count, {}),
    (inside.test_reads_are_neither_limited_nor_counted, {}),
]

INSIDE = [
    weak.test_empty_data_does_not_run_a_fallback_unjudged,
    weak.test_a_multicall_is_judged_inside,
    weak.test_a_forwarder_of_a_forwarder_is_judged_to_the_end,
    weak.test_a_static_call_is_judged,
    weak.test_a_callback_is_judged,
    weak.test_a_proxy_needs_rules_of_its_own,
]

CASES: list[Case] = [
    *((patch, test, given) for patch in (WITHOUT_CONDITIONS, WAIVED) for test, given in CONDITIONS),
    *((patch, test, {}) for patch in UNJUDGED.values() for test in INSIDE),
    *((patch, weak.test_a_constructor_is_judged_inside, {}) for patch in UNJUDGED.values()),
    *((patch, weak.test_a_constructor_needs_the_permission_to_deploy, {}) for patch in UNJUDGED.values()),
    *((patch, weak.test_borrowed_code_is_judged_as_the_borrower, {"opcode": 0xF4}) for patch in UNJUDGED.values()),
    (
        set_to(execute, "_require_own", always(None)),
        weak.test_an_estimate_with_value_from_another_is_no_balance_oracle,
        {"value": "0x1"},
    ),
    *(
        (set_to(execute, "_require_own", always(None)), weak.test_nobody_calls_as_another, {"method": method})
        for method in ("eth_call", "eth_estimateGas", "debug_traceCall", "eth_simulateV1")
    ),
    (overridable("eth_call"), weak.test_state_is_never_overridden, {"method": "eth_call", "rest": ["latest", {}]}),
    (
        overridable("eth_estimateGas"),
        weak.test_state_is_never_overridden,
        {"method": "eth_estimateGas", "rest": ["latest", {}]},
    ),
    *(
        (set_to(execution_params, "_block_calls", _block_calls), weak.test_simulations_override_nothing, {"name": name})
        for name in ("stateOverrides", "blockOverrides")
    ),
    *(
        (
            set_to(account, "sees_account", always(True)),
            weak.test_another_account_is_refused_before_anything_is_looked_at,
            {"method": method, "block": "latest"},
        )
        for method in ("eth_getTransactionCount", "eth_getBalance", "eth_getCode")
    ),
    (set_to(forms, "receipt_form", _as_if_full), weak.test_gas_of_anothers_transaction_is_not_told, {}),
    (
        set_to(trace, "sees_returns", always(True)),
        weak.test_revert_text_of_a_contract_in_between_is_not_told,
        {},
    ),
    (set_to(trace, "sees_returns", always(True)), weak.test_what_an_inner_call_returned_is_not_told, {}),
    (set_to(views, "visible_transaction", _everything), weak.test_headers_tell_nothing_about_others, {}),
    (
        set_to(visibility, "_tells_of_others", always(False)),
        weak.test_a_log_about_another_in_ones_own_transaction_is_not_shown,
        {},
    ),
    (
        set_to(visibility, "_tells_of_others", always(False)),
        traces.test_an_inner_frame_about_another_person_is_redacted,
        {},
    ),
    (
        set_to(trace, "sees_frame", always(True)),
        traces.test_a_frame_that_only_a_waiver_allowed_is_redacted_with_all_below_it,
        {},
    ),
    (
        set_to(trace, "sees_trace", always(True)),
        traces.test_anothers_transaction_and_none_look_alike,
        {"who": "two"},
    ),
    (
        set_to(Filters, "find", _anybodys),
        pages.test_anothers_filter_and_none_look_alike,
        {"method": "eth_getFilterLogs"},
    ),
    (set_to(Filters, "remove", _remove_anybodys), pages.test_a_filter_is_removed_by_its_owner_alone, {}),
    (
        set_to(sockets.Sockets, "_refused", _nobody_refused),
        wires.test_nothing_is_taken_from_the_address,
        {"with_header": True, "path": "?token={}"},
    ),
    (
        set_to(envelope, "_object_of_different_keys", dict),
        envelopes.test_a_key_that_stands_twice_is_an_error_however_it_is_written,
        {"body": b'{"jsonrpc":"2.0","id":1,"id":1,"method":"eth_chainId"}'},
    ),
    (
        set_to(Door, "record", _told_all_the_same),
        unrecorded.test_what_cannot_be_recorded_is_not_told,
        {"failure": unrecorded.entries_are_refused},
    ),
    (set_to(Door, "record", _told_all_the_same), unrecorded.test_changes_of_a_filter_are_not_told_unrecorded, {}),
    *(
        (set_to(Caller, "unprivileged", property(lambda caller: caller)), test, {})
        for test in (
            rights.test_a_send_answers_with_what_its_sender_sees,
            rights.test_a_subscription_from_before_the_right_shows_nothing_by_it,
        )
    ),
    (
        set_to(Subscriptions, "abandon", always(None)),
        unrecorded.test_a_subscription_that_could_not_be_recorded_tells_nothing,
        {},
    ),
]


def label(case: Case) -> str:
    _, test, given = case
    values = [getattr(value, "__name__", str(value)) for value in given.values()]
    return "-".join([test.__name__.removeprefix("test_"), *values])


@pytest.mark.parametrize(("take_away", "test", "given"), CASES, ids=[label(case) for case in CASES])
def test_without_its_check_a_test_fails(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    take_away: Patch,
    test: Callable[..., None],
    given: Mapping[str, object],
) -> None:
    names = test.__code__.co_varnames[: test.__code__.co_argcount]
    fixtures = {name: request.getfixturevalue(name) for name in names if name not in given}
    take_away(monkeypatch)
    with pytest.raises((AssertionError, KeyError, pytest.fail.Exception)):
        test(**fixtures, **given)
