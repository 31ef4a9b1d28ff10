"""A disclosure holds against the root that it leads to, and no field of it can be altered."""

import copy
import json
from collections.abc import Callable, Iterator

import pytest

from prividium._core import CoreError, Ledger, SealLimits
from prividium.bench.systems import bench_policy, open_bench_ledger
from prividium.bench.traffic import Traffic, address_of, make_traffic
from prividium.disclosure.fields import FILE_BYTES_MAX, DisclosureInvalid
from prividium.disclosure.statements import token_balance, transaction
from prividium.disclosure.verify import compose, parse, verify
from prividium.types import Address, Hash32, Json

CHAIN_ID, L1_CHAIN_ID, SETTLEMENT = 6565, 31337, "0x" + "5e" * 20
Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return make_traffic(CHAIN_ID, 3, 9)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, traffic: Traffic) -> Iterator[Ledger]:
    opened = open_bench_ledger(tmp_path_factory.mktemp("chain"), CHAIN_ID)
    opened.set_policy(bench_policy(traffic))
    for raw in traffic.set_up + traffic.transfers:
        opened.submit([raw])
        opened.produce_block(opened.head().timestamp + 1)
    assert opened.seal(SealLimits(8, 1 << 40)) is not None
    assert opened.seal(SealLimits(100, 1 << 40)) is not None
    yield opened
    opened.close()


def root_of(ledger: Ledger, batch: int) -> bytes:
    record = ledger.batch(batch)
    assert record is not None
    return record.output.new_state


def document(statement: dict[str, Json], opening: Json) -> dict[str, Json]:
    return compose(statement, opening, CHAIN_ID, L1_CHAIN_ID, SETTLEMENT)


def holds(ledger: Ledger, content: Json, batch: int) -> bool:
    try:
        verify(parse(json.dumps(content).encode()), lambda _: root_of(ledger, batch))
    except DisclosureInvalid:
        return False
    return True


def transfer_hash(ledger: Ledger, number: int) -> Hash32:
    block = ledger.block(number)
    assert block is not None
    return Hash32(block.transaction_hashes[0])


@pytest.fixture(scope="module")
def balance_document(ledger: Ledger, traffic: Traffic) -> dict[str, Json]:
    return document(*token_balance.obtain(ledger, 1, traffic.fund, address_of(traffic.wallets[0])))


@pytest.fixture(scope="module")
def transaction_document(ledger: Ledger) -> dict[str, Json]:
    return document(*transaction.obtain(ledger, transfer_hash(ledger, 7)))


def test_a_balance_at_the_end_of_a_batch_verifies(ledger: Ledger, balance_document: dict[str, Json]) -> None:
    verified = verify(parse(json.dumps(balance_document).encode()), lambda _: root_of(ledger, 1))
    assert "holds" in verified.claims[0]
    assert verified.anchor.batch == 1


def test_each_batch_has_the_balance_of_its_own_end(ledger: Ledger, traffic: Traffic) -> None:
    account = address_of(traffic.wallets[0])
    balances = [token_balance.obtain(ledger, batch, traffic.fund, account)[0]["balance"] for batch in (1, 2)]
    assert balances[0] != balances[1]


def test_a_transaction_in_any_block_of_a_batch_verifies(ledger: Ledger) -> None:
    for number in range(1, 15):
        content = document(*transaction.obtain(ledger, transfer_hash(ledger, number)))
        assert holds(ledger, content, 1 if number <= 8 else 2), number


def test_a_disclosure_does_not_hold_against_another_batch(
    ledger: Ledger, balance_document: dict[str, Json], transaction_document: dict[str, Json]
) -> None:
    assert not holds(ledger, balance_document, 2)
    assert not holds(ledger, transaction_document, 2)


def scalars(value: Json, path: Place = ()) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from scalars(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from scalars(item, (*path, index))
    else:
        yield path


def altered(content: Json, path: Place, change: Callable[[Json], Json]) -> Json:
    result = copy.deepcopy(content)
    at = result
    for key in path[:-1]:
        at = at[key]  # type: ignore[index, call-overload]
    at[path[-1]] = change(at[path[-1]])  # type: ignore[index, call-overload]
    return result


def another(value: Json) -> Json:
    """A value of the same type and, for data, the same length, that differs in its last place."""
    if isinstance(value, bool) or value is None:
        return "0x" + "00" * 20
    if isinstance(value, int):
        return value + 1
    text = str(value)
    return text[:-1] + ("1" if text[-1] != "1" else "2")


ANCHOR_FIELDS = {("chain", "chainId"), ("chain", "l1ChainId"), ("chain", "settlement")}
"""Checked against L1 itself, by `read_root`."""


def test_no_field_of_a_balance_disclosure_can_be_altered(ledger: Ledger, balance_document: dict[str, Json]) -> None:
    paths = [path for path in scalars(balance_document) if path not in ANCHOR_FIELDS and path != ("statement", "batch")]
    assert len(paths) > 12
    assert [path for path in paths if holds(ledger, altered(balance_document, path, another), 1)] == []


def test_no_field_of_a_transaction_disclosure_can_be_altered(
    ledger: Ledger, transaction_document: dict[str, Json]
) -> None:
    paths = [path for path in scalars(transaction_document) if path not in ANCHOR_FIELDS]
    assert len(paths) > 30
    assert [path for path in paths if holds(ledger, altered(transaction_document, path, another), 1)] == []


def test_no_field_can_be_left_out_or_added(ledger: Ledger, transaction_document: dict[str, Json]) -> None:
    for path in scalars(transaction_document):
        if isinstance(path[-1], str):
            shortened = copy.deepcopy(transaction_document)
            at: Json = shortened
            for key in path[:-1]:
                at = at[key]  # type: ignore[index, call-overload]
            del at[path[-1]]  # type: ignore[union-attr, arg-type]
            assert not holds(ledger, shortened, 1), path
    assert not holds(ledger, {**transaction_document, "note": "trust me"}, 1)


def test_an_opening_of_another_account_does_not_support_the_statement(ledger: Ledger, traffic: Traffic) -> None:
    statement, _ = token_balance.obtain(ledger, 1, traffic.fund, address_of(traffic.wallets[0]))
    _, opening = token_balance.obtain(ledger, 1, traffic.fund, address_of(traffic.wallets[1]))
    assert not holds(ledger, document(statement, opening), 1)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"null", b"\xff\xfe", b'{"format":"prividium-disclosure","format":"x"}', b"[" * 10_000],
)
def test_what_is_no_disclosure_is_refused_with_a_code(content: bytes) -> None:
    with pytest.raises(DisclosureInvalid) as refused:
        parse(content)
    assert refused.value.code == "malformed"


def test_an_oversized_file_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(DisclosureInvalid, match="at most"):
        parse(b" " * (FILE_BYTES_MAX + 1))


def test_an_unsealed_or_unknown_fact_cannot_be_opened(ledger: Ledger, traffic: Traffic) -> None:
    with pytest.raises(CoreError):
        transaction.obtain(ledger, Hash32(bytes(32)))
    with pytest.raises(Exception, match="no such batch"):
        token_balance.obtain(ledger, 99, traffic.fund, Address(bytes(20)))
