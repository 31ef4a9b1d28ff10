"""Blocks, transactions, receipts and logs in the JSON forms of the Ethereum execution API.

Fields that would tell about other people's transactions are constants; `docs/rpc.md` lists them.
"""

from typing import Final

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from prividium._core import Block, Transaction
from prividium.rpc.views import SeenBlock, SeenLog, SeenTransaction
from prividium.types import Json, to_hex, to_quantity

ZERO_ADDRESS: Final = to_hex(bytes(20))
ZERO_HASH: Final = to_hex(bytes(32))
ZERO_BLOOM: Final = to_hex(bytes(256))
EMPTY_UNCLES: Final = to_hex(keccak(b"\xc0"))
LEGACY, ACCESS_LIST, DYNAMIC_FEE, SET_CODE = 0, 1, 2, 4


def block_form(view: SeenBlock, full: bool) -> dict[str, Json]:
    block = view.block
    transactions: list[Json] = [
        transaction_form(view, seen) if full else to_hex(seen.transaction.hash) for seen in view.transactions
    ]
    return {
        **_header(block),
        "gasUsed": to_quantity(view.gas_used),
        "transactions": transactions,
    }


def simulated_block_form(head: Block, number: int, gas_used: int) -> dict[str, Json]:
    """A block that was only imagined on top of `head`: it has no hash, and its transactions none."""
    imagined: dict[str, Json] = {"number": to_quantity(number), "hash": ZERO_HASH, "parentHash": ZERO_HASH}
    return {**_header(head), **imagined, "gasUsed": to_quantity(gas_used), "transactions": []}


def head_form(block: Block, details: bool) -> dict[str, Json]:
    """A header for subscriptions; how much gas the block used only with `details`."""
    return {**_header(block), "gasUsed": to_quantity(block.gas_used if details else 0)}


def transaction_form(view: SeenBlock, seen: SeenTransaction) -> dict[str, Json]:
    place: dict[str, Json] = {
        "blockHash": to_hex(view.block.hash),
        "blockNumber": to_quantity(view.block.number),
        "transactionIndex": to_quantity(seen.index),
    }
    if not seen.full:
        return {**_redacted(seen.transaction), **place}
    return {**_transaction(seen.transaction, seen.receipt.effective_gas_price), **place}


def pending_form(transaction: Transaction) -> dict[str, Json]:
    place: dict[str, Json] = {"blockHash": None, "blockNumber": None, "transactionIndex": None}
    return {**_transaction(transaction, transaction.max_fee_per_gas), **place}


def receipt_form(view: SeenBlock, seen: SeenTransaction) -> dict[str, Json]:
    transaction, receipt = seen.transaction, seen.receipt
    created = None if receipt.contract_address is None else to_hex(receipt.contract_address)
    shown: dict[str, Json] = {
        "from": to_hex(transaction.sender),
        "to": None if transaction.to is None else to_hex(transaction.to),
        "contractAddress": created,
        "gasUsed": to_quantity(receipt.gas_used),
        "effectiveGasPrice": to_quantity(receipt.effective_gas_price),
        "type": to_quantity(transaction.type),
    }
    hidden: dict[str, Json] = {
        "from": ZERO_ADDRESS,
        "to": ZERO_ADDRESS,
        "contractAddress": None,
        "gasUsed": "0x0",
        "effectiveGasPrice": "0x0",
        "type": "0x0",
    }
    return {
        "transactionHash": to_hex(transaction.hash),
        "transactionIndex": to_quantity(seen.index),
        "blockHash": to_hex(view.block.hash),
        "blockNumber": to_quantity(view.block.number),
        "status": to_quantity(receipt.status),
        "cumulativeGasUsed": to_quantity(seen.cumulative_gas),
        "logs": [log_form(view, seen, entry) for entry in seen.logs],
        "logsBloom": ZERO_BLOOM,
        **(shown if seen.full else hidden),
    }


def log_form(view: SeenBlock, seen: SeenTransaction, entry: SeenLog) -> dict[str, Json]:
    return {
        "address": to_hex(entry.log.address),
        "topics": [to_hex(topic) for topic in entry.log.topics],
        "data": to_hex(entry.log.data),
        "blockNumber": to_quantity(view.block.number),
        "blockHash": to_hex(view.block.hash),
        "blockTimestamp": to_quantity(view.block.timestamp),
        "transactionHash": to_hex(seen.transaction.hash),
        "transactionIndex": to_quantity(seen.index),
        "logIndex": to_quantity(entry.index),
        "removed": False,
    }


def _header(block: Block) -> dict[str, Json]:
    return {
        "number": to_quantity(block.number),
        "hash": to_hex(block.hash),
        "parentHash": to_hex(block.parent_hash),
        "timestamp": to_quantity(block.timestamp),
        "miner": to_hex(block.beneficiary),
        "gasLimit": to_quantity(block.gas_limit),
        "baseFeePerGas": "0x0",
        "nonce": to_hex(bytes(8)),
        "sha3Uncles": EMPTY_UNCLES,
        "uncles": [],
        "logsBloom": ZERO_BLOOM,
        "transactionsRoot": ZERO_HASH,
        "stateRoot": ZERO_HASH,
        "receiptsRoot": ZERO_HASH,
        "mixHash": ZERO_HASH,
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": "0x",
        "size": "0x0",
    }


def _transaction(transaction: Transaction, gas_price: int) -> dict[str, Json]:
    form: dict[str, Json] = {
        "hash": to_hex(transaction.hash),
        "type": to_quantity(transaction.type),
        "nonce": to_quantity(transaction.nonce),
        "from": to_hex(transaction.sender),
        "to": None if transaction.to is None else to_hex(transaction.to),
        "value": to_quantity(transaction.value),
        "gas": to_quantity(transaction.gas_limit),
        "gasPrice": to_quantity(gas_price),
        "input": to_hex(transaction.data),
        "chainId": to_quantity(transaction.chain_id),
        "v": to_quantity(_v(transaction)),
        "r": to_quantity(transaction.r),
        "s": to_quantity(transaction.s),
    }
    if transaction.type != LEGACY:
        form["yParity"] = to_quantity(transaction.y_parity)
        form["accessList"] = [
            {"address": to_hex(item.address), "storageKeys": [to_hex(key) for key in item.storage_keys]}
            for item in transaction.access_list
        ]
    if transaction.type in (DYNAMIC_FEE, SET_CODE):
        form["maxFeePerGas"] = to_quantity(transaction.max_fee_per_gas)
        form["maxPriorityFeePerGas"] = to_quantity(transaction.max_priority_fee_per_gas)
    if transaction.type == SET_CODE:
        form["authorizationList"] = _authorizations(transaction.raw)
    return form


def _redacted(transaction: Transaction) -> dict[str, Json]:
    """The shape that libraries expect, with nothing of its content: not even the signature, which would let a reader
    test guesses against the hash.
    """
    return {
        "hash": to_hex(transaction.hash),
        "type": "0x0",
        "nonce": "0x0",
        "from": ZERO_ADDRESS,
        "to": ZERO_ADDRESS,
        "value": "0x0",
        "gas": "0x0",
        "gasPrice": "0x0",
        "input": "0x",
        "chainId": to_quantity(transaction.chain_id),
        "v": "0x0",
        "r": "0x0",
        "s": "0x0",
    }


def _v(transaction: Transaction) -> int:
    """EIP-155 for legacy transactions, the parity for all others."""
    if transaction.type == LEGACY:
        return 35 + 2 * transaction.chain_id + transaction.y_parity
    return transaction.y_parity


def _authorizations(raw: bytes) -> list[Json]:
    """The list of an EIP-7702 transaction, from its signed envelope."""
    items = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["authorizationList"]
    forms: list[Json] = []
    for item in items:
        numbers: dict[str, Json] = {name: to_quantity(item[name]) for name in ("chainId", "nonce", "yParity", "r", "s")}
        forms.append({"address": to_hex(item["address"]), **numbers})
    return forms
