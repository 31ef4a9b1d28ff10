"""Templates: the shipped standards, rules that contracts take over, and a contract's own rule before them."""

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from sqlalchemy import text

from prividium._core import DeniedError, PolicyTable
from prividium.db.engine import Database
from prividium.db.upgrade import upgrade
from prividium.permissions import contracts, function_rules, shipped
from prividium.permissions.abi import find_function, functions
from prividium.permissions.models import FunctionRule, PolicyState
from prividium.permissions.shipped import STANDARDS, ship_templates, standard
from prividium.permissions.table import compile_entries
from tests.unit.permissions.test_table import TOKEN, add_user, draft

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program

ALICE, BOB = b"\xaa" * 20, b"\xbb" * 20
PUBLIC_BALANCES = {"functionSignature": "balanceOf(address)", "accessType": "read", "ruleType": "public"}


@pytest.fixture(scope="module")
def admin(edge: "Edge") -> "Program":
    return edge.administrator()


def register(admin: "Program", template: str = "erc-20", **changed: object) -> httpx.Response:
    address = Account.create().address
    return admin.post(
        "/api/contracts",
        {"contractAddress": address, "name": "X", "templateId": template, "awaitingDeployment": True, **changed},
    )


def entries_of(edge: "Edge", contract: str) -> dict[bytes, bytes]:
    """Rule bytes by selector."""
    with edge.database.read() as session:
        prefix = b"\x12" + bytes.fromhex(contract[2:]) + b"\x04"
        return {key[22:]: entry for key, entry in compile_entries(session) if key.startswith(prefix)}


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def word(value: bytes) -> bytes:
    return value.rjust(32, b"\0")


@pytest.mark.parametrize("name", STANDARDS)
def test_the_rules_of_a_standard_name_functions_of_its_abi_and_waive_nothing(name: str, admin: "Program") -> None:
    given = standard(name)
    assert admin.get(f"/api/templates/{name}").json()["abi"] == given["abi"]
    listed = admin.get("/api/template-permissions", templateId=name, limit=100).json()["items"]
    known = {find_function(given["abi"], rule["function"]).signature for rule in given["rules"]}
    assert {rule["functionSignature"] for rule in listed} == known
    assert {rule["ruleType"] for rule in listed} <= {"public", "restrictArgument"}
    assert not any(rule["isUmbrella"] for rule in listed)


@pytest.mark.parametrize("name", STANDARDS)
def test_only_what_cannot_change_state_is_readable_and_the_rest_is_a_write(name: str) -> None:
    views = {
        function.signature: entry["stateMutability"] == "view"
        for entry in standard(name)["abi"]
        if entry["type"] == "function"
        for function in functions([entry])
    }
    assert {rule["function"]: rule["access"] == "read" for rule in standard(name)["rules"]}.items() <= views.items()


def test_a_contract_of_the_template_lets_people_read_and_move_their_own_and_denies_the_rest(
    database: Database,
) -> None:
    ship_templates(database)
    with database.write() as session:
        add_user(session, "alice", ALICE)
        contracts.register(session, TOKEN, "Token", standard("erc-20")["abi"], None, "erc-20")
        table = PolicyTable(2, compile_entries(session))

    def verdict(signature: str, *arguments: bytes) -> str:
        data = keccak(text=signature)[:4] + b"".join(word(argument) for argument in arguments)
        try:
            return table.decide(ALICE, TOKEN, data, "write" if "transfer" in signature else "read", True)
        except DeniedError as denied:
            return denied.code

    assert verdict("balanceOf(address)", ALICE) == "rule.restrict_argument.allow"
    assert verdict("balanceOf(address)", BOB) == "rule.restrict_argument.deny"
    assert verdict("transfer(address,uint256)", BOB, b"\x01") == "rule.public.allow"
    assert verdict("transferFrom(address,address,uint256)", BOB, ALICE, b"\x01") == "rule.restrict_argument.deny"
    assert verdict("mint(address,uint256)", ALICE, b"\x01") == "permission.missing"


def test_a_contract_takes_abi_and_rules_of_its_template_and_its_own_rule_comes_first(
    admin: "Program", edge: "Edge"
) -> None:
    contract = register(admin).json()
    assert contract["abi"] == standard("erc-20")["abi"]
    address, selector = contract["contractAddress"], keccak(text="balanceOf(address)")[:4]
    taken = entries_of(edge, address)
    assert len(taken) == len(standard("erc-20")["rules"])
    own = admin.post("/api/contract-permissions", {"contractAddress": address, **PUBLIC_BALANCES}).json()["id"]
    overridden = entries_of(edge, address)
    assert overridden[selector] != taken[selector]
    assert {**overridden, selector: taken[selector]} == taken
    admin.delete(f"/api/contract-permissions/{own}")
    assert entries_of(edge, address) == taken


def test_a_forbidding_rule_of_the_contract_overrides_the_template(admin: "Program", edge: "Edge") -> None:
    address = register(admin).json()["contractAddress"]
    rule = {"contractAddress": address, **PUBLIC_BALANCES, "ruleType": "forbidden"}
    admin.post("/api/contract-permissions", rule)
    assert entries_of(edge, address)[keccak(text="balanceOf(address)")[:4]][0] == 0


def test_a_change_of_a_template_reaches_every_contract_of_it_and_no_other(admin: "Program", edge: "Edge") -> None:
    template = admin.post("/api/templates", {"name": "Bond", "abi": standard("erc-20")["abi"]}).json()["id"]
    first, second = (register(admin, template).json()["contractAddress"] for _ in range(2))
    other = register(admin).json()["contractAddress"]
    before = entries_of(edge, other)
    assert entries_of(edge, first) == {}
    made = admin.post("/api/template-permissions", {"templateId": template, **PUBLIC_BALANCES})
    assert (made.status_code, len(entries_of(edge, first))) == (201, 1)
    assert entries_of(edge, first) == entries_of(edge, second)
    path = f"/api/template-permissions/{made.json()['id']}"
    changed = {"templateId": template, **PUBLIC_BALANCES, "ruleType": "forbidden"}
    assert admin.put(path, changed).json()["ruleType"] == "forbidden"
    assert admin.delete(path).status_code == 204
    assert entries_of(edge, first) == {}
    assert entries_of(edge, other) == before
    listed = admin.get(f"/api/contracts/by-template/{template}").json()["items"]
    assert {item["contractAddress"] for item in listed} == {first, second}


def test_a_template_that_is_used_or_shipped_stays(admin: "Program") -> None:
    template = admin.post("/api/templates", {"name": "Used", "abi": []}).json()["id"]
    address = register(admin, template).json()["contractAddress"]
    assert reason(admin.delete(f"/api/templates/{template}")) == "template_in_use"
    admin.put(f"/api/contracts/{address}", {"name": "X", "abi": []})
    assert admin.delete(f"/api/templates/{template}").status_code == 204
    assert reason(admin.get(f"/api/templates/{template}")) == "template_unknown"
    assert reason(admin.delete("/api/templates/erc-721")) == "template_is_shipped"


def test_a_new_abi_of_a_template_must_have_the_functions_of_its_rules(admin: "Program") -> None:
    template = admin.post("/api/templates", {"name": "Share", "abi": standard("erc-20")["abi"]}).json()["id"]
    admin.post("/api/template-permissions", {"templateId": template, **PUBLIC_BALANCES})
    path = f"/api/templates/{template}"
    assert reason(admin.put(path, {"name": "Share", "abi": []})) == "rule_without_function"
    renamed = admin.put(path, {"name": "Share class", "abi": standard("erc-20")["abi"]})
    assert renamed.json()["name"] == "Share class"


def test_what_is_wrong_with_a_template_is_named(admin: "Program") -> None:
    missing = {"contractAddress": Account.create().address, "name": "X"}
    assert reason(admin.post("/api/contracts", missing)) == "abi_missing"
    assert reason(register(admin, "erc-0")) == "template_unknown"
    assert reason(register(admin, "erc-0", abi=[])) == "template_unknown"
    twice = admin.post("/api/templates", {"name": "ERC-20", "abi": []})
    assert (reason(twice), twice.json()["error"]["code"]) == ("template_exists", "ENTITY_ALREADY_EXISTS")
    assert reason(admin.post("/api/template-permissions", {"templateId": "erc-0", **PUBLIC_BALANCES})) == (
        "template_unknown"
    )
    again = admin.post("/api/template-permissions", {"templateId": "erc-20", **PUBLIC_BALANCES})
    assert reason(again) == "rule_exists"


def test_a_rule_of_a_template_is_no_rule_of_a_contract_and_the_other_way_round(admin: "Program") -> None:
    address = register(admin).json()["contractAddress"]
    of_contract = admin.post("/api/contract-permissions", {"contractAddress": address, **PUBLIC_BALANCES}).json()["id"]
    of_template = admin.get("/api/template-permissions", templateId="erc-20").json()["items"][0]["id"]
    for path in (f"/api/template-permissions/{of_contract}", f"/api/contract-permissions/{of_template}"):
        assert {reason(admin.get(path)), reason(admin.delete(path))} == {"rule_unknown"}
    listed = admin.get("/api/contract-permissions", limit=100).json()["items"]
    assert of_template not in {rule["id"] for rule in listed}


def test_what_administrators_changed_in_a_shipped_template_stays(database: Database) -> None:
    ship_templates(database)
    with database.write() as session:
        session.delete(session.query(FunctionRule).filter_by(signature="approve(address,uint256)").first())
    with database.read() as session:
        left = session.query(FunctionRule).count()
    ship_templates(database)
    with database.read() as session:
        assert session.query(FunctionRule).count() == left


@pytest.mark.parametrize("template", [None, "erc-20"])
def test_a_change_of_a_contracts_template_raises_the_version(database: Database, template: str | None) -> None:
    ship_templates(database)
    with database.write() as session:
        contracts.register(session, TOKEN, "Token", standard("erc-20")["abi"], None, "erc-721")
    with database.read() as session:
        before = session.get_one(PolicyState, 1).version
    with database.write() as session:
        contracts.change(session, TOKEN, "Token", standard("erc-20")["abi"], None, template)
    with database.read() as session:
        assert session.get_one(PolicyState, 1).version > before


def test_rules_and_their_roles_outlive_the_change_of_the_tables(database: Database) -> None:
    with database.write() as session:
        contracts.register(session, TOKEN, "Token", shipped.standard("erc-20")["abi"], None)
        function_rules.create_rule(
            session, draft(rule_type=function_rules.RuleType.CHECK_ROLE, role_ids=("user", "admin"))
        )
        expected = compile_entries(session)
    _downgrade(database, "0006")
    with database.read() as session:
        links = session.execute(text("SELECT role_id FROM function_rule_roles ORDER BY role_id")).scalars().all()
    assert links == ["admin", "user"]
    upgrade(database.engine)
    with database.read() as session:
        assert compile_entries(session) == expected
        before = session.get_one(PolicyState, 1).version
    with database.write() as session:
        session.delete(session.query(FunctionRule).one())
    with database.read() as session:
        assert session.get_one(PolicyState, 1).version > before


def _downgrade(database: Database, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    from prividium.db.upgrade import MIGRATIONS

    with database.engine.connect() as connection, connection.begin():
        configuration = Config(attributes={"connection": connection})
        configuration.set_main_option("script_location", str(MIGRATIONS))
        command.downgrade(configuration, revision)


def test_standards_are_written_one_entry_a_line() -> None:
    for name in STANDARDS:
        text_of_file = (shipped.FOLDER / f"{name}.json").read_text()
        assert json.loads(text_of_file)["name"] == name.upper()
