"""People, wallets and the rules of a token that is about to be deployed, for one client at a time."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from eth_account import Account
from eth_account.signers.local import LocalAccount

from prividium._core import contract_address
from prividium.demo.administration import add_rule
from prividium.demo.fund import artifact
from prividium.demo.member import Member
from prividium.types import Json, parse_address, to_hex

FOLDER = Path(__file__).parent
BIN = FOLDER / "node_modules" / ".bin"
SCRIPT_SECONDS_MAX = 120
MINTED, TRANSFERRED, APPROVED, MOVED = 1000, 300, 200, 150
TRANSFER_TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
RULES = (
    ("setIssuer(address,bool)", "write", "public", []),
    ("mint(address,uint256)", "write", "public", []),
    ("transfer(address,uint256)", "write", "public", []),
    ("approve(address,uint256)", "write", "public", []),
    ("transferFrom(address,address,uint256)", "write", "public", []),
    ("balanceOf(address)", "read", "restrictArgument", [0]),
    ("allowance(address,address)", "read", "restrictArgument", [0]),
    ("decimals()", "read", "public", []),
)


@dataclass(frozen=True)
class Actor:
    """One of a person's wallets, made for one client."""

    member: Member
    account: LocalAccount

    def document(self) -> dict[str, Json]:
        return {"address": self.account.address, "key": to_hex(bytes(self.account.key)), "token": self.member.token}


@dataclass(frozen=True)
class Stage:
    url: str
    chain_id: int
    issuer: Actor
    holder: Actor
    spender: Actor
    token: str
    """Where the issuer's first deployment will be."""

    def document(self) -> dict[str, Json]:
        return {
            "url": self.url,
            "chainId": self.chain_id,
            "issuer": self.issuer.document(),
            "holder": self.holder.document(),
            "spender": self.spender.document(),
            "token": self.token,
            "abi": artifact("Fund")["abi"],
            "bytecode": artifact("Fund")["bytecode"],
            "amounts": {"minted": MINTED, "transferred": TRANSFERRED, "approved": APPROVED, "moved": MOVED},
        }


LIFE: dict[str, Json] = {
    "token": "as predicted",
    "holderBalance": MINTED - TRANSFERRED - MOVED,
    "spenderBalance": TRANSFERRED + MOVED,
    "allowanceLeft": APPROVED - MOVED,
    "transfersSeenByHolder": [MINTED, TRANSFERRED, MOVED],
    "foreignBalance": "forbidden",
    "tooMuch": "reverted",
    "foreignReceipt": "not found",
}
"""What the life of a token shows, whatever the client."""


def link(member: Member) -> Actor:
    """A new wallet of the person."""
    account = cast(LocalAccount, Account.create())
    known, member.account = member.account, account
    member.link_wallet()
    member.account = known
    return Actor(member, account)


def set_stage(url: str, chain_id: int, people: tuple[Member, Member, Member]) -> Stage:
    issuer, holder, spender = (link(member) for member in people)
    token = to_hex(contract_address(parse_address(issuer.account.address.lower()), 0))
    administrator = issuer.member
    body: Json = {"contractAddress": token, "name": "Token", "abi": artifact("Fund")["abi"], "awaitingDeployment": True}
    administrator.rest("POST", "/api/contracts", body)
    for signature, access, kind, arguments in RULES:
        add_rule(administrator, token, signature, access, kind, arguments=list(arguments))
    own: Json = {"type": "userAddress"}
    for sender, recipient in ((own, None), (None, own)):
        rule: Json = {"contractAddress": token, "topic0": TRANSFER_TOPIC, "topic1": sender, "topic2": recipient}
        administrator.rest("POST", "/api/event-permissions", rule)
    return Stage(url, chain_id, issuer, holder, spender, token)


def run_script(name: str, stage: Stage) -> dict[str, Json]:
    """What the script found out."""
    return _run(name, stage.document())


def run_with(name: str, stage: Stage, more: dict[str, Json], holder_token: str) -> dict[str, Json]:
    """The same, with more to know and another session of the holder."""
    document = {**stage.document(), **more}
    return _run(name, {**document, "holder": {**stage.holder.document(), "token": holder_token}})


def _run(name: str, document: dict[str, Json]) -> dict[str, Json]:
    finished = subprocess.run(
        ["node", str(FOLDER / name)],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        timeout=SCRIPT_SECONDS_MAX,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    found: dict[str, Json] = json.loads(finished.stdout)
    return found
