"""A chain that comes out the same each time: fixed secret, wallets, transactions, and a clock that counts blocks."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.relayer.client import L1Client
from gateway.relayer.settlement import SettlementView, Status
from prividium.bench.traffic import Traffic, make_traffic
from prividium.demo.administration import add_rule, assign_role, create_role
from prividium.demo.fund import artifact
from prividium.demo.member import Member
from prividium.demo.node import NodeProcess
from prividium.proof.verify import statement_of
from prividium.types import to_hex

CHAIN_ID = 6565
WALLETS, TRANSFERS = 3, 11
BATCH_TRANSACTIONS = 8
BATCHES = (2 + WALLETS + TRANSFERS) // BATCH_TRANSACTIONS
NUMBERS = range(1, BATCHES + 1)

FROZEN = Path(__file__).parents[1] / "vectors" / "proofs"

ENVIRONMENT = {
    "PRIVIDIUM_CHAIN_ID": str(CHAIN_ID),
    "PRIVIDIUM_CLOCK_MODE": "stepping",
    "PRIVIDIUM_BATCH_TRANSACTIONS_MAX": str(BATCH_TRANSACTIONS),
    "PRIVIDIUM_BATCH_AGE_SECONDS_MAX": "0",
    "PRIVIDIUM_RPC_REQUESTS_PER_MINUTE_MAX": "1000000",
}
WITHOUT_PROOFS = {"PRIVIDIUM_PROVER_ENABLED": "false", "PRIVIDIUM_L1_ENABLED": "false"}
WITH_PROOFS = {"PRIVIDIUM_PROVER_ENABLED": "true", "PRIVIDIUM_L1_ENABLED": "true"}
SECRET = bytes(range(32))


@dataclass
class Scenario:
    node: NodeProcess
    traffic: Traffic
    trader: Member

    @property
    def transactions(self) -> list[bytes]:
        return self.traffic.set_up + self.traffic.transfers

    def stop(self) -> None:
        self.trader.http.close()
        self.node.stop()


def prepare_folder(data_dir: Path) -> None:
    """A data folder with the scenario's secret."""
    data_dir.mkdir(mode=0o700, parents=True)
    secret = data_dir / "secret"
    secret.touch(mode=0o600)
    secret.write_bytes(SECRET)


def begin(data_dir: Path, **environment: str) -> Scenario:
    """Start the node and do the administration, always in the same order: it is part of the chain's history."""
    traffic = make_traffic(CHAIN_ID, WALLETS, TRANSFERS)
    node = NodeProcess(data_dir, ENVIRONMENT | environment).start()
    trader = Member.arrive(node.base_url, "trader", "administrator")
    for account in (traffic.administrator, *traffic.wallets):
        trader.account = account
        trader.link_wallet()
    assign_role(trader, trader, create_role(trader, "deployer", ["contract_deployment"]))
    fund = to_hex(traffic.fund)
    trader.rest(
        "POST",
        "/api/contracts",
        {"contractAddress": fund, "name": "Fund", "abi": artifact("Fund")["abi"], "awaitingDeployment": True},
    )
    for signature in ("setIssuer(address,bool)", "mint(address,uint256)", "transfer(address,uint256)"):
        add_rule(trader, fund, signature, "write", "public")
    return Scenario(node, traffic, trader)


def outputs(trader: Member) -> dict[int, str]:
    """Output of each sealed batch, by number."""
    items = trader.rest("GET", "/api/batches")["items"]
    assert isinstance(items, list)
    return {int(str(item["number"])): str(item["output"]) for item in items if isinstance(item, dict)}


def submit_all(scenario: Scenario) -> None:
    """Send every transaction and see its receipt, one after the other."""
    for raw in scenario.transactions:
        transaction_hash = scenario.trader.rpc("eth_sendRawTransaction", to_hex(raw))
        scenario.trader.receipt(str(transaction_hash))


def frozen_proof(number: int) -> Path:
    """Final proof of the scenario's batch, made once; `freeze.py` makes it again."""
    return FROZEN / f"scenario_{number}.final"


def frozen_outputs() -> dict[int, str]:
    """What the undisturbed run proved, by batch number."""
    return {number: to_hex(statement_of(frozen_proof(number)).output) for number in NUMBERS}


def place_proofs(data_dir: Path) -> None:
    """Put the frozen proofs where the prover would have left them."""
    for number in NUMBERS:
        folder = data_dir / "batches" / str(number)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(frozen_proof(number), folder / "final.bin")


def anchored(node: NodeProcess) -> dict[int, tuple[Status, str]]:
    """What the L1 itself says of each batch: its status and output. Nothing before the contracts stand."""
    known = node.gateway()
    if "settlement" not in known:
        return {}
    with closing(L1Client(known["l1_url"])) as client:
        view = SettlementView(client, bytes.fromhex(known["settlement"].removeprefix("0x")))
        records = {number: view.batch(number) for number in range(1, view.last_committed() + 1)}
    return {number: (record.status, to_hex(record.output)) for number, record in records.items()}
