"""One test for each way in which a permissioned door has been walked around: of the product that this one follows, and
of every contract that calls another. Each fails when the check that it names is taken away.
"""

import pytest

from prividium.demo.fund import call_data
from prividium.types import Json
from tests.unit.live import Scene, new_account
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_execute import Fields, nonce_of, signed

FORBIDDEN = (-32001, "forbidden")
SECRET = bytes.fromhex("5ec2e7") * 10 + b"\x5e\xc2"
Document = dict[str, Json]


def call(rpc: Rpc, to: str | None, data: bytes = b"", **fields: Json) -> Document:
    target: Document = {} if to is None else {"to": to}
    return {"from": rpc.member.address, "data": "0x" + data.hex(), **target, **fields}


def everywhere(rpc: Rpc, request: Document) -> list[tuple[int, str]]:
    """How every method that runs code refuses it."""
    return [
        rpc.refusal("eth_call", request),
        rpc.refusal("eth_estimateGas", request),
        rpc.refusal("eth_simulateV1", {"blockStateCalls": [{"calls": [request]}]}),
        rpc.refusal("debug_traceCall", request, "latest", {"tracer": "callTracer"}),
    ]


def send(rpc: Rpc, scene: Scene, to: str, data: bytes) -> tuple[int, str]:
    raw = signed(rpc.member, scene.chain_id, to=to, nonce=nonce_of(rpc), data=data, gas=300_000)
    return rpc.refusal("eth_sendRawTransaction", raw)


def balance_of(holder: str) -> bytes:
    return call_data("balanceOf(address)", holder)


# 1. Balance oracles.


@pytest.mark.parametrize("value", ["0x0", "0x1", hex(10**18)])
def test_an_estimate_with_value_from_another_is_no_balance_oracle(scene: Scene, stranger: Rpc, value: str) -> None:
    """The check: `from` is the caller's own."""
    refusals = [
        stranger.ask(method, {"from": holder, "to": stranger.member.address, "value": value})["error"]
        for method in ("eth_estimateGas", "eth_call")
        for holder in (scene.one.address, scene.two.address, new_account().address)
    ]
    assert refusals == [refusals[0]] * len(refusals)
    assert stranger.refusal(
        "eth_estimateGas", {"from": scene.one.address, "to": scene.two.address, "value": value}
    ) == (
        -32001,
        "wallet.not_owned_by_user",
    )


def test_a_value_that_the_caller_lacks_says_nothing_about_the_receiver(scene: Scene, stranger: Rpc) -> None:
    answers = [
        stranger.ask("eth_estimateGas", call(stranger, to, value="0x1"))["error"]
        for to in (scene.one.address, scene.two.address, new_account().address)
    ]
    assert answers == [answers[0]] * 3


# 2. Empty data and fallbacks.


def test_empty_data_does_not_run_a_fallback_unjudged(scene: Scene, stranger: Rpc) -> None:
    """The check: a rule is needed for empty data too."""
    talkative = contracts.deploy(scene, contracts.answers(SECRET))
    assert everywhere(stranger, call(stranger, talkative)) == [FORBIDDEN] * 4
    assert everywhere(stranger, call(stranger, talkative, b"\x01")) == [FORBIDDEN] * 4
    assert send(stranger, scene, talkative, b"") == FORBIDDEN


# 3. `from` and overrides.


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas", "debug_traceCall", "eth_simulateV1"])
def test_nobody_calls_as_another(scene: Scene, stranger: Rpc, method: str) -> None:
    request: Document = {
        "from": scene.one.address,
        "to": scene.shares,
        "data": "0x" + balance_of(scene.one.address).hex(),
    }
    params: list[Json] = [request]
    if method == "debug_traceCall":
        params += ["latest", {"tracer": "callTracer"}]
    if method == "eth_simulateV1":
        params = [{"blockStateCalls": [{"calls": [call(stranger, None), request]}]}]
    assert stranger.refusal(method, *params) == (-32001, "wallet.not_owned_by_user")


OVERRIDES: list[tuple[str, list[Json]]] = [
    ("eth_call", ["latest", {}]),
    ("eth_estimateGas", ["latest", {}]),
    ("eth_call", ["latest", {}, {}]),
]


@pytest.mark.parametrize(("method", "rest"), OVERRIDES)
def test_state_is_never_overridden(scene: Scene, one: Rpc, method: str, rest: list[Json]) -> None:
    """Own accounts included: code in place of a wallet could read everything."""
    request = call(one, scene.shares, balance_of(scene.one.address))
    assert one.refusal(method, request, *rest) == (-32602, "state_overrides_unsupported")


@pytest.mark.parametrize("name", ["stateOverrides", "blockOverrides"])
def test_simulations_override_nothing(scene: Scene, one: Rpc, name: str) -> None:
    block: Json = {"calls": [call(one, None)], name: {"time": "0xffffffff", scene.one.address: {"code": "0x00"}}}
    assert one.refusal("eth_simulateV1", {"blockStateCalls": [block]}) == (-32602, "state_overrides_unsupported")


def test_traces_override_nothing(scene: Scene, one: Rpc) -> None:
    options: Json = {"tracer": "callTracer", "stateOverrides": {}}
    request = call(one, scene.shares, balance_of(scene.one.address))
    assert one.refusal("debug_traceCall", request, "latest", options)[0] == -32602


# 4. Nonce, gas, revert text of others.


@pytest.mark.parametrize("method", ["eth_getTransactionCount", "eth_getBalance", "eth_getCode"])
@pytest.mark.parametrize("block", ["latest", "pending", "0x1", "nonsense"])
def test_another_account_is_refused_before_anything_is_looked_at(
    scene: Scene, stranger: Rpc, method: str, block: str
) -> None:
    answers = [stranger.ask(method, address, block) for address in (scene.one.address, new_account().address)]
    assert answers[0] == answers[1]
    assert block == "nonsense" or answers[0]["error"] == {"code": -32001, "message": "forbidden", "data": "forbidden"}


def test_gas_of_anothers_transaction_is_not_told(scene: Scene, two: Rpc) -> None:
    """`two` sees a log of it, and neither its gas nor the gas of the block."""
    receipt = two.result("eth_getTransactionReceipt", scene.hashes["transfer"])
    assert isinstance(receipt, dict)
    assert (receipt["gasUsed"], receipt["cumulativeGasUsed"], receipt["effectiveGasPrice"]) == ("0x0", "0x0", "0x0")
    block = two.result("eth_getBlockByHash", receipt["blockHash"], False)
    assert isinstance(block, dict)
    assert block["gasUsed"] == "0x0"


def test_revert_text_of_a_contract_in_between_is_not_told(scene: Scene, stranger: Rpc) -> None:
    """A contract that swallows another's revert: the trace does not hand the text out."""
    angry = contracts.deploy(scene, contracts.answers(SECRET, reverts=True), ("ask()", "write", "public"))
    swallow = contracts.calls(angry, contracts.selector("ask()"))[: -len(contracts.HANDS_BACK)] + b"\x00"
    quiet = contracts.deploy(scene, swallow, ("go()", "write", "public"))
    answer = stranger.post(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "debug_traceCall",
            "params": [call(stranger, quiet, contracts.selector("go()")), "latest", {"tracer": "callTracer"}],
        }
    )
    (inner,) = answer.json()["result"]["calls"]
    assert (inner["to"], inner["error"]) == (angry, "execution reverted")
    assert SECRET.hex() not in answer.text


def test_what_an_inner_call_returned_is_not_told(scene: Scene, stranger: Rpc) -> None:
    """The check: `sees_returns`. The contract in between knows, and keeps it to itself."""
    knowing = contracts.deploy(scene, contracts.answers(SECRET), ("ask()", "write", "public"))
    discreet = contracts.calls(knowing, contracts.selector("ask()"))[: -len(contracts.HANDS_BACK)] + b"\x00"
    contract = contracts.deploy(scene, discreet, ("go()", "write", "public"))
    request = call(stranger, contract, contracts.selector("go()"))
    trace = stranger.result("debug_traceCall", request, "latest", {"tracer": "callTracer"})
    assert SECRET.hex() not in str(trace)


# 5. Headers.


def test_headers_tell_nothing_about_others(scene: Scene, stranger: Rpc) -> None:
    own = scene.stranger.address.lower()
    for number in range(int(str(stranger.result("eth_blockNumber")), 16) + 1):
        block = stranger.result("eth_getBlockByNumber", hex(number), True)
        assert isinstance(block, dict)
        if own in str(block["transactions"]):
            continue
        assert (block["gasUsed"], block["size"], block["transactions"]) == ("0x0", "0x0", [])
        constants = {str(block[name]) for name in ("transactionsRoot", "receiptsRoot", "stateRoot")}
        assert constants == {"0x" + "00" * 32}
        assert stranger.result("eth_getBlockTransactionCountByNumber", hex(number)) == "0x0"
        assert stranger.result("eth_getBlockReceipts", hex(number)) == []


# 6. Logs of others in one's own transaction.


def test_a_log_about_another_in_ones_own_transaction_is_not_shown(scene: Scene, stranger: Rpc) -> None:
    """The check: what names another person. `paid` is emitted about `two` when `stranger` sends."""
    paid, padded = (
        contracts.selector("Paid(address)").ljust(32, b"\0"),
        bytes(12) + bytes.fromhex(scene.two.address[2:]),
    )
    loud = contracts.deploy(scene, contracts.emits([paid, padded]), ("settle()", "write", "public"))
    quiet = contracts.deploy(scene, contracts.emits([paid], padded), ("settle()", "write", "public"))
    plain = contracts.deploy(scene, contracts.emits([paid]), ("settle()", "write", "public"))
    for address, shown in ((loud, 0), (quiet, 0), (plain, 1)):
        receipt = scene.stranger.send(address, contracts.selector("settle()"), scene.chain_id)
        assert isinstance(receipt["logs"], list)
        assert len(receipt["logs"]) == shown
        wanted: Json = {"fromBlock": "0x0", "address": address}
        assert len(str(stranger.result("eth_getLogs", wanted))) > 2 or not shown
        simulated = stranger.result(
            "eth_simulateV1",
            {"blockStateCalls": [{"calls": [call(stranger, address, contracts.selector("settle()"))]}]},
        )
        assert (scene.two.address[2:].lower() in str(simulated)) is False
        assert scene.two.address[2:].lower() not in str(stranger.result("eth_getLogs", wanted))


# 7. Contracts that call others.


def test_a_multicall_is_judged_inside(scene: Scene, one: Rpc) -> None:
    inner = call_data("forward(address,bytes)", scene.shares, balance_of(scene.two.address))
    assert everywhere(one, call(one, scene.contracts.forwarder, inner)) == [FORBIDDEN] * 4
    assert send(one, scene, scene.contracts.forwarder, inner) == FORBIDDEN


def test_a_multicall_of_what_one_may_do_is_allowed(scene: Scene, one: Rpc) -> None:
    inner = call_data("forward(address,bytes)", scene.shares, balance_of(scene.one.address))
    assert one.result("eth_call", call(one, scene.contracts.forwarder, inner))


def test_a_forwarder_of_a_forwarder_is_judged_to_the_end(scene: Scene, stranger: Rpc) -> None:
    rule = ("balanceOf(address)", "write", "public")
    first = contracts.deploy(scene, contracts.passes_on(scene.shares), rule)
    second = contracts.deploy(scene, contracts.passes_on(first), rule)
    assert everywhere(stranger, call(stranger, second, balance_of(scene.one.address))) == [FORBIDDEN] * 4
    assert send(stranger, scene, second, balance_of(scene.one.address)) == FORBIDDEN


def test_a_static_call_is_judged(scene: Scene, stranger: Rpc) -> None:
    rule = ("balanceOf(address)", "write", "public")
    peek = contracts.deploy(scene, contracts.passes_on(scene.shares, contracts.STATICCALL), rule)
    assert everywhere(stranger, call(stranger, peek, balance_of(scene.one.address))) == [FORBIDDEN] * 4


@pytest.mark.parametrize("opcode", [contracts.DELEGATECALL, contracts.CALLCODE])
def test_borrowed_code_is_judged_as_the_borrower(scene: Scene, stranger: Rpc, opcode: int) -> None:
    """Which has no rule for what the code is asked."""
    borrower = contracts.deploy(
        scene, contracts.calls(scene.shares, contracts.selector("totalSupply()"), opcode), ("go()", "write", "public")
    )
    assert everywhere(stranger, call(stranger, borrower, contracts.selector("go()"))) == [FORBIDDEN] * 4


def test_borrowed_code_does_not_see_the_lenders_state(scene: Scene, stranger: Rpc) -> None:
    borrower = contracts.deploy(
        scene,
        contracts.passes_on(scene.shares, contracts.DELEGATECALL),
        ("balanceOf(address)", "write", "public"),
    )
    assert stranger.result("eth_call", call(stranger, borrower, balance_of(scene.one.address))) == "0x" + "00" * 32


def test_a_callback_is_judged(scene: Scene, stranger: Rpc) -> None:
    """The contract that is called calls back where its caller could not go."""
    callback = contracts.deploy(
        scene, contracts.calls(scene.shares, balance_of(scene.one.address)), ("hook()", "write", "public")
    )
    pool = contracts.deploy(
        scene, contracts.calls(callback, contracts.selector("hook()")), ("swap()", "write", "public")
    )
    assert everywhere(stranger, call(stranger, pool, contracts.selector("swap()"))) == [FORBIDDEN] * 4
    assert send(stranger, scene, pool, contracts.selector("swap()")) == FORBIDDEN


def test_a_proxy_needs_rules_of_its_own(scene: Scene, one: Rpc) -> None:
    proxy = contracts.deploy(scene, contracts.minimal_proxy(scene.shares))
    assert everywhere(one, call(one, proxy, balance_of(scene.one.address))) == [FORBIDDEN] * 4
    contracts.allow(scene.administrator, proxy, ("balanceOf(address)", "write", "restrictArgument"))
    assert one.result("eth_call", call(one, proxy, balance_of(scene.one.address))) == "0x" + "00" * 32
    assert everywhere(one, call(one, proxy, balance_of(scene.two.address))) == [FORBIDDEN] * 4


def test_a_constructor_is_judged_inside(scene: Scene, deployer: Rpc) -> None:
    code = contracts.calls(scene.shares, balance_of(scene.one.address))
    assert deployer.result("eth_estimateGas", call(deployer, None, contracts.creation(b"\x00")))
    assert everywhere(deployer, call(deployer, None, code)) == [FORBIDDEN] * 4


def test_a_constructor_needs_the_permission_to_deploy(scene: Scene, one: Rpc) -> None:
    factory_code = bytes.fromhex("5f5f5ff000")  # CREATE(0, 0, 0)
    factory = contracts.deploy(scene, factory_code, ("make()", "write", "public"))
    assert everywhere(one, call(one, None, contracts.creation(b"\x00"))) == [FORBIDDEN] * 4
    assert everywhere(one, call(one, factory, contracts.selector("make()"))) == [FORBIDDEN] * 4


def test_delegating_ones_account_needs_the_permission_to_deploy(scene: Scene, one: Rpc) -> None:
    """EIP-7702: code in a wallet is code that nobody deployed."""
    account = scene.one.account
    authorization = account.sign_authorization(
        {"chainId": scene.chain_id, "address": bytes.fromhex(scene.shares[2:]), "nonce": nonce_of(one) + 1}
    )
    fields: Fields = {
        "type": 4,
        "chainId": scene.chain_id,
        "nonce": nonce_of(one),
        "gas": 200_000,
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "to": bytes.fromhex(scene.two.address[2:]),
        "authorizationList": [authorization],  # type: ignore[dict-item]
    }
    raw = "0x" + account.sign_transaction(fields).raw_transaction.hex().removeprefix("0x")
    assert one.refusal("eth_sendRawTransaction", raw) == FORBIDDEN
