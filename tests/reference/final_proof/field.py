"""Section 1: BabyBear and its extension of degree four."""

P = 2013265921
SHIFT = 31
ROOT_27 = 440564289
W = 11

Ext = tuple[int, int, int, int]
ZERO: Ext = (0, 0, 0, 0)
ONE: Ext = (1, 0, 0, 0)
THETA: Ext = (0, 1, 0, 0)


def lift(value: int) -> Ext:
    return (value % P, 0, 0, 0)


def add(a: Ext, b: Ext) -> Ext:
    return ((a[0] + b[0]) % P, (a[1] + b[1]) % P, (a[2] + b[2]) % P, (a[3] + b[3]) % P)


def sub(a: Ext, b: Ext) -> Ext:
    return ((a[0] - b[0]) % P, (a[1] - b[1]) % P, (a[2] - b[2]) % P, (a[3] - b[3]) % P)


def scale(a: Ext, s: int) -> Ext:
    return (a[0] * s % P, a[1] * s % P, a[2] * s % P, a[3] * s % P)


def mul(a: Ext, b: Ext) -> Ext:
    return (
        (a[0] * b[0] + W * (a[1] * b[3] + a[2] * b[2] + a[3] * b[1])) % P,
        (a[0] * b[1] + a[1] * b[0] + W * (a[2] * b[3] + a[3] * b[2])) % P,
        (a[0] * b[2] + a[1] * b[1] + a[2] * b[0] + W * a[3] * b[3]) % P,
        (a[0] * b[3] + a[1] * b[2] + a[2] * b[1] + a[3] * b[0]) % P,
    )


def power(a: Ext, exponent: int) -> Ext:
    result = ONE
    while exponent:
        if exponent & 1:
            result = mul(result, a)
        a = mul(a, a)
        exponent >>= 1
    return result


def inverse(a: Ext) -> Ext:
    """By Fermat: the group of E* has p⁴ - 1 elements. The inverse of zero comes out as zero."""
    return power(a, P**4 - 2)


def base_inverse(a: int) -> int:
    return pow(a, P - 2, P)


def root_of_unity(log_order: int) -> int:
    """ω_n."""
    return pow(ROOT_27, 1 << (27 - log_order), P)


def evaluate(coefficients: list[Ext], x: Ext) -> Ext:
    result = ZERO
    for coefficient in reversed(coefficients):
        result = add(mul(result, x), coefficient)
    return result


def encode_base(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(4, "big") for value in values)


def encode(values: list[Ext]) -> bytes:
    return b"".join(encode_base(list(value)) for value in values)


def decode_base(data: bytes) -> list[int] | None:
    """None if an element is not canonical."""
    values = [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]
    return values if all(value < P for value in values) else None


def decode(data: bytes) -> list[Ext] | None:
    values = decode_base(data)
    if values is None:
        return None
    return [(values[at], values[at + 1], values[at + 2], values[at + 3]) for at in range(0, len(values), 4)]
