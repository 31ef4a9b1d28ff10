"""Provers that know the code and cheat: each carries its conversation on as well as it can, and all are refused."""

import pytest

from gateway.verifier.key_file import KeyFile
from gateway.verifier.slices import FinalProof
from tests.contracts.verifier.toy import system
from tests.contracts.verifier.toy.polynomial import coordinates, from_coset
from tests.contracts.verifier.toy.prover import Columns, Prover
from tests.contracts.verifier.verifier_chain import Refused, VerifierChain
from tests.reference.final_proof.errors import Rejected
from tests.reference.final_proof.field import Ext, P, add
from tests.reference.final_proof.header import Challenges, Header, quotient
from tests.reference.final_proof.proof import Proof, verify

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


@pytest.mark.parametrize(
    "prover, verdicts",
    [
        (WrongWitness, {"ConstraintsUnsatisfied()"}),
        (WrongPublicValue, {"ConstraintsUnsatisfied()"}),
        (UnbalancedLookup, {"ConstraintsUnsatisfied()"}),
        (UnmaskedSum, {"TerminalsUnbalanced()"}),
        (WrongWitnessRightOpening, {f"PathMismatch(query={q}, tree=3)" for q in range(5)}),
        (ShiftedOpening, {f"PathMismatch(query={q}, tree=3)" for q in range(5)}),
        (FinalPolynomialOfAnother, {"FinalPolynomial(query=0)"}),
        (HighDegree, {f"PathMismatch(query={q}, tree=3)" for q in range(5)}),
    ],
)
def test_a_cheat_is_refused_where_it_must_be(verifier: VerifierChain, prover: type[Prover], verdicts: set[str]) -> None:
    proof = prover(KEY, 41).prove()
    with pytest.raises(Rejected) as twin:
        verify(KEY, proof.public_values, proof.encode())
    with pytest.raises(Refused) as contract:
        submit(verifier, proof)
    assert str(contract.value) in verdicts
    assert "".join(part.capitalize() for part in twin.value.code.split("_")) == str(contract.value).split("(")[0]


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
