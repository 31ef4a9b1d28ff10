"""Every kernel of the verifier against its slow twin, on random and extreme operands."""

import random

import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.verifier.conftest import Kernel
from tests.contracts.verifier.verifier_chain import Refused
from tests.reference.final_proof import field
from tests.reference.final_proof.field import Ext, P, decode, encode, encode_base, lift
from tests.reference.final_proof.fold import fold
from tests.reference.final_proof.transcript import Transcript
from tests.reference.final_proof.tree import Tree

LANE_MAX = 2**61 - 1
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

coordinate = st.integers(0, P - 1) | st.sampled_from([0, 1, P - 1])
element = st.tuples(coordinate, coordinate, coordinate, coordinate)
lanes = st.lists(st.integers(0, LANE_MAX) | st.sampled_from([0, LANE_MAX]), min_size=4, max_size=4)


def one(value: object) -> Ext:
    assert isinstance(value, bytes)
    decoded = decode(value)
    assert decoded is not None
    return decoded[0]


@QUICK
@given(a=element, b=element)
def test_sum_difference_and_product(kernel: Kernel, a: Ext, b: Ext) -> None:
    x, y = encode([a]), encode([b])
    assert one(kernel("add", x, y)[0]) == field.add(a, b)
    assert one(kernel("sub", x, y)[0]) == field.sub(a, b)
    assert one(kernel("mul", x, y)[0]) == field.mul(a, b)


@QUICK
@given(a=lanes, b=lanes)
def test_products_of_unreduced_lanes(kernel: Kernel, a: list[int], b: list[int]) -> None:
    def packed(values: list[int]) -> int:
        return sum(value << 64 * i for i, value in enumerate(values))

    want = field.mul((a[0], a[1], a[2], a[3]), (b[0], b[1], b[2], b[3]))
    assert one(kernel("mulLanes", packed(a), packed(b))[0]) == want


@QUICK
@given(a=element, s=st.integers(0, P - 1))
def test_scaling_and_inverse(kernel: Kernel, a: Ext, s: int) -> None:
    assert one(kernel("scale", encode([a]), s)[0]) == field.scale(a, s)
    assert one(kernel("inverse", encode([a]))[0]) == field.inverse(a)
    assert kernel("base", s, s % 28) == (field.base_inverse(s), field.root_of_unity(s % 28))


@QUICK
@given(values=st.lists(st.integers(0, 2**32 - 1) | coordinate, max_size=21))
def test_an_element_of_p_or_more_is_not_canonical(kernel: Kernel, values: list[int]) -> None:
    assert kernel("canonical", encode_base(values)) == (all(value < P for value in values),)


def test_each_place_of_a_word_is_checked(kernel: Kernel) -> None:
    for place in range(11):
        for wrong in (P, 2**31 - 1, 2**31, 2**32 - 1):
            values = [P - 1] * 11
            values[place] = wrong
            assert kernel("canonical", encode_base(values)) == (False,)


def test_folding_with_every_arity(kernel: Kernel) -> None:
    source = random.Random(3)
    for log_arity in range(1, 5):
        arity = 1 << log_arity
        values = [random_element(source) for _ in range(arity)]
        inverse, eta = source.randrange(1, P), random_element(source)
        roots = [pow(field.root_of_unity(log_arity), arity - j, P) for j in range(arity)]
        got = kernel("fold", [encode([v]) for v in values], inverse, roots, encode([eta]))
        assert one(got[0]) == fold(values, [inverse * root % P for root in roots], eta)


def test_paths_of_all_leaves_and_no_others(kernel: Kernel) -> None:
    leaves = [bytes([number]) * 40 for number in range(16)]
    tree = Tree(leaves, 2)
    for index, leaf in enumerate(leaves):
        path = tree.path(index)
        assert kernel("contains", leaf, index, path, tree.cap) == (True,)
        assert kernel("contains", leaf, index ^ 1, path, tree.cap) == (False,)
        assert kernel("contains", leaves[index ^ 1], index, path, tree.cap) == (False,)
        for at in (0, 25, 26, 51):
            assert kernel("contains", leaf, index, flipped(path, at), tree.cap) == (False,)
            assert kernel("contains", leaf, index, path, flipped(tree.cap, 26 * (index >> 2) + at % 26)) == (False,)


def column_entry(column: int, turn: bool) -> bytes:
    """As `QueryLayouts` writes it."""
    word = 4 * (2 * (column // 8) + column % 2)
    return (turn << 30 | (column % 8 // 2) << 28 | word).to_bytes(4, "big")


def test_linear_forms(kernel: Kernel) -> None:
    source = random.Random(4)
    for widths, size in (([1], 1), ([4], 3), ([1] * 7, 4), ([1, 4, 1], 5), ([4, 4, 1], 17), ([1] * 30 + [4] * 3, 33)):
        columns = sum(widths)
        row = [source.choice([P - 1, source.randrange(P)]) for _ in range(columns)]
        batch = source.choice([(P - 1,) * 4, random_element(source)])
        coefficients, x = [random_element(source) for _ in range(size)], source.randrange(P)
        want, power, entries = field.sub(field.ZERO, field.evaluate(coefficients, lift(x))), field.ONE, b""
        for width in widths:
            power = weight = field.mul(power, batch)
            for b in range(width):
                column = len(entries) // 4
                want = field.add(want, field.scale(weight, row[column]))
                entries += column_entry(column, b > 0)
                weight = field.mul(weight, field.THETA)
        arguments = (entries, encode([batch]), x, encode(coefficients))
        total, canonical = kernel("linearForm", encode_base(row), *arguments)
        assert (one(total), canonical) == (want, True)
        row[-1] = P
        assert kernel("linearForm", encode_base(row), *arguments)[1] is False


def test_code_that_no_contract_may_have_is_refused(kernel: Kernel) -> None:
    longest = bytes(24_576)
    for code in (b"", b"\x5f", longest):
        assert kernel("created", code) == (code,)
    for code in (b"\xef", longest + b"\0"):  # EIP-3541, EIP-170
        with pytest.raises(Refused):
            kernel("created", code)


def test_a_form_whose_words_two_bytes_cannot_name_is_refused(kernel: Kernel) -> None:
    last = (1 << 16) // 32 - 1
    (size,) = kernel("compiledBytes", last, 1, 0, 0)
    assert kernel("compiledBytes", 0, 1, 0, last - 3) == (size,)
    assert kernel("compiledBytes", 0, 1, last - 3, 0) == (size,)
    for beyond in ((last + 1, 1, 0, 0), (last, 2, 0, 0), (0, 1, 0, last - 2), (0, 1, last - 2, 0)):
        with pytest.raises(Refused):
            kernel("compiledBytes", *beyond)


def test_forms_that_no_contract_s_code_can_hold_are_refused(kernel: Kernel) -> None:
    """Each word is written to four coordinates. What is written last must leave room for a word of the EVM."""
    room, last_write, word = 0x6100, 5, 32
    (one,), (two,) = (kernel("compiledBytes", 0, words, 0, 0) for words in (1, 2))
    most = (room - word + last_write - one) // (two - one) + 1
    assert kernel("compiledBytes", 0, most, 0, 0) == (one + (most - 1) * (two - one),)
    with pytest.raises(Refused):
        kernel("compiledBytes", 0, most + 1, 0, 0)


def test_the_transcript(kernel: Kernel) -> None:
    for seed in range(12):
        source = random.Random(seed)
        key_hash, message, nonce = keccak(bytes([seed])), source.randbytes(1 + 40 * seed), source.randbytes(8)
        twin = Transcript(key_hash)
        twin.absorb(message)
        worked, challenge = twin.grind(nonce, 1), twin.challenge()
        count = 1 + 3 * seed
        indices = encode_base(twin.indices(count, 23))
        got = kernel("transcript", key_hash, message, nonce, 1, count)
        assert got == (worked, encode([challenge]), indices, twin.state)


def random_element(source: random.Random) -> Ext:
    return (source.randrange(P), source.randrange(P), source.randrange(P), source.randrange(P))


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
