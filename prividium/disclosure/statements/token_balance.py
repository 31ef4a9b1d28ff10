"""`token_balance`: asked at the end of a batch, a token's code answers `balanceOf(account)` with this balance."""

import json

from eth_utils.crypto import keccak

from prividium._core import CoreError, Ledger, replay_call
from prividium.disclosure.fields import DisclosureInvalid, Fields, parse_data
from prividium.errors import NotFound
from prividium.types import Address, Json, to_hex

TYPE = "token_balance"
BALANCE_OF = bytes.fromhex("70a08231")


def obtain(ledger: Ledger, batch: int, token: Address, account: Address) -> tuple[dict[str, Json], Json]:
    """(statement, opening); NotFound where the token does not answer, CoreError where it cannot be disclosed."""
    record = ledger.batch(batch)
    if record is None:
        raise NotFound("batch_unknown", "no such batch")
    opening = ledger.open_call(batch, token, _question(account))
    answer = replay_call(opening, record.output.new_state)
    if len(answer) != 32:
        raise NotFound("not_a_token", "the contract does not answer balanceOf")
    statement: dict[str, Json] = {
        "type": TYPE,
        "batch": batch,
        "token": to_hex(token),
        "account": to_hex(account),
        "balance": str(int.from_bytes(answer, "big")),
    }
    return statement, json.loads(opening)


def check(statement: Json, opening: Json, root: bytes) -> list[str]:
    """Check a statement against a state root read from L1; returns what was proven, in words."""
    claim = Fields("statement", statement)
    claim.text("type")
    batch = claim.integer("batch")
    token, account = claim.data("token", 20), claim.data("account", 20)
    balance = claim.amount("balance")
    claim.done()
    code = _answering_code(opening, token, account)
    try:
        answer = replay_call(json.dumps(opening), root)
    except CoreError as error:
        raise DisclosureInvalid(error.code, error.message) from error
    if len(answer) != 32 or int.from_bytes(answer, "big") != balance:
        raise DisclosureInvalid("statement_mismatch", "the token's code does not answer the stated balance")
    return [
        f"account {to_hex(account)} holds {balance} of token {to_hex(token)} at the end of batch {batch}",
        f"answered by the token's code with hash {to_hex(code)}",
    ]


def _answering_code(opening: Json, token: bytes, account: bytes) -> bytes:
    """Hash of the token's code in the opening, after checking that the opening asks the right question."""
    if not isinstance(opening, dict):
        raise DisclosureInvalid("malformed", "opening must be an object")
    if parse_data("opening.to", opening.get("to"), 20) != token:
        raise DisclosureInvalid("statement_mismatch", "the opening asks another contract")
    if parse_data("opening.data", opening.get("data"), None) != _question(account):
        raise DisclosureInvalid("statement_mismatch", "the opening asks another question")
    accounts = opening.get("accounts")
    for entry in accounts if isinstance(accounts, list) else []:
        if isinstance(entry, dict) and entry.get("address") == to_hex(token) and entry.get("codeHash"):
            code_hash = parse_data("codeHash", entry["codeHash"], 32)
            if code_hash == keccak(b""):
                break
            return code_hash
    raise DisclosureInvalid("not_a_contract", "the token has no code")


def _question(account: bytes) -> bytes:
    return BALANCE_OF + account.rjust(32, b"\0")
