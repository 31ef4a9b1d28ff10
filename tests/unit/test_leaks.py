"""The search of L1 finds what it must: a privacy test that cannot fail would prove nothing."""

from collections.abc import Iterator

import pytest
from eth_utils.crypto import keccak

from gateway.relayer.client import L1Client
from gateway.relayer.devnet import EmbeddedL1
from prividium.demo.leaks import Fact, encodings, find_leaks, published_content
from prividium.types import Json

SENDER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
ADDRESS = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
AMOUNT = 41_500_230_000


class Reader:
    def __init__(self, client: L1Client) -> None:
        self._client = client

    def request(self, method: str, params: list[Json]) -> Json:
        return self._client.request(method, *params)


@pytest.fixture(scope="module")
def l1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    devnet = EmbeddedL1(tmp_path_factory.mktemp("l1"))
    devnet.start()
    client = L1Client(devnet.url)
    yield Reader(client)
    client.close()
    devnet.stop()


def publish(l1: Reader, data: bytes, to: str | None = "0x" + "77" * 20) -> None:
    transaction: dict[str, Json] = {"from": SENDER, "data": "0x" + data.hex()}
    if to is not None:
        transaction["to"] = to
    l1.request("eth_sendTransaction", [transaction])
    l1.request("evm_mine", [])


def test_an_address_in_calldata_is_found(l1: Reader) -> None:
    publish(l1, b"\x01\x02\x03" + ADDRESS)
    leaks = find_leaks([Fact("address", ADDRESS)], published_content(l1))
    assert any(leak.encoding == "raw" and leak.place.startswith("calldata") for leak in leaks)


def test_values_in_storage_and_events_are_found(l1: Reader) -> None:
    count = 23
    # PUSH5 amount PUSH1 0 SSTORE; PUSH1 count PUSH1 0 MSTORE; PUSH1 32 PUSH1 0 LOG0; STOP
    code = b"\x64" + AMOUNT.to_bytes(5, "big") + bytes.fromhex("5f55") + bytes([0x60, count])
    publish(l1, code + bytes.fromhex("5f5260205fa000"), to=None)
    leaks = find_leaks([Fact("amount", AMOUNT), Fact("count", count)], published_content(l1))
    assert any(leak.fact == "amount" and leak.place.startswith("storage") for leak in leaks)
    assert any(leak.fact == "count" and leak.place.startswith("event") for leak in leaks)


@pytest.mark.parametrize("fact", [Fact("address", ADDRESS), Fact("hash", keccak(b"hash")), Fact("amount", AMOUNT)])
def test_every_encoding_of_a_fact_is_found_when_published(l1: Reader, fact: Fact) -> None:
    for encoding, pattern in encodings(fact):
        publish(l1, (b"" if encoding == "word" else b"\xee" * 5) + pattern + b"\xff" * 3)
    found = {leak.encoding for leak in find_leaks([fact], published_content(l1))}
    assert found == {encoding for encoding, _ in encodings(fact)}


def test_what_was_not_published_is_not_found(l1: Reader) -> None:
    facts = [Fact("address", keccak(b"somebody else")[:20]), Fact("amount", 99_887_766_554), Fact("count", 1_234_567)]
    assert find_leaks(facts, published_content(l1)) == []
