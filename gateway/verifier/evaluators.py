"""The constraint program as code: contracts that compute it one after the other, each as long as a contract may be.

Each is called with all inputs, then all that those before it returned; an element is two words, its parts even and odd
in θ. What one computes and a later one needs, it returns; the last one returns the results of the tables. The same key
gives the same code, byte for byte.
"""

from gateway.verifier.assembler import Assembler
from gateway.verifier.bounds import BIASES, Bounds, bias_for
from gateway.verifier.key_file import CODE_BYTES_MAX
from gateway.verifier.program import Computed, Constant, Given, Opcode, Operand, Program, Step, decode
from gateway.verifier.subroutines import CALLDATA, MEMORY, Subroutines

ELEMENT_BYTES = 64
STEP_BYTES_MAX = 120
RETURN_BYTES = 20
"""Code that hands one element on."""

_LANES = (1 << 128) + 1


def evaluators(program_code: bytes) -> list[bytes]:
    """Runtime code of each contract."""
    program = decode(program_code)
    compiler = _Compiler(program)
    return compiler.compile()


class _Compiler:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._bounds = Bounds(program)
        self._last_use = _last_uses(program)
        self._uses = _uses(program)
        self._carried: dict[int, int] = {}

    def compile(self) -> list[bytes]:
        codes: list[bytes] = []
        at, total = 0, len(self._program.steps)
        while not codes or at < total:
            contract = _Contract(self._program, self._bounds, self._carried, self._last_use, self._uses)
            at = contract.fill(at)
            if at < total:
                codes.append(contract.hand_on(at))
            else:
                codes.append(contract.finish())
        return codes


class _Contract:
    """One contract under construction."""

    def __init__(
        self,
        program: Program,
        bounds: Bounds,
        carried: dict[int, int],
        last_use: dict[int, int],
        uses: dict[int, int],
    ) -> None:
        self._program, self._bounds, self._carried = program, bounds, carried
        self._last_use, self._uses = last_use, uses
        self._asm = Assembler()
        self._memory: dict[int, int] = {}
        self._free: list[int] = []
        self._top = 0
        self._chained: int | None = None
        self._asm.push_address(0)
        self._asm.raw("JUMP")
        self._subroutines = Subroutines(self._asm)
        self._asm.code[1:3] = self._asm.label().to_bytes(2, "big")
        self._asm.stack = []
        for bias in BIASES:
            self._asm.push(bias * _LANES, f"bias {bias}")

    def fill(self, at: int) -> int:
        """Steps from `at` on, as many as fit; the first that does not."""
        while at < len(self._program.steps):
            if self._is_full() and self._chained is None:
                return at
            self._step(at)
            at += 1
        return at

    def _is_full(self) -> bool:
        """Whether two steps and the code that returns might not fit any more."""
        returned = len(self._memory) + len(self._program.outputs) + 2
        return len(self._asm.code) + 2 * STEP_BYTES_MAX + RETURN_BYTES * returned > CODE_BYTES_MAX

    def hand_on(self, at: int) -> bytes:
        """Returns what later contracts need."""
        live = sorted(step for step in self._memory if self._last_use[step] >= at)
        for step in live:
            self._carried[step] = len(self._carried)
        return self._return([Computed(step) for step in live], in_memory=True)

    def finish(self) -> bytes:
        return self._return(self._program.outputs, in_memory=False)

    def _return(self, values: list[Operand], in_memory: bool) -> bytes:
        asm, target = self._asm, self._top
        for number, value in enumerate(values):
            for half in range(2):
                if in_memory:
                    assert isinstance(value, Computed)
                    asm.push(self._memory[value.step] + 32 * half)
                    asm.op(MEMORY)
                else:
                    self._load(value, half)
                asm.store(target + ELEMENT_BYTES * number + 32 * half)
        asm.push(ELEMENT_BYTES * len(values))
        asm.push(target)
        asm.raw("RETURN")
        return bytes(asm.code)

    # one step

    def _step(self, number: int) -> None:
        step, chained = self._program.steps[number], self._chained
        self._chained = None
        reduce = number in self._bounds.reduced
        match step.opcode:
            case Opcode.ADD | Opcode.SUB:
                self._sum(step, chained)
            case Opcode.SCALE | Opcode.SCALEADD:
                self._scale(step, chained)
            case Opcode.MUL | Opcode.MULADD:
                self._product(step, chained, reduce)
                reduce = False
        if reduce:
            self._call(self._subroutines.reduction, [])
        self._release(number, step)
        self._keep(number)

    def _sum(self, step: Step, chained: int | None) -> None:
        asm = self._asm
        bias = bias_for(self._bounds.of(step.y)) if step.opcode is Opcode.SUB else None
        for half, name in enumerate(("e", "o")):
            result = name if chained is None else ""
            self._operand(step.y, half, name, chained)
            self._operand(step.x, half, name, chained)
            if step.opcode is Opcode.SUB:
                asm.get(f"bias {bias}")
                asm.op("ADD")
                asm.op("SUB", result)
            else:
                asm.op("ADD", result)
            if chained is not None:
                asm.put(name)

    def _operand(self, operand: Operand, half: int, name: str, chained: int | None) -> None:
        if isinstance(operand, Computed) and operand.step == chained:
            self._asm.get(name)
        else:
            self._load(operand, half)

    def _scale(self, step: Step, chained: int | None) -> None:
        asm = self._asm
        assert isinstance(step.y, Constant)
        if step.w is not None:
            self._accumulators(step.w, chained)
        for half, name in enumerate(("e", "o")):
            self._load(step.x, half)
            asm.push(step.y.value)
            asm.op("MUL", name if step.w is None else "")
            if step.w is not None:
                asm.get(name)
                asm.op("ADD")
                asm.put(name)

    def _product(self, step: Step, chained: int | None, reduce: bool) -> None:
        factors = sorted([self._place(step.x), self._place(step.y)], key=lambda place: place[0] == CALLDATA)
        variant = ((factors[0][0], factors[1][0]), reduce)
        addresses = [address for _, address in factors]
        if step.w is None:
            self._call(self._subroutines.products[variant], addresses, before=True)
            self._asm.stack += ["e", "o"]
        else:
            self._accumulators(step.w, chained)
            self._call(self._subroutines.sums[variant], addresses)

    def _accumulators(self, addend: Operand, chained: int | None) -> None:
        if isinstance(addend, Computed) and addend.step == chained:
            return
        for half, name in enumerate(("e", "o")):
            self._load(addend, half)
            self._asm.name_top(name)

    def _call(self, subroutine: int, addresses: list[int], before: bool = False) -> None:
        """Pushes return address and operands, these `before` it or behind, and jumps."""
        asm = self._asm
        for address in addresses if before else []:
            asm.push(address)
        asm.push_address(0)
        fix = len(asm.code) - 2
        for address in [] if before else addresses:
            asm.push(address)
        asm.call(subroutine)
        asm.code[fix : fix + 2] = (len(asm.code) - 1).to_bytes(2, "big")
        del asm.stack[len(asm.stack) - 1 - len(addresses) :]

    def _load(self, operand: Operand, half: int) -> None:
        if isinstance(operand, Constant):
            self._asm.push(operand.value if half == 0 else 0)
            return
        load, address = self._place(operand)
        self._asm.push(address + 32 * half)
        self._asm.op(load)

    def _place(self, operand: Operand) -> tuple[str, int]:
        match operand:
            case Given(index):
                return CALLDATA, ELEMENT_BYTES * index
            case Computed(step) if step in self._memory:
                return MEMORY, self._memory[step]
            case Computed(step):
                return CALLDATA, ELEMENT_BYTES * (self._program.inputs + self._carried[step])
            case Constant():
                raise AssertionError("a constant factor makes a scaling")

    def _release(self, number: int, step: Step) -> None:
        """Memory whose last reader this step was."""
        for operand in set(step.operands):
            if (
                isinstance(operand, Computed)
                and self._last_use[operand.step] == number
                and operand.step in self._memory
            ):
                self._free.append(self._memory.pop(operand.step))

    def _keep(self, number: int) -> None:
        """The result stays on the stack if the next step alone needs it and can take it from there."""
        asm = self._asm
        steps = self._program.steps
        has_next = number + 1 < len(steps) and not self._is_full()
        if has_next and self._uses[number] == 1 and _takes_from_stack(steps[number + 1], number):
            self._chained = number
            return
        address = self._free.pop() if self._free else self._top
        self._top = max(self._top, address + ELEMENT_BYTES)
        asm.store(address + 32)
        asm.store(address)
        self._memory[number] = address


def _takes_from_stack(step: Step, result: int) -> bool:
    wanted = Computed(result)
    if step.opcode in (Opcode.MULADD, Opcode.SCALEADD):
        return step.w == wanted and wanted not in (step.x, step.y)
    return step.opcode in (Opcode.ADD, Opcode.SUB) and wanted in (step.x, step.y)


def _uses(program: Program) -> dict[int, int]:
    uses = dict.fromkeys(range(len(program.steps)), 0)
    for operand in [*(operand for step in program.steps for operand in step.operands), *program.outputs]:
        if isinstance(operand, Computed):
            uses[operand.step] += 1
    return uses


def _last_uses(program: Program) -> dict[int, int]:
    """Number of the last step that needs each result; a table's result is needed to the end."""
    last = {number: number for number in range(len(program.steps))}
    for number, step in enumerate(program.steps):
        last.update({operand.step: number for operand in step.operands if isinstance(operand, Computed)})
    last.update({output.step: len(program.steps) for output in program.outputs if isinstance(output, Computed)})
    return last
