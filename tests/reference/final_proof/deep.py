"""Section 7, combination: all openings in one polynomial."""

from tests.reference.final_proof.field import (
    ZERO,
    Ext,
    add,
    evaluate,
    inverse,
    lift,
    mul,
    power,
    root_of_unity,
    scale,
    sub,
)
from tests.reference.final_proof.key import Key

Sets = dict[tuple[int, int], list[tuple[int, int]]]


def opening_sets(key: Key) -> Sets:
    """(log k, bit of the point) → (group, number of the opening), in the order of the sets."""
    found: Sets = {}
    number = 0
    for index, group in enumerate(key.groups):
        for bit in group.bits:
            number += 1
            found.setdefault((group.log_k, bit), []).append((index, number))
    return dict(sorted(found.items()))


def opened_of(key: Key, opened: list[Ext]) -> list[list[Ext]]:
    """The opened values, opening by opening; entry 0 is opening number 1."""
    lists, at = [], 0
    for group in key.groups:
        for _ in group.bits:
            lists.append(opened[at : at + group.slots])
            at += group.slots
    return lists


def interpolants(key: Key, opened: list[Ext], batch: Ext) -> list[list[Ext]]:
    """`U_J`, set after set."""
    values = opened_of(key, opened)
    result = []
    for openings in opening_sets(key).values():
        size = max(key.groups[group].slots for group, _ in openings)
        coefficients = [ZERO] * size
        for _, number in openings:
            weight = power(batch, number)
            for i, value in enumerate(values[number - 1]):
                coefficients[i] = add(coefficients[i], mul(weight, value))
        result.append(coefficients)
    return result


def point_of(bit: int, z: Ext) -> Ext:
    return z if bit == 0 else scale(z, root_of_unity(bit - 1))


def group_values(key: Key, rows: list[list[int]]) -> list[Ext]:
    """`F_g(x)` of each group."""
    at = [0, 0, 0]
    values = []
    for group in key.groups:
        start = at[group.tree]
        at[group.tree] += group.width
        columns = rows[group.tree][start : start + group.width] + [0] * (4 - group.width)
        values.append((columns[0], columns[1], columns[2], columns[3]))
    return values


def combination(key: Key, u: list[list[Ext]], z: Ext, batch: Ext, x: int, rows: list[list[int]]) -> Ext:
    """`P(x)`."""
    values = group_values(key, rows)
    mask = rows[0][-4:]
    result: Ext = (mask[0], mask[1], mask[2], mask[3])
    for ((log_k, bit), openings), coefficients in zip(opening_sets(key).items(), u, strict=True):
        numerator = sub(ZERO, evaluate(coefficients, lift(x)))
        for group, number in openings:
            numerator = add(numerator, mul(power(batch, number), values[group]))
        denominator = sub(power(lift(x), 1 << log_k), point_of(bit, z))
        result = add(result, mul(numerator, inverse(denominator)))
    return result
