"""Which results must be reduced so that no 128-bit lane of an evaluator overflows.

A value is two words, its parts even and odd in θ, with two lanes each. Sums and differences leave lanes unreduced; a
product of lanes below A and B has lanes below 34·A·B. Reduced lanes are below P.
"""

from gateway.verifier.program import Computed, Constant, Opcode, Operand, P, Program, Step

LANE_MAX = 1 << 127
PRODUCT_TERMS = 34
"""1 + 11 + 2·11: how many products of coordinates meet in a lane, with their factors."""

BIASES = [-(-(1 << bits) // P) * P for bits in (36, 58)]
"""Multiples of P that are added before something smaller is taken away."""


def bias_for(bound: int) -> int | None:
    return next((bias for bias in BIASES if bound <= bias), None)


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
        """Whether nothing more had to be reduced."""
        self._bounds: list[int] = []
        before = len(self.reduced)
        for number, step in enumerate(self._program.steps):
            bound = self._bound(step)
            self._bounds.append(P if number in self.reduced else bound)
        for output in self._program.outputs:
            self._limit(output, LANE_MAX)
        return len(self.reduced) == before

    def _bound(self, step: Step) -> int:
        x, y = self.of(step.x), self.of(step.y)
        match step.opcode:
            case Opcode.ADD:
                return self._sum(step.x, x, step.y, y)
            case Opcode.SUB:
                bias = bias_for(y)
                if bias is None:
                    self._reduce(step.y)
                    bias = BIASES[0]
                return self._sum(step.x, x, None, bias)
            case Opcode.SCALE | Opcode.SCALEADD:
                assert isinstance(step.y, Constant)
                product = x * (step.y.value + 1)
            case Opcode.MUL | Opcode.MULADD:
                product = PRODUCT_TERMS * x * y
        if product >= LANE_MAX:
            self._reduce(step.x if x >= y else step.y)
            product = LANE_MAX - 1
        return product if step.w is None else self._sum(step.w, self.of(step.w), None, product)

    def _sum(self, x: Operand, x_bound: int, y: Operand | None, y_bound: int) -> int:
        total = x_bound + y_bound
        if total >= LANE_MAX << 1:
            self._reduce(x if y is None or x_bound >= y_bound else y)
        return min(total, (LANE_MAX << 1) - 1)

    def _limit(self, operand: Operand, bound: int) -> None:
        if self.of(operand) > bound:
            self._reduce(operand)

    def _reduce(self, operand: Operand) -> None:
        if isinstance(operand, Computed):
            self.reduced.add(operand.step)
