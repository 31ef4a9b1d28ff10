"""The examples of docs/permissions.md are true: their rules are written, their calls made, and the answers compared."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import httpx
import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address

from prividium._core import DeniedError
from prividium.demo import fund
from prividium.demo.administration import add_rule, assign_role, create_role
from prividium.demo.member import Member
from prividium.permissions.abi import functions
from prividium.types import Json, parse_address
from tests.unit.live import LiveNode, address_of
from tests.unit.permissions.documented import ROOT, Contracts, Row, Value, sections
from tests.unit.rpc import contracts as assembled

EXAMPLES = sections("Examples", "###")
(EXPLAIN,) = sections("Explain", "###")
PEOPLE = {"ALICE": "client", "BOB": "client-two", "IVY": "administrator", "ANN": "auditor"}
ROLES = {"ALICE": ["client"], "BOB": ["client", "desk"], "IVY": ["issuer"], "ANN": ["auditor"]}
METHODS = {"reads": "eth_call", "estimates": "eth_estimateGas", "sends": "eth_sendRawTransaction"}
PROGRAM = """
import json, sys
from prividium.cli import build_cli
for words in json.load(sys.stdin):
    build_cli(words[:1])(words, standalone_mode=False)
"""
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
Document = dict[str, Json]


@dataclass
class Stage:
    """The people and contracts that the examples name."""

    live: LiveNode
    people: dict[str, Member]
    addresses: dict[str, str]
    home: Path
    """Where the command line keeps its session."""

    @property
    def administrator(self) -> Member:
        return self.people["IVY"]

    @property
    def chain_id(self) -> int:
        return self.live.settings.chain_id

    def encode(self, contract: str, function: str, arguments: Sequence[Value]) -> bytes:
        registered = self.administrator.rest("GET", f"/api/contracts/{self.addresses[contract]}")
        known = functions(cast(list[dict[str, object]], registered["abi"]))
        (found,) = [item for item in known if item.signature.startswith(f"{function}(")]
        return found.selector + encode([parameter.type for parameter in found.parameters], arguments)

    def call(self, text: str) -> tuple[str, bytes]:
        return Contracts(self.addresses, self.encode).call(text)

    def fill_in(self, text: str) -> str:
        """What stands for something else in the document."""
        for name, address in self.addresses.items():
            text = text.replace(f"0x{name}", to_checksum_address(address))
        for role, listed in self.roles().items():
            text = text.replace(f'"id": "{role.upper()}"', f'"id": "{listed}"')
        # The day must not end while the test runs.
        text = text.replace('"periodSeconds": 86400', f'"periodSeconds": {100 * 365 * 86_400}')
        return text.replace("https://node.example", self.live.url).replace("$TOKEN", self.administrator.token)

    def roles(self) -> dict[str, str]:
        listed = cast(list[Document], self.administrator.rest("GET", "/api/roles?limit=100")["items"])
        return {str(role["roleName"]): str(role["id"]) for role in listed}

    def run(self, commands: Sequence[Sequence[str]]) -> list[Document]:
        """The answers to `curl`; the command line's words go to one process, since each start takes a second."""
        filled = [[self.fill_in(word) for word in command] for command in commands]
        assert {command[0] for command in filled} <= {"curl", "prividium"}
        self._run_program([words for program, *words in filled if program == "prividium"])
        return [_curl(words) for program, *words in filled if program == "curl"]

    def _run_program(self, commands: list[list[str]]) -> None:
        environment = {**os.environ, "XDG_CONFIG_HOME": str(self.home)}
        given, python = json.dumps(commands), (sys.executable, "-c", PROGRAM)
        done = subprocess.run(
            python, cwd=ROOT, env=environment, input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def _curl(words: list[str]) -> Document:
    """`curl -s URL -H HEADER… -d BODY`."""
    silent, url, *options = words
    assert silent == "-s"
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    (body,) = [value for option, value in given if option == "-d"]
    answer = httpx.post(url, headers=headers, content=body)
    assert answer.is_success, answer.text
    return cast(Document, answer.json())


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("documented")
    with LiveNode(folder / "data", genesis_balances={}) as live:
        stage = Stage(live, {name: live.arrive(person) for name, person in PEOPLE.items()}, {}, folder)
        for name, member in stage.people.items():
            member.link_wallet()
            stage.addresses[name] = member.address
        _deploy(stage)
        _hand_out_shares(stage)
        session = folder / "prividium" / "session.json"
        session.parent.mkdir()
        session.write_text(json.dumps({"url": live.url, "token": stage.administrator.token}))
        yield stage


def _deploy(stage: Stage) -> None:
    ivy = stage.administrator
    assign_role(ivy, ivy, create_role(ivy, "deployer", ["contract_deployment"]))
    codes = {
        "FUND": fund.creation_code("Fund", ["string", "string", "address"], "Fund", "FND", ivy.address),
        "FORWARDER": fund.creation_code("Forwarder", []),
        "PAYROLL": assembled.creation(b"\x00"),
    }
    for name, code in codes.items():
        stage.addresses[name] = str(ivy.send(None, code, stage.chain_id)["contractAddress"])


def _hand_out_shares(stage: Stage) -> None:
    """Transfers from before the examples, by rules that are gone when they begin."""
    ivy, shares, addresses = stage.administrator, stage.addresses["FUND"], stage.addresses
    registered: Json = {"contractAddress": shares, "name": "Fund", "abi": fund.artifact("Fund")["abi"]}
    ivy.rest("POST", "/api/contracts", registered)
    done: list[tuple[str, str, tuple[object, ...]]] = [
        ("IVY", "setIssuer(address,bool)", (ivy.address, True)),
        ("IVY", "mint(address,uint256)", (addresses["BOB"], 10)),
        ("BOB", "transfer(address,uint256)", (addresses["ALICE"], 5)),
        ("IVY", "burn(address,uint256)", (addresses["BOB"], 1)),
    ]
    for signature in {signature for _, signature, _ in done}:
        add_rule(ivy, shares, signature, "write", "public")
    for who, signature, arguments in done:
        receipt = stage.people[who].send(shares, fund.call_data(signature, *arguments), stage.chain_id)
        assert receipt["status"] == "0x1"
    ivy.rest("DELETE", f"/api/contracts/{shares}")


@pytest.fixture(scope="module")
def answers(stage: Stage) -> dict[Row, str]:
    """What is answered to each row, in the order of the document."""
    found: dict[Row, str] = {}
    for number, section in enumerate(EXAMPLES):
        stage.run(section.commands)
        if number == 0:
            _assign_roles(stage)
        found |= {row: _ask(stage, row) for row in section.rows}
    return found


def _assign_roles(stage: Stage) -> None:
    known = stage.roles()
    for name, roles in ROLES.items():
        for role in roles:
            assign_role(stage.administrator, stage.people[name], known[role])


def _ask(stage: Stage, row: Row) -> str:
    if len(row.cells) == 2:
        return _logs_seen(stage, row.cells[0])
    who, does, call, _ = row.cells
    to, data = stage.call(call)
    if does.startswith("at "):
        return _judged_at(stage, stage.people[who], does.removeprefix("at "), to, data)
    return _asked(stage, stage.people[who], does, to, data)


def _judged_at(stage: Stage, member: Member, time: str, to: str, data: bytes) -> str:
    second = int(datetime.fromisoformat(time).timestamp())
    table = stage.live.node.policy.table()
    try:
        reason = table.decide(address_of(member), parse_address(to.lower()), data, "write", True, timestamp=second)
    except DeniedError as denied:
        return f"denied, `{denied.code}`"
    return f"allowed, `{reason}`"


def _asked(stage: Stage, member: Member, does: str, to: str, data: bytes) -> str:
    """By an explanation, and by the door, which must agree."""
    request: Document = {"from": member.address, "to": to, "data": "0x" + data.hex()}
    question: Document = {**request, "accessType": "read" if does == "reads" else "write"}
    explained = stage.administrator.rest("POST", "/api/permissions/explain", question)
    allowed = "allowed" if explained["allowed"] else "denied"
    params: Json = request
    if does == "sends":
        nonce = int(str(member.rpc("eth_getTransactionCount", member.address, "pending")), 16)
        sent, params = member.sign_unchecked(to, data, stage.chain_id, nonce, 300_000)
    body: Json = {"jsonrpc": "2.0", "id": 1, "method": METHODS[does], "params": [params]}
    answer = member.http.post("/rpc", json=body).json()
    if "result" in answer:
        assert allowed == "allowed"
        assert does != "sends" or member.receipt(sent)["status"] == "0x1"
    else:
        assert (allowed, answer["error"]["code"], answer["error"]["data"]) == ("denied", -32001, "forbidden")
    return f"{allowed}, `{explained['reason']}`"


def _logs_seen(stage: Stage, who: str) -> str:
    seen, every = (_transfers(stage, member) for member in (stage.people[who], stage.administrator))
    own = stage.addresses[who][2:].lower()
    if seen == every:
        return "every `Transfer`"
    about = [log for log in every if own in str(log["topics"])]
    return f"`Transfer` from or to {who}" if seen == about else f"{len(seen)} of {len(every)}"


def _transfers(stage: Stage, member: Member) -> list[Document]:
    """Without their numbers, which differ from reader to reader."""
    wanted: Json = {"fromBlock": "0x0", "address": stage.addresses["FUND"]}
    listed = cast(list[Document], member.rpc("eth_getLogs", wanted))
    numbers = ("logIndex", "transactionIndex")
    logs = [{name: value for name, value in log.items() if name not in numbers} for log in listed]
    return [log for log in logs if cast(list[Json], log["topics"])[0] == TRANSFER]


ROWS = [row for section in EXAMPLES for row in section.rows]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.title.replace(' ', '_')}-{row.number}" for row in ROWS])
def test_the_documented_answer_is_the_one_that_is_given(answers: dict[Row, str], row: Row) -> None:
    assert answers[row] == row.answer


def test_every_example_has_a_rule_and_answers() -> None:
    beginning, *examples = EXAMPLES
    assert beginning.commands
    assert len(examples) >= 4
    assert all(example.commands and len(example.rows) >= 3 for example in examples)


def test_the_documented_explanation_is_the_one_that_is_given(stage: Stage, answers: dict[Row, str]) -> None:
    (command,), (documented,) = EXPLAIN.commands, EXPLAIN.answers
    _, data = stage.call("FORWARDER.forward(FUND, FUND.mint(ALICE, 5))")
    assert "0x6fadcf72…" in command[-1]
    (given,) = stage.run([[word.replace("0x6fadcf72…", "0x" + data.hex()) for word in command]])
    assert _holds(json.loads(stage.fill_in(documented)), given)


def _holds(expected: Json, given: Json) -> bool:
    """`expected` leaves fields out, and writes … for a value that differs each time."""
    match expected, given:
        case "…", str():
            return True
        case dict(), dict():
            return all(name in given and _holds(value, given[name]) for name, value in expected.items())
        case list(), list():
            return len(expected) == len(given) and all(map(_holds, expected, given))
    return expected == given


def test_who_sees_a_log_by_a_rule_sees_nothing_else_of_the_transaction(stage: Stage, answers: dict[Row, str]) -> None:
    ann = stage.people["ANN"]
    seen = _transfers(stage, ann)[-1]["transactionHash"]
    receipt = cast(Document, ann.rpc("eth_getTransactionReceipt", seen))
    assert (receipt["from"], receipt["to"]) == ("0x" + "00" * 20,) * 2
    assert len(cast(list[Json], receipt["logs"])) == 1
