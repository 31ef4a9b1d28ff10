"""Rows of the matrix about what is told later: filters and subscriptions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from websockets.sync.client import connect

from prividium.demo.member import Member
from prividium.types import Json, from_hex
from tests.unit.rpc.matrix_questions import NEVER, Case, Pair, Question, Reply, as_sent, constant
from tests.unit.rpc.matrix_records import log_filter, the_log
from tests.unit.rpc.test_rpc_filtered import Document, document, documents
from tests.unit.rpc.test_rpc_sockets import Socket, address_of

ID_BYTES = 16
NO_ID = "0x" + "ab" * ID_BYTES
MADE_UP = "made-up-token"
CREDENTIALS = ("authorization", "x-api-key")

# filters


def _made_by(member: Member | None, wanted: Json) -> str:
    """A filter of the member; nobody has made what is absent."""
    return NO_ID if member is None else str(member.rpc("eth_newFilter", wanted))


def _usable(case: Case, reply: Reply) -> Pair:
    removed = case.asker.member.rpc("eth_uninstallFilter", reply.result)
    return (len(from_hex(str(reply.result))), removed), (ID_BYTES, True)


def _ask_changes(case: Case, maker: Member | None) -> Reply:
    """What is done in between is seen by whoever may ask the filter, and by nobody else."""
    made = _made_by(maker, {"address": case.thing.emitter})
    if maker is not case.asker.member:
        return case.ask(made)
    done = case.act()["transactionHash"]
    return replace(case.ask(made), seen=done)


def _ask_uninstall(case: Case) -> Reply:
    """A filter is removed once: by the caller, or, if not, by its owner."""
    made = _made_by(case.thing.owner, {})
    reply = case.ask(made)
    if case.thing.owner is not None:
        there = case.thing.owner.rpc("eth_uninstallFilter", made)
        assert there is (reply.whole.get("result") is not True)
    return reply


def _what_was_done(case: Case, reply: Reply) -> Pair:
    return [log["transactionHash"] for log in documents(reply.result)], [reply.seen]


FILTERS: dict[str, Question] = {
    "eth_newFilter": Question(lambda case: case.ask({"address": case.thing.emitter}), _usable),
    "eth_newBlockFilter": Question(lambda case: case.ask(), _usable),
    "eth_getFilterChanges": Question(lambda case: _ask_changes(case, case.thing.owner), _what_was_done),
    "eth_getFilterChanges/contents": Question(
        lambda case: _ask_changes(case, case.asker.own.owner), _what_was_done, constant([])
    ),
    "eth_getFilterLogs": Question(lambda case: case.ask(_made_by(case.thing.owner, log_filter(case))), the_log),
    "eth_getFilterLogs/contents": Question(
        lambda case: case.ask(_made_by(case.asker.own.owner, log_filter(case))), the_log, constant([])
    ),
    "eth_uninstallFilter": Question(_ask_uninstall, constant(True), constant(False)),
}


# subscriptions


@contextmanager
def _opened(case: Case, member: Member) -> Iterator[Socket]:
    headers = {name: member.http.headers[name] for name in CREDENTIALS if name in member.http.headers}
    with connect(address_of(case.stage.live), additional_headers=headers, compression=None) as connection:
        yield Socket(connection)


def _reply(answer: Document, seen: Json = None) -> Reply:
    return Reply(as_sent(answer), seen)


def _ask_logs(case: Case) -> Reply:
    """Logs come before the head of their block, so that after it nothing of the block is still to come."""
    with _opened(case, case.asker.member) as socket:
        answer = socket.ask("eth_subscribe", "logs", {"address": case.thing.emitter})
        if "error" in answer:
            return _reply(answer)
        socket.result("eth_subscribe", "newHeads")
        receipt = case.act()
        told: list[Json] = []
        while (shown := socket.notification()).get("hash") != receipt["blockHash"]:
            told.append(shown)
        return _reply({**answer, "result": told}, receipt["transactionHash"])


def _ask_heads(case: Case) -> Reply:
    """Of a block that is not made nothing can be told: an answer comes, and no head before it."""
    with _opened(case, case.asker.member) as socket:
        answer = socket.ask("eth_subscribe", "newHeads")
        if "error" in answer:
            return _reply(answer)
        if case.thing.owner is None:
            socket.result("eth_chainId")
            return _reply({**answer, "result": list(socket.notifications)})
        receipt = case.act()
        return _reply({**answer, "result": socket.notification()}, receipt)


def _heads(case: Case, reply: Reply) -> Pair:
    receipt, head = document(reply.seen), document(reply.result)
    return (head["hash"], head["gasUsed"]), (receipt["blockHash"], receipt["gasUsed"])


def _bare_head(case: Case, reply: Reply) -> Pair:
    receipt, head = document(reply.seen), document(reply.result)
    return (head["hash"], head["gasUsed"], "transactions" in head), (receipt["blockHash"], "0x0", False)


def _ask_unsubscribe(case: Case) -> Reply:
    """What is another's goes on after it."""
    owner = case.thing.owner
    with _opened(case, case.asker.member) as mine, _opened(case, owner or case.stage.clerk) as theirs:
        if case.asker.name == "anonymous" or owner is None:
            return _reply(mine.ask("eth_unsubscribe", NO_ID))
        listening = mine if case.whose == "own" else theirs
        made = listening.result("eth_subscribe", "newHeads")
        answer = mine.ask("eth_unsubscribe", made)
        assert listening.result("eth_unsubscribe", made) is (answer["result"] is not True)
        return _reply(answer)


def _ask_authenticate(case: Case) -> Reply:
    own, others = case.asker.own.owner, case.asker.others.owner
    assert own is not None and others is not None
    nobody = case.asker.name == "anonymous"
    if case.whose == "other's" and not nobody:
        with _opened(case, case.asker.member) as socket:
            return _reply(socket.ask("prividium_authenticate", others.token))
    token = {"own": own.token, "public": ""}.get(case.whose, MADE_UP)
    with _opened(case, case.stage.askers["anonymous"].member) as socket:
        answer = socket.ask("prividium_authenticate", MADE_UP if nobody else token)
        return _reply(answer) if "error" in answer else _reply(answer, socket.result("eth_accounts"))


def _signed_in(case: Case, reply: Reply) -> Pair:
    return (reply.result, reply.seen), (True, sorted(case.asker.wallets))


SOCKETS: dict[str, Question] = {
    "eth_subscribe": Question(_ask_logs, _what_was_done, constant([])),
    "eth_subscribe/heads": Question(_ask_heads, _heads, constant([]), bare=_bare_head),
    "eth_subscribe/http": Question(lambda case: case.ask("newHeads"), NEVER),
    "eth_unsubscribe": Question(_ask_unsubscribe, constant(True), constant(False)),
    "eth_unsubscribe/http": Question(lambda case: case.ask(NO_ID), NEVER),
    "prividium_authenticate": Question(_ask_authenticate, _signed_in),
    "prividium_authenticate/http": Question(lambda case: case.ask(MADE_UP), NEVER),
}
