"""Which results must be reduced so that no 128-bit lane of an evaluator overflows.

A value is two words, its parts even and odd in θ, with two lanes each. Sums and differences leave lanes unreduced; a
product of lanes below A and B has lanes below 34·A·B. Reduced lanes are below P.
"""

from collections.abc import Callable

from gateway.verifier.program import Computed, Constant, Opcode, Operand, P, Program, Step

SUM_MAX = (1 << 128) - 1
PRODUCT_MAX = 1 << 127
"""Half as much for products: modulo Q (`arithmetic.py`) a word is what it seems only below that."""

PRODUCT_TERMS = 34
"""1 + 11 + 2·11: how many products of coordinates meet in a lane, with their factors."""

BIASES = [-(-(1 << bits) // P) * P for bits in (36, 72, 108)]
"""Multiples of P that are added before something smaller is taken away: sums of elements, of products, of products of
products."""


def bias_for(bound: int) -> int:
    return next(bias for bias in BIASES if bound <= bias)


class Bounds:
    """A bound of the lanes of every result, and which results are reduced."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.reduced: set[int] = set()
        while not self._analyse():
            pass

    def of(self, operand: Operand) -> int:
        return self._bounds[operand.step] if isinstance(operand, Computed) else P

    def _analyse(self) -> bool:
        """Whether nothing more had to be reduced. Later steps count on a reduction at once, earlier ones in the next
        round: they may have used the result as it was."""
        self._bounds: list[int] = []
        before = len(self.reduced)
        for number, step in enumerate(self._program.steps):
            bound = self._bound(step)
            self._bounds.append(P if number in self.reduced else bound)
        return len(self.reduced) == before

    def _bound(self, step: Step) -> int:
        match step.opcode:
            case Opcode.ADD:
                return self._fit(lambda: self.of(step.x) + self.of(step.y), step.operands, SUM_MAX)
            case Opcode.SUB:
                self._fit(lambda: self.of(step.y), [step.y], BIASES[-1])
                bias = bias_for(self.of(step.y))
                return self._fit(lambda: self.of(step.x) + bias, [step.x], SUM_MAX)
            case Opcode.SCALE | Opcode.SCALEADD:
                assert isinstance(step.y, Constant)
                factor = step.y.value
                product = self._fit(lambda: self.of(step.x) * factor, [step.x], PRODUCT_MAX)
            case Opcode.MUL | Opcode.MULADD:
                factors = [step.x, step.y]
                product = self._fit(lambda: PRODUCT_TERMS * self.of(step.x) * self.of(step.y), factors, PRODUCT_MAX)
        addend = step.w
        return product if addend is None else self._fit(lambda: product + self.of(addend), [addend], SUM_MAX)

    def _fit(self, bound: Callable[[], int], operands: list[Operand], limit: int) -> int:
        """A bound that depends on the operands', of which the largest are reduced until it is within the limit."""
        while (found := bound()) > limit:
            self._reduce(max(operands, key=self.of))
        return found

    def _reduce(self, operand: Operand) -> None:
        assert isinstance(operand, Computed), "inputs are reduced"
        self.reduced.add(operand.step)
        self._bounds[operand.step] = P
