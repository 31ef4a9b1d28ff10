"""GET /api/contracts/{address}/abi: as much of a contract as its reader may call."""

from typing import Annotated

from fastapi import APIRouter, Path

from prividium.db.edge import ReadSession
from prividium.identity.caller import Caller
from prividium.permissions.callable import CallableContract, callable_contract
from prividium.permissions.models import FunctionRule
from prividium.rest import Answer, address_text
from prividium.types import parse_address, to_hex

router = APIRouter(prefix="/contracts", tags=["contracts"])


class CallableFunction(Answer):
    selector: str
    signature: str
    name: str
    access_type: str


class CallableAnswer(Answer):
    contract_address: str
    name: str
    abi: list[dict[str, object]]
    functions: list[CallableFunction]


def _show(rule: FunctionRule) -> CallableFunction:
    name = rule.signature.partition("(")[0]
    return CallableFunction(
        selector=to_hex(rule.selector), signature=rule.signature, name=name, access_type=rule.access
    )


def _answer(found: CallableContract) -> CallableAnswer:
    return CallableAnswer(
        contract_address=address_text(found.contract.address),
        name=found.contract.name,
        abi=found.abi,
        functions=[_show(rule) for rule in found.rules if rule.selector],
    )


@router.get("/{address}/abi")
def get_callable_abi(
    address: Annotated[str, Path(pattern=r"^0x[0-9a-fA-F]{40}$")], caller: Caller, session: ReadSession
) -> CallableAnswer:
    """The functions that some rule opens to the caller, with some arguments; 404 if there are none."""
    return _answer(callable_contract(session, caller, parse_address(address)))
