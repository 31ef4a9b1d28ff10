"""What evaluators call: products and reductions of elements in two words, even and odd part in θ."""

from gateway.verifier.assembler import Assembler
from gateway.verifier.program import P

Q = (1 << 256) - 11
"""Modulo this number Y² = 11 for Y = 2¹²⁸ = θ²."""

Y = 1 << 128
LOW = Y - 1

Kinds = tuple[str, str]
"""How the two factors are loaded: from calldata or from memory."""

CALLDATA, MEMORY = "CALLDATALOAD", "MLOAD"
PRODUCT_KINDS: list[Kinds] = [(CALLDATA, CALLDATA), (MEMORY, CALLDATA), (MEMORY, MEMORY)]


class Subroutines:
    """Their positions in the code. All leave `e, o`.

    `sums` take `e, o`, a return address and the addresses of two factors; `products` take the addresses, then the
    return address; `reduction` takes `e, o` and a return address.
    """

    def __init__(self, asm: Assembler) -> None:
        variants = [(kinds, reduce) for kinds in PRODUCT_KINDS for reduce in (False, True)]
        self.sums = {variant: _sum(asm, *variant) for variant in variants}
        self.products = {variant: _product(asm, *variant) for variant in variants}
        self.reduction = _reduction(asm)


def _sum(asm: Assembler, kinds: Kinds, reduce: bool) -> int:
    """Adds the product of two elements to `e, o`, and then reduces if that is wanted."""
    start = asm.label()
    asm.stack = ["e", "o", "return", "x", "y"]
    _load_factors(asm, kinds)
    for name, products in (("e", _even), ("o", _odd)):
        products(asm)
        asm.get(name)
        asm.op("ADD")
        if reduce:
            _reduce_top(asm)
        asm.put(name)
    for name in ("yo", "ye", "xo", "xe", "y", "x"):
        asm.drop(name)
    asm.raw("JUMP")
    return start


def _product(asm: Assembler, kinds: Kinds, reduce: bool) -> int:
    """The parts of the product take the places of the addresses."""
    start = asm.label()
    asm.stack = ["x", "y", "return"]
    _load_factors(asm, kinds)
    for address, products in (("x", _even), ("y", _odd)):
        products(asm)
        if reduce:
            _reduce_top(asm)
        asm.put(address)
    for name in ("yo", "ye", "xo", "xe"):
        asm.drop(name)
    asm.raw("JUMP")
    return start


def _load_factors(asm: Assembler, kinds: Kinds) -> None:
    for factor, load in zip("xy", kinds, strict=True):
        asm.get(factor)
        asm.op(load, factor + "e")
        asm.push(32)
        asm.get(factor)
        asm.op("ADD")
        asm.op(load, factor + "o")


def _even(asm: Assembler) -> None:
    """xₑyₑ + Y·xₒyₒ."""
    asm.push(Q)
    asm.push(Y)
    _multiply(asm, "xo", "yo")
    asm.op("MULMOD")
    _multiply(asm, "xe", "ye")
    asm.op("ADD")


def _odd(asm: Assembler) -> None:
    """xₑyₒ + xₒyₑ."""
    _multiply(asm, "xe", "yo")
    _multiply(asm, "xo", "ye")
    asm.op("ADD")


def _multiply(asm: Assembler, left: str, right: str) -> None:
    asm.push(Q)
    asm.get(left)
    asm.get(right)
    asm.op("MULMOD")


def _reduction(asm: Assembler) -> int:
    start = asm.label()
    asm.stack = ["e", "o", "return"]
    for name in ("e", "o"):
        asm.get(name)
        _reduce_top(asm)
        asm.put(name)
    asm.raw("JUMP")
    return start


def _reduce_top(asm: Assembler) -> None:
    """Both lanes of the top modulo P."""
    asm.name_top("lanes")
    asm.push(P)
    asm.push(LOW)
    asm.get("lanes")
    asm.op("AND")
    asm.op("MOD")
    asm.push(P)
    asm.get("lanes")
    asm.push(128)
    asm.op("SHR")
    asm.op("MOD")
    asm.push(128)
    asm.op("SHL")
    asm.op("OR", "reduced")
    asm.drop("lanes")
