"""Constants and sequences of an evaluator's arithmetic. An element is two words, its parts even and odd in θ, with
coordinates in the lanes of 128 bits."""

from gateway.verifier.assembler import Assembler
from gateway.verifier.bounds import BIASES
from gateway.verifier.program import P

_Q = (1 << 256) - 11
"""Modulo this number Y² = 11 for Y = 2¹²⁸ = θ²."""

_Y = 1 << 128

CONSTANTS = {f"bias {bias}": bias * (_Y + 1) for bias in reversed(BIASES)} | {"low": _Y - 1, "P": P, "Y": _Y, "Q": _Q}
"""On the stack of each evaluator, rarely used ones first."""


def add_bias(asm: Assembler, bias: int) -> None:
    """Enough to each lane of the top that something below the bias can be taken from it."""
    asm.get(f"bias {bias}")
    asm.op("ADD")


def turn(asm: Assembler) -> None:
    """The top times Y."""
    asm.get("Y")
    asm.op("MULMOD")


def reduce(asm: Assembler) -> None:
    """Both lanes of the top modulo P."""
    asm.name_top("lanes")
    asm.get("P")
    asm.get("low")
    asm.get("lanes")
    asm.op("AND")
    asm.op("MOD")
    asm.swap()
    asm.get("P")
    asm.swap()
    asm.push(128)
    asm.op("SHR")
    asm.op("MOD")
    asm.push(128)
    asm.op("SHL")
    asm.op("OR")
