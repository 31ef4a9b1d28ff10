"""The secret address of a wallet: made once, recorded, and lost with its key."""

from typing import TYPE_CHECKING

import pytest

from prividium.errors import ConfigurationError
from prividium.identity.wallet_rpc_tokens import KEY_FILE, WalletRpcTokens
from tests.unit.identity.machine import MachineUnderTest, reason
from tests.unit.identity.newcomer import newcomer

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program


def token(program: "Program") -> str:
    return str(program.get("/api/wallet/personal-rpc-token").json()["token"])


def test_the_first_look_makes_it_and_is_recorded(edge: "Edge") -> None:
    program, admin = newcomer(edge), newcomer(edge, "admin")
    first = token(program)
    assert (len(first), token(program)) == (43, first)
    made = admin.get("/api/audit-logs", action="wallet.token.create").json()["items"]
    assert [entry["actor"] for entry in made].count(program.user_id()) == 1


def test_a_machine_has_none(edge: "Edge") -> None:
    machine = MachineUnderTest.made(newcomer(edge, "admin"))
    answer = machine.call("GET", "/api/wallet/personal-rpc-token")
    assert (answer.status_code, reason(answer)) == (403, "session_required")


def test_two_people_have_different_ones(edge: "Edge") -> None:
    assert token(newcomer(edge)) != token(newcomer(edge))


def test_the_key_is_readable_by_its_owner_only(edge: "Edge") -> None:
    token(newcomer(edge))
    assert (edge.identity.data_dir / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_without_the_key_people_get_new_ones(edge: "Edge") -> None:
    program = newcomer(edge)
    before = token(program)
    kept = edge.identity.wallet_rpc_tokens
    (edge.identity.data_dir / KEY_FILE).unlink()
    edge.identity.wallet_rpc_tokens = WalletRpcTokens(edge.identity.data_dir)
    assert token(program) != before
    edge.identity.wallet_rpc_tokens = kept


def test_a_damaged_key_is_named(edge: "Edge") -> None:
    folder = edge.identity.data_dir / "damaged"
    folder.mkdir()
    (folder / KEY_FILE).write_bytes(b"short")
    user_id = newcomer(edge).user_id()
    with edge.database.write() as session, pytest.raises(ConfigurationError, match="damaged"):
        WalletRpcTokens(folder).renew(session, user_id)
