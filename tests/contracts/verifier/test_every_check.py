"""Each check of docs/protocol/proof.md §10 on its own: what it is for is changed, and it must be what fails.

Where a value is bound by the transcript, the conversation is carried on honestly after the change: only then is it this
check that stands in the way, and not the proof of work behind it.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from tests.contracts.verifier.conftest import Kernel, Toy
from tests.contracts.verifier.toy import system
from tests.contracts.verifier.toy.prover import Prover
from tests.contracts.verifier.verifier_chain import Refused, VerifierChain
from tests.reference.final_proof.errors import Rejected
from tests.reference.final_proof.field import P, encode, encode_base
from tests.reference.final_proof.header import verify_header, verify_public_values
from tests.reference.final_proof.queries import verify_queries
from tests.reference.final_proof.transcript import Transcript

KEY = system.key()
NONCES = {
    "lookup": 32,
    "point": 32 + 8 + 32 + 16 * 2 + 32,
    "batch": 32 + 8 + 32 + 16 * 2 + 32 + 8 + 16 * system.OPENED,
}
FOLDS = NONCES["batch"] + 8


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return str(caught.value)


def solidity(rejected: Rejected, *names: str) -> str:
    """The twin's verdict in the words of the contracts."""
    name = "".join(part.capitalize() for part in rejected.code.split("_"))
    values = ", ".join(f"{key}={value}" for key, value in zip(names, rejected.where, strict=True))
    return f"{name}({values})"


def twin_header(values: list[int], header: bytes) -> Rejected:
    with pytest.raises(Rejected) as caught:
        verify_public_values(KEY, values)
        verify_header(KEY, values, header)
    return caught.value


def assert_header_refused(verifier: VerifierChain, honest: Toy, header: bytes, expected: str) -> None:
    values = honest.proof.public_values
    assert refusal(lambda: verifier.verify_header(encode_base(values), header)) == expected
    names = ("fold",) if expected.startswith("Fold") else ()
    assert solidity(twin_header(values, header), *names) == expected


def test_public_values_in_number_and_form(verifier: VerifierChain, honest: Toy) -> None:
    header, values = honest.final.header, honest.proof.public_values
    for wrong in ([], values[:1], [*values, 0]):
        text = refusal(lambda wrong=wrong: verifier.verify_header(encode_base(wrong), header))  # type: ignore[misc]
        assert text == f"PublicValuesLength(expected=8, given={4 * len(wrong)})"
    assert refusal(lambda: verifier.verify_header(encode_base([P, values[1]]), header)) == "PublicValueNotCanonical()"


def test_the_header_has_its_length(verifier: VerifierChain, honest: Toy) -> None:
    header, size = honest.final.header, len(honest.final.header)
    for wrong in (b"", header[:-1], header + b"\0", header[16:]):
        text = refusal(lambda wrong=wrong: verifier.verify_header(honest.final.public_values, wrong))  # type: ignore[misc]
        assert text == f"HeaderLength(expected={size}, given={len(wrong)})"


@pytest.mark.parametrize("at", [72, 100, 144, 148, 144 + 16 * system.OPENED - 4, -8 - 64, -8 - 4])
def test_every_element_of_the_header_is_canonical(verifier: VerifierChain, honest: Toy, at: int) -> None:
    at %= len(honest.final.header)
    header = honest.final.header[:at] + P.to_bytes(4, "big") + honest.final.header[at + 4 :]
    assert_header_refused(verifier, honest, header, "HeaderNotCanonical()")


@pytest.mark.parametrize(
    "at, expected",
    [
        (NONCES["lookup"], "LookupGrinding()"),
        (NONCES["point"], "PointGrinding()"),
        (NONCES["batch"], "BatchGrinding()"),
        (FOLDS + 32, "FoldGrinding(fold=0)"),
        (FOLDS + 40 + 32, "FoldGrinding(fold=1)"),
        (-8, "QueryGrinding()"),
    ],
)
def test_work_was_done_before_each_challenge(verifier: VerifierChain, honest: Toy, at: int, expected: str) -> None:
    header = bytearray(honest.final.header)
    at %= len(header)
    for number in range(64):
        header[at : at + 8] = number.to_bytes(8, "big")
        try:
            verify_header(KEY, honest.proof.public_values, bytes(header))
        except Rejected as rejected:
            if rejected.code == expected.split("(")[0].replace("Grinding", "_grinding").lower():
                break
    assert_header_refused(verifier, honest, bytes(header), expected)


class UnbalancedTerminals(Prover):
    def send_terminals(self, values: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
        return [((values[0][0] + 1) % P, *values[0][1:]), *values[1:]]

    def quotient(self) -> list[list[int]]:
        return [[0] * (1 << self.key.parameters.kappa) for _ in range(4)]


def test_terminals_cancel(verifier: VerifierChain) -> None:
    proof = UnbalancedTerminals(KEY, 31).prove()
    text = refusal(lambda: verifier.verify_header(encode_base(proof.public_values), proof.parts[0]))
    assert text == "TerminalsUnbalanced()" == solidity(twin_header(proof.public_values, proof.parts[0]))


def test_the_point_lies_outside_the_base_field(kernel: Kernel) -> None:
    """Asked of the check itself: no transcript leads to such a point in reasonable time."""
    for z in ((0, 0, 0, 0), (P - 1, 0, 0, 0)):
        with pytest.raises(Refused, match=r"^PointInBaseField\(\)$"):
            kernel("requireOutsideBaseField", encode([z]))
    for z in ((0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)):
        kernel("requireOutsideBaseField", encode([z]))


def changed(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def assert_queries_refused(
    verifier: VerifierChain, honest: Toy, first: int, queries: bytes, expected: str, *names: str
) -> None:
    text = refusal(lambda: verifier.verify_queries(honest.context.encode(), first, queries))
    assert text == expected
    if expected.startswith("PartLength"):
        return
    count = (len(queries) - len(honest.final.caps)) // honest.key.query_bytes
    with pytest.raises(Rejected) as caught:
        verify_queries(honest.key, honest.context, first, count, queries)
    assert solidity(caught.value, *names) == expected


def test_parts_have_their_length(verifier: VerifierChain, honest: Toy) -> None:
    whole = honest.final.portion(0, 5)
    for wrong in (b"", honest.final.caps, whole[:-1], whole + b"\0"):
        expected = f"PartLength(first=0, bytesGiven={len(wrong)})"
        assert_queries_refused(verifier, honest, 0, wrong, expected)
    for first in (1, 5, 2**255):
        assert_queries_refused(verifier, honest, first, whole, f"PartLength(first={first}, bytesGiven={len(whole)})")


@pytest.mark.parametrize("tree", range(5))
def test_caps_have_the_headers_roots(verifier: VerifierChain, honest: Toy, tree: int) -> None:
    at = tree * honest.key.parameters.cap_bytes + 30
    whole = honest.final.portion(0, 5)
    wrong = changed(whole, at, bytes([whole[at] ^ 1]))
    assert_queries_refused(verifier, honest, 0, wrong, f"CapMismatch(tree={tree})", "tree")


def leaf_starts(honest: Toy) -> list[tuple[int, int, int]]:
    """(start, bytes of elements, bytes of the leaf) in a query, by tree."""
    key, starts, at = honest.key, [], 0
    for tree in range(key.parameters.trees):
        row = 4 * key.width(tree) if tree < 3 else 16 * ((1 << key.parameters.arity) - 1)
        leaf = row + (16 if tree < 3 else 0)
        starts.append((at, row, leaf))
        at += leaf + key.parameters.path_bytes(tree)
    return starts


@pytest.mark.parametrize("tree", range(5))
@pytest.mark.parametrize("query", [0, 4])
def test_opened_leaves_are_canonical_and_lead_to_their_caps(
    verifier: VerifierChain, honest: Toy, tree: int, query: int
) -> None:
    whole = honest.final.portion(0, 5)
    start, row, leaf = leaf_starts(honest)[tree]
    at = len(honest.final.caps) + query * honest.key.query_bytes + start
    where = f"(query={query}, tree={tree})"
    for place in (0, row - 4):
        wrong = changed(whole, at + place, P.to_bytes(4, "big"))
        assert_queries_refused(verifier, honest, 0, wrong, "RowNotCanonical" + where, "query", "tree")
        value = (int.from_bytes(whole[at + place : at + place + 4], "big") + 1) % P
        wrong = changed(whole, at + place, value.to_bytes(4, "big"))
        assert_queries_refused(verifier, honest, 0, wrong, "PathMismatch" + where, "query", "tree")
    for place in (leaf - 1, leaf, leaf + honest.key.parameters.path_bytes(tree) - 1):
        wrong = changed(whole, at + place, bytes([whole[at + place] ^ 1]))
        if tree >= 3 and place == leaf - 1:
            continue
        assert_queries_refused(verifier, honest, 0, wrong, "PathMismatch" + where, "query", "tree")


def test_a_query_in_the_place_of_another_is_refused(verifier: VerifierChain, honest: Toy) -> None:
    queries = honest.final.queries
    wrong = honest.final.caps + queries[0] + queries[0]
    expected = "PathMismatch(query=1, tree=0)"
    assert_queries_refused(verifier, honest, 0, wrong, expected, "query", "tree")


def test_the_last_value_is_that_of_the_final_polynomial(verifier: VerifierChain, honest: Toy) -> None:
    """The context alone is changed: in a header, the final polynomial decides the indices."""
    final = [*honest.context.final]
    final[1] = ((final[1][0] + 1) % P, *final[1][1:])
    context = replace(honest.context, final=final)
    text = refusal(lambda: verifier.verify_queries(context.encode(), 0, honest.final.portion(0, 5)))
    with pytest.raises(Rejected) as caught:
        verify_queries(honest.key, context, 0, 5, honest.final.portion(0, 5))
    assert text == "FinalPolynomial(query=0)" == solidity(caught.value, "query")


def test_the_transcript_starts_from_the_key() -> None:
    assert Transcript(KEY.hash()).state == keccak(b"prividium/outer/v1" + KEY.hash())
