"""Which steps of a constraint program need what."""

from gateway.verifier.program import Computed, Opcode, Operand, Program


def last_uses(program: Program) -> dict[int, int]:
    """Number of the last step that needs each result; a table's result is needed to the end."""
    last = {number: number for number in range(len(program.steps))}
    for number, step in enumerate(program.steps):
        last.update({operand.step: number for operand in step.operands if isinstance(operand, Computed)})
    last.update({output.step: len(program.steps) for output in program.outputs if isinstance(output, Computed)})
    return last


def products(program: Program) -> dict[Operand, list[int]]:
    """Numbers of the steps that multiply each operand by another element."""
    found: dict[Operand, list[int]] = {}
    for number, step in enumerate(program.steps):
        if step.opcode in (Opcode.MUL, Opcode.MULADD):
            for factor in dict.fromkeys((step.x, step.y)):
                found.setdefault(factor, []).append(number)
    return found
