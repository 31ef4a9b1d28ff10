"""What `prividium bench l1` says about the parts of a verification adds up to what L1 charged."""

from gateway.abi import interface
from prividium.bench.shares import Share, Tracer
from tests.contracts.verifier.conftest import Toy
from tests.contracts.verifier.verifier_chain import VerifierChain


def tracer(chain: VerifierChain) -> Tracer:
    found = chain.addresses
    built = {f"evaluator {number}": store for number, store in enumerate(found.stores)}
    contracts = {"HeaderVerifier": found.header, "QueryVerifier": found.queries, "ProofVerifier": found.proofs}
    return Tracer(chain.client, built | contracts)


def total(shares: list[Share]) -> int:
    assert all(share.gas > 0 for share in shares)
    return sum(share.gas for share in shares)


def test_shares_add_up(verifier: VerifierChain, honest: Toy) -> None:
    final, queries = honest.final, honest.final.portion(0, 1)
    receipt = verifier.submit_header(final.public_values, final.header, queries)
    data = interface("ProofVerifier").call("submitHeader", final.public_values, final.header, queries)
    shares = tracer(verifier).transaction(receipt.transaction_hash, data)
    assert total(shares) == receipt.gas_used
    gas = {share.name: share.gas for share in shares}
    assert total(tracer(verifier).header(final)) == gas["header without constraints"]
    # Reading the context from calldata, a query costs what its place in memory costs more or less.
    assert abs(total(tracer(verifier).queries(honest.key_file, final)) - gas["queries"]) < 200
