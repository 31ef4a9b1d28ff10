"""JSON-RPC over WebSocket: who may open one, what is sent, and when it ends."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from prividium.audit.models import AuditEntry
from prividium.demo.fund import call_data
from prividium.demo.member import Member
from prividium.rpc import socket_protocol, sockets
from prividium.types import Json
from tests.unit.live import LiveNode, Scene
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_filtered import Document, document, documents

SECONDS_MAX = 20


class Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.notifications: list[Document] = []

    def send(self, body: Json) -> None:
        self.connection.send(json.dumps(body))

    def receive(self) -> Json:
        answer: Json = json.loads(self.connection.recv(timeout=SECONDS_MAX))
        return answer

    def ask(self, method: str, *params: Json, identifier: Json = 1) -> Document:
        """The answer; notifications before it are kept."""
        self.send({"jsonrpc": "2.0", "id": identifier, "method": method, "params": list(params)})
        while "method" in (message := document(self.receive())):
            self.notifications.append(message)
        return message

    def result(self, method: str, *params: Json) -> Json:
        answer = self.ask(method, *params)
        assert "error" not in answer, answer
        return answer["result"]

    def reason(self, method: str, *params: Json) -> tuple[Json, Json]:
        error = document(self.ask(method, *params)["error"])
        return error["code"], error["data"]

    def notification(self) -> Document:
        """The next result that a subscription sends."""
        message = self.notifications.pop(0) if self.notifications else document(self.receive())
        assert message["method"] == "eth_subscription"
        return document(document(message["params"])["result"])

    def closed(self) -> tuple[int, str]:
        """Code and reason with which the node closes."""
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                self.connection.recv(timeout=SECONDS_MAX)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


Opener = Callable[..., Socket]


def address_of(live: LiveNode) -> str:
    return live.url.replace("http://", "ws://") + "/rpc"


@contextmanager
def opened(live: LiveNode, token: str | None, path: str = "", **options: object) -> Iterator[Socket]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with connect(address_of(live) + path, additional_headers=headers, compression=None, **options) as connection:  # type: ignore[arg-type]
        yield Socket(connection)


@pytest.fixture
def open_socket(scene: Scene) -> Iterator[Callable[[Member], Socket]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda member: stack.enter_context(opened(scene.live, member.token))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveNode]:
    """A node with narrow limits that looks at sessions every second."""
    folder = tmp_path_factory.mktemp("small") / "data"
    limits = {
        "rpc_sockets_per_person_max": 2,
        "rpc_socket_subscriptions_max": 2,
        "rpc_socket_session_check_seconds": 1,
        "rpc_body_bytes_max": 2_000,
        "rpc_batch_items_max": 4,
        "rpc_anonymous_requests_per_minute_max": 30,
    }
    with LiveNode(folder, **limits) as live:
        yield live


def pay(scene: Scene) -> Document:
    data = call_data("transfer(address,uint256)", scene.two.address, 1)
    return scene.one.send(scene.shares, data, scene.chain_id)


# who


def test_a_header_opens_a_socket_that_answers_as_the_door_does(scene: Scene, one: Rpc, open_socket: Opener) -> None:
    socket = open_socket(scene.one)
    for method, params in (
        ("eth_chainId", []),
        ("eth_accounts", []),
        ("eth_getBalance", [scene.one.address]),
        ("eth_getBalance", [scene.two.address]),
        ("eth_unheardOf", []),
    ):
        assert socket.ask(method, *params) == one.ask(method, *params)


def test_a_first_message_opens_one_too(scene: Scene) -> None:
    with opened(scene.live, None) as socket:
        assert socket.result("prividium_authenticate", scene.one.token) is True
        assert socket.result("eth_accounts") == [scene.one.address.lower()]
        assert socket.reason("prividium_authenticate", scene.two.token) == (-32600, "session_exists")


@pytest.mark.parametrize("path", ["?token={}", "?access_token={}", "?authorization=Bearer%20{}", "?x"])
@pytest.mark.parametrize("with_header", [True, False])
def test_nothing_is_taken_from_the_address(scene: Scene, path: str, with_header: bool) -> None:
    token = scene.one.token if with_header else None
    with pytest.raises(InvalidStatus) as refused, opened(scene.live, token, path.format(scene.one.token)):
        pass
    assert refused.value.response.status_code == 400


def test_a_cookie_opens_nothing(scene: Scene) -> None:
    headers = {"Cookie": f"prividium_session={scene.one.token}", "Origin": scene.live.url}
    with connect(address_of(scene.live), additional_headers=headers) as connection:
        socket = Socket(connection)
        assert socket.reason("eth_accounts") == (-32090, "not_signed_in")
        assert socket.closed()[0] == sockets.SESSION_ENDED


def test_a_token_that_nobody_has_opens_nothing_and_is_in_the_audit_trail(scene: Scene) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(scene.live, "nonsense"):
        pass
    assert refused.value.response.status_code == 401
    with opened(scene.live, None) as socket:
        assert socket.reason("prividium_authenticate", "nonsense") == (-32090, "not_signed_in")
        assert socket.closed() == (sockets.SESSION_ENDED, "the session does not hold")
    with scene.live.node.database.read() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "rpc.prividium_authenticate")).all()
    assert [(row.outcome, row.reason) for row in rows[-2:]] == [("denied", "session_invalid")] * 2


@pytest.mark.parametrize(
    "message",
    [
        '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}',
        "[]",
        "{",
        '[{"jsonrpc":"2.0","id":1,"method":"prividium_authenticate","params":["x"]}]',
        '{"jsonrpc":"2.0","id":1,"method":"prividium_authenticate","params":[]}',
        '{"jsonrpc":"2.0","id":1,"method":"prividium_authenticate","params":[{"a":1}]}',
    ],
)
def test_any_other_first_message_ends_the_socket(scene: Scene, message: str) -> None:
    with opened(scene.live, None) as socket:
        socket.connection.send(message)
        assert document(document(socket.receive())["error"])["code"] == -32090
        assert socket.closed()[0] == sockets.SESSION_ENDED


def test_who_says_nothing_is_not_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "AUTHENTICATE_SECONDS_MAX", 0.05)
    with opened(scene.live, None) as socket:
        assert socket.closed()[0] == sockets.TIMED_OUT


def test_strangers_hold_only_so_many_sockets(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "STRANGERS_MAX", 1)
    with opened(scene.live, None):
        with pytest.raises(InvalidStatus) as refused, opened(scene.live, None):
            pass
        assert refused.value.response.status_code == 503
        with opened(scene.live, scene.one.token) as socket:
            assert socket.result("eth_chainId")


# what


def test_heads_are_told_to_everybody_and_redacted(scene: Scene, stranger: Rpc, open_socket: Opener) -> None:
    socket, reader = open_socket(scene.stranger), open_socket(scene.administrator)
    for one in (socket, reader):
        one.result("eth_subscribe", "newHeads")
    receipt = pay(scene)
    heads = [socket.notification(), reader.notification()]
    assert [head["hash"] for head in heads] == [receipt["blockHash"]] * 2
    assert (heads[0]["gasUsed"], heads[1]["gasUsed"]) == ("0x0", receipt["gasUsed"])
    assert "transactions" not in heads[0]
    shown = document(stranger.result("eth_getBlockByHash", receipt["blockHash"], False))
    assert heads[0] == {name: value for name, value in shown.items() if name != "transactions"}


def test_logs_are_told_to_those_who_may_see_them(scene: Scene, two: Rpc, open_socket: Opener) -> None:
    of_two, of_stranger = open_socket(scene.two), open_socket(scene.stranger)
    for socket in (of_two, of_stranger):
        socket.result("eth_subscribe", "logs", {"address": scene.shares})
    of_stranger.result("eth_subscribe", "newHeads")
    receipt = pay(scene)
    assert [of_two.notification()] == two.result("eth_getLogs", {"blockHash": receipt["blockHash"]})
    assert of_stranger.notification()["hash"] == receipt["blockHash"]
    assert of_stranger.result("eth_chainId")
    assert of_stranger.notifications == []


def test_logs_are_filtered_by_topic(scene: Scene, open_socket: Opener) -> None:
    socket = open_socket(scene.one)
    socket.result("eth_subscribe", "logs", {"topics": ["0x" + "00" * 32]})
    socket.result("eth_subscribe", "newHeads")
    receipt = pay(scene)
    assert socket.notification()["hash"] == receipt["blockHash"]


def test_every_block_is_told_once_and_in_order(scene: Scene, open_socket: Opener) -> None:
    socket = open_socket(scene.one)
    socket.result("eth_subscribe", "newHeads")
    receipts = [pay(scene) for _ in range(4)]
    heads = [socket.notification() for _ in receipts]
    assert [head["hash"] for head in heads] == [receipt["blockHash"] for receipt in receipts]


def test_a_right_that_is_taken_away_ends_what_is_told(scene: Scene, open_socket: Opener) -> None:
    from prividium.demo.administration import assign_role, create_role

    role = create_role(scene.administrator, "watcher", ["full_read_access"])
    assign_role(scene.administrator, scene.stranger, role)
    socket = open_socket(scene.stranger)
    socket.result("eth_subscribe", "logs", {})
    assert socket.result("eth_getBalance", scene.one.address)
    profile = scene.stranger.rest("GET", "/api/profiles/me")
    scene.administrator.rest("PUT", f"/api/users/{profile['id']}/roles", {"roles": []})
    socket.result("eth_subscribe", "newHeads")
    receipt = pay(scene)
    assert socket.notification()["hash"] == receipt["blockHash"]
    assert socket.reason("eth_getBalance", scene.one.address)[0] == -32001


def test_a_subscription_ends_when_asked(scene: Scene, open_socket: Opener) -> None:
    socket, other = open_socket(scene.one), open_socket(scene.two)
    identifier = socket.result("eth_subscribe", "newHeads")
    assert other.result("eth_unsubscribe", identifier) is False
    assert socket.result("eth_unsubscribe", identifier) is True
    assert socket.result("eth_unsubscribe", identifier) is False
    other.result("eth_subscribe", "newHeads")
    pay(scene)
    assert other.notification()
    assert socket.result("eth_chainId")
    assert socket.notifications == []


@pytest.mark.parametrize(
    "params",
    [
        ["newPendingTransactions"],
        ["syncing"],
        [],
        [1],
        ["newHeads", {}],
        ["logs", {"fromBlock": "0x0"}],
        ["logs", {"address": "me"}],
    ],
)
def test_other_subscriptions_do_not_exist(scene: Scene, open_socket: Opener, params: list[Json]) -> None:
    assert open_socket(scene.one).reason("eth_subscribe", *params)[0] == -32602


@pytest.mark.parametrize("method", ["eth_subscribe", "eth_unsubscribe", "prividium_authenticate"])
def test_subscriptions_need_a_socket(one: Rpc, method: str) -> None:
    assert one.refusal(method, "newHeads") == (-32601, "websocket_required")


def test_batches_and_bad_messages_are_answered_as_by_post(scene: Scene, open_socket: Opener) -> None:
    socket = open_socket(scene.one)
    socket.send([{"jsonrpc": "2.0", "id": index, "method": "eth_chainId"} for index in range(3)])
    assert [answer["id"] for answer in documents(socket.receive())] == [0, 1, 2]
    for message, code in (("{", -32700), ("[]", -32600), ('{"a":1,"a":2}', -32600), ("[" * 99, -32600)):
        socket.connection.send(message)
        assert document(document(socket.receive())["error"])["code"] == code


# limits and ends


def test_a_binary_message_ends_the_socket(scene: Scene, open_socket: Opener) -> None:
    socket = open_socket(scene.one)
    socket.connection.send(b"{}")
    assert socket.closed()[0] == sockets.UNSUPPORTED_DATA


def test_a_message_that_is_too_large_ends_the_socket(small: LiveNode) -> None:
    with opened(small, small.arrive("client").token) as socket:
        socket.connection.send(" " * 2_001)
        assert socket.closed()[0] == sockets.MESSAGE_TOO_BIG


def test_a_socket_has_so_many_subscriptions_and_no_more(small: LiveNode) -> None:
    with opened(small, small.arrive("client").token) as socket:
        first = socket.result("eth_subscribe", "newHeads")
        socket.result("eth_subscribe", "logs", {})
        assert socket.reason("eth_subscribe", "newHeads") == (-32005, "too_many_subscriptions")
        assert socket.result("eth_unsubscribe", first) is True
        assert socket.result("eth_subscribe", "newHeads")


def test_a_person_has_so_many_sockets_and_no_more(small: LiveNode) -> None:
    token, other = small.arrive("client").token, small.arrive("client-two").token
    with opened(small, token) as first, opened(small, token) as second:
        assert first.result("eth_chainId") == second.result("eth_chainId")
        with opened(small, token) as third:
            assert third.closed()[0] == sockets.POLICY_VIOLATION
        with opened(small, other) as elsewhere:
            assert elsewhere.result("eth_chainId")
    with opened(small, token) as again:
        assert again.result("eth_chainId")


def test_a_session_that_ends_closes_its_socket(small: LiveNode) -> None:
    member = small.arrive("client")
    with opened(small, member.token) as idle:
        assert idle.result("eth_chainId")
        member.rest("POST", "/api/auth/logout")
        assert idle.closed() == (sockets.SESSION_ENDED, "the session has ended")


def test_a_session_that_ended_answers_no_message(scene: Scene, open_socket: Opener) -> None:
    member = scene.live.arrive("client")
    socket = open_socket(member)
    assert socket.result("eth_chainId")
    member.rest("POST", "/api/auth/logout")
    socket.send({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
    assert socket.closed() == (sockets.SESSION_ENDED, "the session has ended")


def test_calls_over_a_socket_count_like_all_others(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data", rpc_requests_per_minute_max=8) as live:
        member = live.arrive("client")
        with opened(live, member.token) as socket:
            answers = [socket.ask("eth_chainId") for _ in range(9)]
            assert document(answers[-1]["error"])["data"] == "rate_limited"
            assert member.http.post("/rpc", json={}).status_code == 429
            socket.connection.send("{")
            assert document(document(socket.receive())["error"])["data"] == "rate_limited"


def test_a_client_that_does_not_read_loses_its_socket(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks and asks and takes nothing: the node gives up instead of keeping answers for it."""
    monkeypatch.setattr(sockets, "SEND_SECONDS_MAX", 0.2)
    question = json.dumps({"jsonrpc": "2.0", "id": "x" * 900_000, "method": "eth_chainId"})
    monkeypatch.setattr(socket_protocol, "LINGER_SECONDS", 0.2)
    with opened(scene.live, scene.one.token, max_queue=1) as socket, pytest.raises(ConnectionClosed):
        for _ in range(200):
            socket.connection.send(question)
    with opened(scene.live, scene.one.token) as again:
        assert again.result("eth_chainId")


def test_a_client_that_is_too_far_behind_loses_its_socket(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "LAG_BLOCKS_MAX", -1)
    with opened(scene.live, scene.one.token) as socket:
        socket.result("eth_subscribe", "newHeads")
        pay(scene)
        assert socket.closed() == (sockets.TRY_AGAIN_LATER, "too far behind the chain")
