"""A chain that comes out the same each time: fixed secret, wallets, transactions, and a clock that counts blocks."""

from dataclasses import dataclass
from pathlib import Path

from prividium.bench.traffic import Traffic, make_traffic
from prividium.demo.administration import add_rule, assign_role, create_role
from prividium.demo.fund import artifact
from prividium.demo.member import Member
from prividium.demo.node import NodeProcess
from prividium.types import to_hex

CHAIN_ID = 6565
WALLETS, TRANSFERS = 3, 11
BATCH_TRANSACTIONS = 4
BATCHES = (2 + WALLETS + TRANSFERS) // BATCH_TRANSACTIONS

ENVIRONMENT = {
    "PRIVIDIUM_CHAIN_ID": str(CHAIN_ID),
    "PRIVIDIUM_CLOCK_MODE": "stepping",
    "PRIVIDIUM_BATCH_TRANSACTIONS_MAX": str(BATCH_TRANSACTIONS),
    "PRIVIDIUM_BATCH_AGE_SECONDS_MAX": "0",
    "PRIVIDIUM_RPC_REQUESTS_PER_MINUTE_MAX": "1000000",
}
SECRET = bytes(range(32))


@dataclass
class Scenario:
    node: NodeProcess
    traffic: Traffic
    trader: Member

    @property
    def transactions(self) -> list[bytes]:
        return self.traffic.set_up + self.traffic.transfers


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
    trader.rest("POST", "/api/contracts", {"contractAddress": fund, "name": "Fund", "abi": artifact("Fund")["abi"]})
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
