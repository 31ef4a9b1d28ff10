"""gateway.relayer.client against L1s that answer badly, and the keys that sign for it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway.relayer.client import L1AnswerInvalid, L1Client, L1Refused, L1Unreachable, Refusal
from gateway.relayer.fees import Fees, bump
from gateway.relayer.keys import LocalKey
from prividium.errors import ConfigurationError

Answers = list[tuple[int, bytes]]
Serve = Callable[[Answers], L1Client]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """An HTTP server that gives the listed answers in turn, the last one for ever."""
    running: list[tuple[ThreadingHTTPServer, L1Client]] = []

    def start(answers: Answers) -> L1Client:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                status, body = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = L1Client(f"http://127.0.0.1:{server.server_port}/v3/secret-key")
        running.append((server, client))
        return client

    yield start
    for server, client in running:
        client.close()
        server.shutdown()
        server.server_close()


def result(value: object) -> tuple[int, bytes]:
    return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


def refusal(message: str, data: str | None = None) -> tuple[int, bytes]:
    return 200, json.dumps(
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": message, "data": data}}
    ).encode()


def test_an_overloaded_node_is_asked_again(serve: Serve) -> None:
    assert serve([(503, b""), (429, b""), result("0x7a69")]).chain_id() == 31337


def test_a_node_that_never_answers_is_unreachable_and_its_access_key_stays_secret(serve: Serve) -> None:
    with pytest.raises(L1Unreachable) as caught:
        serve([(502, b"")]).chain_id()
    assert "127.0.0.1" in caught.value.message
    assert "secret-key" not in caught.value.message


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b'{"result": 5}', b'{"result": "0xzz"}', b'{"result": null}']
)
def test_an_answer_that_is_not_what_was_promised_is_refused(serve: Serve, body: bytes) -> None:
    with pytest.raises(L1AnswerInvalid):
        serve([(200, body)]).chain_id()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("nonce too low", Refusal.NONCE_TOO_LOW),
        ("nonce too low: next nonce 5, tx nonce 4", Refusal.NONCE_TOO_LOW),
        ("replacement transaction underpriced", Refusal.REPLACEMENT_UNDERPRICED),
        ("transaction underpriced: tip needed 1", Refusal.REPLACEMENT_UNDERPRICED),
        ("Insufficient funds for gas * price + value", Refusal.INSUFFICIENT_FUNDS),
        ("insufficient funds for gas * price + value: balance 0", Refusal.INSUFFICIENT_FUNDS),
        ("max fee per gas less than block base fee: address 0x", Refusal.FEE_BELOW_BASE),
        ("execution reverted: custom error", Refusal.REVERTED),
        ("something else", Refusal.OTHER),
    ],
)
def test_a_refusal_is_understood_by_its_words(serve: Serve, message: str, reason: Refusal) -> None:
    with pytest.raises(L1Refused) as caught:
        serve([refusal(message)]).send(b"\x02")
    assert caught.value.reason is reason


@pytest.mark.parametrize("message", ["already known", "transaction already imported"])
def test_a_transaction_that_the_node_has_already_is_sent(serve: Serve, message: str) -> None:
    serve([refusal(message)]).send(b"\x02")


def test_a_closed_client_says_so(serve: Serve) -> None:
    client = serve([result("0x1")])
    client.close()
    with pytest.raises(L1Unreachable) as caught:
        client.chain_id()
    assert caught.value.code == "l1_closed"


@pytest.mark.parametrize("fee", [1, 7, 8, 9, 10**9, 10**18 + 1])
def test_a_bump_is_at_least_an_eighth_and_at_least_the_market(fee: int) -> None:
    bumped = bump(Fees(fee, fee), Fees(0, 0))
    assert bumped.max_fee * 8 >= fee * 9
    assert bumped.priority_fee * 8 >= fee * 9
    assert bump(Fees(fee, fee), Fees(10 * fee, 20 * fee)) == Fees(10 * fee, 20 * fee)


def test_a_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "operator.key"
    first = LocalKey.open(path)
    assert LocalKey.open(path).address == first.address
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().strip() not in repr(first)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "operator.key"
    LocalKey.open(path)
    path.chmod(0o640)
    with pytest.raises(ConfigurationError) as caught:
        LocalKey.open(path)
    assert caught.value.code == "key_exposed"


@pytest.mark.parametrize("content", ["", "zz", "00" * 32, "11" * 31, "ff" * 32])
def test_a_key_file_without_a_key_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "operator.key"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        LocalKey.open(path)
    assert caught.value.code == "key_unreadable"
    assert content == "" or content not in caught.value.message
