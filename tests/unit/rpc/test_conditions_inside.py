"""Conditions hold for inner calls as for outer ones, and limits for whatever one transaction is split into.

Each test fails when its condition is taken out of the rule, and when the contract in between waives what it calls.
"""

from datetime import UTC, datetime

import pytest
from eth_abi.abi import encode

from prividium import clock
from prividium.demo.administration import add_rule
from prividium.demo.fund import call_data
from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.contracts import DELEGATECALL, REVERTS, STATICCALL, in_turn, step
from tests.unit.rpc.test_explain import explain
from tests.unit.rpc.test_rpc_execute import nonce_of
from tests.unit.rpc.test_rpc_filtered import document
from tests.unit.rpc.test_weak_points import FORBIDDEN, call, everywhere, send

GO = contracts.selector("go()")
PAY, PAY_ALL = "pay(address,uint256)", "payAll((address,uint256)[])"
CENTURY = 100 * 365 * 86_400
"""A period that does not end while a test runs."""


def outer(scene: Scene, *steps: bytes) -> str:
    """A contract that everybody may call, and that makes these calls."""
    return contracts.deploy(scene, in_turn(*steps), ("go()", "write", "public"))


def guarded(scene: Scene, signature: str, **conditions: Json) -> str:
    """A contract that takes every call, with one function that has a rule."""
    address = contracts.deploy(scene, b"\x00")
    contracts.guard(scene.administrator, address, signature, **conditions)
    return address


def argument(test: Json, index: int = 0, path: list[Json] | None = None) -> Json:
    return [{"argumentIndex": index, "path": path or [], "test": test}]


def limit(maximum: int, index: int | None = None) -> Json:
    return [{"periodSeconds": CENTURY, "maximum": str(maximum), "argumentIndex": index}]


def pay(to: str, amount: int) -> bytes:
    return call_data(PAY, to, amount)


def pay_all(*payments: tuple[str, int]) -> bytes:
    return contracts.selector(PAY_ALL) + encode(["(address,uint256)[]"], [payments])


def reason(scene: Scene, caller: Rpc, to: str) -> Json:
    """Why the call is denied, by an inner call and not by the outer one."""
    request: dict[str, Json] = {"from": caller.member.address, "to": to, "data": "0x" + GO.hex()}
    answer = explain(scene.administrator, **request)
    assert answer["decisiveStep"]
    return answer["reason"]


def passes(scene: Scene, caller: Rpc, target: str, data: bytes) -> None:
    through = outer(scene, step(target, data))
    assert everywhere_allowed(caller, through)
    assert caller.member.send(through, GO, scene.chain_id)["status"] == "0x1"


def everywhere_allowed(caller: Rpc, to: str) -> bool:
    request = call(caller, to, GO)
    answers = (
        caller.ask("eth_call", request),
        caller.ask("eth_estimateGas", request),
        caller.ask("eth_simulateV1", {"blockStateCalls": [{"calls": [request]}]}),
        caller.ask("debug_traceCall", request, "latest", {"tracer": "callTracer"}),
    )
    return all("result" in answer for answer in answers)


def is_stopped(scene: Scene, caller: Rpc, target: str, data: bytes, expected: str) -> None:
    """The call is denied as an inner one by every way to run code."""
    through = outer(scene, step(target, data, forgiving=True))
    assert everywhere(caller, call(caller, through, GO)) == [FORBIDDEN] * 4
    assert send(caller, scene, through, GO) == FORBIDDEN
    assert reason(scene, caller, through) == expected


# Arguments.


def test_the_own_wallet_is_the_signers_whoever_calls(scene: Scene, stranger: Rpc) -> None:
    target = guarded(scene, PAY, argumentConditions=argument({"type": "ownWallet"}))
    own = stranger.member.address
    passes(scene, stranger, target, pay(own, 1))
    is_stopped(scene, stranger, target, pay(scene.two.address, 1), "rule.restrict_argument.deny")
    is_stopped(scene, stranger, target, pay(scene.contracts.forwarder, 1), "rule.restrict_argument.deny")


def test_a_list_of_values_holds_inside(scene: Scene, stranger: Rpc) -> None:
    values: Json = [scene.one.address, scene.two.address]
    target = guarded(scene, PAY, argumentConditions=argument({"type": "oneOf", "values": values}))
    passes(scene, stranger, target, pay(scene.two.address, 1))
    is_stopped(scene, stranger, target, pay(stranger.member.address, 1), "rule.restrict_argument.deny")


def test_a_range_holds_inside(scene: Scene, stranger: Rpc) -> None:
    target = guarded(scene, PAY, argumentConditions=argument({"type": "between", "low": "5", "high": "9"}, 1))
    for amount in (5, 9):
        passes(scene, stranger, target, pay(scene.two.address, amount))
    for amount in (4, 10, 2**256 - 1):
        is_stopped(scene, stranger, target, pay(scene.two.address, amount), "rule.restrict_argument.deny")


def test_every_element_is_looked_at_inside(scene: Scene, stranger: Rpc) -> None:
    one, two, own = scene.one.address, scene.two.address, stranger.member.address
    conditions: list[Json] = [
        {"argumentIndex": 0, "path": ["*", 0], "test": {"type": "oneOf", "values": [one, two]}},
        {"argumentIndex": 0, "path": ["*", 1], "test": {"type": "atMost", "value": "10"}},
    ]
    target = guarded(scene, PAY_ALL, argumentConditions=conditions)
    passes(scene, stranger, target, pay_all((one, 10), (two, 1), (one, 2)))
    for payments in ([(one, 1), (own, 1), (two, 1)], [(one, 1), (two, 11)], []):
        is_stopped(scene, stranger, target, pay_all(*payments), "rule.restrict_argument.deny")


def test_arguments_in_another_encoding_are_denied_inside(scene: Scene, stranger: Rpc) -> None:
    """A second list behind the one that is looked at, to which a contract might be led by another offset."""
    one = scene.one.address
    small: Json = {"type": "atMost", "value": "10"}
    target = guarded(scene, PAY_ALL, argumentConditions=argument(small, 0, ["*", 1]))
    honest = pay_all((one, 1))
    shifted = honest[:4] + (64).to_bytes(32, "big") + bytes(32) + honest[36:]
    for data in (honest + bytes(32), shifted):
        is_stopped(scene, stranger, target, data, "rule.restrict_argument.decode_failed")


# Time.


SPANS = {"validUntil": (-10, "grant.expired"), "validFrom": (86_400, "grant.not_started")}
"""Seconds from now, and why a call is denied then."""


@pytest.mark.parametrize("case", SPANS)
def test_a_span_of_time_holds_inside(scene: Scene, stranger: Rpc, case: str) -> None:
    away, expected = SPANS[case]
    to = scene.two.address
    is_stopped(scene, stranger, guarded(scene, PAY, **{case: seconds_from_now(away)}), pay(to, 1), expected)
    passes(scene, stranger, guarded(scene, PAY, **{case: seconds_from_now(-away)}), pay(to, 1))


def seconds_from_now(away: int) -> str:
    return datetime.fromtimestamp(clock.now() + away, UTC).isoformat()


# Limits.


def refused(scene: Scene, caller: Rpc, *steps: bytes) -> None:
    """The steps in one transaction go beyond a limit."""
    through = outer(scene, *steps)
    request = call(caller, through, GO)
    assert caller.refusal("eth_estimateGas", request) == FORBIDDEN
    assert send(caller, scene, through, GO) == FORBIDDEN
    assert reason(scene, caller, through) == "limit.exceeded"


def done(scene: Scene, caller: Rpc, *steps: bytes) -> None:
    assert caller.member.send(outer(scene, *steps), GO, scene.chain_id)["status"] == "0x1"


def test_a_sum_cannot_be_split_within_a_transaction(scene: Scene, stranger: Rpc) -> None:
    target, to = guarded(scene, PAY, limits=limit(10, index=1)), scene.two.address
    refused(scene, stranger, step(target, pay(to, 11), forgiving=True))
    refused(scene, stranger, *(step(target, pay(to, 1), forgiving=True) for _ in range(11)))
    refused(scene, stranger, step(target, pay(to, 1)), step(target, pay(to, 2**256 - 1), forgiving=True))
    done(scene, stranger, step(target, pay(to, 6)), step(target, pay(to, 4)))
    refused(scene, stranger, step(target, pay(to, 1), forgiving=True))


def test_a_number_of_calls_cannot_be_split_within_a_transaction(scene: Scene, stranger: Rpc) -> None:
    target, to = guarded(scene, PAY, limits=limit(2)), scene.two.address
    one = step(target, pay(to, 1), forgiving=True)
    refused(scene, stranger, one, one, one)
    done(scene, stranger, one)
    refused(scene, stranger, one, one)
    done(scene, stranger, one)
    refused(scene, stranger, one)


def test_inner_and_outer_calls_of_several_contracts_count_together(scene: Scene, stranger: Rpc) -> None:
    target, to = guarded(scene, PAY, limits=limit(10, index=1)), scene.two.address
    deep = contracts.deploy(scene, contracts.passes_on(target), (PAY, "write", "public"))
    assert stranger.member.send(target, pay(to, 3), scene.chain_id)["status"] == "0x1"
    done(scene, stranger, step(deep, pay(to, 3)), step(target, pay(to, 3)))
    refused(scene, stranger, step(deep, pay(to, 2), forgiving=True))
    assert send(stranger, scene, target, pay(to, 2)) == FORBIDDEN
    done(scene, stranger, step(deep, pay(to, 1)))


def test_borrowed_code_counts_for_its_borrower_call_by_call(scene: Scene, stranger: Rpc) -> None:
    """A batch as many contracts offer it: it runs its own functions by delegation, each as a call of its own."""
    library, to = contracts.deploy(scene, b"\x00"), scene.two.address
    one = step(library, pay(to, 4), DELEGATECALL, forgiving=True)
    batch = contracts.deploy(scene, in_turn(one, one, one))
    contracts.guard(scene.administrator, batch, PAY, "go()", limits=limit(10, index=1))
    add_rule(scene.administrator, batch, "go()", "write", "public")
    refused(scene, stranger, step(batch, GO, forgiving=True))
    assert send(stranger, scene, batch, GO) == FORBIDDEN


def test_a_proxys_call_is_one_call(scene: Scene, stranger: Rpc) -> None:
    library, to = contracts.deploy(scene, b"\x00"), scene.two.address
    proxy = contracts.deploy(scene, contracts.minimal_proxy(library))
    contracts.guard(scene.administrator, proxy, PAY, limits=limit(2))
    one = step(proxy, pay(to, 1), forgiving=True)
    refused(scene, stranger, one, one, one)
    done(scene, stranger, one, one)
    refused(scene, stranger, one)


def test_what_reverts_is_judged_and_does_not_count(scene: Scene, stranger: Rpc) -> None:
    """Neither does it give back what counted before."""
    target, to = guarded(scene, PAY, limits=limit(10, index=1)), scene.two.address
    rule = ("go()", "write", "public")
    undone = {
        amount: step(contracts.deploy(scene, step(target, pay(to, amount)) + REVERTS, rule), GO, forgiving=True)
        for amount in (4, 6, 11)
    }
    refused(scene, stranger, undone[11])
    refused(scene, stranger, step(target, pay(to, 6)), undone[6])
    refused(scene, stranger, step(target, pay(to, 6)), undone[4], step(target, pay(to, 5), forgiving=True))
    done(scene, stranger, undone[6], undone[6], step(target, pay(to, 6)), undone[4], step(target, pay(to, 4)))
    refused(scene, stranger, step(target, pay(to, 1), forgiving=True))


def test_a_transaction_that_fails_does_not_count(scene: Scene, stranger: Rpc) -> None:
    target, to = guarded(scene, PAY, limits=limit(10, index=1)), scene.two.address
    failing = contracts.deploy(scene, step(target, pay(to, 10)) + REVERTS, ("go()", "write", "public"))
    member = stranger.member
    _, raw = member.sign_unchecked(failing, GO, scene.chain_id, nonce_of(stranger), 300_000)
    receipt = document(stranger.result("eth_sendRawTransactionSync", raw))
    assert receipt["status"] == "0x0"
    done(scene, stranger, step(target, pay(to, 10)))
    refused(scene, stranger, step(target, pay(to, 1), forgiving=True))


def test_reads_are_neither_limited_nor_counted(scene: Scene, stranger: Rpc) -> None:
    """They change nothing: a static call of the function cannot write either."""
    target, to = guarded(scene, PAY, limits=limit(10, index=1)), scene.two.address
    much, enough = outer(scene, step(target, pay(to, 99))), outer(scene, step(target, pay(to, 10)))
    for _ in range(3):
        assert stranger.result("eth_call", call(stranger, much, GO)) == "0x"
        assert stranger.result("debug_traceCall", call(stranger, much, GO), "latest", {"tracer": "callTracer"})
        assert stranger.result("eth_estimateGas", call(stranger, enough, GO))
        assert stranger.result("eth_simulateV1", {"blockStateCalls": [{"calls": [call(stranger, enough, GO)]}]})
    twice: Json = {"blockStateCalls": [{"calls": [call(stranger, enough, GO), call(stranger, enough, GO)]}]}
    assert stranger.refusal("eth_simulateV1", twice) == FORBIDDEN
    done(scene, stranger, step(target, pay(to, 99), STATICCALL), step(target, pay(to, 99), STATICCALL))
    assert stranger.member.send(enough, GO, scene.chain_id)["status"] == "0x1"
    refused(scene, stranger, step(target, pay(to, 1), forgiving=True))
