"""Rows compile to the bytes of docs/protocol/policy.md, and every change raises the version."""

from collections.abc import Callable
from itertools import permutations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium.db.engine import Database
from prividium.errors import InvalidInput
from prividium.identity.models import User, UserRole, Wallet
from prividium.permissions import contracts, function_rules, log_rules, roles
from prividium.permissions.function_rules import FunctionRuleDraft
from prividium.permissions.log_rules import EventRuleDraft
from prividium.permissions.models import PolicyState
from prividium.permissions.rules import CallRule, RuleType, WalletGrant
from prividium.permissions.table import compile_entries
from prividium.types import Address, RoleId, Selector

ALICE, TOKEN = Address(b"\xaa" * 20), Address(b"\xcc" * 20)
ABI: list[dict[str, object]] = [
    {
        "type": "function",
        "name": "transfer",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
    },
    {"type": "function", "name": "pay", "inputs": [{"name": "a", "type": "uint256"}, {"name": "b", "type": "address"}]},
]


def add_user(session: Session, name: str, *wallets: bytes, held: tuple[str, ...] = ()) -> User:
    user = User(
        id=name,
        issuer="https://issuer.example",
        subject=name,
        source="oidc",
        display_name=name,
        disabled=False,
        created_at=0,
        updated_at=0,
    )
    session.add(user)
    session.flush()
    for number, wallet in enumerate(wallets):
        session.add(Wallet(address=wallet, id=f"{name}{number}", user_id=name, created_at=0))
    for role in held:
        session.add(UserRole(user_id=name, role_id=role))
    session.flush()
    return user


def draft(**changed: object) -> FunctionRuleDraft:
    given: dict[str, object] = {
        "contract": TOKEN,
        "signature": "transfer(address,uint256)",
        "selector": None,
        "access": "write",
        "rule_type": RuleType.PUBLIC,
        "role_ids": (),
        "argument_indices": (),
        "is_umbrella": False,
    }
    return FunctionRuleDraft(**{**given, **changed})  # type: ignore[arg-type]


def test_a_wallet_compiles_to_permissions_and_ascending_roles() -> None:
    key, entry = WalletGrant(ALICE, frozenset({RoleId(300), RoleId(2)}), may_deploy=True).entry()
    assert key.hex() == "10" + "aa" * 20
    assert entry.hex() == "01" + "0002" + "00000002" + "0000012c"


def test_a_rule_compiles_to_type_access_flags_roles_and_offsets() -> None:
    rule = CallRule(
        contract=TOKEN,
        selector=Selector(bytes.fromhex("a9059cbb")),
        rule_type=RuleType.CHECK_ROLE_OR_RESTRICT_ARGUMENT,
        access="write",
        roles=frozenset({RoleId(7)}),
        word_offsets=(258, 1),
        is_umbrella=True,
    )
    key, entry = rule.entry()
    assert key.hex() == "12" + "cc" * 20 + "04" + "a9059cbb"
    assert entry.hex() == "05" + "02" + "01" + "0001" + "00000007" + "02" + "0001" + "0102"


def test_a_rule_for_calls_without_a_function_has_an_empty_selector() -> None:
    key, entry = CallRule(TOKEN, Selector(b""), RuleType.FORBIDDEN, "read").entry()
    assert (key.hex(), entry.hex()) == ("12" + "cc" * 20 + "00", "00" + "01" + "00" + "0000" + "00")


@pytest.mark.parametrize("rule_type", RuleType)
def test_a_rule_has_roles_and_arguments_exactly_if_its_type_uses_them(rule_type: RuleType) -> None:
    right = {
        "roles": frozenset({RoleId(1)}) if rule_type.needs_roles else frozenset(),
        "word_offsets": (0,) if rule_type.needs_arguments else (),
    }
    wrong_roles = {**right, "roles": frozenset() if rule_type.needs_roles else frozenset({RoleId(1)})}
    wrong_arguments = {**right, "word_offsets": () if rule_type.needs_arguments else (0,)}
    make: Callable[..., CallRule] = CallRule
    make(TOKEN, Selector(b"abcd"), rule_type, "read", **right)
    for wrong in (wrong_roles, wrong_arguments):
        with pytest.raises(InvalidInput):
            make(TOKEN, Selector(b"abcd"), rule_type, "read", **wrong)


def test_the_same_people_and_rules_compile_to_the_same_table(database: Database) -> None:
    people = [("a", b"\x03" * 20), ("b", b"\x01" * 20), ("c", b"\x02" * 20)]
    tables = []
    for order in permutations(people):
        with pytest.raises(RuntimeError), database.write() as session:
            for name, wallet in order:
                add_user(session, name, wallet, held=("user", "admin"))
            tables.append(compile_entries(session))
            raise RuntimeError
    assert all(table == tables[0] for table in tables)
    assert tables[0] == sorted(tables[0])


def test_disabled_people_are_not_in_the_table(database: Database) -> None:
    with database.write() as session:
        add_user(session, "alice", ALICE).disabled = True
        assert compile_entries(session) == []


def test_a_wallet_may_deploy_if_a_role_of_its_owner_says_so(database: Database) -> None:
    with database.write() as session:
        add_user(session, "alice", ALICE, held=("admin",))
        assert compile_entries(session) == [(b"\x10" + ALICE, bytes.fromhex("01" + "0001" + "00000001"))]


def test_an_argument_becomes_its_word(database: Database) -> None:
    with database.write() as session:
        contracts.register(session, TOKEN, "Token", ABI, None)
        function_rules.create_rule(
            session,
            draft(signature="pay(uint256,address)", rule_type=RuleType.RESTRICT_ARGUMENT, argument_indices=(1,)),
        )
        ((_, entry),) = compile_entries(session)
        assert entry[-2:] == b"\x00\x01"


def test_a_new_abi_moves_the_words_of_its_rules(database: Database) -> None:
    with database.write() as session:
        contracts.register(session, TOKEN, "Token", ABI, None)
        rule = function_rules.create_rule(session, draft(selector=Selector(bytes.fromhex("a9059cbb")), signature=None))
        contracts.change(session, TOKEN, "Token", ABI[:1], None)
        assert rule.signature == "transfer(address,uint256)"


CHANGES: dict[str, Callable[[Session], object]] = {
    "link a wallet": lambda s: s.add(Wallet(address=b"\x01" * 20, id="new", user_id="alice", created_at=0)),
    "unlink a wallet": lambda s: s.delete(s.get_one(Wallet, ALICE)),
    "assign a role": lambda s: roles.assign_roles(s, "alice", ["user", "admin"]),
    "disable a user": lambda s: roles.set_disabled(s, "alice", True),
    "change a role": lambda s: roles.change_role(s, role_id(s), "issuer", ["contract_deployment"]),
    "write a rule": lambda s: function_rules.create_rule(s, draft(signature="pay(uint256,address)")),
    "delete a rule": lambda s: function_rules.delete_rule(s, 1),
    "remove a contract": lambda s: contracts.remove(s, TOKEN),
}


def role_id(session: Session) -> str:
    return session.scalars(select(roles.Role.id).where(roles.Role.name == "issuer")).one()


def furnish(session: Session) -> None:
    add_user(session, "keeper", held=("admin",))
    add_user(session, "alice", ALICE)
    contracts.register(session, TOKEN, "Token", ABI, None)
    function_rules.create_rule(session, draft())
    roles.create_role(session, "issuer", [])


def versions(database: Database) -> tuple[int, int]:
    with database.read() as session:
        state = session.get_one(PolicyState, 1)
        return state.version, state.event_version


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_the_policy_raises_its_version_in_the_same_transaction(database: Database, change: str) -> None:
    with database.write() as session:
        furnish(session)
    before = versions(database)
    with pytest.raises(RuntimeError), database.write() as session:
        CHANGES[change](session)
        session.flush()
        raise RuntimeError
    assert versions(database) == before
    with database.write() as session:
        CHANGES[change](session)
    assert versions(database)[0] > before[0]


def test_a_login_does_not_raise_the_version(database: Database) -> None:
    with database.write() as session:
        furnish(session)
    before = versions(database)
    with database.write() as session:
        add_user(session, "late")
        session.get_one(User, "alice").display_name = "Alice"
    assert versions(database) == before


def test_event_rules_have_a_version_of_their_own(database: Database) -> None:
    with database.write() as session:
        furnish(session)
    policy, events = versions(database)
    with database.write() as session:
        log_rules.create_event_rule(session, EventRuleDraft(TOKEN, None, ("user", "", ""), ()))
    assert versions(database) == (policy, events + 1)
