"""The systems that are put under load: the ledger alone, a bare anvil, and a node behind its door."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from eth_utils.abi import function_signature_to_4byte_selector

from gateway.relayer.devnet import EmbeddedL1
from prividium import clock
from prividium._core import CoreError, Genesis, Ledger, PolicyTable
from prividium.bench.traffic import Traffic, address_of
from prividium.demo.administration import add_rule, assign_role, create_role
from prividium.demo.fund import artifact
from prividium.demo.member import Member
from prividium.demo.node import NodeProcess
from prividium.errors import PrividiumError
from prividium.types import Json, to_hex

CHAIN_ID, ANVIL_CHAIN_ID = 6565, 31_337
WALLETS = 20
BLOCK_TRANSACTIONS, BLOCK_CYCLES, BLOCK_GAS_LIMIT = 1_000, 1 << 40, 1 << 40
FUND_FUNCTIONS = ("setIssuer(address,bool)", "mint(address,uint256)", "transfer(address,uint256)")
BLOCK_SECONDS_MAX = 300
PERMIT_DEPLOYMENT, RULE_PUBLIC, ACCESS_WRITE = 1, 1, 2


# the ledger alone


def open_bench_ledger(folder: Path, chain_id: int) -> Ledger:
    """An empty chain whose blocks may be large."""
    folder.mkdir(exist_ok=True)
    genesis = Genesis(chain_id, 1, bytes(20), BLOCK_GAS_LIMIT, [])
    return Ledger.open(str(folder / "chain.redb"), genesis, bytes(range(32)))


def bench_policy(traffic: Traffic) -> PolicyTable:
    """Every wallet known, the fund's functions public: the least policy that lets the load through."""
    entries = [(b"\x10" + address_of(traffic.administrator), bytes([PERMIT_DEPLOYMENT, 0, 0]))]
    entries += [(b"\x10" + address_of(wallet), bytes(3)) for wallet in traffic.wallets]
    rule = bytes([RULE_PUBLIC, ACCESS_WRITE, 0, 0, 0, 0])
    for signature in FUND_FUNCTIONS:
        entries.append((b"\x12" + traffic.fund + b"\x04" + function_signature_to_4byte_selector(signature), rule))
    return PolicyTable(1, sorted(entries))


def execute_natively(ledger: Ledger, raw: Sequence[bytes]) -> None:
    """Submit, and make blocks until nothing waits. Raises PrividiumError for a refused transaction."""
    for answer in ledger.submit(raw):
        if isinstance(answer, CoreError):
            raise PrividiumError(answer.code, f"a transfer was refused: {answer.message}")
    while ledger.pending():
        if ledger.produce_block(ledger.head().timestamp + 1) is None:
            raise PrividiumError("stuck", "transactions wait but none is ready")


# anvil


@contextmanager
def anvil_with_fund(folder: Path, traffic: Traffic) -> Iterator[tuple[httpx.Client, str]]:
    """Anvil in memory: writing its state would stop it for ever longer. A client of it, and its URL."""
    folder.mkdir()
    l1 = EmbeddedL1(folder, durable=False)
    l1.start()
    try:
        with httpx.Client(base_url=l1.url, timeout=300) as http:
            for account in (traffic.administrator, *traffic.wallets):
                single(http, "", "anvil_setBalance", [str(account.address), hex(10**24)])
            for raw in traffic.set_up:
                single(http, "", "anvil_setNextBlockBaseFeePerGas", ["0x0"])
                single(http, "", "eth_sendRawTransaction", [to_hex(raw)])
            yield http, l1.url
    finally:
        l1.stop()


# a node


@contextmanager
def node_with_fund(folder: Path, traffic: Traffic, *own_reads: str) -> Iterator[Member]:
    """A node without prover and L1, whose fund is deployed; the member, a client, owns every wallet of the traffic.

    `own_reads`: functions of the fund that may be read for an own wallet as first argument.
    """
    environment = {
        "PRIVIDIUM_CHAIN_ID": str(CHAIN_ID),
        "PRIVIDIUM_PROVER_ENABLED": "false",
        "PRIVIDIUM_L1_ENABLED": "false",
        "PRIVIDIUM_RPC_REQUESTS_PER_MINUTE_MAX": "10000000",
        "PRIVIDIUM_RPC_ANONYMOUS_REQUESTS_PER_MINUTE_MAX": "10000000",
        "PRIVIDIUM_BATCH_TRANSACTIONS_MAX": str(BLOCK_TRANSACTIONS),
        "PRIVIDIUM_BATCH_CYCLES_MAX": str(BLOCK_CYCLES),
        "PRIVIDIUM_BATCH_AGE_SECONDS_MAX": "0",
    }
    with NodeProcess(folder, environment) as node:
        administrator = Member.arrive(node.base_url, "administrator", "administrator")
        trader = Member.arrive(node.base_url, "trader", "client")
        for account in (traffic.administrator, *traffic.wallets):
            trader.account = account
            trader.link_wallet()
        _register(administrator, trader, traffic)
        for signature in own_reads:
            add_rule(administrator, to_hex(traffic.fund), signature, "read", "restrictArgument", arguments=[0])
        for raw in traffic.set_up:
            trader.rpc("eth_sendRawTransaction", to_hex(raw))
        yield trader


def _register(administrator: Member, trader: Member, traffic: Traffic) -> None:
    assign_role(administrator, trader, create_role(administrator, "deployer", ["contract_deployment"]))
    fund = to_hex(traffic.fund)
    administrator.rest(
        "POST",
        "/api/contracts",
        {"contractAddress": fund, "name": "Bench", "abi": artifact("Fund")["abi"], "awaitingDeployment": True},
    )
    for signature in FUND_FUNCTIONS:
        add_rule(administrator, fund, signature, "write", "public")


# JSON-RPC


def request(number: int, method: str, params: list[Json]) -> Json:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def single(http: httpx.Client, path: str, method: str, params: list[Json]) -> Json:
    """The result of one call; raises PrividiumError."""
    answer = http.post(path, json=request(1, method, params)).json()
    if "error" in answer:
        raise PrividiumError("refused", f"{method}: {answer['error']}")
    result: Json = answer["result"]
    return result


def wait_for_nonces(http: httpx.Client, path: str, traffic: Traffic, *, ask_for_blocks: bool = False) -> None:
    """Until every wallet's last transfer is in a block; raises PrividiumError("stuck").

    `ask_for_blocks`: of anvil, which after large batches leaves transactions in its pool.
    """
    deadline = clock.monotonic() + BLOCK_SECONDS_MAX
    per_wallet, rest = divmod(len(traffic.transfers), len(traffic.wallets))
    for index, wallet in enumerate(traffic.wallets):
        expected = per_wallet + (index < rest)
        while int(str(single(http, path, "eth_getTransactionCount", [str(wallet.address), "latest"])), 16) < expected:
            if ask_for_blocks:
                single(http, path, "evm_mine", [])
            if clock.monotonic() > deadline:
                raise PrividiumError("stuck", f"a transfer was in no block within {BLOCK_SECONDS_MAX} seconds")
