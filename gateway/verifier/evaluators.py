"""The constraint program as code: contracts that compute it one after the other, each as long as a contract may be.

Each is called with all inputs, then all that those before it returned; an element is two words, its parts even and odd
in θ. What one computes and a later one needs, it returns; the last one returns the results of the tables. The code has
no jumps. The same key gives the same code, byte for byte.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.verifier import arithmetic
from gateway.verifier.assembler import Assembler
from gateway.verifier.bounds import Bounds, bias_for
from gateway.verifier.key_file import CODE_BYTES_MAX
from gateway.verifier.program import Computed, Constant, Given, Opcode, Operand, Program, Step, decode
from gateway.verifier.usage import last_uses, products

ELEMENT_BYTES = 64
EVEN, ODD, TURNED = 0, 1, 2
"""Halves of an element: the word's number. An odd half is *turned* once it is multiplied by Y."""

STEP_BYTES_MAX = 512
RETURN_BYTES = 20
"""Code that hands one element on."""

STACKED_MAX = 5
"""Results on the stack at once, so that all are in reach."""

STACKED_STEPS = 16
"""How long a result may be waiting on the stack."""

TURNED_STEPS = 500
TURNED_USES = 3
"""A factor with more products than this in so many steps is kept times Y as well."""

CALLDATA, MEMORY = "CALLDATALOAD", "MLOAD"


def evaluators(program_code: bytes) -> list[bytes]:
    """Runtime code of each contract."""
    program = decode(program_code)
    shared = _Shared(program, Bounds(program), last_uses(program), products(program), {})
    codes: list[bytes] = []
    at, total = 0, len(program.steps)
    while not codes or at < total:
        contract = _Contract(shared)
        at = contract.fill(at)
        codes.append(contract.hand_on(at) if at < total else contract.finish())
    return codes


@dataclass(frozen=True)
class _Shared:
    """What all contracts go by. `carried` numbers the results that were returned so far."""

    program: Program
    bounds: Bounds
    last_use: dict[int, int]
    products: dict[Operand, list[int]]
    carried: dict[int, int]


class _Contract:
    """One contract under construction."""

    def __init__(self, shared: _Shared) -> None:
        self._program, self._bounds, self._last_use = shared.program, shared.bounds, shared.last_use
        self._products, self._carried = shared.products, shared.carried
        self._asm = Assembler(arithmetic.CONSTANTS)
        self._stacked: set[int] = set()
        self._memory: dict[int, int] = {}
        self._free: list[int] = []
        self._turned: dict[Operand, int] = {}
        self._top = 0

    def fill(self, at: int) -> int:
        """Steps from `at` on, as many as fit; the first that does not."""
        while at < len(self._program.steps) and not self._is_full():
            self._step(at)
            at += 1
        for number in sorted(self._stacked):
            self._store_stacked(number)
        return at

    def _is_full(self) -> bool:
        """Whether a step and the code that returns might not fit any more."""
        returned = len(self._memory) + len(self._program.outputs) + 2 * STACKED_MAX + 1
        return len(self._asm.code) + STEP_BYTES_MAX + RETURN_BYTES * returned > CODE_BYTES_MAX

    def hand_on(self, at: int) -> bytes:
        """Returns what later contracts need."""
        live = sorted(step for step in self._memory if self._last_use[step] >= at)
        code = self._return([Computed(step) for step in live])
        for step in live:
            self._carried[step] = len(self._carried)
        return code

    def finish(self) -> bytes:
        return self._return(self._program.outputs)

    def _return(self, values: list[Operand]) -> bytes:
        asm, target = self._asm, self._top
        for number, value in enumerate(values):
            for half in (EVEN, ODD):
                self._read(value, half)
                asm.store(target + ELEMENT_BYTES * number + 32 * half)
        asm.push(ELEMENT_BYTES * len(values))
        asm.push(target)
        asm.finish()
        return bytes(asm.code)

    # one step

    def _step(self, number: int) -> None:
        step = self._program.steps[number]
        taken = self._taken(number, step)
        for half in self._halves(number, taken):
            match step.opcode:
                case Opcode.ADD:
                    self._add(step, half, taken)
                case Opcode.SUB:
                    self._subtract(step, half, taken)
                case Opcode.SCALE | Opcode.SCALEADD:
                    self._scale(step, half, taken)
                case Opcode.MUL | Opcode.MULADD:
                    self._product(number, half, taken)
            if number in self._bounds.reduced:
                arithmetic.reduce(self._asm)
        self._release(number, step, taken)
        self._keep(number)

    def _taken(self, number: int, step: Step) -> Operand | None:
        """The operand on top of the stack whose place the result takes: it is read once, and by nobody else."""
        match step.opcode:
            case Opcode.MUL:
                candidates: list[Operand | None] = []
            case Opcode.MULADD:
                candidates = [step.w]
            case _:
                candidates = [step.w, step.y, step.x]
        for operand in candidates:
            if isinstance(operand, Computed) and self._is_dying_on_top(operand, number):
                return operand if step.operands.count(operand) == 1 else None
        return None

    def _is_dying_on_top(self, operand: Computed, number: int) -> bool:
        on_top = set(self._asm.stack[-2:]) == {_name(operand.step, EVEN), _name(operand.step, ODD)}
        return on_top and self._last_use[operand.step] == number

    def _halves(self, number: int, taken: Operand | None) -> Iterator[int]:
        """Both halves; each is on top when the next is asked for. With `taken`, its half is on top before."""
        asm = self._asm
        order = (EVEN, ODD)
        if isinstance(taken, Computed) and asm.stack[-1] == _name(taken.step, ODD):
            order = (ODD, EVEN)
        for half in order:
            yield half
            asm.name_top(_name(number, half))
            if taken is not None and half == order[0]:
                asm.swap()

    def _add(self, step: Step, half: int, taken: Operand | None) -> None:
        for operand in (step.x, step.y):
            if operand != taken:
                self._read(operand, half)
        self._asm.op("ADD")

    def _subtract(self, step: Step, half: int, taken: Operand | None) -> None:
        bias = bias_for(self._bounds.of(step.y))
        if step.x == taken:
            arithmetic.add_bias(self._asm, bias)
            self._read(step.y, half)
            self._asm.swap()
        else:
            if step.y != taken:
                self._read(step.y, half)
            self._read(step.x, half)
            arithmetic.add_bias(self._asm, bias)
        self._asm.op("SUB")

    def _scale(self, step: Step, half: int, taken: Operand | None) -> None:
        assert isinstance(step.y, Constant)
        if step.x != taken:
            self._read(step.x, half)
        self._asm.push(step.y.value)
        self._asm.op("MUL")
        self._addend(step, half, taken)

    def _product(self, number: int, half: int, taken: Operand | None) -> None:
        """xₑyₑ + Y·xₒyₒ or xₑyₒ + xₒyₑ."""
        asm, step = self._asm, self._program.steps[number]
        x, y = step.x, step.y
        if half == EVEN:
            if self._is_turned(x, number):
                self._multiply(y, ODD, x, TURNED)
            elif self._is_turned(y, number):
                self._multiply(x, ODD, y, TURNED)
            else:
                asm.get("Q")
                self._multiply(x, ODD, y, ODD)
                arithmetic.turn(asm)
            self._multiply(x, EVEN, y, EVEN)
        else:
            self._multiply(x, EVEN, y, ODD)
            if x == y:
                asm.repeat()
            else:
                self._multiply(x, ODD, y, EVEN)
        asm.op("ADD")
        self._addend(step, half, taken)

    def _multiply(self, x: Operand, x_half: int, y: Operand, y_half: int) -> None:
        self._asm.get("Q")
        self._read(x, x_half)
        self._read(y, y_half)
        self._asm.op("MULMOD")

    def _is_turned(self, factor: Operand, number: int) -> bool:
        """Whether Y times the factor's odd half is in memory. It is written there by the first of several products."""
        if factor in self._turned:
            return True
        stacked = isinstance(factor, Computed) and factor.step in self._stacked
        steps = self._products[factor]
        later = bisect_left(steps, number) + TURNED_USES
        if stacked or later >= len(steps) or steps[later] > number + TURNED_STEPS:
            return False
        self._asm.get("Q")
        self._read(factor, ODD)
        arithmetic.turn(self._asm)
        self._turned[factor] = self._top
        self._asm.store(self._top)
        self._top += 32
        return True

    def _addend(self, step: Step, half: int, taken: Operand | None) -> None:
        if step.w is None:
            return
        if step.w != taken:
            self._read(step.w, half)
        self._asm.op("ADD")

    # operands and results

    def _read(self, operand: Operand, half: int) -> None:
        asm = self._asm
        match operand:
            case _ if half == TURNED:
                asm.push(self._turned[operand])
                asm.op(MEMORY)
            case Constant(value):
                asm.push(value if half == EVEN else 0)
            case Computed(step) if step in self._stacked:
                asm.get(_name(step, half))
            case Computed(step) if step in self._memory:
                asm.push(self._memory[step] + 32 * half)
                asm.op(MEMORY)
            case Computed(step):
                asm.push(ELEMENT_BYTES * (self._program.inputs + self._carried[step]) + 32 * half)
                asm.op(CALLDATA)
            case Given(index):
                asm.push(ELEMENT_BYTES * index + 32 * half)
                asm.op(CALLDATA)

    def _release(self, number: int, step: Step, taken: Operand | None) -> None:
        """The places of results whose last reader this step was."""
        for operand in dict.fromkeys(step.operands):
            if not isinstance(operand, Computed) or self._last_use[operand.step] != number:
                continue
            if operand.step in self._memory:
                self._free.append(self._memory.pop(operand.step))
            elif operand.step in self._stacked:
                self._stacked.remove(operand.step)
                for half in (EVEN, ODD) if operand != taken else ():
                    self._asm.drop(_name(operand.step, half))

    def _keep(self, number: int) -> None:
        """On the stack if its readers are near and there is room, else in memory."""
        if self._last_use[number] == number:
            for half in (EVEN, ODD):
                self._asm.drop(_name(number, half))
            return
        self._stacked.add(number)
        if self._last_use[number] - number > STACKED_STEPS or len(self._stacked) > STACKED_MAX:
            self._store_stacked(number)

    def _store_stacked(self, number: int) -> None:
        """Moves a result from the stack into memory."""
        asm = self._asm
        address = self._free.pop() if self._free else self._top
        self._top = max(self._top, address + ELEMENT_BYTES)
        for half in (EVEN, ODD) if asm.stack[-1] == _name(number, EVEN) else (ODD, EVEN):
            name = _name(number, half)
            if asm.stack[-1] == name:
                asm.store(address + 32 * half)
            else:
                asm.get(name)
                asm.store(address + 32 * half)
                asm.drop(name)
        self._stacked.remove(number)
        self._memory[number] = address


def _name(step: int, half: int) -> str:
    return f"{step} {'odd' if half else 'even'}"
