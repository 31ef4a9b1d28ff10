"""Provers that know the code and cheat: each carries its conversation on as well as it can, and all are refused."""

import pytest

from gateway.verifier.key_file import KeyFile
from gateway.verifier.slices import FinalProof
from tests.contracts.verifier.toy import system
from tests.contracts.verifier.toy.polynomial import coordinates, from_coset, joined, on_coset
from tests.contracts.verifier.toy.prover import Columns, Prover
from tests.contracts.verifier.verifier_chain import Refused, VerifierChain
from tests.reference.final_proof.errors import Rejected
from tests.reference.final_proof.field import SHIFT, Ext, P, add, inverse, lift, mul, root_of_unity, sub
from tests.reference.final_proof.header import Challenges, Header, quotient
from tests.reference.final_proof.key import Key
from tests.reference.final_proof.proof import Proof, verify
from tests.reference.final_proof.transcript import Transcript

KEY = system.key()


class WrongWitness(Prover):
    """Breaks a constraint in one row, and sends as many coefficients of the quotient as it may."""

    def trace(self) -> list[Columns]:
        trace = super().trace()
        trace[0][1][7] += 1
        return trace

    def quotient(self) -> Columns:
        size = 1 << self.key.parameters.kappa
        return [from_coset(column)[:size] for column in coordinates(self.quotient_values())]


class WrongWitnessRightOpening(WrongWitness):
    """Opens the quotient at what the constraints want instead of what it is."""

    def send_opened(self, values: list[Ext]) -> list[Ext]:
        alpha, beta, gamma, delta, epsilon = self.drawn
        drawn = Challenges([alpha, beta, gamma, delta], epsilon, self.z, self.z, [], [])
        header = Header([], self.terminals, values, [], [], b"", b"", b"", [], b"")
        return [*values[:-1], quotient(self.key, self.values, header, drawn)]


class WrongPublicValue(Prover):
    def public_values(self) -> list[int]:
        first, last = super().public_values()
        return [first, (last + 1) % P]

    quotient = WrongWitness.quotient


class UnbalancedLookup(Prover):
    """Looks up a number that the table does not have, and balances the terminals by force."""

    def trace(self) -> list[Columns]:
        trace = super().trace()
        trace[1][1][3] += 1
        return trace

    def send_terminals(self, values: list[Ext]) -> list[Ext]:
        (a, b, c, d) = values[0]
        return [values[0], (-a % P, -b % P, -c % P, -d % P)]

    quotient = WrongWitness.quotient


class WrongWrapRow(UnbalancedLookup):
    """The same, with every step of the running sums right but the one from the last row to the first."""

    def closing_sums(self, sums: list[Ext]) -> list[Ext]:
        return self.send_terminals(sums)


class UnmaskedSum(Prover):
    """Masks that do not cancel."""

    def masks(self) -> list[Columns]:
        masks = super().masks()
        masks[0][2][5] += 1
        return masks


class ShiftedOpening(Prover):
    """Opens a column at the point itself where the next row is asked for."""

    def send_opened(self, values: list[Ext]) -> list[Ext]:
        values = [*values]
        values[system.B_NEXT + 1] = values[system.A_Z]
        return values


class FinalPolynomialOfAnother(Prover):
    def send_final(self, values: list[Ext]) -> list[Ext]:
        return [add(values[0], (0, 0, 1, 0)), *values[1:]]


class HighDegree(Prover):
    """A combination of too high degree: the low-degree test folds what does not fit into the final polynomial away."""

    def combine(self) -> list[Ext]:
        joint = super().combine()
        return [*joint, *joint]

    def send_final(self, values: list[Ext]) -> list[Ext]:
        return values[: 1 << self.key.parameters.final]


class QuotientOfHighDegree(WrongWitnessRightOpening):
    """Commits to the quotient that the broken constraints have on the domain, whose degree is too high, and opens it at
    what the constraints want. Everything that a query sees fits together; only the degree does not."""

    def quotient(self) -> Columns:
        return [from_coset(column) for column in coordinates(self.quotient_values())]

    def divide(self, numerator: list[Ext], k: int, point: Ext) -> list[Ext]:
        """On the domain, where there is no remainder to leave out."""
        values = joined([on_coset(column, self.log_domain) for column in coordinates(numerator)])
        generator, x = root_of_unity(self.log_domain), SHIFT
        for i, value in enumerate(values):
            values[i] = mul(value, inverse(sub(lift(pow(x, k, P)), point)))
            x = x * generator % P
        return joined([from_coset(column) for column in coordinates(values)])

    send_final = HighDegree.send_final


class SkippedWork(Prover):
    """Once does not look for a nonce, but takes one that proves too little."""

    def __init__(self, key: Key, seed: int, skipped: int) -> None:
        super().__init__(key, seed)
        self.left = skipped

    def work(self, transcript: Transcript, bits: int) -> bytes:
        self.left -= 1
        if self.left != -1:
            return super().work(transcript, bits)
        state, number = transcript.state, 0
        while transcript.grind(number.to_bytes(8, "big"), bits):
            transcript.state, number = state, number + 1
        return number.to_bytes(8, "big")


@pytest.mark.parametrize(
    "prover, verdicts",
    [
        (WrongWitness, {"ConstraintsUnsatisfied()"}),
        (WrongPublicValue, {"ConstraintsUnsatisfied()"}),
        (UnbalancedLookup, {"ConstraintsUnsatisfied()"}),
        (WrongWrapRow, {"ConstraintsUnsatisfied()"}),
        (UnmaskedSum, {"TerminalsUnbalanced()"}),
        (WrongWitnessRightOpening, {f"PathMismatch(query={q}, tree=3)" for q in range(5)}),
        (ShiftedOpening, {f"PathMismatch(query={q}, tree=3)" for q in range(5)}),
        (FinalPolynomialOfAnother, {"FinalPolynomial(query=0)"}),
        (HighDegree, {f"PathMismatch(query={q}, tree=3)" for q in range(5)}),
        (QuotientOfHighDegree, {f"FinalPolynomial(query={q})" for q in range(5)}),
    ],
)
def test_a_cheat_is_refused_where_it_must_be(verifier: VerifierChain, prover: type[Prover], verdicts: set[str]) -> None:
    assert refusal(verifier, prover(KEY, 41).prove()) in verdicts


WORK = ["LookupGrinding()", "PointGrinding()", "BatchGrinding()", "FoldGrinding(fold=0)", "FoldGrinding(fold=1)"]


@pytest.mark.parametrize("skipped, verdict", list(enumerate([*WORK, "QueryGrinding()"])))
def test_work_that_was_skipped_is_missed(verifier: VerifierChain, skipped: int, verdict: str) -> None:
    assert refusal(verifier, SkippedWork(KEY, 44, skipped).prove()) == verdict


def refusal(verifier: VerifierChain, proof: Proof) -> str:
    """Of the contract; the twin has the same reason."""
    with pytest.raises(Rejected) as twin:
        verify(KEY, proof.public_values, proof.encode())
    with pytest.raises(Refused) as contract:
        submit(verifier, proof)
    name, _, _ = str(contract.value).partition("(")
    assert name == "".join(part.capitalize() for part in twin.value.code.split("_"))
    return str(contract.value)


def test_a_proof_is_for_its_public_values_only(verifier: VerifierChain) -> None:
    proof = Prover(KEY, 42).prove()
    first, last = proof.public_values
    with pytest.raises(Refused, match=r"(Grinding|Unsatisfied|Unbalanced)\("):
        submit(verifier, Proof([first, (last + 1) % P], proof.parts))


def test_a_proof_under_another_key_is_refused(verifier: VerifierChain) -> None:
    """The same circuit and parameters but for one bit of grinding: the transcript starts elsewhere."""
    parameters = system.PARAMETERS.encode()
    other = system.key(type(system.PARAMETERS)(*[*_numbers(), system.PARAMETERS.query_bits + 1]))
    assert other.parameters.encode() != parameters
    with pytest.raises(Refused, match=r"(Grinding|Unsatisfied|Unbalanced)\("):
        submit(verifier, Prover(other, 43).prove())


def _numbers() -> list[int]:
    p = system.PARAMETERS
    shape = [p.kappa, p.blowup, p.queries, p.queries_in_part, p.cap, p.arity, p.final]
    return [*shape, p.lookup_bits, p.point_bits, p.batch_bits, p.fold_bits]


def submit(verifier: VerifierChain, proof: Proof) -> None:
    final = FinalProof.decode(KeyFile.decode(KEY.encode()), proof.encode())
    verifier.submit_header(final.public_values, final.header, final.portion(0, KEY.parameters.queries))
