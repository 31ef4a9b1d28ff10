"""`tests/vectors/commitments.json`, written by the Rust core, against the slow twins."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reference import batch_output, commitments, state_tree

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "commitments.json").read_text())


def _bytes(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector[name].removeprefix("0x"))


def test_keys_of_the_state_tree() -> None:
    keys = VECTORS["keys"]
    address, slot = _bytes(keys, "address"), _bytes(keys, "slot")
    assert commitments.account_key(address) == _bytes(keys, "account")
    assert commitments.storage_key(address, slot) == _bytes(keys, "storage")
    assert commitments.head_key() == _bytes(keys, "head")


def test_pairs_differ_by_their_tag() -> None:
    pairs = VECTORS["pairs"]
    left, right = _bytes(pairs, "left"), _bytes(pairs, "right")
    assert state_tree.leaf(left, right)[:27] == _bytes(pairs, "leaf")
    assert state_tree.node(left, right)[:27] == _bytes(pairs, "node")
    assert commitments.history_link(left, right) == _bytes(pairs, "historyLink")


def test_values_of_leaves() -> None:
    values = VECTORS["values"]
    salt = _bytes(values, "salt")
    storage, transaction = values["storage"], values["transaction"]
    assert commitments.storage_value(_bytes(storage, "value"), salt) == _bytes(storage, "digest")
    assert commitments.transaction_leaf(_bytes(transaction, "hash"), salt) == _bytes(transaction, "leaf")
    account = values["account"]
    history = commitments.history_digest(account["historyCount"], _bytes(account, "historyHead"))
    assert history == _bytes(account, "historyDigest")
    nonce = int.from_bytes(_bytes(account, "nonce"))
    value = commitments.account_value(nonce, _bytes(account, "balance"), _bytes(account, "codeHash"), history, salt)
    assert value == _bytes(account, "digest")
    head = values["head"]
    numbers = (head["batchNumber"], head["blockNumber"], head["timestamp"])
    hashes = (_bytes(head, "blockHash"), _bytes(head, "blocksDigest"))
    assert commitments.head_value(*numbers, *hashes, salt) == _bytes(head, "digest")


@pytest.mark.parametrize("log", VECTORS["logs"], ids=lambda log: f"{len(log['topics'])} topics")
def test_logs(log: dict[str, Any]) -> None:
    topics = [bytes.fromhex(topic.removeprefix("0x")) for topic in log["topics"]]
    leaf = commitments.log_leaf(_bytes(log, "address"), topics, _bytes(log, "data"), _bytes(log, "salt"))
    assert leaf == _bytes(log, "leaf")


def test_a_receipt_and_its_history_entry() -> None:
    receipt = VECTORS["receipt"]
    logs, salt = _bytes(receipt, "logsDigest"), _bytes(receipt, "salt")
    leaf = commitments.receipt_leaf(receipt["status"], receipt["gasUsed"], logs, salt)
    assert leaf == _bytes(receipt, "leaf")
    entry = commitments.history_entry(
        receipt["blockNumber"], receipt["index"], _bytes(receipt, "transactionLeaf"), leaf
    )
    assert entry == _bytes(receipt, "historyEntry")


def test_a_block_hash() -> None:
    block = VECTORS["blocks"]
    found = commitments.block_hash(
        _bytes(block, "parentHash"),
        block["number"],
        block["timestamp"],
        _bytes(block, "beneficiary"),
        block["gasLimit"],
        block["gasUsed"],
        _bytes(block, "transactionsDigest"),
        _bytes(block, "receiptsDigest"),
    )
    assert found == _bytes(block, "hash")


@pytest.mark.parametrize("vector", VECTORS["lists"], ids=lambda vector: f"{len(vector['leaves'])} leaves")
def test_lists_bind_their_length(vector: dict[str, Any]) -> None:
    leaves = [bytes.fromhex(leaf.removeprefix("0x")) for leaf in vector["leaves"]]
    assert commitments.list_digest(leaves) == _bytes(vector, "digest")


@pytest.mark.parametrize("entry", VECTORS["policy"], ids=lambda entry: entry["preimage"][:4])
def test_policy_entries(entry: dict[str, Any]) -> None:
    assert commitments.digest(_bytes(entry, "preimage")) == _bytes(entry, "key")
    assert commitments.policy_value(_bytes(entry, "bytes"), _bytes(entry, "salt")) == _bytes(entry, "digest")


def test_salts_are_a_prf_of_the_secret() -> None:
    salts = VECTORS["salts"]
    secret, number, transaction = _bytes(salts, "secret"), salts["number"], _bytes(salts, "hash")
    keys = {
        "state": (1, _bytes(salts, "key")),
        "transaction": (2, transaction[:27]),
        "receipt": (3, transaction[:27]),
        "log": (4, transaction[:23] + salts["logIndex"].to_bytes(4)),
        "policy": (5, _bytes(salts, "key")),
    }
    for name, (label, key) in keys.items():
        assert commitments.salt(secret, label, key, number) == _bytes(salts, name), name


@pytest.mark.parametrize("vector", VECTORS["trees"], ids=lambda vector: f"{len(vector['leaves'])} leaves")
def test_trees_before_and_after_deletions(vector: dict[str, Any]) -> None:
    leaves = dict([bytes.fromhex(part.removeprefix("0x")) for part in leaf] for leaf in vector["leaves"])
    assert state_tree.root(leaves) == _bytes(vector, "root")
    for key in vector["deleted"]:
        del leaves[bytes.fromhex(key.removeprefix("0x"))]
    assert state_tree.root(leaves) == _bytes(vector, "rootAfter")


@pytest.mark.parametrize("vector", VECTORS["outputs"], ids=lambda vector: f"batch {vector['batchNumber']}")
def test_batch_outputs(vector: dict[str, Any]) -> None:
    names = ["prevState", "newState", "policyRoot", "l1InboxHash", "messageRoot", "importedRootsHash"]
    roots = [_bytes(vector, name) for name in [*names, "disclosureLogRoot", "daCommitment"]]
    output = batch_output.BatchOutput(vector["chainId"], vector["batchNumber"], *roots)
    assert batch_output.digest(output) == _bytes(vector, "digest")
