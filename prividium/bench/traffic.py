"""The load of the benches: signed ERC-20 transfers of a fund between wallets, at gas price zero."""

from dataclasses import dataclass
from typing import cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from prividium._core import contract_address
from prividium.demo.fund import call_data, creation_code
from prividium.demo.signing import sign_free
from prividium.types import Address, parse_address

TRANSFER_GAS, SET_UP_GAS = 100_000, 3_000_000
HOLDING = 10**12


@dataclass(frozen=True)
class Traffic:
    """`set_up` first, in order, then `transfers`: rounds of one transaction per wallet."""

    administrator: LocalAccount
    wallets: list[LocalAccount]
    fund: Address
    set_up: list[bytes]
    transfers: list[bytes]


def address_of(account: LocalAccount) -> Address:
    return parse_address(str(account.address).lower())


def make_traffic(chain_id: int, wallet_count: int, transfer_count: int) -> Traffic:
    """The same keys each time, so that runs compare; every transfer has another recipient and amount."""
    administrator = _account(0)
    wallets = [_account(number + 1) for number in range(wallet_count)]
    fund = Address(contract_address(address_of(administrator), 0))
    names = ("Bench", "BNC", administrator.address)
    calls: list[tuple[Address | None, bytes]] = [(None, creation_code("Fund", ["string", "string", "address"], *names))]
    calls.append((fund, call_data("setIssuer(address,bool)", administrator.address, True)))
    calls += [(fund, call_data("mint(address,uint256)", wallet.address, HOLDING)) for wallet in wallets]
    set_up = [_sign(administrator, chain_id, nonce, to, data, SET_UP_GAS) for nonce, (to, data) in enumerate(calls)]
    transfers = []
    for number in range(transfer_count):
        sender = wallets[number % wallet_count]
        recipient = wallets[(number * 7 + 1) % wallet_count].address
        data = call_data("transfer(address,uint256)", recipient, number + 1)
        transfers.append(_sign(sender, chain_id, number // wallet_count, fund, data, TRANSFER_GAS))
    return Traffic(administrator, wallets, fund, set_up, transfers)


def _account(number: int) -> LocalAccount:
    return cast(LocalAccount, Account.from_key(keccak(b"prividium bench wallet" + number.to_bytes(4, "big"))))


def _sign(account: LocalAccount, chain_id: int, nonce: int, to: Address | None, data: bytes, gas: int) -> bytes:
    return bytes(sign_free(account, to, data, chain_id=chain_id, nonce=nonce, gas=gas).raw_transaction)
