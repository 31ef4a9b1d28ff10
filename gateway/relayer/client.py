"""L1 JSON-RPC over HTTP: typed answers, typed failures, retries with backoff.

    PrividiumError
    └─ L1Error                  503
       ├─ L1Unreachable         no answer after all attempts
       ├─ L1AnswerInvalid       an answer that is not what the method promises
       └─ L1Refused             the node answered with an error; `reason` tells the kinds that callers act on apart

Every request may be repeated: reads have no effect, and a signed transaction has the same hash each time.
"""

import threading
from dataclasses import dataclass
from enum import Enum
from typing import Literal
from urllib.parse import urlsplit

import httpx

from prividium.errors import Unavailable
from prividium.types import Json, to_hex, to_quantity

BlockTag = int | Literal["latest", "pending", "finalized", "safe", "earliest"]

_HTTP_WORTH_RETRYING = {408, 425, 429, 500, 502, 503, 504}


class L1Error(Unavailable):
    """A failure on the way to L1 or on it."""


class L1Unreachable(L1Error):
    pass


class L1AnswerInvalid(L1Error):
    pass


class Refusal(Enum):
    """What a node's error means. Nodes agree on the words, not on the codes."""

    NONCE_TOO_LOW = "nonce too low"
    REPLACEMENT_UNDERPRICED = "underpriced"
    INSUFFICIENT_FUNDS = "insufficient funds"
    FEE_BELOW_BASE = "max fee per gas less than block base fee"
    ALREADY_KNOWN = "already known"
    REVERTED = "execution reverted"
    OTHER = "other"


class L1Refused(L1Error):
    """The node's own message, and the revert data if there is any."""

    def __init__(self, method: str, text: str, data: bytes) -> None:
        super().__init__("l1_refused", f"L1 refused {method}: {text}")
        self.reason = _classify(text, data)
        self.data = data


@dataclass(frozen=True)
class L1Block:
    number: int
    hash: bytes
    timestamp: int
    base_fee: int
    """Wei per gas."""


@dataclass(frozen=True)
class L1Receipt:
    transaction_hash: bytes
    succeeded: bool
    block_number: int
    block_hash: bytes
    gas_used: int
    contract_address: bytes | None


class L1Client:
    """One L1 node. `url` may hold an access key, so errors name the host alone."""

    def __init__(self, url: str, *, timeout_seconds: float = 10.0, attempts: int = 4) -> None:
        parts = urlsplit(url)
        self.host = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self._url = url
        self._attempts = attempts
        self._http = httpx.Client(timeout=timeout_seconds, trust_env=False)
        self._closed = threading.Event()

    def close(self) -> None:
        """End waiting retries and connections."""
        self._closed.set()
        self._http.close()

    def request(self, method: str, *params: Json) -> Json:
        """One call; raises L1Error. Waits 0.2 s, 0.4 s, 0.8 s … between attempts."""
        body: Json = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        failure = ""
        for attempt in range(self._attempts):
            if self._closed.wait(0.1 * 2**attempt if attempt else 0.0):
                raise L1Unreachable("l1_closed", "the connection to L1 was closed")
            try:
                response = self._http.post(self._url, json=body)
            except httpx.HTTPError as error:
                failure = type(error).__name__
                continue
            except RuntimeError as error:  # httpx's word for a client that another thread has just closed
                raise L1Unreachable("l1_closed", "the connection to L1 was closed") from error
            if response.status_code in _HTTP_WORTH_RETRYING:
                failure = f"HTTP {response.status_code}"
                continue
            return _result(method, response)
        raise L1Unreachable("l1_unreachable", f"no answer from L1 at {self.host} ({failure}): is it running?")

    # chain

    def chain_id(self) -> int:
        return _quantity(self.request("eth_chainId"))

    def block(self, tag: BlockTag = "latest") -> L1Block | None:
        """None for a number that the chain has not, and for a tag that the node does not support."""
        answer = self.request("eth_getBlockByNumber", _tag(tag), False)
        if answer is None:
            return None
        fields = _object(answer)
        return L1Block(
            number=_quantity(fields.get("number")),
            hash=_data(fields.get("hash")),
            timestamp=_quantity(fields.get("timestamp")),
            base_fee=_quantity(fields.get("baseFeePerGas", "0x0")),
        )

    def head(self) -> L1Block:
        block = self.block("latest")
        if block is None:
            raise L1AnswerInvalid("l1_answer_invalid", "L1 has no latest block")
        return block

    def priority_fees(self, blocks: int) -> list[int]:
        """Median tip, in wei per gas, of each of the last blocks that held transactions."""
        history = _object(self.request("eth_feeHistory", to_quantity(blocks), "latest", [50]))
        rewards = history.get("reward") or []
        ratios = history.get("gasUsedRatio") or []
        if not isinstance(rewards, list) or not isinstance(ratios, list):
            raise L1AnswerInvalid("l1_answer_invalid", "eth_feeHistory did not answer with lists")
        return [
            _quantity(row[0])
            for row, ratio in zip(rewards, ratios, strict=False)
            if ratio and isinstance(row, list) and row
        ]

    # accounts

    def nonce(self, address: bytes, tag: BlockTag = "latest") -> int:
        return _quantity(self.request("eth_getTransactionCount", to_hex(address), _tag(tag)))

    def balance(self, address: bytes, tag: BlockTag = "latest") -> int:
        return _quantity(self.request("eth_getBalance", to_hex(address), _tag(tag)))

    def code(self, address: bytes, tag: BlockTag = "latest") -> bytes:
        return _data(self.request("eth_getCode", to_hex(address), _tag(tag)))

    def call(self, to: bytes, data: bytes, tag: BlockTag = "latest") -> bytes:
        return _data(self.request("eth_call", {"to": to_hex(to), "data": to_hex(data)}, _tag(tag)))

    def estimate_gas(self, sender: bytes, to: bytes | None, data: bytes, tag: BlockTag) -> int:
        """`tag` keeps out what waits in the pool: a replacement must not be judged on top of what it replaces."""
        call: dict[str, Json] = {"from": to_hex(sender), "data": to_hex(data)}
        if to is not None:
            call["to"] = to_hex(to)
        return _quantity(self.request("eth_estimateGas", call, _tag(tag)))

    # transactions

    def send(self, raw: bytes) -> None:
        """Hand over a signed transaction; one that the node already has is no error."""
        try:
            self.request("eth_sendRawTransaction", to_hex(raw))
        except L1Refused as refused:
            if refused.reason is not Refusal.ALREADY_KNOWN:
                raise

    def knows(self, transaction_hash: bytes) -> bool:
        """Whether the transaction is in a block or in the node's pool."""
        return self.request("eth_getTransactionByHash", to_hex(transaction_hash)) is not None

    def receipt(self, transaction_hash: bytes) -> L1Receipt | None:
        answer = self.request("eth_getTransactionReceipt", to_hex(transaction_hash))
        if answer is None:
            return None
        fields = _object(answer)
        contract = fields.get("contractAddress")
        return L1Receipt(
            transaction_hash=transaction_hash,
            succeeded=_quantity(fields.get("status")) == 1,
            block_number=_quantity(fields.get("blockNumber")),
            block_hash=_data(fields.get("blockHash")),
            gas_used=_quantity(fields.get("gasUsed")),
            contract_address=None if contract is None else _data(contract),
        )


def _result(method: str, response: httpx.Response) -> Json:
    try:
        answer = _object(response.json())
    except ValueError as error:
        text = (
            f"L1 answered {method} with HTTP {response.status_code} and no JSON: is it an Ethereum JSON-RPC endpoint?"
        )
        raise L1AnswerInvalid("l1_answer_invalid", text) from error
    refusal = answer.get("error")
    if refusal is not None:
        fields = _object(refusal)
        data = fields.get("data")
        raise L1Refused(method, str(fields.get("message")), _data(data) if _is_hex(data) else b"")
    if "result" not in answer:
        raise L1AnswerInvalid("l1_answer_invalid", f"L1 answered {method} without a result")
    return answer["result"]


def _classify(text: str, data: bytes) -> Refusal:
    lowered = text.lower()
    if data or "revert" in lowered:
        return Refusal.REVERTED
    if "already imported" in lowered:
        return Refusal.ALREADY_KNOWN
    return next((reason for reason in Refusal if reason.value in lowered), Refusal.OTHER)


def _tag(tag: BlockTag) -> str:
    return to_quantity(tag) if isinstance(tag, int) else tag


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise L1AnswerInvalid("l1_answer_invalid", "L1 answered with something that is not an object")
    return value


def _is_hex(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("0x")


def _quantity(value: Json) -> int:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise L1AnswerInvalid("l1_answer_invalid", "L1 answered with something that is not a quantity")
    try:
        return int(value, 16)
    except ValueError as error:
        raise L1AnswerInvalid("l1_answer_invalid", "L1 answered with something that is not a quantity") from error


def _data(value: Json) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise L1AnswerInvalid("l1_answer_invalid", "L1 answered with something that is not data")
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise L1AnswerInvalid("l1_answer_invalid", "L1 answered with something that is not data") from error
