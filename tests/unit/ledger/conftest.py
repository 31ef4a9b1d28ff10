"""A real chain with real rules, without HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prividium._core import Genesis, GenesisAccount, Ledger, PolicyTable
from prividium.batch.seal import SealPolicy
from prividium.bench.traffic import Traffic, address_of, make_traffic
from prividium.db.engine import Database
from prividium.ledger.index import LedgerIndex
from prividium.ledger.sequencer import Sequencer, SequencerLimits

CHAIN_ID = 6565
SECRET = bytes(range(32))
DEPLOYER = 1
PUBLIC_WRITE = b"\x01\x02\x00" + b"\x00\x00" + b"\x00"


@dataclass
class Rules:
    """A policy source whose version the test moves."""

    traffic: Traffic
    version: int = 1
    denied: set[bytes] = field(default_factory=set)

    def current_version(self) -> int:
        return self.version

    def table(self) -> PolicyTable:
        people = (self.traffic.administrator, *self.traffic.wallets)
        entries = [
            (b"\x10" + address_of(account), bytes([DEPLOYER]) + b"\x00\x00")
            for account in people
            if address_of(account) not in self.denied
        ]
        for selector in selectors():
            entries.append((b"\x12" + self.traffic.fund + b"\x04" + selector, PUBLIC_WRITE))
        return PolicyTable(self.version, entries)


def selectors() -> list[bytes]:
    from eth_utils.abi import function_signature_to_4byte_selector

    names = ("setIssuer(address,bool)", "mint(address,uint256)", "transfer(address,uint256)", "balanceOf(address)")
    return [function_signature_to_4byte_selector(name) for name in names]


@pytest.fixture(scope="session")
def traffic() -> Traffic:
    return make_traffic(CHAIN_ID, 3, 12)


@pytest.fixture
def rules(traffic: Traffic) -> Rules:
    return Rules(traffic)


@pytest.fixture
def open_ledger(tmp_path: Path, traffic: Traffic) -> Callable[[], Ledger]:
    def make() -> Ledger:
        accounts = [GenesisAccount(address_of(traffic.administrator), 10**18)]
        genesis = Genesis(CHAIN_ID, 1, bytes(20), 60_000_000, accounts)
        return Ledger.open(str(tmp_path / "chain.redb"), genesis, SECRET)

    return make


@pytest.fixture
def ledger(open_ledger: Callable[[], Ledger]) -> Iterator[Ledger]:
    opened = open_ledger()
    yield opened
    opened.close()


@pytest.fixture
def index(database: Database, ledger: Ledger) -> Iterator[LedgerIndex]:
    made = LedgerIndex(database, ledger)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def sequence(ledger: Ledger, rules: Rules) -> Iterator[Callable[..., Sequencer]]:
    """Start a sequencer; keyword arguments change its limits."""
    started: list[Sequencer] = []

    def make(
        transactions_max: int = 1000, cycles_max: int = 10**12, queue_max: int = 1000, delay_seconds: float = 0.01
    ) -> Sequencer:
        sequencer = Sequencer(
            ledger,
            policy=rules,
            sealing=SealPolicy(transactions_max, cycles_max, 0),
            limits=SequencerLimits(64, queue_max, delay_seconds),
            clock_mode="stepping",
        )
        started.append(sequencer)
        sequencer.start()
        return sequencer

    yield make
    for sequencer in started:
        sequencer.stop()
