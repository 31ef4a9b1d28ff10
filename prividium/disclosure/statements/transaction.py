"""`transaction`: a transaction with these fields is in this batch, with this outcome."""

import json

from eth_utils.crypto import keccak

from prividium._core import CoreError, Ledger, decode_transaction
from prividium.disclosure.commitments import (
    DIGEST_BYTES,
    HEAD_KEY,
    BlockHeader,
    Head,
    list_digest,
    log_leaf,
    receipt_leaf,
    state_root,
    transaction_leaf,
    whole_list_digest,
)
from prividium.disclosure.fields import DisclosureInvalid, Fields
from prividium.types import Hash32, Json, to_hex

TYPE = "transaction"
SALT_BYTES = 22
TOPICS_MAX = 4


def obtain(ledger: Ledger, transaction_hash: Hash32) -> tuple[dict[str, Json], Json]:
    """(statement, opening) of a transaction in a sealed batch; CoreError if there is none."""
    opening: Json = json.loads(ledger.open_transaction(transaction_hash))
    transaction, receipt = ledger.transaction(transaction_hash), ledger.receipt(transaction_hash)
    assert transaction is not None and receipt is not None
    batch = ledger.batch_of_block(receipt.block_number)
    return _statement(transaction.raw, receipt.status, batch or 0), opening


def _statement(raw: bytes, status: int, batch: int) -> dict[str, Json]:
    """The statement that an opening supports; every field comes from the opening itself."""
    transaction = decode_transaction(raw)
    return {
        "type": TYPE,
        "batch": batch,
        "transactionHash": to_hex(keccak(raw)),
        "sender": to_hex(transaction.sender),
        "to": None if transaction.to is None else to_hex(transaction.to),
        "value": str(transaction.value),
        "nonce": transaction.nonce,
        "data": to_hex(transaction.data),
        "status": status,
    }


def check(statement: Json, opening: Fields, root: bytes) -> list[str]:
    """Check a statement against a state root read from L1; returns what was proven, in words."""
    raw = opening.data("raw")
    leaf = transaction_leaf(keccak(raw), opening.data("salt", SALT_BYTES))
    index, count = opening.integer("index", 32), opening.integer("count", 32)
    transactions = list_digest(leaf, index, count, opening.digests("path"))
    status, receipts = _receipts(opening.object("receipt"), index, count)
    header = _header(opening.object("block"))
    if (header.transactions_digest, header.receipts_digest) != (transactions, receipts):
        raise DisclosureInvalid("not_in_block", "transaction or receipt is not in the block")
    block_hash = header.hash()
    place = opening.integer("blockIndex", 32), opening.integer("blockCount", 32)
    blocks = list_digest(block_hash[:DIGEST_BYTES], *place, opening.digests("blockPath"))
    head = _head(opening.object("head"))
    if head.blocks_digest != blocks:
        raise DisclosureInvalid("not_in_batch", "the block is not in the batch")
    if state_root(HEAD_KEY, head.value_digest(), opening.digests("statePath")) != root:
        raise DisclosureInvalid("root_mismatch", "the opening does not lead to the state root on L1")
    opening.done()
    return _compare(statement, raw, status, head.batch_number, header)


def _compare(statement: Json, raw: bytes, status: int, batch: int, header: BlockHeader) -> list[str]:
    try:
        proven = _statement(raw, status, batch)
    except CoreError as error:
        raise DisclosureInvalid("transaction_invalid", error.message) from error
    if statement != proven:
        raise DisclosureInvalid("statement_mismatch", "the statement is not what the opening proves")
    outcome = "succeeded" if status else "reverted"
    return [
        f"transaction {proven['transactionHash']} is in batch {batch} and {outcome}",
        f"from {proven['sender']} to {proven['to'] or 'a new contract'}",
        f"value {proven['value']}, nonce {proven['nonce']}, {len(raw)} bytes signed",
        f"block {header.number}, timestamp {header.timestamp}",
    ]


def _receipts(receipt: Fields, index: int, count: int) -> tuple[int, bytes]:
    """(status, digest of the block's receipts list)."""
    logs = []
    for item in receipt.items("logs"):
        log = Fields("log", item)
        topics = [Fields("topic", {"value": topic}).data("value", 32) for topic in log.items("topics")]
        if len(topics) > TOPICS_MAX:
            raise DisclosureInvalid("malformed", "a log has at most four topics")
        logs.append(log_leaf(log.data("address", 20), topics, log.data("data"), log.data("salt", SALT_BYTES)))
        log.done()
    status = receipt.integer("status", 1)
    leaf = receipt_leaf(status, receipt.integer("gasUsed"), whole_list_digest(logs), receipt.data("salt", SALT_BYTES))
    path = receipt.digests("path")
    receipt.done()
    return status, list_digest(leaf, index, count, path)


def _header(block: Fields) -> BlockHeader:
    header = BlockHeader(
        block.data("parentHash", 32),
        block.integer("number"),
        block.integer("timestamp"),
        block.data("beneficiary", 20),
        block.integer("gasLimit"),
        block.integer("gasUsed"),
        block.data("transactionsDigest", DIGEST_BYTES),
        block.data("receiptsDigest", DIGEST_BYTES),
    )
    block.done()
    return header


def _head(fields: Fields) -> Head:
    head = Head(
        fields.integer("batchNumber"),
        fields.integer("blockNumber"),
        fields.integer("timestamp"),
        fields.data("blockHash", 32),
        fields.data("blocksDigest", DIGEST_BYTES),
        fields.data("salt", SALT_BYTES),
    )
    fields.done()
    return head
