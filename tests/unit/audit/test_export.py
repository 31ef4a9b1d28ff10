"""`prividium audit` on a node's data folder, and the fields that log stores expect."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from prividium.audit.anchor import FILE_NAME, Anchoring
from prividium.audit.models import AuditEntry, AuditHead
from prividium.audit.ocsf import ocsf_event
from prividium.audit.trail import record
from prividium.cli import build_cli
from prividium.db.engine import Database
from prividium.errors import PrividiumError
from prividium.node.folder import write_whole
from prividium.types import Json


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a node with three entries whose head was noted."""
    folder = tmp_path / "data"
    monkeypatch.setenv("PRIVIDIUM_DATA_DIR", str(folder))
    assert run("init").exit_code == 0
    database = Database(f"sqlite:///{folder}/prividium.db")
    with database.write() as session:
        for number in range(3):
            record(session, actor=None, action="login.oidc", outcome="denied", reason=f"reason.{number}")
    Anchoring(database, folder / FILE_NAME, write_whole).note()
    database.close()
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_cli(), list(arguments))


def tamper(folder: Path, *statements: str) -> None:
    database = Database(f"sqlite:///{folder}/prividium.db")
    with database.write() as session:
        session.execute(text("DROP TRIGGER audit_entries_refuses_update"))
        session.execute(text("DROP TRIGGER audit_entries_refuses_delete"))
        for statement in statements:
            session.execute(text(statement))
    database.close()


def test_an_untouched_trail_is_intact(folder: Path) -> None:
    assert "intact: 3 entries" in run("audit", "verify").output


def test_without_a_noted_head_it_is_said_what_would_not_be_missed(folder: Path) -> None:
    (folder / FILE_NAME).unlink()
    assert "cut off at the end would not be missed" in run("audit", "verify").output


CUT = (
    "DELETE FROM audit_entries WHERE sequence = 3",
    "UPDATE audit_head SET sequence = 2, entry_hash = (SELECT entry_hash FROM audit_entries WHERE sequence = 2)",
)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (("UPDATE audit_entries SET reason = 'x' WHERE sequence = 2",), "entry 2: was changed"),
        (("DELETE FROM audit_entries WHERE sequence = 2",), "entry 2: is missing"),
        (CUT, "the trail had 3 entries"),
    ],
)
@pytest.mark.parametrize("command", ["verify", "export"])
def test_damage_is_named(folder: Path, statements: tuple[str, ...], words: str, command: str) -> None:
    tamper(folder, *statements)
    result = run("audit", command)
    assert isinstance(result.exception, PrividiumError)
    assert result.exception.code == "audit_chain_broken"
    # An export leaves an entry, which does not hide what was cut off before.
    assert words in result.exception.message or "noted outside" in result.exception.message


def test_a_copy_of_the_head_from_elsewhere_counts(folder: Path) -> None:
    copy = folder.parent / "copy.json"
    copy.write_bytes((folder / FILE_NAME).read_bytes())
    tamper(folder, *CUT)
    (folder / FILE_NAME).unlink()
    assert run("audit", "verify").exit_code == 0
    assert isinstance(run("audit", "verify", "--head", str(copy)).exception, PrividiumError)


def test_the_export_is_json_lines_and_leaves_an_entry(folder: Path) -> None:
    lines = [json.loads(line) for line in run("audit", "export").output.splitlines()]
    assert [line["metadata"]["uid"] for line in lines] == ["1", "2", "3", "4"]
    assert lines[3]["api"]["operation"] == "audit.export.read"
    assert lines[1]["unmapped"]["previous_hash"] == lines[0]["unmapped"]["entry_hash"]
    again = run("audit", "export", "--after", "4").output.splitlines()
    assert [json.loads(line)["metadata"]["uid"] for line in again] == ["5"]


CLASSES = [
    ("login.oidc", "allowed", 3002, 1, 1),
    ("login.siwe", "denied", 3002, 1, 3),
    ("logout.provider", "allowed", 3002, 2, 1),
    ("session.end", "allowed", 3002, 2, 1),
    ("user.roles", "allowed", 3001, 7, 1),
    ("user.deprovision", "allowed", 3001, 5, 1),
    ("user.reprovision", "allowed", 3001, 2, 1),
    ("directory.user.create", "allowed", 3001, 1, 1),
    ("directory.user.delete", "allowed", 3001, 6, 1),
    ("rest.read", "allowed", 6003, 2, 1),
    ("rpc.eth_getLogs", "allowed", 6003, 2, 1),
    ("rpc.eth_call", "denied", 6003, 99, 2),
    ("role.create", "allowed", 6003, 1, 1),
    ("role.change", "allowed", 6003, 3, 1),
    ("role.delete", "allowed", 6003, 4, 1),
]


@pytest.mark.parametrize(("action", "outcome", "kind", "activity", "severity"), CLASSES)
def test_an_entry_is_an_event_of_its_class(action: str, outcome: str, kind: int, activity: int, severity: int) -> None:
    event = ocsf_event(entry(action, outcome))
    assert (event["class_uid"], event["activity_id"], event["severity_id"]) == (kind, activity, severity)
    assert event["type_uid"] == kind * 100 + activity
    assert event["category_uid"] == kind // 1000
    assert event["status_id"] == (1 if outcome == "allowed" else 2)
    assert event["time"] == 5_000
    needed = {"api", "src_endpoint", "actor"} if kind == 6003 else {"user"}
    assert needed <= set(event)


def entry(action: str, outcome: str) -> AuditEntry:
    details: dict[str, str] = {}
    return AuditEntry(
        sequence=1,
        time=5,
        actor="somebody",
        action=action,
        outcome=outcome,
        reason="",
        subject="",
        request_id="",
        details=details,
        previous_hash=bytes(32),
        entry_hash=bytes(32),
    )


def test_the_head_table_holds_one_row(folder: Path) -> None:
    database = Database(f"sqlite:///{folder}/prividium.db")
    with database.read() as session:
        assert session.get_one(AuditHead, 1).sequence == 3
    database.close()
    document: Json = json.loads((folder / FILE_NAME).read_text())
    assert isinstance(document, dict)
    assert document["sequence"] == 3
