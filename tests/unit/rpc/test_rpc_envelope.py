"""What is a JSON-RPC request, to the letter of the specification."""

import json

import pytest

from prividium.rpc.envelope import Body, Call, EnvelopeLimits, Malformed, RpcError, parse_body
from prividium.types import Json

LIMITS = EnvelopeLimits(batch_items_max=3, depth_max=8)


def parse(document: Json) -> Body:
    return parse_body(json.dumps(document).encode(), LIMITS)


def request(**fields: Json) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", **fields}


def error_of(document: Json) -> RpcError:
    item = parse(document).items[0]
    assert isinstance(item, Malformed)
    return item.error


@pytest.mark.parametrize("identifier", [1, 0, -5, "a", "", None])
def test_an_id_is_a_string_a_whole_number_or_null(identifier: Json) -> None:
    assert parse(request(id=identifier)).items == (Call(identifier, "eth_chainId", ()),)  # type: ignore[arg-type]


@pytest.mark.parametrize("identifier", [True, 1.5, [1], {"a": 1}])
def test_any_other_id_is_an_invalid_request(identifier: Json) -> None:
    assert error_of(request(id=identifier)).code == -32600


def test_a_request_without_id_is_a_notification() -> None:
    document = request()
    del document["id"]
    item = parse(document).items[0]
    assert isinstance(item, Call)
    assert item.notification


def test_null_as_id_is_no_notification() -> None:
    item = parse(request(id=None)).items[0]
    assert isinstance(item, Call)
    assert not item.notification


@pytest.mark.parametrize(
    "document",
    [1, "x", True, None, {}, request(jsonrpc="1.0"), request(jsonrpc=2), request(method=1), request(params="0x")],
)
def test_what_is_no_request_is_invalid(document: Json) -> None:
    assert error_of(document).code == -32600


def test_parameters_by_name_are_invalid_parameters() -> None:
    assert error_of(request(params={"a": 1})).code == -32602


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1,]", b"NaN", b"9" * 100_000])
def test_what_is_no_json_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(RpcError) as refused:
        parse_body(body, LIMITS)
    assert refused.value.code == -32700


def test_an_empty_batch_is_one_error() -> None:
    with pytest.raises(RpcError) as refused:
        parse([])
    assert (refused.value.code, refused.value.reason) == (-32600, "batch_empty")


def test_a_batch_beyond_the_limit_is_one_error() -> None:
    assert len(parse([request()] * 3).items) == 3
    with pytest.raises(RpcError) as refused:
        parse([request()] * 4)
    assert refused.value.reason == "batch_too_large"


def test_each_item_of_a_batch_is_judged_by_itself() -> None:
    items = parse([1, request(), request(method=None)]).items
    assert [type(item) for item in items] == [Malformed, Call, Malformed]


def test_a_request_that_nests_too_deep_is_refused() -> None:
    nested: Json = 1
    for _ in range(6):
        nested = [nested]
    assert parse(request(params=[nested])).items
    for _ in range(4):
        nested = [nested]
    with pytest.raises(RpcError) as refused:
        parse(request(params=[nested]))
    assert refused.value.reason == "too_deep"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'"]]]"' + b"[" * 9, b'["\\"]", ' + b"[" * 8])
def test_depth_is_measured_before_anything_is_parsed(body: bytes) -> None:
    with pytest.raises(RpcError) as refused:
        parse_body(body, LIMITS)
    assert refused.value.reason == "too_deep"


def test_brackets_in_strings_are_text() -> None:
    assert parse(request(params=["[" * 100, '"' + "{" * 100, "\\" + "[" * 100])).items


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 400_000, b'"' * 999_999, b'"\\' * 300_000])
def test_strings_without_end_are_looked_at_once(body: bytes) -> None:
    """Whoever reads it twice at each quote does not come back from this test."""
    with pytest.raises(RpcError) as refused:
        parse_body(body, LIMITS)
    assert refused.value.code == -32700


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","method":"eth_accounts"}',
        b'{"jsonrpc":"2.0","id":1,"id":1,"method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x1","to":"0x2"}]}',
        b'[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},{"a":1,"\\u0061":2}]',
    ],
)
def test_a_key_that_stands_twice_is_an_error_however_it_is_written(body: bytes) -> None:
    with pytest.raises(RpcError) as refused:
        parse_body(body, LIMITS)
    assert (refused.value.code, refused.value.reason) == (-32600, "duplicate_key")
