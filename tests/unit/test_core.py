"""The Rust core through its Python face: the life of a fund, with transactions signed by eth-account."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from prividium import _core
from prividium._core import (
    CallRequest,
    CoreError,
    DeniedError,
    Genesis,
    GenesisAccount,
    Ledger,
    PolicyTable,
    RevertedError,
    SealLimits,
    contract_address,
    decode_transaction,
    execute_witness,
    replay_call,
)
from prividium.demo.fund import call_data, creation_code
from prividium.disclosure.fields import Fields
from prividium.disclosure.statements import token_balance, transaction
from prividium.permissions.rules import CallRule, RuleType, WalletGrant
from prividium.types import Address, Hash32, Selector

ROOT = Path(__file__).parents[2]
CHAIN_ID = 6565
START = 1_764_000_000
SECRET = bytes(range(32))
LIMITS = SealLimits(1_000, 1 << 40)
FUNCTIONS = ("setIssuer(address,bool)", "mint(address,uint256)", "transfer(address,uint256)", "balanceOf(address)")


def address_of(account: LocalAccount) -> Address:
    return Address(bytes.fromhex(account.address[2:]))


def account(number: int) -> LocalAccount:
    signer: LocalAccount = Account.from_key(bytes([number]) * 32)
    return signer


ADMINISTRATOR, CLIENT, STRANGER = account(1), account(2), account(3)
FUND = Address(contract_address(address_of(ADMINISTRATOR), 0))


def genesis(chain_id: int = CHAIN_ID) -> Genesis:
    funded = [GenesisAccount(address_of(signer), 10**20) for signer in (ADMINISTRATOR, CLIENT)]
    return Genesis(chain_id, START, bytes(20), 1 << 27, funded)


def policy(version: int, *members: LocalAccount) -> PolicyTable:
    entries = [WalletGrant(address_of(member), frozenset(), may_deploy=True).entry() for member in members]
    for signature in FUNCTIONS:
        selector = Selector(keccak(text=signature)[:4])
        entries.append(CallRule(FUND, selector, RuleType.PUBLIC, "write").entry())
    return PolicyTable(version, entries)


def sign(signer: LocalAccount, fields: Mapping[str, object]) -> bytes:
    defaults: dict[str, object] = {"chainId": CHAIN_ID, "gas": 3_000_000, "value": 0, "data": b""}
    if "gasPrice" not in fields:
        defaults |= {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    return bytes(signer.sign_transaction(defaults | dict(fields)).raw_transaction)


@dataclass
class Chain:
    """A ledger and the nonces of who acts on it."""

    path: Path
    ledger: Ledger
    nonces: dict[str, int] = field(default_factory=dict)

    def signed(self, signer: LocalAccount, to: bytes | None, data: bytes) -> bytes:
        nonce = self.nonces.get(signer.address, 0)
        self.nonces[signer.address] = nonce + 1
        fields: dict[str, object] = {"nonce": nonce, "data": data}
        if to is not None:
            fields["to"] = to
        return sign(signer, fields)

    def send(self, signer: LocalAccount, to: bytes | None, data: bytes) -> Hash32:
        (answer,) = self.ledger.submit([self.signed(signer, to, data)])
        if isinstance(answer, CoreError):
            raise answer
        return Hash32(answer)

    def block(self) -> _core.Block:
        block = self.ledger.produce_block(self.ledger.head().timestamp + 1)
        assert block is not None
        return block


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """A fund is deployed and has issued 1,000 shares to the client."""
    ledger = Ledger.open(str(tmp_path), genesis(), SECRET)
    ledger.set_policy(policy(1, ADMINISTRATOR, CLIENT))
    chain = Chain(tmp_path, ledger)
    chain.send(
        ADMINISTRATOR, None, creation_code("Fund", ["string", "string", "address"], "F", "F", ADMINISTRATOR.address)
    )
    chain.block()
    chain.send(ADMINISTRATOR, FUND, call_data("setIssuer(address,bool)", ADMINISTRATOR.address, True))
    chain.send(ADMINISTRATOR, FUND, call_data("mint(address,uint256)", CLIENT.address, 1_000))
    chain.block()
    yield chain
    ledger.close()


def balance_of(holder: LocalAccount) -> CallRequest:
    return CallRequest(address_of(CLIENT), FUND, call_data("balanceOf(address)", holder.address))


def test_a_transfer_goes_from_submission_to_a_witness_that_proves_its_batch(chain: Chain) -> None:
    data = call_data("transfer(address,uint256)", ADMINISTRATOR.address, 250)
    transaction_hash = chain.send(CLIENT, FUND, data)
    waiting = chain.ledger.transaction(transaction_hash)
    assert waiting is not None
    assert waiting.block_number is None
    assert chain.ledger.nonce(address_of(CLIENT), pending=True) == 1
    block = chain.block()
    receipt = chain.ledger.receipt(transaction_hash)
    assert receipt is not None
    assert (receipt.status, receipt.block_number, receipt.block_hash) == (1, block.number, block.hash)
    (log,) = receipt.logs
    assert log.address == FUND
    assert log.topics[0] == keccak(text="Transfer(address,address,uint256)")
    assert log.topics[1] == address_of(CLIENT).rjust(32, b"\0")
    assert int.from_bytes(log.data, "big") == 250
    assert int.from_bytes(chain.ledger.call(balance_of(CLIENT)), "big") == 750
    batch = chain.ledger.seal(LIMITS)
    assert batch is not None
    assert (batch.number, batch.first_block, batch.last_block, batch.transaction_count) == (1, 1, 3, 4)
    output = execute_witness(chain.ledger.witness(1))
    assert output.digest() == batch.output.digest()
    genesis_batch = chain.ledger.batch(0)
    assert genesis_batch is not None
    assert output.prev_state == genesis_batch.output.new_state


def test_every_transaction_type_is_decoded_with_its_fields() -> None:
    access_list = [{"address": "0x" + "11" * 20, "storageKeys": ["0x" + "22" * 32]}]
    typed = {"nonce": 5, "to": STRANGER.address, "value": 7, "data": b"\x01\x02", "gas": 60_000}
    authorization = CLIENT.sign_authorization({"chainId": CHAIN_ID, "address": FUND, "nonce": 9})
    cases: list[tuple[int, dict[str, object]]] = [
        (0, {"gasPrice": 3}),
        (1, {"gasPrice": 3, "accessList": access_list}),
        (2, {"maxFeePerGas": 3, "maxPriorityFeePerGas": 2, "accessList": access_list}),
        (4, {"maxFeePerGas": 3, "maxPriorityFeePerGas": 2, "authorizationList": [authorization]}),
    ]
    for kind, fees in cases:
        signed = CLIENT.sign_transaction({"chainId": CHAIN_ID, **typed, **fees})
        decoded = decode_transaction(bytes(signed.raw_transaction))
        assert (decoded.type, decoded.chain_id, decoded.nonce, decoded.value) == (kind, CHAIN_ID, 5, 7)
        assert (decoded.sender, decoded.to) == (address_of(CLIENT), address_of(STRANGER))
        assert (decoded.hash, decoded.raw) == (bytes(signed.hash), bytes(signed.raw_transaction))
        assert (decoded.r, decoded.s, decoded.data, decoded.gas_limit) == (signed.r, signed.s, b"\x01\x02", 60_000)
        assert decoded.max_fee_per_gas == 3
        assert decoded.max_priority_fee_per_gas == (2 if kind in (2, 4) else 3)
        if kind in (1, 2):
            (item,) = decoded.access_list
            assert (item.address, item.storage_keys) == (bytes.fromhex("11" * 20), [bytes.fromhex("22" * 32)])


def test_bad_bytes_are_refused_with_their_code() -> None:
    for raw, code in (
        (b"", "rlp_invalid"),
        (b"\x03\xc0", "transaction_type_unsupported"),
        (b"\x02\xc1", "rlp_invalid"),
    ):
        with pytest.raises(CoreError) as refused:
            decode_transaction(raw)
        assert refused.value.code == code
        assert refused.value.message == str(refused.value)


def test_a_transaction_in_a_block_is_read_as_its_envelope_says(chain: Chain) -> None:
    access = [{"address": CLIENT.address, "storageKeys": ["0x" + "07" * 32]}]
    kinds: list[dict[str, object]] = [
        {"to": FUND, "data": call_data("transfer(address,uint256)", CLIENT.address, 1), "gasPrice": 0},
        {"to": address_of(CLIENT), "value": 5, "gasPrice": 0, "accessList": access},
        {"to": address_of(CLIENT), "value": 6, "data": b""},
        {"data": b"\x00" * 3},
    ]
    first = chain.ledger.nonce(address_of(CLIENT))
    envelopes = [sign(CLIENT, fields | {"nonce": first + number}) for number, fields in enumerate(kinds)]
    assert all(isinstance(answer, bytes) for answer in chain.ledger.submit(envelopes))
    block = chain.block()
    together = chain.ledger.block_transactions(block.number)
    assert together is not None and len(together) == len(envelopes)
    assert chain.ledger.block_transactions(block.number + 1) is None
    for index, raw in enumerate(envelopes):
        decoded = decode_transaction(raw)
        stored, receipt = chain.ledger.transaction(decoded.hash), chain.ledger.receipt(decoded.hash)
        assert stored is not None and receipt is not None
        assert _fields_of(together[index][0]) == _fields_of(stored)
        assert (together[index][1].transaction_hash, together[index][1].index) == (receipt.transaction_hash, index)
        assert (stored.block_number, stored.block_hash, stored.index) == (block.number, block.hash, index)
        assert _fields_of(stored) == _fields_of(decoded)


def _fields_of(transaction: _core.Transaction) -> dict[str, object]:
    """All but its place, and each entry of the access list by its fields."""
    names = {name for name in dir(transaction) if not name.startswith("_")} - {"block_number", "block_hash", "index"}
    fields = {name: getattr(transaction, name) for name in names - {"access_list"}}
    listed = [(item.address, tuple(item.storage_keys)) for item in transaction.access_list]
    return fields | {"access_list": listed}


def test_a_denial_names_its_reason_target_and_selector(chain: Chain) -> None:
    with pytest.raises(DeniedError) as denied:
        chain.send(STRANGER, FUND, call_data("transfer(address,uint256)", CLIENT.address, 1))
    assert (denied.value.code, denied.value.target) == ("wallet.not_linked", FUND)
    assert denied.value.selector == bytes.fromhex("a9059cbb")
    with pytest.raises(DeniedError) as denied:
        chain.ledger.call(CallRequest(address_of(CLIENT), FUND, call_data("totalSupply()")))
    assert denied.value.code == "permission.missing"
    unjudged = chain.ledger.call(CallRequest(address_of(CLIENT), FUND, call_data("totalSupply()")), judged=False)
    assert int.from_bytes(unjudged, "big") == 1_000


def test_a_revert_carries_its_data(chain: Chain) -> None:
    data = call_data("transfer(address,uint256)", ADMINISTRATOR.address, 1_001)
    request = CallRequest(address_of(CLIENT), FUND, data)
    for simulate in (chain.ledger.call, chain.ledger.estimate_gas):
        with pytest.raises(RevertedError) as reverted:
            simulate(request)
        assert reverted.value.data[:4] == keccak(text="InsufficientBalance(address,uint256,uint256)")[:4]
        assert reverted.value.code == "execution_reverted"


def test_one_list_is_answered_item_by_item(chain: Chain) -> None:
    good = chain.signed(CLIENT, FUND, call_data("transfer(address,uint256)", ADMINISTRATOR.address, 1))
    bad = sign(CLIENT, {"nonce": 1, "to": FUND, "chainId": 1})
    answers = chain.ledger.submit([good, bad, b"\xff", good])
    assert answers[0] == answers[3] == keccak(good)
    assert [answer.code for answer in answers if isinstance(answer, CoreError)] == ["chain_id_mismatch", "rlp_invalid"]
    assert chain.ledger.pending() == 1


def test_arguments_of_a_wrong_length_or_range_are_value_errors(chain: Chain) -> None:
    for call in (
        lambda: chain.ledger.balance(b"\0" * 19),
        lambda: chain.ledger.receipt(b"\0" * 20),
        lambda: chain.ledger.storage(FUND, -1),
        lambda: chain.ledger.storage(FUND, 1 << 256),
        lambda: GenesisAccount(FUND, -1),
    ):
        with pytest.raises(ValueError, match="must be"):
            call()


def test_the_policy_decides_top_level_calls_without_a_ledger() -> None:
    table = policy(3, CLIENT)
    selector = keccak(text="transfer(address,uint256)")[:4]
    assert table.version == 3
    assert table.decide(address_of(CLIENT), FUND, selector, "write", target_has_code=True) == "rule.public.allow"
    assert table.decide(address_of(CLIENT), FUND, b"", "write", target_has_code=False) == "transfer.native.allow"
    assert table.decide(address_of(CLIENT), None, b"", "write", target_has_code=False) == "deploy.allow"
    with pytest.raises(DeniedError):
        table.decide(address_of(STRANGER), FUND, selector, "read", target_has_code=True)
    for entries in ([(b"\x10", b"")], [(b"\x10" + bytes(20), b"\x01\0\0")] * 2, [(b"\x99" * 21, b"\0\0\0")]):
        with pytest.raises(CoreError) as refused:
            PolicyTable(1, entries)
        assert refused.value.code == "policy_invalid"


def test_a_sealed_transaction_is_disclosed_and_checked_in_python(chain: Chain) -> None:
    transaction_hash = chain.send(CLIENT, FUND, call_data("transfer(address,uint256)", ADMINISTRATOR.address, 5))
    chain.block()
    batch = chain.ledger.seal(LIMITS)
    assert batch is not None
    statement, opening = transaction.obtain(chain.ledger, transaction_hash)
    assert isinstance(opening, dict)
    checked = {name: value for name, value in opening.items() if name != "kind"}
    assert transaction.check(statement, Fields("opening", checked), batch.output.new_state)
    chain.send(CLIENT, FUND, call_data("transfer(address,uint256)", ADMINISTRATOR.address, 5))
    chain.block()
    with pytest.raises(CoreError) as refused:
        chain.ledger.open_transaction(keccak(b"unknown"))
    assert refused.value.code == "not_found"


def test_a_token_balance_is_disclosed_as_of_its_batch(chain: Chain) -> None:
    batch = chain.ledger.seal(LIMITS)
    assert batch is not None
    chain.send(CLIENT, FUND, call_data("transfer(address,uint256)", ADMINISTRATOR.address, 400))
    chain.block()
    chain.ledger.seal(LIMITS)
    statement, opening = token_balance.obtain(chain.ledger, 1, FUND, address_of(CLIENT))
    assert statement["balance"] == "1000"
    assert token_balance.check(statement, opening, batch.output.new_state)
    with pytest.raises(CoreError) as refused:
        replay_call(json.dumps(opening), bytes(32))
    assert refused.value.code == "opening_invalid"


def test_a_restart_keeps_what_was_acknowledged(chain: Chain) -> None:
    waiting = chain.send(CLIENT, FUND, call_data("transfer(address,uint256)", ADMINISTRATOR.address, 1))
    head = chain.ledger.head()
    with pytest.raises(CoreError) as refused:
        Ledger.open(str(chain.path), genesis(), SECRET)
    assert refused.value.code == "store_locked"
    chain.ledger.close()
    with pytest.raises(CoreError) as refused:
        chain.ledger.head()
    assert refused.value.code == "ledger_closed"
    with pytest.raises(CoreError) as refused:
        Ledger.open(str(chain.path), genesis(chain_id=1), SECRET)
    assert refused.value.code == "genesis_mismatch"
    chain.ledger = Ledger.open(str(chain.path), genesis(), SECRET)
    assert chain.ledger.head().hash == head.hash
    assert chain.block().transaction_hashes == [waiting]


def test_readers_go_on_while_a_block_is_made(chain: Chain) -> None:
    raws = [
        sign(CLIENT, {"nonce": n, "to": FUND, "data": call_data("transfer(address,uint256)", ADMINISTRATOR.address, 1)})
        for n in range(60)
    ]
    answers = chain.ledger.submit(raws)
    assert not [answer for answer in answers if isinstance(answer, CoreError)]
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(int.from_bytes(chain.ledger.call(balance_of(CLIENT)), "big"))

    reader = threading.Thread(target=read)
    reader.start()
    chain.block()
    done.set()
    reader.join()
    # A reader sees the state before the block or after it, and nothing between.
    assert set(seen) <= {1_000, 940}
    assert int.from_bytes(chain.ledger.call(balance_of(CLIENT)), "big") == 940


def test_the_stub_says_what_the_module_has() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "prividium._core"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=False)
    assert run.returncode == 0, run.stdout


FULL_DISK = """
import resource, sys
from tests.unit import test_core as t
from prividium._core import CoreError, Ledger

ledger = Ledger.open(sys.argv[1], t.genesis(), t.SECRET)
size = (t.Path(sys.argv[1]) / "chain.redb").stat().st_size
ledger.set_policy(t.policy(1, t.CLIENT))
first = t.sign(t.CLIENT, {"nonce": 0, "to": t.STRANGER.address})
(kept,) = ledger.submit([first])
resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
second = t.sign(t.CLIENT, {"nonce": 1, "to": t.STRANGER.address, "data": bytes(120_000)})
refused = []
for _ in range(2):
    try:
        ledger.submit([second])
    except CoreError as error:
        refused.append(error.code)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
(accepted,) = ledger.submit([second])
block = ledger.produce_block(t.START + 1)
print(refused == ["disk_full"] * 2, block.transaction_hashes == [kept, accepted])
"""


def test_a_full_disk_refuses_the_write_and_loses_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.stdout.split() == ["True", "True"], run.stderr
