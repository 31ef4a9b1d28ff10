"""The constraint program (docs/protocol/proof.md §4) as values computed once each, whatever slot they were in."""

from dataclasses import dataclass
from enum import IntEnum

P = 2_013_265_921

_HEAD_BYTES = 15
_SECTION_BYTES = 6
_CHALLENGES = 4
_TABLE_INPUTS = 3


class Opcode(IntEnum):
    ADD = 0
    SUB = 1
    MUL = 2
    MULADD = 3
    SCALE = 4
    SCALEADD = 5


@dataclass(frozen=True)
class Constant:
    """A base field element of the program."""

    value: int


@dataclass(frozen=True)
class Given:
    """An input: challenge, table input, public value or opened value, in this order and without the constants."""

    index: int


@dataclass(frozen=True)
class Computed:
    """The result of a step."""

    step: int


Operand = Constant | Given | Computed


@dataclass(frozen=True)
class Step:
    """`x + y`, `x - y`, `x·y` or `x·y + w`; a scaling has a constant `y`."""

    opcode: Opcode
    x: Operand
    y: Operand
    w: Operand | None

    @property
    def operands(self) -> list[Operand]:
        return [self.x, self.y] if self.w is None else [self.x, self.y, self.w]


@dataclass(frozen=True)
class Program:
    """All sections one after the other, and the result of each table."""

    inputs: int
    steps: list[Step]
    outputs: list[Operand]


def decode(code: bytes) -> Program:
    """Of a well-formed program."""
    public_values, tables = int.from_bytes(code[6:8], "big"), code[8]
    constants, opened = int.from_bytes(code[9:11], "big"), int.from_bytes(code[11:13], "big")
    first_constant = _CHALLENGES + _TABLE_INPUTS * tables + public_values
    slots: dict[int, Operand] = {slot: Given(slot) for slot in range(first_constant)}
    for number in range(constants):
        at = _HEAD_BYTES + 4 * number
        slots[first_constant + number] = Constant(int.from_bytes(code[at : at + 4], "big"))
    for number in range(opened):
        slots[first_constant + constants + number] = Given(first_constant + number)
    head = _HEAD_BYTES + 4 * constants
    at = head + _SECTION_BYTES * (1 + tables)
    steps: list[Step] = []
    outputs: list[Operand] = []
    for section in range(1 + tables):
        entry = code[head + _SECTION_BYTES * section : head + _SECTION_BYTES * (section + 1)]
        for _ in range(int.from_bytes(entry[:4], "big")):
            slot, step = _step(int.from_bytes(code[at : at + 8], "big"), slots)
            slots[slot] = Computed(len(steps))
            steps.append(step)
            at += 8
        outputs.append(slots[int.from_bytes(entry[4:], "big")])
    return Program(first_constant + opened, steps, outputs[1:])


def _step(word: int, slots: dict[int, Operand]) -> tuple[int, Step]:
    opcode = Opcode(word >> 60)
    d, x, y, w = (word >> shift & 0x7FFF for shift in (45, 30, 15, 0))
    addend = slots[w] if opcode in (Opcode.MULADD, Opcode.SCALEADD) else None
    left, right = slots[x], slots[y]
    if isinstance(left, Constant) and not isinstance(right, Constant) and opcode is not Opcode.SUB:
        left, right = right, left
    if isinstance(right, Constant):
        opcode = {Opcode.MUL: Opcode.SCALE, Opcode.MULADD: Opcode.SCALEADD}.get(opcode, opcode)
    return d, Step(opcode, left, right, addend)
