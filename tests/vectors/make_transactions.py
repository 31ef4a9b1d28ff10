"""Write `transactions.json`: envelopes signed by eth-account, which knows nothing of our decoder.

Run `python tests/vectors/make_transactions.py`; the keys are fixed and signing is deterministic (RFC 6979), so the file
does not change.
"""

import json
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils.crypto import keccak

CHAIN_ID = 6565
KEYS = [keccak(text=f"prividium vector {number}") for number in range(4)]
TO = "0x00000000000000000000000000000000DeaDBeef"


def _legacy(**fields: object) -> dict[str, Any]:
    return {"nonce": 0, "gas": 21000, "gasPrice": 0, "to": TO, "value": 0, "data": "0x", "chainId": CHAIN_ID} | fields


def _typed(kind: int, **fields: object) -> dict[str, Any]:
    fees = {"gasPrice": 3} if kind == 1 else {"maxFeePerGas": 9, "maxPriorityFeePerGas": 2}
    base = {"type": kind, "nonce": 1, "gas": 60000, "to": TO, "value": 5, "data": "0x", "chainId": CHAIN_ID}
    return base | {"accessList": []} | fees | fields


ACCESS = [
    {"address": TO, "storageKeys": ["0x" + "00" * 32, "0x" + "ff" * 32]},
    {"address": "0x" + "11" * 20, "storageKeys": []},
]


def _drafts() -> list[dict[str, Any]]:
    authorization = Account.from_key(KEYS[2]).sign_authorization({"chainId": CHAIN_ID, "address": TO, "nonce": 7})
    anywhere = Account.from_key(KEYS[3]).sign_authorization({"chainId": 0, "address": TO, "nonce": 0})
    return [
        _legacy(),
        _legacy(nonce=127, gasPrice=10**9, value=10**18, data="0x" + "ab" * 55),
        _legacy(nonce=128, gas=2**24, data="0x" + "00" * 300, to=""),
        _legacy(nonce=2**64 - 2, value=2**256 - 1, data="0x7f"),
        _typed(1),
        _typed(1, accessList=ACCESS, data="0x80"),
        _typed(2),
        _typed(2, accessList=ACCESS, to="", data="0x6000", value=0, nonce=0),
        _typed(2, maxFeePerGas=0, maxPriorityFeePerGas=0, data="0x" + "cd" * 1000),
        _typed(4, authorizationList=[authorization]),
        _typed(4, authorizationList=[authorization, anywhere], accessList=ACCESS),
    ]


def _vector(index: int, draft: dict[str, Any]) -> dict[str, Any]:
    account = Account.from_key(KEYS[index % 2])
    signed = account.sign_transaction(draft)
    authorities = [Account.from_key(KEYS[2]).address, Account.from_key(KEYS[3]).address]
    return {
        "raw": "0x" + bytes(signed.raw_transaction).hex(),
        "hash": "0x" + bytes(signed.hash).hex(),
        "sender": account.address.lower(),
        "type": draft.get("type", 0),
        "nonce": draft["nonce"],
        "gas": draft["gas"],
        "maxFee": str(draft.get("maxFeePerGas", draft.get("gasPrice", 0))),
        "priorityFee": str(draft["maxPriorityFeePerGas"]) if "maxPriorityFeePerGas" in draft else None,
        "to": draft["to"].lower() or None,
        "value": str(draft["value"]),
        "data": draft["data"],
        "storageKeys": sum(len(item["storageKeys"]) for item in draft.get("accessList", [])),
        "authorities": [address.lower() for address in authorities[: len(draft.get("authorizationList", []))]],
        "r": hex(signed.r),
        "s": hex(signed.s),
    }


def main() -> None:
    """Write the file beside this one."""
    vectors = [_vector(index, draft) for index, draft in enumerate(_drafts())]
    text = json.dumps({"chainId": CHAIN_ID, "transactions": vectors}, indent=1)
    Path(__file__).with_name("transactions.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
