"""A person with a session and a wallet, using what every client has: REST, JSON-RPC, signatures."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Self, cast

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from prividium import clock
from prividium.demo.browser import sign_in
from prividium.demo.signing import sign_free
from prividium.errors import PrividiumError
from prividium.types import Json

RECEIPT_SECONDS_MAX, RECEIPT_POLL_SECONDS = 60, 0.005
GAS_LIMIT_MAX = 1 << 24


class RpcRefused(PrividiumError):
    """A JSON-RPC error answer; `number` is its code."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__("rpc_refused", message)
        self.number = number


@dataclass
class Member:
    name: str
    base_url: str
    token: str
    account: LocalAccount
    http: httpx.Client
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def arrive(cls, base_url: str, name: str, person: str) -> Self:
        """Sign in as one of the identity provider's people, with a wallet made for the occasion."""
        token = sign_in(base_url, person)
        http = httpx.Client(base_url=base_url, timeout=60, headers={"Authorization": f"Bearer {token}"})
        return cls(name, base_url, token, cast(LocalAccount, Account.create()), http)

    @property
    def address(self) -> str:
        return str(self.account.address)

    def rest(self, method: str, path: str, body: Json = None) -> dict[str, Json]:
        """Call the REST API; raises PrividiumError with the server's code and message."""
        answer = self.http.request(method, path, json=body) if body is not None else self.http.request(method, path)
        if answer.is_error:
            error = answer.json().get("error", {})
            raise PrividiumError(str(error.get("reason") or error.get("code")), str(error.get("message")))
        return cast(dict[str, Json], answer.json()) if answer.content else {}

    def rpc(self, method: str, *params: Json) -> Json:
        """Call JSON-RPC; raises RpcRefused."""
        request: Json = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
        answer = self.http.post("/rpc", json=request).json()
        if "error" in answer:
            raise RpcRefused(int(answer["error"]["code"]), str(answer["error"]["message"]))
        return cast(Json, answer["result"])

    def link_wallet(self) -> None:
        """Prove control of the wallet with a signed EIP-4361 message."""
        started = self.rest("POST", "/api/user-wallets/initiate", {"walletAddress": self.address})
        signed = self.account.sign_message(encode_defunct(text=str(started["message"])))
        proof: Json = {
            "walletAddress": self.address,
            "message": started["message"],
            "signature": "0x" + signed.signature.hex().removeprefix("0x"),
            "nonceToken": started["nonceToken"],
        }
        self.rest("POST", "/api/user-wallets/associate", proof)

    def sign(self, to: str | None, data: bytes, chain_id: int, nonce: int | None = None) -> tuple[str, str]:
        """A signed EIP-1559 transaction at gas price zero: (hash, raw), both 0x-hexadecimal."""
        if nonce is None:
            nonce = int(str(self.rpc("eth_getTransactionCount", self.address, "pending")), 16)
        call: dict[str, Json] = {"from": self.address, "data": "0x" + data.hex()}
        if to is not None:
            call["to"] = to
        gas = int(str(self.rpc("eth_estimateGas", call)), 16)
        return self.sign_unchecked(to, data, chain_id, nonce, min(gas * 5 // 4, GAS_LIMIT_MAX))

    def sign_unchecked(self, to: str | None, data: bytes, chain_id: int, nonce: int, gas: int) -> tuple[str, str]:
        """Sign without asking the node whether the call would be allowed."""
        signed = sign_free(self.account, to, data, chain_id=chain_id, nonce=nonce, gas=gas)
        return "0x" + signed.hash.hex().removeprefix("0x"), "0x" + signed.raw_transaction.hex().removeprefix("0x")

    def send(self, to: str | None, data: bytes, chain_id: int) -> dict[str, Json]:
        """Send a transaction and wait for its receipt; raises RpcRefused if it is denied."""
        transaction_hash, raw = self.sign(to, data, chain_id)
        self.rpc("eth_sendRawTransaction", raw)
        return self.receipt(transaction_hash)

    def receipt(self, transaction_hash: str) -> dict[str, Json]:
        deadline = clock.monotonic() + RECEIPT_SECONDS_MAX
        while clock.monotonic() < deadline:
            found = self.rpc("eth_getTransactionReceipt", transaction_hash)
            if found is not None:
                return cast(dict[str, Json], found)
            time.sleep(RECEIPT_POLL_SECONDS)
        raise PrividiumError("receipt_missing", f"no receipt for {transaction_hash}")
