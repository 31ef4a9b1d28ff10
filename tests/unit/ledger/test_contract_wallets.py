"""The chain answers whether a contract wallet accepts a signature, and answers nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import defunct_hash_message, encode_defunct
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from prividium._core import Genesis, GenesisAccount, Ledger, PolicyTable
from prividium.ledger.contract_wallets import LedgerContractWallets
from prividium.types import Address, Hash32
from tests.unit.ledger import signature_wallets as code

TEXT = "a message"
DIGEST = Hash32(bytes(defunct_hash_message(text=TEXT)))
WALLET, OTHER = Address(b"\xaa" * 20), Address(b"\xbb" * 20)
DEPLOYER = b"\x01\x00\x00"
READABLE_RULE = b"\x01\x01\x00" + b"\x00\x00" + b"\x00"
"""`public`, read."""
ROLE_RULE = b"\x02\x01\x00" + b"\x00\x01\x00\x00\x00\x05" + b"\x00"
"""`checkRole` 5, read."""


@pytest.fixture
def owner() -> LocalAccount:
    account: LocalAccount = Account.create()
    return account


@pytest.fixture
def wallets(tmp_path: Path) -> Iterator[Callable[..., LedgerContractWallets]]:
    opened: list[Ledger] = []

    def make(wallet_code: bytes, other_code: bytes = b"", rule: bytes | None = None) -> LedgerContractWallets:
        accounts = [GenesisAccount(WALLET, 0, 1, wallet_code), GenesisAccount(OTHER, 0, 1, other_code)]
        ledger = Ledger.open(str(tmp_path / "chain.redb"), Genesis(6565, 1, bytes(20), 60_000_000, accounts), bytes(32))
        opened.append(ledger)
        ledger.set_policy(PolicyTable(2, [] if rule is None else [(b"\x12" + OTHER + b"\x00", rule)]))
        return LedgerContractWallets(ledger)

    yield make
    for ledger in opened:
        ledger.close()


def signature(account: LocalAccount, text: str = TEXT) -> bytes:
    return bytes(account.sign_message(encode_defunct(text=text)).signature)


def test_a_contract_accepts_the_signature_of_its_owner(
    wallets: Callable[..., LedgerContractWallets], owner: LocalAccount
) -> None:
    found = wallets(code.owned_by(bytes.fromhex(owner.address[2:])))
    assert found.is_contract(WALLET)
    assert found.accepts(WALLET, DIGEST, signature(owner))
    assert not found.accepts(WALLET, DIGEST, signature(owner, "another message"))
    assert not found.accepts(WALLET, DIGEST, signature(Account.create()))
    assert not found.accepts(WALLET, DIGEST, b"")


@pytest.mark.parametrize(
    "wallet",
    [
        code.REVERTS,
        code.LOOPS,
        code.ANSWERS_ONE,
        code.ANSWERS_FOUR_BYTES,
        code.ANSWERS_MORE_THAN_MAGIC,
        code.ANSWERS_NOTHING,
    ],
    ids=["reverts", "loops", "one", "four bytes", "more", "nothing"],
)
def test_a_contract_that_does_not_say_yes_says_no(
    wallets: Callable[..., LedgerContractWallets], wallet: bytes, owner: LocalAccount
) -> None:
    assert not wallets(wallet).accepts(WALLET, DIGEST, signature(owner))


def test_an_account_without_code_is_no_contract(wallets: Callable[..., LedgerContractWallets]) -> None:
    found = wallets(code.ACCEPTS_ALL)
    assert not found.is_contract(Address(b"\xcc" * 20))
    assert not found.accepts(Address(b"\xcc" * 20), DIGEST, b"")


def test_an_account_with_a_delegation_is_still_owned_by_its_key(tmp_path: Path, owner: LocalAccount) -> None:
    accounts = [GenesisAccount(OTHER, 0, 1, code.ACCEPTS_ALL)]
    ledger = Ledger.open(str(tmp_path / "chain.redb"), Genesis(6565, 1, bytes(20), 60_000_000, accounts), bytes(32))
    address = Address(bytes.fromhex(owner.address[2:]))
    ledger.set_policy(PolicyTable(2, [(b"\x10" + address, DEPLOYER)]))
    delegation = owner.sign_authorization({"chainId": 6565, "address": "0x" + OTHER.hex(), "nonce": 1})
    transaction = {
        "type": 4,
        "chainId": 6565,
        "nonce": 0,
        "gas": 200_000,
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "value": 0,
        "to": to_checksum_address("0x" + "cc" * 20),
        "data": b"",
        "authorizationList": [delegation],
    }
    (answer,) = ledger.submit([bytes(owner.sign_transaction(transaction).raw_transaction)])
    assert isinstance(answer, bytes), answer
    assert ledger.produce_block(2) is not None
    assert ledger.code(address) == b"\xef\x01\x00" + OTHER
    assert not LedgerContractWallets(ledger).is_contract(address)
    ledger.close()


@pytest.mark.parametrize("rule", [None, ROLE_RULE], ids=["no rule", "a role"])
def test_nobody_reads_another_contract_through_a_wallet(
    wallets: Callable[..., LedgerContractWallets], rule: bytes | None
) -> None:
    found = wallets(code.reads(OTHER), code.ANSWERS_ONE, rule)
    assert not found.accepts(WALLET, DIGEST, b"")


def test_a_wallet_may_ask_a_contract_that_everybody_may_ask(wallets: Callable[..., LedgerContractWallets]) -> None:
    assert wallets(code.reads(OTHER), code.ANSWERS_ONE, READABLE_RULE).accepts(WALLET, DIGEST, b"")


def test_a_proxy_runs_the_code_of_its_implementation(
    wallets: Callable[..., LedgerContractWallets], owner: LocalAccount
) -> None:
    found = wallets(code.delegates_to(OTHER), code.owned_by(bytes.fromhex(owner.address[2:])))
    assert found.accepts(WALLET, DIGEST, signature(owner))
    assert not found.accepts(WALLET, DIGEST, signature(Account.create()))
