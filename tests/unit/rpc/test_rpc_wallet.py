"""The life of a token with an ordinary wallet library, web3.py."""

from typing import cast

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError, Web3RPCError

from prividium._core import contract_address
from prividium.demo.administration import add_rule
from prividium.demo.fund import artifact
from prividium.demo.member import Member
from prividium.types import to_hex
from tests.unit.live import Scene, address_of


def wallet(member: Member) -> Web3:
    headers = {"Authorization": f"Bearer {member.token}", "Content-Type": "application/json"}
    return Web3(Web3.HTTPProvider(f"{member.base_url}/rpc", request_kwargs={"headers": headers}))


def send(web3: Web3, account: LocalAccount, transaction: dict[str, object]) -> dict[str, object]:
    signed = account.sign_transaction(transaction)  # type: ignore[arg-type]
    return dict(web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(signed.raw_transaction), 10, 0.01))


@pytest.fixture(scope="module")
def token(scene: Scene) -> str:
    """Registered before it is deployed: the address follows from the deployer's nonce."""
    administrator = scene.administrator
    nonce = int(str(administrator.rpc("eth_getTransactionCount", administrator.address, "pending")), 16)
    address = to_hex(contract_address(address_of(administrator), nonce))
    body = {"contractAddress": address, "name": "Token", "abi": artifact("Fund")["abi"], "awaitingDeployment": True}
    administrator.rest("POST", "/api/contracts", body)
    for signature in ("setIssuer(address,bool)", "mint(address,uint256)", "transfer(address,uint256)"):
        add_rule(administrator, address, signature, "write", "public")
    add_rule(administrator, address, "balanceOf(address)", "read", "restrictArgument", arguments=[0])
    web3 = wallet(administrator)
    contract = web3.eth.contract(abi=artifact("Fund")["abi"], bytecode=artifact("Fund")["bytecode"])
    built = contract.constructor("Token", "TKN", administrator.address).build_transaction(
        {"from": web3.to_checksum_address(administrator.address), "nonce": nonce}  # type: ignore[typeddict-item]
    )
    receipt = send(web3, administrator.account, dict(built))
    assert str(receipt["contractAddress"]).lower() == address
    return address


def at(web3: Web3, address: str) -> Contract:
    return cast(Contract, web3.eth.contract(web3.to_checksum_address(address), abi=artifact("Fund")["abi"]))


def test_a_token_is_deployed_minted_transferred_and_read(scene: Scene, token: str) -> None:
    administrator, one, two = (wallet(member) for member in (scene.administrator, scene.one, scene.two))
    assert administrator.eth.chain_id == scene.chain_id
    issuer, holder, other = (member.account for member in (scene.administrator, scene.one, scene.two))
    for function in (
        at(administrator, token).functions.setIssuer(issuer.address, True),
        at(administrator, token).functions.mint(holder.address, 1000),
    ):
        nonce = administrator.eth.get_transaction_count(issuer.address, "pending")
        built = function.build_transaction({"from": issuer.address, "nonce": nonce})
        assert send(administrator, issuer, dict(built))["status"] == 1
    contract = at(one, token)
    built = contract.functions.transfer(other.address, 300).build_transaction(
        {"from": holder.address, "nonce": one.eth.get_transaction_count(holder.address)}
    )
    receipt = send(one, holder, dict(built))
    assert receipt["status"] == 1
    events = contract.events.Transfer().process_receipt(receipt)  # type: ignore[arg-type]
    assert [(event["args"]["from"], event["args"]["value"]) for event in events] == [(holder.address, 300)]
    assert contract.functions.balanceOf(holder.address).call({"from": holder.address}) == 700
    assert at(two, token).functions.balanceOf(other.address).call({"from": other.address}) == 300
    logs = contract.events.Transfer().get_logs(from_block="earliest")
    assert [log["args"]["value"] for log in logs] == [300]
    block = one.eth.get_block(receipt["blockNumber"], full_transactions=True)  # type: ignore[arg-type]
    assert [item["hash"] for item in block["transactions"]] == [receipt["transactionHash"]]  # type: ignore[index]


def test_the_library_understands_denials_and_reverts(scene: Scene, token: str) -> None:
    web3, holder = wallet(scene.one), scene.one.account
    with pytest.raises(Web3RPCError, match="forbidden"):
        at(web3, token).functions.balanceOf(scene.two.account.address).call({"from": holder.address})
    with pytest.raises(ContractLogicError):
        at(web3, token).functions.transfer(scene.two.account.address, 10**12).estimate_gas({"from": holder.address})


def test_a_receipt_of_somebody_else_is_not_found(scene: Scene) -> None:
    from web3.exceptions import TransactionNotFound

    with pytest.raises(TransactionNotFound):
        wallet(scene.stranger).eth.get_transaction_receipt(scene.hashes["transfer"])  # type: ignore[arg-type]
