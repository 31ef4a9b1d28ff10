"""Calls, estimates and transactions: judged whatever they carry."""

from collections.abc import Sequence

import pytest
from eth_account.types import AccessListEntry
from eth_typing import HexStr
from eth_utils.address import to_checksum_address

from prividium.demo.fund import call_data
from prividium.demo.member import Member
from prividium.types import Json
from tests.unit.live import Scene, new_account
from tests.unit.rpc.conftest import Rpc

Fields = dict[str, bytes | int | HexStr | Sequence[AccessListEntry]]


def read(sender: str, to: str, data: bytes = b"") -> dict[str, Json]:
    return {"from": sender, "to": to, "data": "0x" + data.hex()}


def balance_of(holder: str) -> bytes:
    return call_data("balanceOf(address)", holder)


def signed(member: Member, chain_id: int, **fields: bytes | int | str) -> str:
    whole: Fields = {
        "type": 2,
        "chainId": chain_id,
        "nonce": 0,
        "gas": 100_000,
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "value": 0,
        "data": b"",
        **fields,  # type: ignore[dict-item]
    }
    whole["to"] = to_checksum_address(str(whole["to"]))
    return "0x" + member.account.sign_transaction(whole).raw_transaction.hex().removeprefix("0x")


def nonce_of(rpc: Rpc) -> int:
    return int(str(rpc.result("eth_getTransactionCount", rpc.member.address, "pending")), 16)


def test_a_holder_reads_the_own_balance(scene: Scene, one: Rpc) -> None:
    answer = one.result("eth_call", read(scene.one.address, scene.shares, balance_of(scene.one.address)), "latest")
    assert int(str(answer), 16) > 0


def test_a_holder_does_not_read_another_balance(scene: Scene, one: Rpc) -> None:
    assert one.refusal("eth_call", read(scene.one.address, scene.shares, balance_of(scene.two.address)))[0] == -32001


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_from_is_required(scene: Scene, one: Rpc, method: str) -> None:
    call: dict[str, Json] = {"to": scene.shares, "data": "0x" + balance_of(scene.one.address).hex()}
    assert one.refusal(method, call) == (-32602, "from_required")


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_from_must_be_the_callers_own_wallet(scene: Scene, stranger: Rpc, method: str) -> None:
    call = read(scene.one.address, scene.shares, balance_of(scene.one.address))
    assert stranger.refusal(method, call) == (-32001, "wallet.not_owned_by_user")


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
@pytest.mark.parametrize("data", [b"", b"\x70\xa0", bytes(4), bytes.fromhex("84b0196e")])
def test_empty_data_and_well_known_selectors_are_judged_like_all_others(
    scene: Scene, one: Rpc, method: str, data: bytes
) -> None:
    assert one.refusal(method, read(scene.one.address, scene.shares, data))[0] == -32001


def test_an_estimate_is_no_oracle_for_foreign_balances(scene: Scene, one: Rpc) -> None:
    spend = call_data("transferFrom(address,address,uint256)", scene.two.address, scene.one.address, 1)
    assert one.refusal("eth_estimateGas", read(scene.one.address, scene.shares, spend))[0] == -32001
    assert (
        one.refusal("eth_estimateGas", read(scene.one.address, scene.shares, balance_of(scene.two.address)))[0]
        == -32001
    )


def test_a_read_rule_does_not_permit_an_estimate(scene: Scene, one: Rpc) -> None:
    call = read(scene.one.address, scene.shares, call_data("decimals()"))
    assert int(str(one.result("eth_call", call)), 16) == 6
    assert one.refusal("eth_estimateGas", call)[0] == -32001


def test_an_unregistered_contract_and_no_contract_look_alike(scene: Scene, administrator: Rpc) -> None:
    sender = scene.administrator.address
    for to in (scene.unregistered, new_account().address, scene.two.address):
        call = read(sender, to, call_data("totalSupply()"))
        assert administrator.refusal("eth_call", call) == (-32001, "forbidden")


def test_a_call_through_a_forwarder_is_judged_inside(scene: Scene, stranger: Rpc) -> None:
    inner = call_data("forward(address,bytes)", scene.shares, balance_of(scene.one.address))
    for method in ("eth_call", "eth_estimateGas"):
        assert stranger.refusal(method, read(scene.stranger.address, scene.contracts.forwarder, inner))[0] == -32001


def test_a_revert_hands_back_its_data(scene: Scene, one: Rpc) -> None:
    transfer = call_data("transfer(address,uint256)", scene.two.address, 10**9)
    answer = one.ask("eth_estimateGas", read(scene.one.address, scene.shares, transfer))
    error = answer["error"]
    assert isinstance(error, dict)
    assert error["code"] == 3
    assert str(error["message"]).startswith("execution reverted")
    assert str(error["data"]).startswith("0x") and len(str(error["data"])) == 2 + 2 * (4 + 3 * 32)


def test_state_overrides_are_not_supported(scene: Scene, one: Rpc) -> None:
    call = read(scene.one.address, scene.shares, balance_of(scene.one.address))
    overrides: Json = {scene.shares: {"code": "0x00"}}
    assert one.refusal("eth_call", call, "latest", overrides) == (-32602, "state_overrides_unsupported")


def test_data_and_input_may_not_differ(scene: Scene, one: Rpc) -> None:
    call = {**read(scene.one.address, scene.shares, b"\x01"), "input": "0x02"}
    assert one.refusal("eth_call", call)[0] == -32602


def test_unknown_fields_of_a_call_are_errors(scene: Scene, one: Rpc) -> None:
    call = {**read(scene.one.address, scene.shares), "authorizationList": []}
    assert one.refusal("eth_call", call)[0] == -32602


def test_creating_a_contract_needs_the_permission(scene: Scene, one: Rpc, administrator: Rpc) -> None:
    body: dict[str, Json] = {"data": "0x600a600c600039600a6000f3602a60005260206000f3"}
    assert one.refusal("eth_estimateGas", {"from": scene.one.address, **body})[0] == -32001
    assert administrator.result("eth_estimateGas", {"from": scene.administrator.address, **body})


def test_a_transaction_of_somebody_elses_wallet_is_refused(scene: Scene, stranger: Rpc) -> None:
    raw = signed(scene.one, scene.chain_id, to=scene.two.address)
    assert stranger.refusal("eth_sendRawTransaction", raw) == (-32001, "wallet.not_owned_by_user")


@pytest.mark.parametrize("raw", ["0x", "0x00", "0xc0", "0x02c0", "0x02f8ff", "0xff" * 3, "0x" + "c1" * 20])
def test_bad_rlp_is_named(one: Rpc, raw: str) -> None:
    code, _ = one.refusal("eth_sendRawTransaction", raw)
    assert code == -32602


def test_another_chain_id_is_named(scene: Scene, one: Rpc) -> None:
    raw = signed(scene.one, scene.chain_id + 1, to=scene.two.address, nonce=nonce_of(one))
    assert one.refusal("eth_sendRawTransaction", raw) == (-32602, "chain_id_mismatch")


def test_a_bad_signature_is_refused(scene: Scene, one: Rpc) -> None:
    raw = signed(scene.one, scene.chain_id, to=scene.two.address, nonce=nonce_of(one))
    altered = raw[:-2] + ("00" if raw[-2:] != "00" else "01")
    code, reason = one.refusal("eth_sendRawTransaction", altered)
    assert (code, reason) in ((-32602, "signature_invalid"), (-32001, "wallet.not_owned_by_user"))
    zeroed = raw[:-64] + "00" * 32
    assert one.refusal("eth_sendRawTransaction", zeroed)[0] == -32602


def test_a_nonce_that_was_used_is_named(scene: Scene, one: Rpc) -> None:
    raw = signed(scene.one, scene.chain_id, to=scene.two.address, nonce=0, gas=50_000)
    answer = one.ask("eth_sendRawTransaction", raw)["error"]
    assert isinstance(answer, dict)
    assert (answer["code"], str(answer["message"])[:13]) == (-32000, "nonce too low")


def test_a_nonce_far_ahead_is_named(scene: Scene, one: Rpc) -> None:
    raw = signed(scene.one, scene.chain_id, to=scene.two.address, nonce=1_000_000)
    assert one.refusal("eth_sendRawTransaction", raw) == (-32000, "nonce_too_high")


def test_gas_over_the_cap_is_named(scene: Scene, one: Rpc) -> None:
    raw = signed(scene.one, scene.chain_id, to=scene.two.address, nonce=nonce_of(one), gas=2**24 + 1)
    assert one.refusal("eth_sendRawTransaction", raw) == (-32000, "gas_limit_too_high")


def test_too_little_gas_is_named(scene: Scene, one: Rpc) -> None:
    raw = signed(scene.one, scene.chain_id, to=scene.two.address, nonce=nonce_of(one), gas=20_000)
    assert one.refusal("eth_sendRawTransaction", raw) == (-32000, "gas_limit_too_low")


def test_funds_that_are_missing_are_named(scene: Scene, one: Rpc) -> None:
    raw = signed(scene.one, scene.chain_id, to=scene.two.address, nonce=nonce_of(one), value=1)
    assert one.refusal("eth_sendRawTransaction", raw) == (-32000, "insufficient_funds")


def test_a_denied_transaction_changes_nothing(scene: Scene, stranger: Rpc) -> None:
    before = nonce_of(stranger)
    for to in (scene.shares, scene.unregistered):
        data = call_data("transfer(address,uint256)", scene.one.address, 1)
        raw = signed(scene.stranger, scene.chain_id, to=to, nonce=before, data=data)
        assert stranger.refusal("eth_sendRawTransaction", raw) == (-32001, "forbidden")
    assert nonce_of(stranger) == before


def test_a_known_transaction_is_answered_with_its_hash_again(scene: Scene, two: Rpc) -> None:
    data = call_data("transfer(address,uint256)", scene.one.address, 1)
    raw = signed(scene.two, scene.chain_id, to=scene.shares, nonce=nonce_of(two), data=data)
    first, second = two.result("eth_sendRawTransaction", raw), two.result("eth_sendRawTransaction", raw)
    assert first == second
    assert scene.two.receipt(str(first))["status"] == "0x1"


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_legacy_access_list_and_fee_market_transactions_are_accepted(scene: Scene, two: Rpc, kind: int) -> None:
    fields: Fields = {"chainId": scene.chain_id, "nonce": nonce_of(two), "gas": 100_000, "value": 0}
    fields |= {
        "to": to_checksum_address(scene.shares),
        "data": call_data("transfer(address,uint256)", scene.one.address, 1),
    }
    if kind == 2:
        fields |= {"type": 2, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    else:
        fields |= {"gasPrice": 0}
    if kind == 1:
        fields |= {"type": 1, "accessList": []}
    raw = "0x" + scene.two.account.sign_transaction(fields).raw_transaction.hex().removeprefix("0x")
    transaction_hash = str(two.result("eth_sendRawTransaction", raw))
    assert scene.two.receipt(transaction_hash)["type"] == hex(kind)
    shown = two.result("eth_getTransactionByHash", transaction_hash)
    assert isinstance(shown, dict)
    assert (shown["type"], shown["from"]) == (hex(kind), scene.two.address.lower())
