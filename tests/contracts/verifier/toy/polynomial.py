"""Polynomials over the base field, as lists of coefficients; extension polynomials are four of them."""

from tests.reference.final_proof.field import SHIFT, Ext, P, base_inverse, root_of_unity


def transform(values: list[int], root: int) -> list[int]:
    """Values at the powers of `root`, from coefficients."""
    if len(values) == 1:
        return values
    square = root * root % P
    even, odd = transform(values[0::2], square), transform(values[1::2], square)
    half, twiddle = len(even), 1
    result = [0] * len(values)
    for i in range(half):
        turned = odd[i] * twiddle % P
        result[i], result[i + half] = (even[i] + turned) % P, (even[i] - turned) % P
        twiddle = twiddle * root % P
    return result


def interpolate(values: list[int]) -> list[int]:
    """Coefficients from the values on the subgroup."""
    size = len(values)
    scale = base_inverse(size)
    inverse_root = base_inverse(root_of_unity(size.bit_length() - 1))
    return [value * scale % P for value in transform(values, inverse_root)]


def shifted(coefficients: list[int], shift: int) -> list[int]:
    """Of `f(shift · X)`."""
    power, result = 1, []
    for coefficient in coefficients:
        result.append(coefficient * power % P)
        power = power * shift % P
    return result


def on_coset(coefficients: list[int], log_size: int) -> list[int]:
    """Values at `S·ω^i`."""
    padded = shifted(coefficients, SHIFT) + [0] * ((1 << log_size) - len(coefficients))
    return transform(padded, root_of_unity(log_size))


def from_coset(values: list[int]) -> list[int]:
    return shifted(interpolate(values), base_inverse(SHIFT))


def coordinates(elements: list[Ext]) -> list[list[int]]:
    return [[element[b] for element in elements] for b in range(4)]


def joined(columns: list[list[int]]) -> list[Ext]:
    return [(a, b, c, d) for a, b, c, d in zip(*columns, strict=True)]
