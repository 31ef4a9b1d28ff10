"""The life of a token with web3.py: deploy, mint, transfer, approve, spend, read, and be refused."""

from collections.abc import Callable
from typing import Any, cast

from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError

from prividium.demo.fund import artifact
from prividium.types import Json
from tests.sdk.stage import APPROVED, MINTED, MOVED, TRANSFERRED, Actor, Stage


def connect(stage: Stage, actor: Actor) -> Web3:
    headers = {"Authorization": f"Bearer {actor.member.token}", "Content-Type": "application/json"}
    return Web3(Web3.HTTPProvider(f"{stage.url}/rpc", request_kwargs={"headers": headers}))


class Life:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.issuer, self.holder, self.spender = stage.issuer, stage.holder, stage.spender
        self.web3 = {id(actor): connect(stage, actor) for actor in (self.issuer, self.holder, self.spender)}

    def token(self, actor: Actor) -> Contract:
        web3 = self.web3[id(actor)]
        address = web3.to_checksum_address(self.stage.token)
        return cast(Contract, web3.eth.contract(address, abi=artifact("Fund")["abi"]))

    def send(self, actor: Actor, function: ContractFunction | ContractConstructor) -> dict[str, Any]:
        web3, account = self.web3[id(actor)], actor.account
        nonce = web3.eth.get_transaction_count(account.address, "pending")
        built = function.build_transaction({"from": account.address, "nonce": nonce})
        sent = web3.eth.send_raw_transaction(account.sign_transaction(built).raw_transaction)
        receipt = dict(web3.eth.wait_for_transaction_receipt(sent, 10, 0.05))
        assert receipt["status"] == 1
        return receipt

    def read(self, actor: Actor, name: str, *arguments: object) -> int:
        function = getattr(self.token(actor).functions, name)(*arguments)
        return int(function.call({"from": actor.account.address}))

    def run(self) -> dict[str, Json]:
        issuer, holder, spender = self.issuer, self.holder, self.spender
        fund = self.web3[id(issuer)].eth.contract(abi=artifact("Fund")["abi"], bytecode=artifact("Fund")["bytecode"])
        deployed = self.send(issuer, fund.constructor("Token", "TKN", issuer.account.address))
        self.send(issuer, self.token(issuer).functions.setIssuer(issuer.account.address, True))
        self.send(issuer, self.token(issuer).functions.mint(holder.account.address, MINTED))
        self.send(holder, self.token(holder).functions.transfer(spender.account.address, TRANSFERRED))
        approval = self.send(holder, self.token(holder).functions.approve(spender.account.address, APPROVED))
        move = self.token(spender).functions.transferFrom(holder.account.address, spender.account.address, MOVED)
        self.send(spender, move)
        too_much = self.token(holder).functions.transfer(spender.account.address, 10**12)
        logs = self.token(holder).events.Transfer().get_logs(from_block="earliest")
        address = str(deployed["contractAddress"])
        return {
            "token": "as predicted" if address.lower() == self.stage.token else address,
            "holderBalance": self.read(holder, "balanceOf", holder.account.address),
            "spenderBalance": self.read(spender, "balanceOf", spender.account.address),
            "allowanceLeft": self.read(holder, "allowance", holder.account.address, spender.account.address),
            "transfersSeenByHolder": [log["args"]["value"] for log in logs],
            "foreignBalance": refusal(lambda: self.read(holder, "balanceOf", spender.account.address)),
            "tooMuch": refusal(lambda: self.send(holder, too_much)),
            "foreignReceipt": refusal(
                lambda: self.web3[id(spender)].eth.get_transaction_receipt(approval["transactionHash"])
            ),
        }


def refusal(action: Callable[[], object]) -> str:
    try:
        action()
    except TransactionNotFound:
        return "not found"
    except ContractLogicError:
        return "reverted"
    except Web3RPCError as error:
        assert "forbidden" in str(error)
        return "forbidden"
    return "allowed"
