"""A toy constraint system in the exact shape of the real one: two tables, one lookup, masks, every opcode.

Table 0 adds a column `a` up in `b`, from the first public value to the second; table 1 holds the numbers that `a` may
have and how often it has each.
"""

from dataclasses import dataclass, replace

from tests.reference.final_proof.field import base_inverse
from tests.reference.final_proof.key import Group, Key, Parameters
from tests.reference.final_proof.program import Instruction, Opcode, Program, Section

LOG_HEIGHTS = [6, 5]
PARAMETERS = Parameters(8, 2, 5, 2, 2, 3, 2, 3, 2, 4, 2, 5)

# (table, column) of each slot of each group; a lookup column has the index 0, the quotient's group has none.
A, B, MU = 0, 1, 2
V, M = 0, 1
STACKS: list[tuple[Group, list[tuple[int, int]]]] = [
    (Group(0, False, 1, 2, 1 | 1 << 7), [(0, B), (0, A)]),
    (Group(0, False, 1, 2, 1), [(0, MU), (0, MU + 1)]),
    (Group(0, False, 1, 2, 1), [(0, MU + 2), (0, MU + 3)]),
    (Group(0, False, 2, 3, 1 | 1 << 6), [(1, V), (1, M), (1, MU)]),
    (Group(0, False, 2, 3, 1), [(1, MU + 1), (1, MU + 2), (1, MU + 3)]),
    (Group(1, True, 1, 1, 1 | 1 << 7), [(0, 0)]),
    (Group(1, True, 2, 1, 1 | 1 << 6), [(1, 0)]),
    (Group(2, True, 0, 1, 1), []),
]
GROUPS = [group for group, _ in STACKS]

# Opened values, in the order of the groups, their points and their slots.
B_Z, A_Z, B_NEXT = 0, 1, 2
MU_0 = [4, 5, 6, 7]
V_Z, M_Z, V_NEXT = 8, 9, 11
MU_1 = [10, 14, 15, 16]
PHI_0, PHI_0_NEXT, PHI_1, PHI_1_NEXT = 17, 18, 19, 20
OPENED = 22

ALPHA, BETA, GAMMA = 0, 1, 2
CONSTANTS = [1, base_inverse(1 << LOG_HEIGHTS[0]), base_inverse(1 << LOG_HEIGHTS[1])]


@dataclass
class Assembler:
    """Writes instructions and hands out slots."""

    next_slot: int
    code: list[Instruction]

    def emit(self, opcode: Opcode, x: int, y: int, w: int = 0) -> int:
        self.code.append(Instruction(opcode, self.next_slot, x, y, w))
        self.next_slot += 1
        return self.next_slot - 1

    def add(self, x: int, y: int) -> int:
        return self.emit(Opcode.ADD, x, y)

    def sub(self, x: int, y: int) -> int:
        return self.emit(Opcode.SUB, x, y)

    def mul(self, x: int, y: int) -> int:
        return self.emit(Opcode.MUL, x, y)

    def section(self, output: int) -> Section:
        code, self.code = self.code, []
        return Section(code, output)


def program(public_values: int) -> Program:
    shape = Program(public_values, 2, CONSTANTS, OPENED, 0, [])
    one = shape.first_constant
    opened = shape.first_opened
    asm = Assembler(shape.inputs, [])
    fingerprint = asm.add(ALPHA, BETA)
    gamma_2 = asm.mul(GAMMA, GAMMA)
    gamma_3 = asm.mul(gamma_2, GAMMA)
    beta_2 = asm.mul(BETA, BETA)
    beta_3 = asm.mul(beta_2, BETA)
    first_section = asm.section(0)
    weights = [one, BETA, beta_2, beta_3]
    sections = [first_section]
    for table, mus in enumerate((MU_0, MU_1)):
        first, last, tau = (4 + 3 * table + i for i in range(3))
        here, there = ((PHI_0, PHI_0_NEXT), (PHI_1, PHI_1_NEXT))[table]
        mask = asm.mul(opened + mus[0], weights[0])
        for mu, weight in zip(mus[1:], weights[1:], strict=True):
            mask = asm.emit(Opcode.MULADD, opened + mu, weight, mask)
        step = asm.sub(asm.sub(opened + there, opened + here), mask)
        step = asm.emit(Opcode.SCALEADD, tau, one + 1 + table, step)
        looked_up = asm.add(fingerprint, opened + (A_Z if table == 0 else V_Z))
        lookup = asm.mul(step, looked_up)
        moving = asm.sub(one, last)
        if table == 0:
            lookup = asm.sub(lookup, one)
            change = asm.sub(asm.sub(opened + B_NEXT, opened + B_Z), opened + A_Z)
            start = asm.sub(opened + B_Z, shape.first_public_value)
            end = asm.sub(opened + B_Z, shape.first_public_value + 1)
            total = asm.emit(Opcode.MULADD, gamma_3, asm.mul(last, end), lookup)
        else:
            lookup = asm.add(lookup, opened + M_Z)
            change = asm.sub(asm.sub(opened + V_NEXT, opened + V_Z), one)
            start = asm.emit(Opcode.SCALE, opened + V_Z, one + 1)
            total = lookup
        total = asm.emit(Opcode.MULADD, GAMMA, asm.mul(first, start), total)
        total = asm.emit(Opcode.MULADD, gamma_2, asm.mul(moving, change), total)
        sections.append(asm.section(total))
    return replace(shape, slots=asm.next_slot, sections=sections)


def key(parameters: Parameters = PARAMETERS, public_values: int = 2) -> Key:
    """More public values than the two that mean something are bound by the transcript alone."""
    return Key(parameters, public_values, LOG_HEIGHTS, GROUPS, program(public_values).encode())
