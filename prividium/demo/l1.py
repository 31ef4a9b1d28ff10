"""The development L1 as the demo looks at it: what verified the proof, and what is refused."""

from typing import cast

import httpx

from prividium.errors import PrividiumError
from prividium.types import Json

GAS_MAX = (1 << 24) - 1
"""EIP-7825."""


class L1Failed(PrividiumError):
    """The L1 answered a question with an error."""


class L1:
    """JSON-RPC of the development L1."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60)

    def request(self, method: str, params: list[Json]) -> Json:
        answer = self._ask(method, params)
        if "error" in answer:
            raise L1Failed("l1_error", f"{method}: {answer['error']}")
        return answer["result"]

    def refusal(self, call: dict[str, Json]) -> str | None:
        """Why the call would revert; None if it would not."""
        error = self._ask("eth_call", [call, "latest"]).get("error")
        return None if error is None else str(cast(dict[str, Json], error).get("data") or error)

    def _ask(self, method: str, params: list[Json]) -> dict[str, Json]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return cast(dict[str, Json], self._http.post("", json=body).json())


def transactions_to(l1: L1, address: str) -> list[dict[str, Json]]:
    """All transactions to a contract, in their order, each with `gasUsed` of its receipt."""
    found = []
    for number in range(int(str(l1.request("eth_blockNumber", [])), 16) + 1):
        block = cast(dict[str, Json], l1.request("eth_getBlockByNumber", [hex(number), True]))
        for transaction in cast(list[dict[str, Json]], block["transactions"]):
            if str(transaction.get("to")).lower() == address.lower():
                receipt = l1.request("eth_getTransactionReceipt", [transaction["hash"]])
                found.append(transaction | {"gasUsed": cast(dict[str, Json], receipt)["gasUsed"]})
    return found


def altered_call(transaction: dict[str, Json]) -> dict[str, Json]:
    """The same call with one bit in its middle flipped."""
    data = str(transaction["input"])
    middle = len(data) // 2
    flipped = format(int(data[middle], 16) ^ 1, "x")
    forged: Json = data[:middle] + flipped + data[middle + 1 :]
    return {"from": transaction["from"], "to": transaction["to"], "data": forged, "gas": hex(GAS_MAX)}
