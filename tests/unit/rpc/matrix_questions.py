"""How rows of the matrix are asked, and what an answer must hold: what the store, the fund and the scene know.

Here are those about state: addresses, calls and sent transactions.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from eth_utils.crypto import keccak

from prividium._core import CallRequest, Ledger
from prividium.demo.fund import call_data
from prividium.demo.member import Member
from prividium.types import Json, parse_address, to_hex
from tests.unit.live import new_account
from tests.unit.rpc.matrix import MATRIX, method_of
from tests.unit.rpc.matrix_scene import GAS, NOTE, SYNC_MS, Asker, Calling, Stage, Thing, sent
from tests.unit.rpc.test_rpc_filtered import Document, document, documents

TRACER: Json = {"tracer": "callTracer"}

Pair: TypeAlias = tuple[object, object]
"""What was found, and what is right."""


@dataclass(frozen=True)
class Reply:
    body: bytes
    seen: Json = None
    """What else is known of it: the hash of what was done for the question, for example."""

    @property
    def whole(self) -> Document:
        return document(json.loads(self.body))

    @property
    def result(self) -> Json:
        assert "error" not in self.whole, self.body
        return self.whole["result"]


@dataclass(frozen=True)
class Case:
    """One cell: who asks which row about what."""

    stage: Stage
    row: str
    asker: Asker
    whose: str

    @property
    def thing(self) -> Thing:
        return self.stage.thing(self.asker, self.whose)

    @property
    def me(self) -> str:
        return self.asker.own.wallet

    @property
    def ledger(self) -> Ledger:
        return self.stage.live.node.ledger

    def ask(self, *params: Json) -> Reply:
        return Reply(posted(self.asker.member, method_of(self.row), *params))

    def act(self) -> Document:
        """The owner does again what the object is about; the receipt. Nobody can do anything with what is absent, so
        there somebody does something else.
        """
        thing = self.thing if self.thing.owner is not None else self.stage.public
        assert thing.owner is not None
        return sent(self.stage.scene, thing.owner, thing.write.to, thing.write.data)


@dataclass(frozen=True)
class Question:
    ask: Callable[[Case], Reply]
    whole: Callable[[Case, Reply], Pair]
    """ANSWERED holds this."""
    empty: Callable[[Case, Reply], Pair] = lambda case, reply: (reply.result, None)
    place: Callable[[Case, Reply], Pair] | None = None
    bare: Callable[[Case, Reply], Pair] | None = None


def together(cases: Sequence[Case]) -> list[Reply]:
    """As asking each by itself, about a wallet: one batch, so that the audit trail takes all refusals at once."""
    body: list[Json] = [_request(method_of(case.row), case.thing.wallet) for case in cases]
    answers = cases[0].asker.member.http.post("/rpc", json=body).json()
    return [Reply(as_sent(answer)) for answer in answers]


def as_sent(answer: Json) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def _request(method: str, *params: Json) -> Document:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}


def posted(member: Member, method: str, *params: Json) -> bytes:
    answer = member.http.post("/rpc", json=_request(method, *params))
    assert answer.status_code == 200
    return answer.content


def constant(value: Json) -> Callable[[Case, Reply], Pair]:
    return lambda case, reply: (reply.result, value)


NEVER = constant("no answer is right: nobody is answered")


def picked(shown: Json, wanted: Mapping[str, object]) -> Pair:
    """Those fields of the answer that are known otherwise."""
    found = document(shown)
    return {name: found.get(name) for name in wanted}, dict(wanted)


def word(number: int) -> str:
    return to_hex(number.to_bytes(32, "big"))


# nothing to do with anybody


def _told(params: list[Json], right: Callable[[Case], Json]) -> Question:
    return Question(lambda case: case.ask(*params), lambda case, reply: (reply.result, right(case)))


def _fees(case: Case) -> Json:
    return {"oldestBlock": hex(case.ledger.head().number), "baseFeePerGas": ["0x0", "0x0"], "gasUsedRatio": [0.0]}


PLAIN: dict[str, Question] = {
    "eth_chainId": _told([], lambda case: hex(case.stage.scene.chain_id)),
    "net_version": _told([], lambda case: str(case.stage.scene.chain_id)),
    "web3_clientVersion": _told([], lambda case: f"Prividium/v{case.stage.live.node.version}"),
    "eth_gasPrice": _told([], lambda case: "0x0"),
    "eth_blockNumber": _told([], lambda case: hex(case.ledger.head().number)),
    "eth_maxPriorityFeePerGas": _told([], lambda case: "0x0"),
    "eth_feeHistory": _told(["0x1", "latest", []], _fees),
    "eth_syncing": _told([], lambda case: False),
    "eth_coinbase": _told([], lambda case: to_hex(case.ledger.head().beneficiary)),
    "eth_protocolVersion": _told([], lambda case: "0x0"),
    "eth_accounts": _told([], lambda case: [*sorted(case.asker.wallets)]),
    "web3_sha3": _told(["0x616263"], lambda case: to_hex(keccak(text="abc"))),
}


# addresses


def _nonce(case: Case, reply: Reply) -> Pair:
    right = case.ledger.nonce(parse_address(case.thing.wallet.lower()), True)
    return (reply.result, right > 0), (hex(right), True)


def _proof(case: Case, reply: Reply) -> Pair:
    (slot,) = documents(document(reply.result)["storageProof"])
    shown = document(reply.result)["address"], document(reply.result)["account"] is not None, slot["value"]
    return shown, (case.thing.contract, True, word(case.thing.word))


def _no_proof(case: Case, reply: Reply) -> Pair:
    absent: Json = [{"key": word(0), "value": word(0), "salt": None, "proof": None}]
    return picked(reply.result, {"account": None, "accountProof": None, "storageProof": absent})


ADDRESSES: dict[str, Question] = {
    "eth_getBalance": Question(
        lambda case: case.ask(case.thing.wallet, "latest"),
        lambda case, reply: (reply.result, hex(case.thing.balance)),
        constant("0x0"),
    ),
    "eth_getTransactionCount": Question(lambda case: case.ask(case.thing.wallet, "pending"), _nonce, constant("0x0")),
    "eth_getCode": Question(
        lambda case: case.ask(case.thing.contract, "latest"),
        lambda case, reply: (reply.result, to_hex(case.thing.code)),
        constant("0x"),
    ),
    "eth_getStorageAt": Question(
        lambda case: case.ask(case.thing.contract, "0x0"),
        lambda case, reply: (reply.result, word(case.thing.word)),
        constant(word(0)),
    ),
    "eth_getProof": Question(lambda case: case.ask(case.thing.contract, ["0x0"]), _proof, _no_proof),
}


# calls


def side_of(row: str) -> str:
    """The side of the method that the row is about; empty for the whole."""
    return row.partition("/")[2]


def _calling(case: Case) -> Calling:
    side = side_of(case.row)
    if side == "unregistered" and case.whose == "absent":
        return Calling(case.stage.scene.unregistered, call_data("decimals()"))
    thing = case.stage.public if side == "from" else case.thing
    return thing.read if side == "reads" or method_of(case.row) in ("eth_call", "debug_traceCall") else thing.write


def _signer(case: Case) -> Member:
    """Who signs, or would: oneself, but where the sender is what the row is about."""
    oneself, others = case.asker.own.owner, case.asker.others.owner
    assert oneself is not None and others is not None
    if side_of(case.row) != "from":
        return oneself
    nobody = replace(oneself, account=new_account())
    return {"own": oneself, "other's": others, "public": case.stage.clerk, "absent": nobody}[case.whose]


def _call(case: Case) -> Document:
    calling = _calling(case)
    return {"from": _signer(case).address, "to": calling.to, "data": to_hex(calling.data)}


def _frame(case: Case, reply: Reply) -> Pair:
    calling = _calling(case)
    right = {"from": case.me.lower(), "to": calling.to, "input": to_hex(calling.data), "output": to_hex(calling.answer)}
    return picked(reply.result, right)


def _estimate(case: Case, reply: Reply) -> Pair:
    calling = _calling(case)
    sender, to = (parse_address(address.lower()) for address in (case.me, calling.to))
    request = CallRequest(sender, to, calling.data, 0, None)
    return reply.result, hex(case.ledger.estimate_gas(request, judged=False))


def _simulated(case: Case, reply: Reply) -> Pair:
    calling = _calling(case)
    (block,) = documents(reply.result)
    (call,) = documents(block["calls"])
    emitted = [log["topics"] for log in documents(call["logs"])]
    right = [[to_hex(NOTE)]] if calling.to == case.stage.board else []
    return (call["status"], call["returnData"], emitted), ("0x1", to_hex(calling.answer), right)


_CALL = Question(
    lambda case: case.ask(_call(case), "latest"), lambda case, reply: (reply.result, to_hex(_calling(case).answer))
)
_TRACE_CALL = Question(lambda case: case.ask(_call(case), "latest", TRACER), _frame)
_ESTIMATE = Question(lambda case: case.ask(_call(case)), _estimate)
_SIMULATE = Question(lambda case: case.ask({"blockStateCalls": [{"calls": [_call(case)]}]}), _simulated)


# transactions to be sent


def _send(case: Case, *rest: Json) -> Reply:
    """What is refused is not taken: the signer's next nonce is the same as before."""
    signer, calling = _signer(case), _calling(case)
    account = parse_address(signer.address.lower())
    nonce = case.ledger.nonce(account, True)
    transaction_hash, raw = signer.sign_unchecked(calling.to, calling.data, case.stage.scene.chain_id, nonce, GAS)
    reply = replace(case.ask(raw, *rest), seen=transaction_hash)
    assert case.ledger.nonce(account, True) == nonce + int("result" in reply.whole)
    return reply


def _in_a_block(case: Case, shown: Json) -> Pair:
    right = {"status": "0x1", "from": _signer(case).address.lower(), "to": _calling(case).to}
    return picked(shown, right)


def _accepted(case: Case, reply: Reply) -> Pair:
    found, right = _in_a_block(case, case.asker.member.receipt(str(reply.result)))
    return (reply.result, found), (reply.seen, right)


def _received(case: Case, reply: Reply) -> Pair:
    found, right = _in_a_block(case, reply.result)
    return (document(reply.result)["transactionHash"], found), (reply.seen, right)


_SEND = Question(_send, _accepted)
_SEND_SYNC = Question(lambda case: _send(case, SYNC_MS), _received)

CALLS: dict[str, Question] = {
    row: question
    for method, question in {
        "eth_call": _CALL,
        "debug_traceCall": _TRACE_CALL,
        "eth_estimateGas": _ESTIMATE,
        "eth_simulateV1": _SIMULATE,
        "eth_sendRawTransaction": _SEND,
        "eth_sendRawTransactionSync": _SEND_SYNC,
    }.items()
    for row in MATRIX
    if method_of(row) == method
}
