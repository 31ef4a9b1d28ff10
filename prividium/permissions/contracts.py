"""Registered contracts: address, name, ABI and who answers for them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, InvalidInput, NotFound
from prividium.identity.models import User
from prividium.permissions.abi import Abi, Function, functions
from prividium.permissions.models import Contract, FunctionRule
from prividium.types import Address


def find_contract(session: Session, address: Address) -> Contract:
    """Raises NotFound("contract_unknown")."""
    contract = session.get(Contract, address)
    if contract is None:
        raise NotFound("contract_unknown", "this contract is not registered; register address and ABI first")
    return contract


def register(session: Session, address: Address, name: str, abi: Abi, owner: str | None) -> Contract:
    """Registration alone permits nothing. Raises InvalidInput("abi_invalid") and Conflict("contract_exists")."""
    functions(abi)
    if session.get(Contract, address) is not None:
        raise Conflict("contract_exists", "this contract is registered already; change it instead")
    now = clock.now()
    contract = Contract(
        address=address,
        name=name,
        abi=abi,
        owner_user_id=_checked_owner(session, owner),
        created_at=now,
        updated_at=now,
    )
    session.add(contract)
    session.flush()
    return contract


def change(session: Session, address: Address, name: str, abi: Abi, owner: str | None) -> Contract:
    """Rules follow the new ABI; raises Conflict("rule_without_function") if one names a function it does not have."""
    contract = find_contract(session, address)
    known = {function.selector: function for function in functions(abi)}
    for rule in session.scalars(select(FunctionRule).where(FunctionRule.contract_address == address)):
        if rule.selector:
            _follow(rule, known.get(rule.selector))
    contract.name, contract.abi, contract.updated_at = name, abi, clock.now()
    contract.owner_user_id = _checked_owner(session, owner)
    session.flush()
    return contract


def remove(session: Session, address: Address) -> Contract:
    """Its rules go with it: nobody may call it any more."""
    contract = find_contract(session, address)
    session.delete(contract)
    session.flush()
    return contract


def _follow(rule: FunctionRule, function: Function | None) -> None:
    if function is None:
        raise Conflict(
            "rule_without_function", f"a rule names {rule.signature}, which the new ABI lacks; delete it first"
        )
    rule.signature = function.signature
    rule.word_offsets = [function.word_offset(index) for index in rule.argument_indices]


def _checked_owner(session: Session, owner: str | None) -> str | None:
    if owner is not None and session.get(User, owner) is None:
        raise InvalidInput("user_unknown", "the owner is no known user")
    return owner
