"""Section 7, folding."""

from tests.reference.final_proof.field import Ext, P, add, mul, scale, sub


def fold(values: list[Ext], inverses: list[int], eta: Ext) -> Ext:
    """One value of the next layer from a leaf's values; `inverses` are the `u_j`."""
    while len(values) > 1:
        half = len(values) // 2
        values = [
            add(add(low, high), mul(eta, scale(sub(low, high), u)))
            for low, high, u in zip(values[:half], values[half:], inverses, strict=False)
        ]
        inverses = [u * u % P for u in inverses]
        eta = mul(eta, eta)
    return values[0]
