"""The node's commands on a node that is down."""

import socket
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from prividium.cli import COMMANDS, build_cli
from prividium.errors import ConfigurationError

CLI = build_cli()


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("PRIVIDIUM_DATA_DIR", str(folder))
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(CLI, list(arguments))


def refusal(*arguments: str) -> ConfigurationError:
    error = run(*arguments).exception
    assert isinstance(error, ConfigurationError)
    return error


def test_every_command_is_listed_with_its_purpose() -> None:
    listed = run("--help").output
    assert [name for name in COMMANDS if name not in listed] == []


def test_a_node_is_made_once(data_dir: Path) -> None:
    assert "Back up" in run("init").output
    assert (data_dir / "secret").stat().st_mode & 0o777 == 0o600
    assert refusal("init").code == "already_initialised"


@pytest.mark.parametrize("command", [("reindex",), ("status",), ("policy", "version")])
def test_without_a_node_commands_say_how_to_make_one(command: tuple[str, ...]) -> None:
    error = refusal(*command)
    assert error.code == "not_initialised"
    assert "prividium init" in error.message


def test_the_index_is_built_from_the_store() -> None:
    run("init")
    assert "indexed 1 blocks" in run("reindex").output


def test_the_policy_can_be_asked() -> None:
    run("init")
    assert run("policy", "version").output.strip().isdigit()
    denied = run("policy", "decide", "0x" + "11" * 20, "0x" + "22" * 20, "0xa9059cbb")
    assert (denied.exit_code, "wallet.not_linked" in denied.output) == (1, True)


def test_a_node_that_is_down_has_a_status() -> None:
    run("init")
    assert run("status").exit_code == 3


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        error = refusal("up", "--port", str(taken.getsockname()[1]))
    assert error.code == "port_taken"
    assert "PRIVIDIUM_PORT" in error.message
