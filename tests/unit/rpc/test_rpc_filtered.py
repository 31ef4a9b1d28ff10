"""Transactions, receipts, blocks and logs: what concerns the caller, numbered as if there were nothing else."""

from dataclasses import replace
from typing import cast

import pytest

from prividium.app import build_chain
from prividium.demo.fund import call_data
from prividium.identity.sessions import authenticate
from prividium.rpc.chain import Caller
from prividium.rpc.envelope import RpcError
from prividium.rpc.handlers.logs import logs
from prividium.rpc.log_params import LogFilter
from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc.conftest import Rpc

ZERO_ADDRESS = "0x" + "00" * 20
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
Document = dict[str, Json]


def document(answer: Json) -> Document:
    assert isinstance(answer, dict)
    return answer


def documents(answer: Json) -> list[Document]:
    assert isinstance(answer, list)
    return [document(item) for item in answer]


def topic(address: str) -> str:
    return "0x" + "00" * 12 + address[2:].lower()


@pytest.mark.parametrize("method", ["eth_getTransactionByHash", "eth_getTransactionReceipt"])
def test_a_foreign_transaction_looks_like_one_that_does_not_exist(scene: Scene, stranger: Rpc, method: str) -> None:
    foreign, absent = stranger.ask(method, scene.hashes["transfer"]), stranger.ask(method, "0x" + "ab" * 32)
    assert foreign == absent == {"jsonrpc": "2.0", "id": 1, "result": None}


def test_the_sender_sees_the_transaction_and_its_receipt_in_full(scene: Scene, one: Rpc) -> None:
    shown = document(one.result("eth_getTransactionByHash", scene.hashes["transfer"]))
    expected = "0x" + call_data("transfer(address,uint256)", scene.two.address, 300).hex()
    assert (shown["from"], shown["to"], shown["input"]) == (scene.one.address.lower(), scene.shares, expected)
    assert (shown["transactionIndex"], shown["chainId"]) == ("0x0", hex(scene.chain_id))
    receipt = document(one.result("eth_getTransactionReceipt", scene.hashes["transfer"]))
    assert (receipt["status"], receipt["effectiveGasPrice"], receipt["contractAddress"]) == ("0x1", "0x0", None)
    assert receipt["gasUsed"] == receipt["cumulativeGasUsed"] != "0x0"
    assert [log["topics"] for log in documents(receipt["logs"])] == [
        [TRANSFER, topic(scene.one.address), topic(scene.two.address)]
    ]


def test_who_sees_only_a_log_sees_where_it_is_and_nothing_else(scene: Scene, two: Rpc) -> None:
    shown = document(two.result("eth_getTransactionByHash", scene.hashes["transfer"]))
    hidden = {"from": ZERO_ADDRESS, "to": ZERO_ADDRESS, "input": "0x", "value": "0x0", "nonce": "0x0", "gas": "0x0"}
    assert {name: shown[name] for name in hidden} == hidden
    assert (shown["r"], shown["s"], shown["v"]) == ("0x0", "0x0", "0x0")
    receipt = document(two.result("eth_getTransactionReceipt", scene.hashes["transfer"]))
    assert (receipt["from"], receipt["to"], receipt["gasUsed"]) == (ZERO_ADDRESS, ZERO_ADDRESS, "0x0")
    assert len(documents(receipt["logs"])) == 1


def test_a_recipient_of_minted_shares_does_not_learn_who_issued_them(scene: Scene, one: Rpc) -> None:
    receipt = one.result("eth_getTransactionReceipt", scene.hashes["mint"])
    assert scene.administrator.address[2:].lower() not in str(receipt)


def test_blocks_show_only_what_the_caller_sees(scene: Scene, one: Rpc, stranger: Rpc) -> None:
    number = document(one.result("eth_getTransactionReceipt", scene.hashes["transfer"]))["blockNumber"]
    mine = document(one.result("eth_getBlockByNumber", number, True))
    theirs = document(stranger.result("eth_getBlockByNumber", number, True))
    assert [item["hash"] for item in documents(mine["transactions"])] == [scene.hashes["transfer"]]
    assert theirs["transactions"] == []
    assert (theirs["gasUsed"], mine["gasUsed"] != "0x0") == ("0x0", True)
    assert mine["hash"] == theirs["hash"]
    by_hash = document(one.result("eth_getBlockByHash", mine["hash"], False))
    assert by_hash["transactions"] == [scene.hashes["transfer"]]


def test_header_fields_that_tell_about_others_are_constants(scene: Scene, stranger: Rpc) -> None:
    count = int(str(stranger.result("eth_blockNumber")), 16)
    varying = {"number", "hash", "parentHash", "timestamp"}
    blocks = [document(stranger.result("eth_getBlockByNumber", hex(number), False)) for number in range(count + 1)]
    headers = [block for block in blocks if not block["transactions"]]
    assert len(headers) > 3
    constant = [{name: value for name, value in header.items() if name not in varying} for header in headers]
    assert all(header == constant[0] for header in constant)
    assert int(str(constant[0]["logsBloom"]), 16) == 0


def test_counts_of_a_block_are_counts_of_what_is_seen(scene: Scene, one: Rpc, stranger: Rpc) -> None:
    receipt = document(one.result("eth_getTransactionReceipt", scene.hashes["transfer"]))
    by_number = ("eth_getBlockTransactionCountByNumber", receipt["blockNumber"])
    by_hash = ("eth_getBlockTransactionCountByHash", receipt["blockHash"])
    assert [one.result(*by_number), one.result(*by_hash)] == ["0x1", "0x1"]
    assert [stranger.result(*by_number), stranger.result(*by_hash)] == ["0x0", "0x0"]


@pytest.mark.parametrize("block", ["0xffffff", "0x" + "cd" * 32])
def test_a_block_that_does_not_exist_is_null(one: Rpc, block: str) -> None:
    method = "eth_getBlockByHash" if len(block) == 66 else "eth_getBlockByNumber"
    assert one.result(method, block, False) is None


def test_the_genesis_is_a_block(one: Rpc) -> None:
    genesis = document(one.result("eth_getBlockByNumber", "earliest", False))
    assert (genesis["number"], genesis["transactions"]) == ("0x0", [])


def test_logs_are_those_that_the_caller_may_see(scene: Scene, one: Rpc, two: Rpc, stranger: Rpc) -> None:
    everything: Json = {"fromBlock": "earliest", "toBlock": "latest"}
    seen = documents(one.result("eth_getLogs", everything))
    assert {log["transactionHash"] for log in seen} >= {scene.hashes["mint"], scene.hashes["transfer"]}
    assert all(topic(scene.one.address) in cast(list[str], log["topics"]) for log in seen)
    theirs = {log["transactionHash"] for log in documents(two.result("eth_getLogs", everything))}
    assert scene.hashes["transfer"] in theirs
    assert scene.hashes["mint"] not in theirs
    assert stranger.result("eth_getLogs", everything) == []


def test_a_holder_of_every_permission_sees_all_logs(scene: Scene, administrator: Rpc) -> None:
    found = documents(administrator.result("eth_getLogs", {"fromBlock": "earliest", "address": scene.shares}))
    assert {scene.hashes["mint"], scene.hashes["transfer"]} <= {log["transactionHash"] for log in found}


def test_logs_of_receipts_and_of_eth_getlogs_have_the_same_numbers(scene: Scene, one: Rpc) -> None:
    receipt = document(one.result("eth_getTransactionReceipt", scene.hashes["transfer"]))
    block: Json = {"blockHash": receipt["blockHash"]}
    assert one.result("eth_getLogs", block) == receipt["logs"]


def test_logs_are_filtered_by_contract_and_topics(scene: Scene, one: Rpc) -> None:
    span: Document = {"fromBlock": "0x0", "toBlock": "latest"}
    sent: Json = {**span, "address": scene.shares, "topics": [TRANSFER, topic(scene.one.address)]}
    assert scene.hashes["transfer"] in {log["transactionHash"] for log in documents(one.result("eth_getLogs", sent))}
    received: Json = {**span, "topics": [None, None, [topic(scene.one.address), topic(scene.two.address)]]}
    hashes = {log["transactionHash"] for log in documents(one.result("eth_getLogs", received))}
    assert {scene.hashes["mint"], scene.hashes["transfer"]} <= hashes
    assert one.result("eth_getLogs", {**span, "topics": [TRANSFER, None, None, "0x" + "00" * 32]}) == []
    assert one.result("eth_getLogs", {**span, "address": scene.contracts.forwarder}) == []


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"fromBlock": "0x2", "toBlock": "0x1"}, "params_invalid"),
        ({"blockHash": "0x" + "ab" * 32}, "block_unknown"),
        ({"blockHash": "0x" + "ab" * 32, "fromBlock": "0x0"}, "params_invalid"),
        ({"topics": ["0x12"]}, "invalid_hex"),
        ({"topics": [None] * 5}, "params_invalid"),
        ({"address": "me"}, "invalid_hex"),
        ({"owner": "me"}, "params_invalid"),
    ],
)
def test_wrong_filters_are_named(one: Rpc, wanted: Json, reason: str) -> None:
    assert one.refusal("eth_getLogs", wanted) == (-32602, reason)


@pytest.mark.parametrize(
    ("limit", "reason"), [("block_range_max", "block_range_too_wide"), ("logs_max", "too_many_logs")]
)
def test_wide_ranges_and_long_answers_are_refused(scene: Scene, limit: str, reason: str) -> None:
    node = scene.live.node
    with node.database.read() as session:
        caller = Caller(authenticate(session, scene.one.token))
    wanted = LogFilter(None, "earliest", "latest", frozenset(), ())
    chain = build_chain(node)
    assert logs(chain, caller, wanted)
    narrow = replace(chain.limits, **{limit: 1})  # type: ignore[arg-type]
    with pytest.raises(RpcError) as refused:
        logs(replace(chain, limits=narrow), caller, wanted)
    assert refused.value.reason == reason


def test_a_person_with_full_read_access_sees_everything(scene: Scene) -> None:
    from prividium.demo.administration import assign_role, create_role

    auditor = scene.live.arrive("auditor")
    assign_role(scene.administrator, auditor, create_role(scene.administrator, "reader", ["full_read_access"]))
    try:
        reader = Rpc(auditor)
        shown = document(reader.result("eth_getTransactionByHash", scene.hashes["transfer"]))
        assert shown["from"] == scene.one.address.lower()
        assert reader.result("eth_getBalance", scene.one.address, "latest") == "0x0"
        assert len(documents(reader.result("eth_getLogs", {"fromBlock": "earliest"}))) >= 3
    finally:
        profile = auditor.rest("GET", "/api/profiles/me")
        scene.administrator.rest("PUT", f"/api/users/{profile['id']}/roles", {"roles": []})


def test_positions_in_a_shared_block_count_only_what_is_seen(scene: Scene, administrator: Rpc) -> None:
    """Both send at once; whoever lands second is still first to itself."""
    members = (scene.one, scene.two)
    raws = []
    for member, other in ((scene.one, scene.two), (scene.two, scene.one)):
        data = call_data("transfer(address,uint256)", other.address, 1)
        nonce = int(str(member.rpc("eth_getTransactionCount", member.address, "pending")), 16)
        raws.append(member.sign_unchecked(scene.shares, data, scene.chain_id, nonce, 100_000))
    node = scene.live.node
    answers = [node.sequencer.submit(bytes.fromhex(raw[2:])) for _, raw in raws]
    for answer in answers:
        answer.result(10)
    receipts = [member.receipt(transaction_hash) for member, (transaction_hash, _) in zip(members, raws, strict=True)]
    if receipts[0]["blockHash"] != receipts[1]["blockHash"]:
        pytest.skip("the two transactions came into different blocks")
    for member, receipt in zip(members, receipts, strict=True):
        block = document(member.rpc("eth_getBlockByHash", receipt["blockHash"], True))
        own = [item for item in documents(block["transactions"]) if item["from"] == member.address.lower()]
        assert block["gasUsed"] == receipt["gasUsed"] == receipt["cumulativeGasUsed"]
        assert len(own) == 1
