"""`prividium admin` as a process, against a node over HTTP."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from eth_account import Account

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

MAIN = """
import sys, typer
from prividium.commands import admin
from prividium.errors import PrividiumError
app = typer.Typer()
admin.register(app)
try:
    app(["admin", *sys.argv[1:]])
except PrividiumError as error:
    sys.exit(f"{error.code}: {error.message}")
"""
ROOT = Path(__file__).parents[3]
UNDEPLOYED = "--awaiting-deployment"
ABI = [{"type": "function", "name": "transfer", "inputs": [{"type": "address"}, {"type": "uint256"}]}]


@dataclass
class Terminal:
    """A person's shell: their configuration folder and working folder."""

    home: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "XDG_CONFIG_HOME": str(self.home), "COLUMNS": "400", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", MAIN, *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    @property
    def session_file(self) -> Path:
        return self.home / "prividium" / "session.json"


def sign_in(terminal: Terminal, edge: "Edge", username: str) -> str:
    with terminal.start("login", "--no-browser", "--url", edge.url) as process:
        assert process.stdout is not None
        url, code = (process.stdout.readline().split()[-1] for _ in range(2))
        browser = edge.signed_in(username)
        assert browser.confirm_at(url, code).status_code == 200
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out


@pytest.fixture(scope="module")
def admin(edge: "Edge", tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    terminal = Terminal(tmp_path_factory.mktemp("home"))
    assert "Signed in as administrator" in sign_in(terminal, edge, "administrator")
    return terminal


def test_the_token_is_kept_where_only_its_owner_reads(admin: Terminal, edge: "Edge") -> None:
    assert stat.S_IMODE(admin.session_file.stat().st_mode) == 0o600
    assert json.loads(admin.session_file.read_text())["url"] == edge.url


def test_who_is_signed_in(admin: Terminal) -> None:
    code, out, _ = admin.run("whoami")
    assert code == 0
    assert out.startswith("administrator")
    assert "roles: admin" in out


def test_a_whole_administration(admin: Terminal, edge: "Edge", tmp_path: Path) -> None:
    client = edge.program("client")
    contract = Account.create().address
    (tmp_path / "artifact.json").write_text(json.dumps({"abi": ABI}))
    assert admin.run("roles", "create", "holders")[0] == 0
    assert admin.run("users", "assign", client.user_id(), "--role", "holders")[0] == 0
    registered = ["contracts", "register", contract, str(tmp_path / "artifact.json"), "--name", "Fund", UNDEPLOYED]
    assert admin.run(*registered)[0] == 0
    rule = ["rules", "add", contract, "transfer(address,uint256)", "--rule", "checkRole", "--role", "holders"]
    code, number, problem = admin.run(*rule)
    assert (code, problem) == (0, "")
    assert admin.run("events", "add", contract, "--own", "1")[0] == 0
    listed = admin.run("rules", "list", "--contract", contract)[1]
    assert "transfer(address,uint256)" in listed
    assert "holders" in listed
    assert admin.run("rules", "delete", number.strip())[0] == 0
    assert "transfer(address,uint256)" not in admin.run("rules", "list", "--contract", contract)[1]
    limit = '{"periodSeconds": 86400, "maximum": "1000", "argumentIndex": 1}'
    small = '{"argumentIndex": 1, "test": {"type": "atMost", "value": "100"}}'
    limited = ["rules", "add", contract, "transfer(address,uint256)", "--rule", "restrictArgument", "--limit", limit]
    assert admin.run(*limited, "--condition", small, "--valid-until", "2027-01-01T00:00:00Z")[0] == 0
    assert "2027-01-01" in admin.run("rules", "list", "--contract", contract)[1]
    assert "intact" in admin.run("audit", "verify")[1]
    assert "rule.delete" in admin.run("audit", "list")[1]


def test_a_contract_is_registered_with_a_template(admin: Terminal) -> None:
    contract = Account.create().address
    assert "erc-4626" in admin.run("templates", "list")[1]
    assert "balanceOf(address)" in admin.run("templates", "rules", "erc-20")[1]
    assert admin.run("contracts", "register", contract, "--name", "Fund", "--template", "erc-20", UNDEPLOYED)[0] == 0
    assert "erc-20" in admin.run("contracts", "list")[1]
    code, _, problem = admin.run("contracts", "register", contract, "--name", "Fund", "--template", "erc-0")
    assert (code, problem.split(":")[0]) == (1, "template_unknown")


def test_a_marked_change_is_proposed_listed_and_taken_back(admin: Terminal) -> None:
    assert admin.run("roles", "create", "custodian")[0] == 0
    assert admin.run("four-eyes", "add", "--role", "custodian")[0] == 0
    assert "role:" in admin.run("four-eyes", "list")[1]
    code, _, problem = admin.run("roles", "delete", "custodian")
    assert (code, problem.split(":")[0]) == (1, "approval_needed")
    proposal = problem.split()[-1]
    assert proposal in admin.run("proposals", "list")[1]
    assert "DELETE" in admin.run("proposals", "show", proposal)[1]
    assert admin.run("proposals", "approve", proposal)[2].startswith("own_proposal")
    assert admin.run("proposals", "reject", proposal)[0] == 0
    assert proposal not in admin.run("proposals", "list")[1]
    assert "custodian" in admin.run("roles", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["roles", "create", "admin"], "role_exists"),
        (["roles", "delete", "nobody"], "role_unknown"),
        (["users", "assign", "nobody"], "user_unknown"),
        (["contracts", "register", "0x12", __file__, "--name", "x"], "abi_unreadable"),
        (["rules", "add", "0x" + "11" * 20, "f()", "--rule", "public"], "contract_unknown"),
        (["rules", "add", "0x" + "11" * 20, "f()", "--rule", "public", "--limit", "5"], "option_invalid"),
    ],
    ids=str,
)
def test_a_refusal_is_told_in_one_line(admin: Terminal, arguments: list[str], problem: str) -> None:
    code, _, err = admin.run(*arguments)
    assert code == 1
    assert err.startswith(problem)
    assert "Traceback" not in err


def test_a_client_cannot_administer(edge: "Edge", tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    sign_in(terminal, edge, "client")
    code, _, err = terminal.run("roles", "list")
    assert (code, err.split(":")[0]) == (1, "permission_missing")


def test_after_logout_nothing_is_left(make_edge: Callable[..., "Edge"], tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    sign_in(terminal, make_edge(), "administrator")
    assert terminal.run("logout")[0] == 0
    assert not terminal.session_file.exists()
    assert terminal.run("whoami")[2].startswith("not_signed_in")


def test_a_node_that_does_not_answer_is_named(tmp_path: Path) -> None:
    code, _, err = Terminal(tmp_path).run("login", "--no-browser", "--url", "http://127.0.0.1:9")
    assert (code, err.split(":")[0]) == (1, "node_unreachable")


def test_a_machine_is_made_used_and_deleted(admin: Terminal, edge: "Edge") -> None:
    code, out, err = admin.run("machine", "create", "robot", "--role", "user", "--description", "settles")
    assert (code, err) == (0, "")
    machine = out.strip()
    assert admin.run("machine", "network", "allow", machine, "127.0.0.0/16")[0] == 0
    code, key, notice = admin.run("machine", "key", "create", machine, "--days", "365")
    assert (code, "not shown again" in notice) == (0, True)
    client = edge.client(headers={"X-Api-Key": key.strip()})
    assert client.get("/api/profiles/me").json()["roles"][0]["roleName"] == "user"
    wallet = Account.create().address
    assert admin.run("machine", "wallet", "link", machine, wallet)[0] == 0
    assert wallet in admin.run("machine", "list")[1]
    assert admin.run("machine", "wallet", "unlink", machine, wallet)[0] == 0
    assert admin.run("machine", "roles", machine)[0] == 0
    assert client.get("/api/profiles/me").json()["roles"] == []
    assert admin.run("machine", "network", "remove", machine, "127.0.0.0/16")[0] == 0
    assert client.get("/api/profiles/me").status_code == 401
    assert admin.run("machine", "delete", machine)[0] == 0
    assert machine not in admin.run("machine", "list")[1]


def test_a_key_of_a_machine_is_rotated_and_revoked(admin: Terminal, edge: "Edge") -> None:
    machine = admin.run("machine", "create", "rotating")[1].strip()
    admin.run("machine", "network", "allow", machine, "127.0.0.1")
    _, old, notice = admin.run("machine", "key", "create", machine)
    key_id = notice.split()[1].rstrip(",")
    new = admin.run("machine", "key", "rotate", machine, key_id, "--overlap-hours", "0")[1]
    keys = [edge.client(headers={"X-Api-Key": key.strip()}).get("/api/profiles/me").status_code for key in (old, new)]
    assert keys == [401, 200]
    listed = admin.run("machine", "key", "list", machine)[1]
    assert new.strip()[:12] in listed
    assert new.strip() not in listed
    assert admin.run("machine", "disable", machine)[0] == 0
    assert edge.client(headers={"X-Api-Key": new.strip()}).get("/api/profiles/me").status_code == 401
    assert admin.run("machine", "enable", machine)[0] == 0
    assert edge.client(headers={"X-Api-Key": new.strip()}).get("/api/profiles/me").status_code == 200
