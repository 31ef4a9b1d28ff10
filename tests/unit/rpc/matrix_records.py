"""Rows of the matrix about what the chain keeps: transactions, receipts, blocks, logs and traces."""

from prividium.rpc.forms import ZERO_ADDRESS, ZERO_BLOOM, ZERO_HASH
from prividium.types import Json, parse_hash, to_hex
from tests.unit.rpc.matrix_questions import NEVER, TRACER, Case, Pair, Question, Reply, constant, picked
from tests.unit.rpc.matrix_scene import NOTE
from tests.unit.rpc.test_rpc_filtered import Document, document, documents


def sender_of(case: Case) -> str:
    assert case.thing.owner is not None
    return case.thing.owner.address.lower()


def gas_of(case: Case) -> str:
    receipt = case.ledger.receipt(parse_hash(case.thing.sent.hash))
    assert receipt is not None
    return hex(receipt.gas_used)


def _content(case: Case) -> Document:
    return {"from": sender_of(case), "to": case.thing.write.to, "input": to_hex(case.thing.write.data)}


def _place(case: Case) -> Document:
    sent = case.thing.sent
    return {"blockHash": sent.block_hash, "blockNumber": sent.block, "transactionIndex": "0x0"}


# a transaction


def _transaction(case: Case, shown: Json) -> Pair:
    return picked(shown, {"hash": case.thing.sent.hash, **_place(case), **_content(case)})


def _redacted_transaction(case: Case) -> Document:
    numbers: Document = dict.fromkeys(("type", "nonce", "value", "gas", "gasPrice", "v", "r", "s"), "0x0")
    hidden: Document = {"from": ZERO_ADDRESS, "to": ZERO_ADDRESS, "input": "0x", **numbers}
    return {"hash": case.thing.sent.hash, "chainId": hex(case.stage.scene.chain_id), **hidden, **_place(case)}


def _waiting(case: Case, reply: Reply) -> Pair:
    right: Document = {"hash": case.thing.waiting, "to": case.stage.board, "blockHash": None, "nonce": "0x1"}
    return picked(reply.result, right)


def _trace(case: Case, reply: Reply) -> Pair:
    return picked(reply.result, {"type": "CALL", **_content(case), "output": "0x", "gasUsed": gas_of(case)})


# a receipt


def log_of(case: Case) -> Document:
    sent = case.thing.sent
    return {
        "address": case.stage.board,
        "topics": [to_hex(NOTE)],
        "data": "0x",
        "blockNumber": sent.block,
        "blockHash": sent.block_hash,
        "transactionHash": sent.hash,
        "transactionIndex": "0x0",
        "logIndex": "0x0",
        "removed": False,
    }


def logs_shown(shown: Json) -> list[Document]:
    """Without the time, which is the block's."""
    return [{name: value for name, value in log.items() if name != "blockTimestamp"} for log in documents(shown)]


def _receipt(case: Case, shown: Json) -> Pair:
    found = document(shown)
    sender_and_gas: Document = {"from": sender_of(case), "to": case.stage.board, "gasUsed": gas_of(case)}
    right: Document = {"transactionHash": case.thing.sent.hash, "status": "0x1", **_place(case), **sender_and_gas}
    picked_ones, wanted = picked(shown, right)
    return (picked_ones, logs_shown(found["logs"])), (wanted, [log_of(case)])


def _redacted_receipt(case: Case, shown: Json) -> Pair:
    numbers: Document = dict.fromkeys(("cumulativeGasUsed", "gasUsed", "effectiveGasPrice", "type"), "0x0")
    people: Document = {"from": ZERO_ADDRESS, "to": ZERO_ADDRESS, "contractAddress": None}
    place: Document = {"transactionHash": case.thing.sent.hash, "status": "0x1", **_place(case)}
    right = {**place, **people, **numbers, "logsBloom": ZERO_BLOOM, "logs": [log_of(case)]}
    return {**document(shown), "logs": logs_shown(document(shown)["logs"])}, right


# a block


def _header(case: Case, gas_used: str) -> Document:
    constants: Document = {"logsBloom": ZERO_BLOOM, "stateRoot": ZERO_HASH, "receiptsRoot": ZERO_HASH, "size": "0x0"}
    sent = case.thing.sent
    return {"number": sent.block, "hash": sent.block_hash, "gasUsed": gas_used, **constants}


def _block(case: Case, reply: Reply) -> Pair:
    header, right_header = picked(reply.result, _header(case, gas_of(case)))
    (shown,) = documents(document(reply.result)["transactions"])
    transaction, right = _transaction(case, shown)
    return (header, transaction), (right_header, right)


def _place_of_block(case: Case, reply: Reply) -> Pair:
    return picked(reply.result, {**_header(case, "0x0"), "transactions": [_redacted_transaction(case)]})


def _bare_block(case: Case, reply: Reply) -> Pair:
    return picked(reply.result, {**_header(case, "0x0"), "transactions": []})


def _receipts(case: Case, reply: Reply) -> Pair:
    (shown,) = documents(reply.result)
    return _receipt(case, shown)


def _redacted_receipts(case: Case, reply: Reply) -> Pair:
    (shown,) = documents(reply.result)
    return _redacted_receipt(case, shown)


# logs


def log_filter(case: Case) -> Document:
    """Logs of the object; for what is absent, of an address without code, in every block."""
    if case.thing.owner is None:
        return {"address": case.thing.emitter, "fromBlock": "0x0", "toBlock": "latest"}
    return {"address": case.thing.emitter, "fromBlock": case.thing.sent.block, "toBlock": case.thing.sent.block}


def the_log(case: Case, reply: Reply) -> Pair:
    return logs_shown(reply.result), [log_of(case)]


def _page(case: Case, reply: Reply) -> Pair:
    page = document(reply.result)
    return (logs_shown(page["logs"]), page["cursor"]), ([log_of(case)], None)


NO_PAGE: Json = {"logs": [], "cursor": None}


def _of_hash(place: str) -> Question:
    """A transaction, found by its place or hash."""
    places = {
        "hash": lambda case: case.ask(case.thing.sent.hash),
        "number": lambda case: case.ask(case.thing.sent.block, "0x0"),
        "block hash": lambda case: case.ask(case.thing.sent.block_hash, "0x0"),
    }
    return Question(
        places[place],
        lambda case, reply: _transaction(case, reply.result),
        place=lambda case, reply: (reply.result, _redacted_transaction(case)),
    )


def _number(case: Case) -> str:
    return case.thing.sent.block


def _hash(case: Case) -> str:
    return case.thing.sent.block_hash


_COUNTS = (constant("0x1"), constant(None), constant("0x1"), constant("0x0"))
RECORDS: dict[str, Question] = {
    "eth_getTransactionByHash": _of_hash("hash"),
    "eth_getTransactionByBlockNumberAndIndex": _of_hash("number"),
    "eth_getTransactionByBlockHashAndIndex": _of_hash("block hash"),
    "eth_getTransactionByHash/waiting": Question(lambda case: case.ask(case.thing.waiting), _waiting),
    "eth_getTransactionReceipt/waiting": Question(lambda case: case.ask(case.thing.waiting), NEVER),
    "debug_traceTransaction": Question(lambda case: case.ask(case.thing.sent.hash, TRACER), _trace),
    "eth_getTransactionReceipt": Question(
        lambda case: case.ask(case.thing.sent.hash),
        lambda case, reply: _receipt(case, reply.result),
        place=lambda case, reply: _redacted_receipt(case, reply.result),
    ),
    "eth_getBlockReceipts": Question(
        lambda case: case.ask(_number(case)), _receipts, place=_redacted_receipts, bare=constant([])
    ),
    "eth_getBlockByNumber": Question(
        lambda case: case.ask(_number(case), True), _block, place=_place_of_block, bare=_bare_block
    ),
    "eth_getBlockByHash": Question(
        lambda case: case.ask(_hash(case), True), _block, place=_place_of_block, bare=_bare_block
    ),
    "eth_getBlockTransactionCountByNumber": Question(lambda case: case.ask(_number(case)), *_COUNTS),
    "eth_getBlockTransactionCountByHash": Question(lambda case: case.ask(_hash(case)), *_COUNTS),
    "eth_getLogs": Question(lambda case: case.ask(log_filter(case)), the_log, constant([])),
    "eth_getLogs/pages": Question(
        lambda case: case.ask({**log_filter(case), "limit": "0x1"}), _page, constant(NO_PAGE)
    ),
}
