"""Requests of every kind through the real door: never a fault, and never a word of what was planted for others."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from prividium.rpc.methods import METHODS
from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_execute import nonce_of, signed

SECRET = keccak(text="what nobody else may learn")
STATUS_EXPECTED = {200, 413, 429}
FIELDS = (
    "from to gas value data input gasPrice nonce fromBlock toBlock address topics blockHash blockNumber limit cursor "
    "tracer tracerConfig onlyTopCall blockStateCalls calls stateOverrides blockOverrides validation code balance"
)
HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
FEW = settings(max_examples=150, deadline=None, suppress_health_check=HEALTH, database=None, derandomize=True)
MANY = settings(max_examples=12_000, deadline=None, suppress_health_check=HEALTH, database=None)
MANY_REQUESTS = 100_000


@dataclass
class Plant:
    """Secrets of others, what a stranger may know of where they are, and everything that the node logs meanwhile."""

    rpc: Rpc
    words: tuple[str, ...]
    clues: tuple[str, ...]
    logged: io.StringIO
    requests: int = 0
    answers: int = 0
    methods: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def plant(scene: Scene, two: Rpc, stranger: Rpc) -> Iterator[Plant]:
    vault = contracts.deploy(scene, contracts.answers(SECRET))
    diary = contracts.deploy(scene, contracts.emits([contracts.selector("Note(bytes32)").ljust(32, b"\0")], SECRET))
    contracts.allow(scene.administrator, diary, ("note(bytes32)", "write", "public"))
    note = contracts.selector("note(bytes32)") + SECRET
    written = two.member.send(diary, note, scene.chain_id)
    waiting = signed(two.member, scene.chain_id, to=diary, nonce=nonce_of(two) + 1, data=note)
    pending = two.result("eth_sendRawTransaction", waiting)
    clues = (
        vault,
        diary,
        str(written["transactionHash"]),
        str(written["blockHash"]),
        str(written["blockNumber"]),
        str(pending),
        str(two.result("eth_newFilter", {"fromBlock": "0x0"})),
        scene.shares,
        scene.contracts.forwarder,
        scene.one.address,
        two.member.address,
        stranger.member.address,
        scene.hashes["transfer"],
    )
    logged = io.StringIO()
    handler = logging.StreamHandler(logged)
    logging.getLogger().addHandler(handler)
    yield Plant(stranger, (SECRET.hex(), two.member.token, stranger.member.token), clues, logged)
    logging.getLogger().removeHandler(handler)


def values(clues: tuple[str, ...]) -> some.SearchStrategy[Json]:
    hexadecimal = some.binary(max_size=40).map(lambda data: "0x" + data.hex())
    quantities = some.integers(0, 2**70).map(hex)
    crooked = some.sampled_from(
        ["0x", "0x00", "0X1", "0x1 ", "-0x1", "1", "", "0xg", "latest ", "\ud800", "0x" + "f" * 65]
    )
    tags = some.sampled_from(["latest", "pending", "safe", "finalized", "earliest", "newHeads", "logs", "callTracer"])
    leaves = some.one_of(
        some.sampled_from(clues), some.sampled_from(clues), tags, quantities, hexadecimal, crooked,
        some.none(), some.booleans(), some.integers(), some.floats(), some.text(max_size=8),
    )  # fmt: skip
    return some.recursive(
        leaves,
        lambda inner: some.one_of(
            some.lists(inner, max_size=4), some.dictionaries(some.sampled_from(FIELDS.split()), inner, max_size=5)
        ),
        max_leaves=12,
    )


def requests(plant: Plant) -> some.SearchStrategy[Json]:
    value = values(plant.clues)
    sender = some.sampled_from([plant.rpc.member.address, *plant.clues])
    calls = some.fixed_dictionaries(
        {"from": sender, "to": some.sampled_from(plant.clues)},
        optional={"data": value, "value": value, "gas": value, "input": value},
    )
    names = some.one_of(some.sampled_from(sorted(METHODS)), some.sampled_from(sorted(METHODS)), some.text(max_size=12))
    params = some.one_of(
        some.lists(value, max_size=4),
        some.sampled_from(plant.clues).map(lambda clue: [clue]),
        some.tuples(calls, some.just("latest")).map(list),
        some.tuples(calls, some.just("latest"), some.just({"tracer": "callTracer"})).map(list),
        some.lists(calls, max_size=3).map(lambda listed: [{"blockStateCalls": [{"calls": listed}]}]),
        value,
    )
    well_formed = some.fixed_dictionaries(
        {"jsonrpc": some.just("2.0"), "method": names, "id": some.one_of(some.integers(), some.text(max_size=5))},
        optional={"params": params},
    )
    crooked = some.dictionaries(some.sampled_from(["jsonrpc", "method", "id", "params", "x"]), value, max_size=5)
    return some.one_of(well_formed, well_formed, well_formed, crooked, value)


def ask(plant: Plant, batch: list[Json]) -> None:
    answer = plant.rpc.raw(json.dumps(batch).encode())
    text = answer.text.lower()
    assert answer.status_code in STATUS_EXPECTED, (answer.status_code, batch)
    assert not [word for word in plant.words if word.lower() in text], batch
    found = answer.json() if answer.content else []
    for item in found if isinstance(found, list) else [found]:
        assert "result" in item or item["error"]["code"] != -32603, (item, batch)
    plant.requests += len(batch)
    plant.answers += len(found)


def check(plant: Plant, examples: settings) -> None:
    @examples
    @given(batch=some.lists(requests(plant), min_size=8, max_size=20))
    def run(batch: list[Json]) -> None:
        ask(plant, batch)

    run()
    logged = plant.logged.getvalue().lower()
    assert not [word for word in plant.words if word.lower() in logged]
    assert plant.rpc.result("eth_chainId")


def test_the_secret_is_there_for_those_who_may_see_it(plant: Plant, two: Rpc, administrator: Rpc) -> None:
    """Otherwise the tests below would find nothing because there is nothing."""
    assert SECRET.hex() in str(two.result("eth_getTransactionByHash", plant.clues[2]))
    assert SECRET.hex() in str(two.result("eth_getTransactionReceipt", plant.clues[2]))
    assert SECRET.hex() in str(administrator.result("eth_getCode", plant.clues[0]))


def test_thousands_of_requests_cause_no_fault_and_tell_no_secret(plant: Plant) -> None:
    check(plant, FEW)
    assert plant.requests > 1_200
    assert plant.answers > plant.requests // 2


@pytest.mark.slow
def test_a_hundred_thousand_requests_cause_no_fault_and_tell_no_secret(plant: Plant) -> None:
    check(plant, MANY)
    assert plant.requests >= MANY_REQUESTS


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_clue_asked_of_every_method_tells_no_secret(plant: Plant, method: str) -> None:
    own = plant.rpc.member.address
    tracer: Json = {"tracer": "callTracer"}
    batch: list[Json] = []
    for clue in plant.clues:
        call: Json = {"from": own, "to": clue, "data": "0x" + contracts.selector("note(bytes32)").hex()}
        bare: Json = {"from": own, "to": clue}
        listed: list[list[Json]] = [
            [clue],
            [clue, "latest"],
            [clue, "0x0"],
            [clue, ["0x0"], "latest"],
            [clue, True],
            [clue, tracer],
            [call, "latest"],
            [bare, "latest"],
            [bare, "latest", tracer],
            [{"blockStateCalls": [{"calls": [bare]}]}],
            [{"address": clue, "fromBlock": "0x0"}],
            [{"blockHash": clue}],
            [{"fromBlock": "0x0", "topics": [None, clue]}],
        ]
        batch += [{"jsonrpc": "2.0", "id": 1, "method": method, "params": params} for params in listed]
    ask(plant, batch)
