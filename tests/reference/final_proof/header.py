"""Sections 5, 6 and 8: the header and what the query parts need of it."""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from tests.reference.final_proof.deep import interpolants
from tests.reference.final_proof.errors import Rejected, demand
from tests.reference.final_proof.field import (
    ONE,
    ZERO,
    Ext,
    P,
    add,
    base_inverse,
    decode,
    encode,
    encode_base,
    inverse,
    lift,
    mul,
    power,
    root_of_unity,
    scale,
    sub,
)
from tests.reference.final_proof.key import Key
from tests.reference.final_proof.program import Program
from tests.reference.final_proof.transcript import Transcript


@dataclass(frozen=True)
class Header:
    roots: list[bytes]
    terminals: list[Ext]
    opened: list[Ext]
    fold_roots: list[bytes]
    final: list[Ext]
    lookup_nonce: bytes
    point_nonce: bytes
    batch_nonce: bytes
    fold_nonces: list[bytes]
    query_nonce: bytes

    def encode(self) -> bytes:
        folds = b"".join(root + nonce for root, nonce in zip(self.fold_roots, self.fold_nonces, strict=True))
        before = self.roots[0] + self.lookup_nonce + self.roots[1] + encode(self.terminals) + self.roots[2]
        openings = self.point_nonce + encode(self.opened) + self.batch_nonce
        return before + openings + folds + encode(self.final) + self.query_nonce

    @staticmethod
    def decode(key: Key, data: bytes) -> "Header":
        demand(len(data) == key.header_bytes, "header_length")
        at = 0

        def take(count: int) -> bytes:
            nonlocal at
            at += count
            return data[at - count : at]

        def elements(count: int) -> list[Ext]:
            values = decode(take(16 * count))
            if values is None:
                raise Rejected("header_not_canonical")
            return values

        root_0, lookup, root_1, terminals = take(32), take(8), take(32), elements(len(key.log_heights))
        root_2, point, opened, batch = take(32), take(8), elements(key.opened_values), take(8)
        folds = [(take(32), take(8)) for _ in range(key.parameters.folds)]
        final, query = elements(1 << key.parameters.final), take(8)
        fold_roots, fold_nonces = [root for root, _ in folds], [nonce for _, nonce in folds]
        roots = [root_0, root_1, root_2]
        return Header(roots, terminals, opened, fold_roots, final, lookup, point, batch, fold_nonces, query)


@dataclass(frozen=True)
class Challenges:
    program: list[Ext]
    tables: Ext
    z: Ext
    batch: Ext
    folds: list[Ext]
    indices: list[int]


@dataclass(frozen=True)
class Context:
    head: bytes
    roots: list[bytes]
    challenges: Challenges
    interpolants: list[list[Ext]]
    final: list[Ext]

    def encode(self) -> bytes:
        drawn = encode([self.challenges.z, self.challenges.batch, *self.challenges.folds])
        polynomials = encode([value for u in self.interpolants for value in u]) + encode(self.final)
        return self.head + b"".join(self.roots) + drawn + polynomials + encode_base(self.challenges.indices)


def verify_public_values(key: Key, values: list[int]) -> None:
    demand(len(values) == key.public_values, "public_values_length")
    demand(all(value < P for value in values), "public_value_not_canonical")


def verify_header(key: Key, public_values: list[int], data: bytes) -> Context:
    header = Header.decode(key, data)
    challenges = replay(key, public_values, header)
    total = ZERO
    for terminal in header.terminals:
        total = add(total, terminal)
    demand(total == ZERO, "terminals_unbalanced")
    demand(quotient(key, public_values, header, challenges) == header.opened[-1], "constraints_unsatisfied")
    head = key.hash() + keccak(encode_base(public_values)) + keccak(data)
    u = interpolants(key, header.opened, challenges.batch)
    return Context(head, header.roots + header.fold_roots, challenges, u, header.final)


def replay(key: Key, public_values: list[int], header: Header) -> Challenges:
    """Section 5, step by step."""
    p = key.parameters
    transcript = Transcript(key.hash())
    if public_values:
        transcript.absorb(encode_base(public_values))
    transcript.absorb(header.roots[0])
    demand(transcript.grind(header.lookup_nonce, p.lookup_bits), "lookup_grinding")
    alpha, beta = transcript.challenge(), transcript.challenge()
    transcript.absorb(header.roots[1] + encode(header.terminals))
    gamma, delta, epsilon = transcript.challenge(), transcript.challenge(), transcript.challenge()
    transcript.absorb(header.roots[2])
    demand(transcript.grind(header.point_nonce, p.point_bits), "point_grinding")
    z = transcript.challenge()
    demand(z[1:] != (0, 0, 0), "point_in_base_field")
    transcript.absorb(encode(header.opened))
    demand(transcript.grind(header.batch_nonce, p.batch_bits), "batch_grinding")
    batch = transcript.challenge()
    etas = []
    for number, (root, nonce) in enumerate(zip(header.fold_roots, header.fold_nonces, strict=True)):
        transcript.absorb(root)
        demand(transcript.grind(nonce, p.fold_bits), "fold_grinding", number)
        etas.append(transcript.challenge())
    transcript.absorb(encode(header.final))
    demand(transcript.grind(header.query_nonce, p.query_bits), "query_grinding")
    indices = transcript.indices(p.queries, p.log_domain)
    return Challenges([alpha, beta, gamma, delta], epsilon, z, batch, etas, indices)


def vanishing(z: Ext, log_height: int) -> Ext:
    """`Z_t(z)`."""
    return sub(power(z, 1 << log_height), ONE)


def selectors(z: Ext, log_height: int) -> tuple[Ext, Ext]:
    """`first_t(z)` and `last_t(z)`."""
    last_row = base_inverse(root_of_unity(log_height))
    over_height = scale(vanishing(z, log_height), base_inverse(1 << log_height))
    first = mul(over_height, inverse(sub(z, ONE)))
    last = mul(scale(over_height, last_row), inverse(sub(z, lift(last_row))))
    return first, last


def quotient(key: Key, public_values: list[int], header: Header, challenges: Challenges) -> Ext:
    """Section 6, 2: what the last opened value must be."""
    z = challenges.z
    tables = [
        (*selectors(z, log_height), terminal)
        for log_height, terminal in zip(key.log_heights, header.terminals, strict=True)
    ]
    outputs = Program.decode(key.program).run(challenges.program, tables, public_values, header.opened)
    total, weight = ZERO, ONE
    for output, log_height in zip(outputs, key.log_heights, strict=True):
        total = add(total, mul(weight, mul(output, inverse(vanishing(z, log_height)))))
        weight = mul(weight, challenges.tables)
    return total
