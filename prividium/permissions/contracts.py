"""Registered contracts: address, name, ABI and who answers for them."""

from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, InvalidInput, NotFound
from prividium.identity.models import User
from prividium.permissions.abi import Abi, functions
from prividium.permissions.models import Contract, FunctionRule, PolicyState
from prividium.permissions.templates import find_template, follow_abi
from prividium.types import Address


def find_contract(session: Session, address: Address) -> Contract:
    """Raises NotFound("contract_unknown")."""
    contract = session.get(Contract, address)
    if contract is None:
        raise NotFound("contract_unknown", "this contract is not registered; register address and ABI first")
    return contract


def register(
    session: Session, address: Address, name: str, abi: Abi, owner: str | None, template_id: str | None = None
) -> Contract:
    """Without a template registration permits nothing.

    Raises InvalidInput("abi_invalid"), NotFound("template_unknown") and Conflict("contract_exists").
    """
    functions(abi)
    _hold_template(session, template_id)
    if session.get(Contract, address) is not None:
        raise Conflict("contract_exists", "this contract is registered already; change it instead")
    now = clock.now()
    contract = Contract(
        address=address,
        name=name,
        abi=abi,
        owner_user_id=_checked_owner(session, owner),
        template_id=template_id,
        created_at=now,
        updated_at=now,
    )
    session.add(contract)
    session.flush()
    return contract


def change(
    session: Session, address: Address, name: str, abi: Abi, owner: str | None, template_id: str | None = None
) -> Contract:
    """Rules follow the new ABI; raises Conflict("rule_without_function") if one names a function it does not have."""
    contract = find_contract(session, address)
    _hold_template(session, template_id)
    follow_abi(session, FunctionRule.contract_address == address, abi)
    contract.name, contract.abi, contract.updated_at = name, abi, clock.now()
    contract.template_id = template_id
    contract.owner_user_id = _checked_owner(session, owner)
    session.flush()
    return contract


def remove(session: Session, address: Address) -> Contract:
    """Its rules go with it: nobody may call it any more."""
    contract = find_contract(session, address)
    session.delete(contract)
    session.flush()
    return contract


def _hold_template(session: Session, template_id: str | None) -> None:
    """Until the transaction ends the template is not deleted."""
    if template_id is not None:
        session.get_one(PolicyState, 1, with_for_update=True)
        find_template(session, template_id)


def _checked_owner(session: Session, owner: str | None) -> str | None:
    if owner is not None and session.get(User, owner) is None:
        raise InvalidInput("user_unknown", "the owner is no known user")
    return owner
