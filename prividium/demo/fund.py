"""The tokenised fund of the demo: its artifact, call data and access rules."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from prividium._core import contract_address
from prividium.demo.administration import add_rule
from prividium.demo.member import Member
from prividium.types import Json, parse_address, to_hex

ARTIFACTS = Path(__file__).parents[2] / "gateway" / "artifacts"


@dataclass(frozen=True)
class Contracts:
    """Addresses that the administrator's first two deployments will get, known before they happen."""

    fund: str
    forwarder: str

    @classmethod
    def predicted(cls, administrator: Member) -> "Contracts":
        deployer = parse_address(administrator.address)
        return cls(to_hex(contract_address(deployer, 0)), to_hex(contract_address(deployer, 1)))


@cache
def artifact(name: str) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads((ARTIFACTS / f"{name}.json").read_text()))


def call_data(signature: str, *arguments: object) -> bytes:
    """ABI-encoded call of, for example, `transfer(address,uint256)`."""
    types = [name for name in signature[signature.index("(") + 1 : -1].split(",") if name]
    return function_signature_to_4byte_selector(signature) + encode(types, list(arguments))


def creation_code(name: str, types: list[str], *arguments: object) -> bytes:
    return bytes.fromhex(str(artifact(name)["bytecode"]).removeprefix("0x")) + encode(types, list(arguments))


def register(administrator: Member, contracts: Contracts, issuer_role: Json, client_role: Json) -> int:
    """Register both contracts with their ABI and rules; returns the number of function rules."""
    for name, address in (("Fund", contracts.fund), ("Forwarder", contracts.forwarder)):
        body: Json = {
            "contractAddress": address,
            "name": name,
            "abi": artifact(name)["abi"],
            "awaitingDeployment": True,
        }
        administrator.rest("POST", "/api/contracts", body)
    shares, forwarder = contracts.fund, contracts.forwarder
    rules: list[tuple[str, str, str, str, list[Json], list[int]]] = [
        (shares, "setIssuer(address,bool)", "write", "checkRole", [issuer_role], []),
        (shares, "mint(address,uint256)", "write", "checkRole", [issuer_role], []),
        (shares, "burn(address,uint256)", "write", "checkRole", [issuer_role], []),
        (shares, "transfer(address,uint256)", "write", "checkRole", [client_role], []),
        (shares, "balanceOf(address)", "read", "checkRoleOrRestrictArgument", [issuer_role], [0]),
        (shares, "totalSupply()", "read", "checkRole", [issuer_role], []),
        (shares, "decimals()", "read", "public", [], []),
        (forwarder, "forward(address,bytes)", "write", "public", [], []),
    ]
    for rule in rules:
        add_rule(administrator, *rule)
    return len(rules)
