"""Traces: of one's own transactions and calls, with inner frames as far as they are visible."""

import pytest

from prividium.demo.fund import call_data
from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_filtered import Document, document, documents

TRACER: Json = {"tracer": "callTracer"}
GO = contracts.selector("go()")
REDACTED: Document = {
    "type": "CALL",
    "from": "0x" + "00" * 20,
    "to": "0x" + "00" * 20,
    "value": "0x0",
    "gas": "0x0",
    "gasUsed": "0x0",
    "input": "0x",
    "redacted": True,
}


def trace(rpc: Rpc, transaction_hash: str) -> Document:
    return document(rpc.result("debug_traceTransaction", transaction_hash, TRACER))


def traced_call(rpc: Rpc, to: str, data: bytes, **config: Json) -> Document:
    call: Json = {"from": rpc.member.address, "to": to, "data": "0x" + data.hex()}
    options: Json = {"tracer": "callTracer", "tracerConfig": config}
    return document(rpc.result("debug_traceCall", call, "latest", options))


def test_a_sender_sees_the_whole_frame_of_the_transaction(scene: Scene, one: Rpc) -> None:
    frame = trace(one, scene.hashes["transfer"])
    receipt = document(one.result("eth_getTransactionReceipt", scene.hashes["transfer"]))
    assert (frame["type"], frame["from"], frame["to"]) == ("CALL", scene.one.address.lower(), scene.shares)
    assert frame["input"] == "0x" + call_data("transfer(address,uint256)", scene.two.address, 300).hex()
    assert (frame["gasUsed"], frame["output"]) == (receipt["gasUsed"], "0x" + "00" * 31 + "01")
    assert "error" not in frame


def test_a_trace_is_the_same_after_its_batch_is_sealed(scene: Scene, one: Rpc, administrator: Rpc) -> None:
    before = [trace(rpc, scene.hashes[name]) for rpc, name in ((one, "transfer"), (administrator, "mint"))]
    scene.live.node.sequencer.seal_now().result(60)
    after = [trace(rpc, scene.hashes[name]) for rpc, name in ((one, "transfer"), (administrator, "mint"))]
    assert before == after


def test_a_creation_has_a_frame(scene: Scene, administrator: Rpc) -> None:
    frame = trace(administrator, scene.hashes["deploy"])
    assert (frame["type"], frame["to"]) == ("CREATE", scene.shares)


@pytest.mark.parametrize("who", ["two", "stranger"])
def test_anothers_transaction_and_none_look_alike(scene: Scene, request: pytest.FixtureRequest, who: str) -> None:
    """`two` sees a log of it, which is not enough."""
    rpc: Rpc = request.getfixturevalue(who)
    foreign, absent = (
        rpc.ask("debug_traceTransaction", asked, TRACER) for asked in (scene.hashes["transfer"], "0x" + "ab" * 32)
    )
    assert foreign == absent
    assert document(foreign["error"])["data"] == "transaction_unknown"


def test_a_full_reader_sees_every_frame(scene: Scene, administrator: Rpc) -> None:
    receipt = scene.two.send(scene.shares, call_data("transfer(address,uint256)", scene.one.address, 1), scene.chain_id)
    frame = trace(administrator, str(receipt["transactionHash"]))
    assert frame["from"] == scene.two.address.lower()


def test_an_inner_frame_that_one_may_make_oneself_is_shown_without_its_answer(scene: Scene, one: Rpc) -> None:
    own = call_data("balanceOf(address)", scene.one.address)
    frame = traced_call(one, scene.contracts.forwarder, call_data("forward(address,bytes)", scene.shares, own))
    (inner,) = documents(frame["calls"])
    assert (inner["to"], inner["input"]) == (scene.shares, "0x" + own.hex())
    assert "output" not in inner
    assert "output" in frame


def test_a_frame_that_only_a_waiver_allowed_is_redacted_with_all_below_it(scene: Scene, stranger: Rpc) -> None:
    hidden = contracts.deploy(scene, contracts.calls(scene.shares, call_data("totalSupply()")))
    outer = contracts.deploy(scene, contracts.calls(hidden, GO))
    functions: list[Json] = [
        {"type": "function", "name": "go", "inputs": [], "outputs": [], "stateMutability": "nonpayable"}
    ]
    administrator = scene.administrator
    administrator.rest("POST", "/api/contracts", {"contractAddress": outer, "name": "Waived", "abi": functions})
    rule: Json = {
        "contractAddress": outer,
        "functionSignature": "function go()",
        "accessType": "write",
        "ruleType": "public",
        "roles": [],
        "argumentRestrictions": [],
        "isUmbrella": True,
    }
    administrator.rest("POST", "/api/contract-permissions", rule)
    frame = traced_call(stranger, outer, GO)
    assert frame["calls"] == [REDACTED]
    receipt = scene.stranger.send(outer, GO, scene.chain_id)
    assert trace(stranger, str(receipt["transactionHash"]))["calls"] == [REDACTED]
    (middle,) = documents(trace(Rpc(administrator), str(receipt["transactionHash"]))["calls"])
    assert (middle["to"], documents(middle["calls"])[0]["to"]) == (hidden, scene.shares)


def test_an_inner_frame_about_another_person_is_redacted(scene: Scene, one: Rpc) -> None:
    """The policy lets anybody make the call; the trace does not tell whom the contract makes it for."""
    register = contracts.deploy(scene, b"\x00", ("note(address)", "write", "public"))
    note = contracts.selector("note(address)") + bytes(12) + bytes.fromhex(scene.two.address[2:])
    outer = contracts.deploy(scene, contracts.calls(register, note), ("go()", "write", "public"))
    frame = traced_call(one, outer, GO)
    assert frame["calls"] == [REDACTED]
    assert scene.two.address[2:].lower() not in str(frame)


def test_a_creation_inside_is_redacted_for_others(scene: Scene, administrator: Rpc) -> None:
    factory = contracts.deploy(scene, bytes.fromhex("5f5f5ff000"), ("go()", "write", "public"))
    frame = traced_call(administrator, factory, GO)
    assert [inner["type"] for inner in documents(frame["calls"])] == ["CREATE"]


def test_only_the_top_call_is_shown_if_asked_for(scene: Scene, one: Rpc) -> None:
    own = call_data("balanceOf(address)", scene.one.address)
    data = call_data("forward(address,bytes)", scene.shares, own)
    assert "calls" not in traced_call(one, scene.contracts.forwarder, data, onlyTopCall=True)


def test_a_revert_of_the_call_itself_is_shown(scene: Scene, one: Rpc) -> None:
    angry = contracts.deploy(scene, contracts.answers(b"\x11" * 32, reverts=True), ("go()", "write", "public"))
    frame = traced_call(one, angry, GO)
    assert (frame["error"], frame["output"]) == ("execution reverted", "0x" + "11" * 32)


def test_a_traced_call_is_denied_as_the_call_is(scene: Scene, one: Rpc, stranger: Rpc) -> None:
    for rpc, to, data in (
        (one, scene.shares, call_data("balanceOf(address)", scene.two.address)),
        (stranger, scene.unregistered, call_data("totalSupply()")),
        (stranger, scene.two.address, b""),
    ):
        call: Json = {"from": rpc.member.address, "to": to, "data": "0x" + data.hex()}
        assert rpc.refusal("debug_traceCall", call, "latest", TRACER) == (-32001, "forbidden")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tracer": "prestateTracer"},
        {"tracer": "{step: function() {}}"},
        {"tracer": "callTracer", "tracerConfig": {"withLog": True}},
        {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": 1}},
        {"tracer": "callTracer", "tracerConfig": {"diffMode": True}},
        {"tracer": "callTracer", "reexec": 1},
        "callTracer",
    ],
)
def test_other_tracers_are_named(scene: Scene, one: Rpc, options: Json) -> None:
    assert one.refusal("debug_traceTransaction", scene.hashes["transfer"], options)[0] == -32602


def test_no_more_than_a_few_traces_run_at_once(scene: Scene, one: Rpc) -> None:
    from prividium.app import build_chain
    from prividium.identity.sessions import authenticate
    from prividium.rpc.chain import TRACES_AT_ONCE_MAX, Caller
    from prividium.rpc.envelope import RpcError
    from prividium.rpc.execution_params import TraceOptions, TransactionTrace
    from prividium.rpc.handlers.trace import trace_transaction
    from prividium.types import parse_hash

    node = scene.live.node
    with node.database.read() as session:
        caller = Caller(authenticate(session, scene.one.token))
    chain = build_chain(node)
    asked = TransactionTrace(parse_hash(scene.hashes["transfer"]), TraceOptions(only_top=False))
    for _ in range(TRACES_AT_ONCE_MAX):
        assert chain.tracing.acquire(blocking=False)
    with pytest.raises(RpcError) as refused:
        trace_transaction(chain, caller, asked)
    assert refused.value.reason == "traces_busy"
    chain.tracing.release()
    for _ in range(TRACES_AT_ONCE_MAX + 1):
        assert trace_transaction(chain, caller, asked)
