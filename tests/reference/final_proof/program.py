"""Section 4: the constraint program."""

from dataclasses import dataclass, replace
from enum import IntEnum

from tests.reference.final_proof.field import Ext, add, lift, mul, sub


class Opcode(IntEnum):
    ADD = 0
    SUB = 1
    MUL = 2
    MULADD = 3
    SCALE = 4
    SCALEADD = 5


@dataclass(frozen=True)
class Instruction:
    opcode: Opcode
    d: int
    x: int
    y: int
    w: int = 0

    def encode(self) -> bytes:
        word = self.opcode << 60 | self.d << 45 | self.x << 30 | self.y << 15 | self.w
        return word.to_bytes(8, "big")

    @staticmethod
    def decode(data: bytes) -> "Instruction":
        word = int.from_bytes(data, "big")
        operands = [word >> shift & 0x7FFF for shift in (45, 30, 15, 0)]
        return Instruction(Opcode(word >> 60), *operands)


@dataclass(frozen=True)
class Section:
    instructions: list[Instruction]
    output: int


@dataclass(frozen=True)
class Program:
    public_values: int
    tables: int
    constants: list[int]
    opened_values: int
    slots: int
    sections: list[Section]

    @property
    def first_public_value(self) -> int:
        return 4 + 3 * self.tables

    @property
    def first_constant(self) -> int:
        return self.first_public_value + self.public_values

    @property
    def first_opened(self) -> int:
        return self.first_constant + len(self.constants)

    @property
    def inputs(self) -> int:
        return self.first_opened + self.opened_values

    def encode(self) -> bytes:
        head = b"PVCP" + (1).to_bytes(2, "big") + self.public_values.to_bytes(2, "big") + bytes([self.tables])
        counts = (len(self.constants), self.opened_values, self.slots)
        head += b"".join(count.to_bytes(2, "big") for count in counts)
        head += b"".join(constant.to_bytes(4, "big") for constant in self.constants)
        for section in self.sections:
            head += len(section.instructions).to_bytes(4, "big") + section.output.to_bytes(2, "big")
        return head + b"".join(step.encode() for section in self.sections for step in section.instructions)

    @staticmethod
    def decode(data: bytes) -> "Program":
        values, tables = int.from_bytes(data[6:8], "big"), data[8]
        count, opened, slots = (int.from_bytes(data[at : at + 2], "big") for at in (9, 11, 13))
        constants = [int.from_bytes(data[15 + 4 * i : 19 + 4 * i], "big") for i in range(count)]
        at = 15 + 4 * count
        heads = [data[at + 6 * i : at + 6 * i + 6] for i in range(1 + tables)]
        at += 6 * (1 + tables)
        sections = []
        for head in heads:
            steps = int.from_bytes(head[:4], "big")
            code = [Instruction.decode(data[at + 8 * i : at + 8 * i + 8]) for i in range(steps)]
            sections.append(Section(code, int.from_bytes(head[4:], "big")))
            at += 8 * steps
        return Program(values, tables, constants, opened, slots, sections)

    def run(
        self, challenges: list[Ext], tables: list[tuple[Ext, Ext, Ext]], public_values: list[int], opened: list[Ext]
    ) -> list[Ext]:
        """`out_t` of each table."""
        memory = challenges + [value for table in tables for value in table]
        memory += [lift(value) for value in public_values + self.constants] + opened
        memory += [lift(0)] * (self.slots - len(memory))
        outputs = []
        for section in self.sections:
            for step in section.instructions:
                memory[step.d] = compute(step, memory)
            outputs.append(memory[section.output])
        return outputs[1:]

    def with_sections(self, sections: list[Section]) -> "Program":
        return replace(self, sections=sections)


def compute(step: Instruction, memory: list[Ext]) -> Ext:
    x, y, w = memory[step.x], memory[step.y], memory[step.w]
    match step.opcode:
        case Opcode.ADD:
            return add(x, y)
        case Opcode.SUB:
            return sub(x, y)
        case Opcode.MUL | Opcode.SCALE:
            return mul(x, y)
        case Opcode.MULADD | Opcode.SCALEADD:
            return add(mul(x, y), w)
