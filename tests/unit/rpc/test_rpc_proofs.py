"""Storage and proofs: of one's own accounts, and of everybody's for a holder of full read access."""

from typing import cast

import pytest

from prividium.types import Json
from tests.reference.commitments import account_key, account_value, storage_key, storage_value
from tests.reference.state_tree import verify_path
from tests.unit.live import Scene, new_account
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_filtered import Document, document, documents

SEAL_SECONDS_MAX = 60
SUPPLY_SLOT = 2
"""`totalSupply` of the fund: name and symbol stand before it."""


def raw(value: Json) -> bytes:
    return bytes.fromhex(str(value)[2:])


def path(value: Json) -> list[bytes]:
    return [raw(item) for item in cast(list[Json], value)]


@pytest.fixture(scope="module")
def sealed(scene: Scene) -> None:
    """Everything up to now is in a batch."""
    scene.live.node.sequencer.seal_now().result(SEAL_SECONDS_MAX)


def account_is_proven(proof: Document) -> bool:
    account = document(proof["account"])
    value = account_value(
        int(str(account["nonce"]), 16),
        int(str(account["balance"]), 16).to_bytes(32, "big"),
        raw(account["codeHash"]),
        raw(account["historyDigest"]),
        raw(account["salt"]),
    )
    key = account_key(raw(proof["address"]))
    return verify_path(key, value, path(proof["accountProof"]), raw(proof["stateRoot"]))


@pytest.mark.parametrize(("method", "rest"), [("eth_getStorageAt", ["0x0"]), ("eth_getProof", [["0x0"]])])
def test_foreign_accounts_and_none_are_refused_alike(scene: Scene, one: Rpc, method: str, rest: list[Json]) -> None:
    foreign = (scene.two.address, scene.shares, scene.unregistered, new_account().address)
    answers = [one.ask(method, address, *rest) for address in foreign]
    assert [answer["error"] for answer in answers] == [
        {"code": -32001, "message": "forbidden", "data": "forbidden"}
    ] * len(foreign)


def test_storage_of_an_own_account_is_answered(scene: Scene, one: Rpc) -> None:
    assert one.result("eth_getStorageAt", scene.one.address, "0x0", "latest") == "0x" + "00" * 32


def test_a_full_reader_reads_a_contracts_storage(scene: Scene, administrator: Rpc) -> None:
    for slot in (hex(SUPPLY_SLOT), "0x" + SUPPLY_SLOT.to_bytes(32, "big").hex()):
        assert int(str(administrator.result("eth_getStorageAt", scene.shares, slot)), 16) == 1000


@pytest.mark.parametrize("slot", ["0x", "0x01", "0x" + "00" * 31, "0x" + "1" * 65, 1, None, "slot"])
def test_a_slot_that_is_none_is_named(scene: Scene, one: Rpc, slot: Json) -> None:
    assert one.refusal("eth_getStorageAt", scene.one.address, slot)[0] == -32602
    assert one.refusal("eth_getProof", scene.one.address, [slot])[0] == -32602


def test_too_many_slots_are_refused(scene: Scene, one: Rpc) -> None:
    assert one.refusal("eth_getProof", scene.one.address, ["0x0"] * 101)[0] == -32602


def test_a_proof_of_an_own_account_leads_to_the_batchs_root(sealed: None, scene: Scene, one: Rpc) -> None:
    proof = document(one.result("eth_getProof", scene.one.address, ["0x0"], "latest"))
    batch = scene.live.node.ledger.batch(int(str(proof["batchNumber"]), 16))
    assert batch is not None
    assert (raw(proof["stateRoot"]), int(str(proof["blockNumber"]), 16)) == (batch.output.new_state, batch.last_block)
    assert account_is_proven(proof)
    (slot,) = documents(proof["storageProof"])
    assert (slot["value"], slot["salt"], slot["proof"]) == ("0x" + "00" * 32, None, None)


def test_a_changed_balance_does_not_lead_to_the_root(sealed: None, scene: Scene, one: Rpc) -> None:
    proof = document(one.result("eth_getProof", scene.one.address, [], "latest"))
    document(proof["account"])["balance"] = "0x1"
    assert not account_is_proven(proof)


def test_a_full_reader_gets_proofs_of_slots(sealed: None, scene: Scene, administrator: Rpc) -> None:
    proof = document(administrator.result("eth_getProof", scene.shares, [hex(SUPPLY_SLOT)]))
    assert account_is_proven(proof)
    (slot,) = documents(proof["storageProof"])
    assert int(str(slot["value"]), 16) == 1000
    key = storage_key(raw(scene.shares), SUPPLY_SLOT.to_bytes(32, "big"))
    value = storage_value(raw(slot["value"]), raw(slot["salt"]))
    assert verify_path(key, value, path(slot["proof"]), raw(proof["stateRoot"]))


def test_what_is_absent_has_no_proof(sealed: None, administrator: Rpc) -> None:
    """Its path could end at another account's leaf, and show it."""
    proof = document(administrator.result("eth_getProof", new_account().address, []))
    assert (proof["account"], proof["accountProof"]) == (None, None)


def test_a_proof_of_the_past_is_made_at_the_end_of_a_batch(sealed: None, scene: Scene, one: Rpc) -> None:
    newest = document(one.result("eth_getProof", scene.one.address, []))
    again = one.result("eth_getProof", scene.one.address, [], newest["blockNumber"])
    assert document(again)["stateRoot"] == newest["stateRoot"]
    genesis = document(one.result("eth_getProof", scene.one.address, [], "earliest"))
    assert (genesis["batchNumber"], genesis["account"]) == ("0x0", None)
    assert one.refusal("eth_getProof", scene.one.address, [], "0x1") == (-32602, "proof_unavailable")
    assert one.refusal("eth_getProof", scene.one.address, [], "0xffffff") == (-32602, "block_unknown")
