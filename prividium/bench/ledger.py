"""Transactions per second: executed natively, through the authenticated RPC, and on anvil, in one run."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from eth_utils.abi import function_signature_to_4byte_selector

from gateway.relayer.devnet import EmbeddedL1
from prividium import clock
from prividium._core import CoreError, Genesis, Ledger, PolicyTable, SealLimits
from prividium.bench.traffic import Traffic, address_of, make_traffic
from prividium.demo.administration import add_rule, assign_role, create_role
from prividium.demo.fund import artifact
from prividium.demo.member import Member
from prividium.demo.node import NodeProcess
from prividium.errors import PrividiumError
from prividium.types import Json, to_hex

CHAIN_ID, ANVIL_CHAIN_ID = 6565, 31_337
WALLETS = 20
GROUP = 200
"""Transactions handed over at once: a group commit natively, a JSON-RPC batch elsewhere."""
BLOCK_TRANSACTIONS, BLOCK_CYCLES, BLOCK_GAS_LIMIT = 1_000, 1 << 40, 1 << 40
FUND_FUNCTIONS = ("setIssuer(address,bool)", "mint(address,uint256)", "transfer(address,uint256)")
PERMIT_DEPLOYMENT, RULE_PUBLIC, ACCESS_WRITE = 1, 1, 2


@dataclass(frozen=True)
class Rate:
    name: str
    transactions: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.transactions / self.seconds


def groups(items: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(items), GROUP):
        yield items[start : start + GROUP]


def bench_ledger(transfers: int, say: Callable[[str], None]) -> list[Rate]:
    """Rates of native execution, the authenticated RPC and anvil over the same signed transfers."""
    say(f"signing {transfers} transfers of {WALLETS} wallets")
    traffic = make_traffic(CHAIN_ID, WALLETS, transfers)
    with tempfile.TemporaryDirectory(prefix="prividium-bench-") as folder:
        say("native: admission, execution, durable blocks, then sealing with the state tree and witness")
        rates = measure_native(traffic, Path(folder) / "native")
        say("anvil: the same transfers by JSON-RPC batches")
        rates.append(measure_anvil(make_traffic(ANVIL_CHAIN_ID, WALLETS, transfers), Path(folder) / "anvil"))
        say("through the door: session, permissions, per-item decisions, audit, index")
        rates.append(measure_rpc(traffic, Path(folder) / "node"))
    return rates


def measure_native(traffic: Traffic, folder: Path) -> list[Rate]:
    ledger = open_bench_ledger(folder, CHAIN_ID)
    ledger.set_policy(bench_policy(traffic))
    for raw in traffic.set_up:
        _accept(ledger.submit([raw]))
        _produce(ledger)
    started = clock.monotonic()
    for group in groups(traffic.transfers):
        _accept(ledger.submit(group))
        _produce(ledger)
    executed = clock.monotonic()
    while ledger.seal(SealLimits(BLOCK_TRANSACTIONS, BLOCK_CYCLES)) is not None:
        pass
    sealed = clock.monotonic()
    ledger.close()
    count = len(traffic.transfers)
    return [Rate("native, durable blocks", count, executed - started), Rate("sealing", count, sealed - executed)]


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


def _accept(answers: Sequence[bytes | CoreError]) -> None:
    for answer in answers:
        if isinstance(answer, CoreError):
            raise PrividiumError(answer.code, f"a transfer was refused: {answer.message}")


def _produce(ledger: Ledger) -> None:
    while ledger.pending():
        if ledger.produce_block(ledger.head().timestamp + 1) is None:
            raise PrividiumError("stuck", "transactions wait but none is ready")


def measure_anvil(traffic: Traffic, folder: Path) -> Rate:
    """Anvil makes a block per transaction and writes its state once a second."""
    folder.mkdir()
    l1 = EmbeddedL1(folder)
    l1.start()
    try:
        with httpx.Client(base_url=l1.url, timeout=300) as http:
            for account in (traffic.administrator, *traffic.wallets):
                _single(http, "", "anvil_setBalance", [str(account.address), hex(10**24)])
            for raw in traffic.set_up:
                _single(http, "", "anvil_setNextBlockBaseFeePerGas", ["0x0"])
                _single(http, "", "eth_sendRawTransaction", [to_hex(raw)])
            started = clock.monotonic()
            send_groups(http, "", traffic.transfers)
            wait_for_nonces(http, "", traffic)
            return Rate("anvil", len(traffic.transfers), clock.monotonic() - started)
    finally:
        l1.stop()


def measure_rpc(traffic: Traffic, folder: Path) -> Rate:
    environment = {
        "PRIVIDIUM_CHAIN_ID": str(CHAIN_ID),
        "PRIVIDIUM_PROVER_ENABLED": "false",
        "PRIVIDIUM_L1_ENABLED": "false",
        "PRIVIDIUM_RPC_REQUESTS_PER_MINUTE_MAX": "10000000",
        "PRIVIDIUM_BATCH_TRANSACTIONS_MAX": str(BLOCK_TRANSACTIONS),
        "PRIVIDIUM_BATCH_CYCLES_MAX": str(BLOCK_CYCLES),
        "PRIVIDIUM_BATCH_AGE_SECONDS_MAX": "0",
    }
    with NodeProcess(folder, environment) as node:
        trader = Member.arrive(node.base_url, "trader", "administrator")
        for account in (traffic.administrator, *traffic.wallets):
            trader.account = account
            trader.link_wallet()
        _register(trader, traffic)
        for raw in traffic.set_up:
            trader.rpc("eth_sendRawTransaction", to_hex(raw))
        started = clock.monotonic()
        send_groups(trader.http, "/rpc", traffic.transfers)
        wait_for_nonces(trader.http, "/rpc", traffic)
        return Rate("through RPC", len(traffic.transfers), clock.monotonic() - started)


def _register(trader: Member, traffic: Traffic) -> None:
    assign_role(trader, trader, create_role(trader, "deployer", ["contract_deployment"]))
    fund = to_hex(traffic.fund)
    trader.rest("POST", "/api/contracts", {"contractAddress": fund, "name": "Bench", "abi": artifact("Fund")["abi"]})
    for signature in FUND_FUNCTIONS:
        add_rule(trader, fund, signature, "write", "public")


def send_groups(http: httpx.Client, path: str, transfers: Sequence[bytes]) -> None:
    for group in groups(transfers):
        body = [_call(number, "eth_sendRawTransaction", [to_hex(raw)]) for number, raw in enumerate(group)]
        for answer in http.post(path, json=body).json():
            if "error" in answer:
                raise PrividiumError("refused", f"a transfer was refused: {answer['error']}")


def wait_for_nonces(http: httpx.Client, path: str, traffic: Traffic) -> None:
    """Until every wallet's last transfer is in a block."""
    per_wallet, rest = divmod(len(traffic.transfers), len(traffic.wallets))
    for index, wallet in enumerate(traffic.wallets):
        expected = per_wallet + (index < rest)
        while int(str(_single(http, path, "eth_getTransactionCount", [str(wallet.address), "latest"])), 16) < expected:
            pass


def _call(number: int, method: str, params: list[Json]) -> Json:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def _single(http: httpx.Client, path: str, method: str, params: list[Json]) -> Json:
    answer = http.post(path, json=_call(1, method, params)).json()
    if "error" in answer:
        raise PrividiumError("refused", f"{method}: {answer['error']}")
    result: Json = answer["result"]
    return result
