"""ProofVerifier: a proof over several transactions, and what others can do about it."""

import pytest
from eth_utils.crypto import keccak

from gateway.relayer.keys import LocalKey
from gateway.relayer.submit import GAS_LIMIT_MAX
from prividium.types import to_hex, to_quantity
from tests.contracts.verifier.conftest import Toy, toy
from tests.contracts.verifier.toy import system
from tests.contracts.verifier.verifier_chain import Refused, VerifierChain

QUERIES = system.PARAMETERS.queries


def new_proof(seed: int) -> Toy:
    return toy(system.key(), seed)


def hashes(proof: Toy) -> tuple[bytes, bytes]:
    return keccak(proof.final.public_values), keccak(proof.final.header)


def proof_id(proof: Toy) -> bytes:
    return keccak(proof.context.head)


def submit_header(verifier: VerifierChain, proof: Toy, with_queries: int = 0) -> None:
    verifier.submit_header(proof.final.public_values, proof.final.header, proof.final.portion(0, with_queries))


def submit_queries(verifier: VerifierChain, proof: Toy, first: int, count: int) -> None:
    verifier.submit_queries(proof.context.encode(), first, proof.final.portion(first, count))


def test_the_context_is_that_of_the_twin(verifier: VerifierChain, honest: Toy) -> None:
    assert verifier.verify_header(honest.final.public_values, honest.final.header) == honest.context.encode()


def test_the_key_is_the_descriptors(verifier: VerifierChain, honest: Toy) -> None:
    assert verifier.read("keyHash") == honest.key.hash()
    assert verifier.read("queryCount") == QUERIES
    assert verifier.read("proofIdOf", *hashes(honest)) == proof_id(honest)


@pytest.mark.parametrize("seed, with_header, portions", [(11, 0, [5]), (12, 2, [2, 1]), (13, 5, []), (14, 1, [1] * 4)])
def test_any_portions_complete_a_proof(
    verifier: VerifierChain, seed: int, with_header: int, portions: list[int]
) -> None:
    proof, done = new_proof(seed), with_header
    submit_header(verifier, proof, with_header)
    for count in portions:
        assert verifier.read("isVerified", *hashes(proof)) is False
        submit_queries(verifier, proof, done, count)
        done += count
    assert verifier.read("isVerified", *hashes(proof)) is True


def test_portions_come_in_any_order_and_may_overlap(verifier: VerifierChain) -> None:
    proof = new_proof(15)
    submit_header(verifier, proof)
    submit_queries(verifier, proof, 3, 2)
    submit_queries(verifier, proof, 2, 2)
    assert verifier.read("progress", proof_id(proof)) == (keccak(proof.context.encode()), 0b11100)
    submit_queries(verifier, proof, 0, 2)
    assert verifier.read("isVerified", *hashes(proof)) is True


def test_a_part_sent_twice_changes_nothing(verifier: VerifierChain) -> None:
    proof = new_proof(16)
    for _ in range(2):
        submit_header(verifier, proof, 2)
        assert verifier.read("progress", proof_id(proof)) == (keccak(proof.context.encode()), 0b11)
    submit_queries(verifier, proof, 2, 3)
    submit_header(verifier, proof)
    assert verifier.read("isVerified", *hashes(proof)) is True


def test_a_stranger_who_overtakes_only_helps(verifier: VerifierChain) -> None:
    proof, stranger = new_proof(17), LocalKey(keccak(b"stranger"))
    verifier.client.request("anvil_setBalance", to_hex(stranger.address), to_quantity(10**24))
    verifier.submit_header(proof.final.public_values, proof.final.header, b"", sender=stranger)
    verifier.submit_queries(proof.context.encode(), 0, proof.final.portion(0, 1), sender=stranger)
    submit_header(verifier, proof, 3)
    submit_queries(verifier, proof, 3, 2)
    assert verifier.read("isVerified", *hashes(proof)) is True


def test_queries_before_their_header_are_refused(verifier: VerifierChain) -> None:
    proof = new_proof(18)
    with pytest.raises(Refused, match=rf"^ContextUnknown\(proofId={to_hex(proof_id(proof))}\)$"):
        submit_queries(verifier, proof, 0, 1)


def test_a_changed_context_is_refused(verifier: VerifierChain) -> None:
    proof = new_proof(19)
    submit_header(verifier, proof)
    context = proof.context.encode()
    for at in range(0, len(context), 13):
        changed = context[:at] + bytes([context[at] ^ 1]) + context[at + 1 :]
        with pytest.raises(Refused, match=r"^ContextUnknown\("):
            verifier.submit_queries(changed, 0, proof.final.portion(0, 1))
    for changed in (b"", context[:95], context[:-1], context + b"\0"):
        with pytest.raises(Refused, match=r"^ContextUnknown\("):
            verifier.submit_queries(changed, 0, proof.final.portion(0, 1))


def test_parts_of_two_proofs_cannot_be_mixed(verifier: VerifierChain) -> None:
    proof, stray = new_proof(20), new_proof(21)
    submit_header(verifier, proof)
    submit_header(verifier, stray)
    with pytest.raises(Refused, match=r"^CapMismatch\(tree=0\)$"):
        verifier.submit_queries(proof.context.encode(), 0, stray.final.portion(0, 5))
    mixed = proof.final.caps + b"".join(stray.final.queries)
    with pytest.raises(Refused, match=r"^PathMismatch\(query=0, tree=0\)$"):
        verifier.submit_queries(proof.context.encode(), 0, mixed)
    with pytest.raises(Refused, match=r"^PathMismatch\(query=1, tree=0\)$"):
        verifier.submit_queries(proof.context.encode(), 1, proof.final.portion(0, 1))
    assert verifier.read("isVerified", *hashes(proof)) is False


def test_an_abandoned_proof_costs_nobody_else_anything(verifier: VerifierChain) -> None:
    abandoned, proof = new_proof(22), new_proof(23)
    submit_header(verifier, abandoned, 4)
    submit_header(verifier, proof, 5)
    assert verifier.read("isVerified", *hashes(proof)) is True
    assert verifier.read("isVerified", *hashes(abandoned)) is False


def test_a_failing_transaction_leaves_nothing_behind(verifier: VerifierChain) -> None:
    proof = new_proof(24)
    wrong = proof.final.caps + proof.final.queries[0] + proof.final.queries[0]
    with pytest.raises(Refused, match=r"^PathMismatch\(query=1, tree=0\)$"):
        verifier.submit_header(proof.final.public_values, proof.final.header, wrong)
    assert verifier.read("progress", proof_id(proof)) == (bytes(32), 0)


def test_completion_is_told_once(verifier: VerifierChain) -> None:
    proof = new_proof(25)
    receipt = verifier.submit_header(proof.final.public_values, proof.final.header, proof.final.portion(0, 5))
    assert receipt.gas_used < GAS_LIMIT_MAX
    names = [b"HeaderVerified(bytes32,bytes32,bytes32)", b"QueriesVerified(bytes32,uint256,uint256)"]
    names.append(b"ProofVerified(bytes32,bytes32,bytes32)")
    assert verifier.topics(receipt) == [keccak(name) for name in names]
    again = verifier.submit_queries(proof.context.encode(), 0, proof.final.portion(0, 5))
    assert verifier.topics(again) == [keccak(names[1])]
