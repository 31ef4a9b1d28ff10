import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from prividium.errors import InvalidInput
from prividium.permissions.abi import Abi, canonical_signature, find_function, functions


def function(name: str, *inputs: object) -> Abi:
    return [{"type": "function", "name": name, "inputs": list(inputs)}]


def argument(type_: str, *components: object) -> dict[str, object]:
    return {"name": "x", "type": type_, **({"components": list(components)} if components else {})}


POINT = argument("tuple", argument("uint256"), argument("address"))
MIXED = argument("tuple", argument("uint256"), argument("string"))


@pytest.mark.parametrize(
    ("before", "offset"),
    [
        ([], 0),
        ([argument("uint256")], 1),
        ([argument("bytes"), argument("string")], 2),
        ([argument("uint8[3]")], 3),
        ([argument("uint8[3][2]")], 6),
        ([argument("uint8[]")], 1),
        ([argument("uint8[][4]")], 1),
        ([argument("string[2]")], 1),
        ([POINT], 2),
        ([MIXED], 1),
        ([argument("tuple[2]", argument("bool"), argument("bool"))], 4),
        ([argument("bytes32[0]"), argument("bool")], 1),
    ],
    ids=str,
)
def test_the_offset_counts_the_words_before_an_address(before: list[dict[str, object]], offset: int) -> None:
    (found,) = functions(function("f", *before, argument("address")))
    assert found.word_offset(len(before)) == offset


NESTED = "f(" + "(" * 9 + ")" * 9 + ")"
SIMPLE_TYPES = [
    "uint256",
    "address",
    "bytes",
    "string",
    "bool[3]",
    "address[]",
    "(uint256,address)",
    "(string,bool)[2]",
]
SAMPLES = {
    "uint256": 1,
    "address": "0x" + "11" * 20,
    "bytes": b"abc",
    "string": "abc",
    "bool[3]": [True, False, True],
    "address[]": ["0x" + "22" * 20],
    "(uint256,address)": (1, "0x" + "33" * 20),
    "(string,bool)[2]": [("a", True), ("b", False)],
}
COMPONENTS = {
    "(uint256,address)": argument("tuple", argument("uint256"), argument("address")),
    "(string,bool)[2]": argument("tuple[2]", argument("string"), argument("bool")),
}


@given(st.lists(st.sampled_from(SIMPLE_TYPES), max_size=6))
def test_the_offset_is_where_an_encoder_puts_the_address(before: list[str]) -> None:
    marker = "0x" + "ee" * 20
    data = encode([*before, "address"], [*(SAMPLES[type_] for type_ in before), marker])
    (found,) = functions(function("f", *(COMPONENTS.get(t, argument(t)) for t in before), argument("address")))
    offset = found.word_offset(len(before))
    assert data[32 * offset : 32 * offset + 32] == bytes(12) + bytes.fromhex(marker[2:])


@pytest.mark.parametrize("type_", ["uint256", "bytes", "address[]", "address[2]", "bytes20"])
def test_only_a_plain_address_can_be_restricted(type_: str) -> None:
    (found,) = functions(function("f", argument(type_)))
    with pytest.raises(InvalidInput, match="only a plain address argument") as caught:
        found.word_offset(0)
    assert caught.value.code == "argument_not_address"


def test_an_address_inside_a_tuple_cannot_be_restricted() -> None:
    (found,) = functions(function("f", POINT))
    with pytest.raises(InvalidInput, match=r"\(uint256,address\)"):
        found.word_offset(0)


@pytest.mark.parametrize("index", [1, 7, -1])
def test_an_argument_that_does_not_exist_is_named(index: int) -> None:
    (found,) = functions(function("f", argument("address")))
    with pytest.raises(InvalidInput) as caught:
        found.word_offset(index)
    assert caught.value.code == "argument_index_invalid"


def test_selectors_are_those_of_solidity() -> None:
    (found,) = functions(function("transfer", argument("address"), argument("uint")))
    assert (found.signature, found.selector.hex()) == ("transfer(address,uint256)", "a9059cbb")


@pytest.mark.parametrize(
    ("written", "signature"),
    [
        ("transfer(address,uint256)", "transfer(address,uint256)"),
        ("function transfer(address to, uint amount) external returns (bool)", "transfer(address,uint256)"),
        (" f( ) ", "f()"),
        ("f(int[] calldata a, uint8[2] b)", "f(int256[],uint8[2])"),
        ("f((uint a, (bool, string)[] c) memory t, address)", "f((uint256,(bool,string)[]),address)"),
        ("f(tuple(uint256 a)[3] t)", "f((uint256)[3])"),
        ("f(uint256[2][] x)", "f(uint256[2][])"),
    ],
)
def test_a_signature_is_read_as_it_is_written_in_source(written: str, signature: str) -> None:
    assert canonical_signature(written) == signature


@pytest.mark.parametrize(
    "written",
    ["", "f", "f(", "f)", "f(address", "(address)", "f(address,)", "f(,)", "1f()", "f() drop table", NESTED],
)
def test_what_is_no_signature_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        canonical_signature(written)
    assert caught.value.code == "function_signature_invalid"


def test_a_function_that_the_abi_lacks_is_named() -> None:
    with pytest.raises(InvalidInput, match="g\\(bool\\)") as caught:
        find_function(function("f"), "g(bool)")
    assert caught.value.code == "function_unknown"


@pytest.mark.parametrize(
    "abi",
    [
        [{"type": "function"}],
        [{"type": "function", "name": 7, "inputs": []}],
        [{"type": "function", "name": "f", "inputs": {}}],
        [{"type": "function", "name": "f", "inputs": ["address"]}],
        [{"type": "function", "name": "f", "inputs": [{"type": "nonsense"}]}],
        [{"type": "function", "name": "f", "inputs": [{"type": "tuple"}]}],
        [{"type": "function", "name": "f", "inputs": [{"type": "uint7"}]}],
        [{"name": "f", "inputs": []}, {"type": "function", "name": "f", "inputs": []}],
        [{"type": "function", "name": "f", "inputs": []}] * 2_001,
    ],
    ids=range(9),
)
def test_an_abi_that_is_not_well_formed_is_refused(abi: Abi) -> None:
    with pytest.raises(InvalidInput) as caught:
        functions(abi)
    assert caught.value.code == "abi_invalid"


def test_constructors_events_and_errors_are_no_functions() -> None:
    assert functions([{"type": kind, "name": "x", "inputs": []} for kind in ("constructor", "event", "error")]) == []
