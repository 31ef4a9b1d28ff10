"""Sections 7 and 8: the query parts."""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from tests.reference.final_proof.deep import combination
from tests.reference.final_proof.errors import demand
from tests.reference.final_proof.field import (
    SHIFT,
    Ext,
    P,
    base_inverse,
    decode,
    decode_base,
    encode,
    evaluate,
    lift,
    root_of_unity,
)
from tests.reference.final_proof.fold import fold
from tests.reference.final_proof.header import Context
from tests.reference.final_proof.key import SALT_BYTES, Key
from tests.reference.final_proof.tree import leads_to


@dataclass
class Reader:
    data: bytes
    at: int = 0

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def verify_queries(key: Key, context: Context, first: int, count: int, data: bytes) -> None:
    """The caps, then `count` queries from number `first` on."""
    p = key.parameters
    demand(len(data) == p.trees * p.cap_bytes + count * key.query_bytes, "part_length")
    reader = Reader(data)
    caps = [reader.take(p.cap_bytes) for _ in range(p.trees)]
    for tree, (cap, root) in enumerate(zip(caps, context.roots, strict=True)):
        demand(keccak(cap) == root, "cap_mismatch", tree)
    for query in range(first, first + count):
        verify_query(key, context, query, caps, reader)


def verify_query(key: Key, context: Context, query: int, caps: list[bytes], reader: Reader) -> None:
    p, drawn = key.parameters, context.challenges
    index = drawn.indices[query]
    rows = read_rows(key, query, index, caps, reader)
    x = SHIFT * pow(root_of_unity(p.log_domain), index, P) % P
    value = combination(key, context.interpolants, drawn.z, drawn.batch, x, rows)
    for layer, eta in enumerate(drawn.folds):
        tree = 3 + layer
        log_leaves = p.log_leaves(tree)
        position, index = index >> log_leaves, index % (1 << log_leaves)
        others = decode(reader.take(16 * ((1 << p.arity) - 1)))
        demand(others is not None, "row_not_canonical", query, tree)
        values: list[Ext] = [*(others or [])]
        values.insert(position, value)
        path = reader.take(p.path_bytes(tree))
        demand(leads_to(encode(values), index, path, caps[tree]), "path_mismatch", query, tree)
        generator = root_of_unity(log_leaves + p.arity)
        exponents = [index + (j << log_leaves) for j in range(1 << p.arity)]
        value = fold(values, [base_inverse(pow(generator, e, P)) for e in exponents], eta)
    y = pow(root_of_unity(p.log_domain - p.arity * p.folds), index, P)
    demand(evaluate(context.final, lift(y)) == value, "final_polynomial", query)


def read_rows(key: Key, query: int, index: int, caps: list[bytes], reader: Reader) -> list[list[int]]:
    rows = []
    for tree in range(3):
        row_bytes, salt = reader.take(4 * key.width(tree)), reader.take(SALT_BYTES)
        row = decode_base(row_bytes)
        demand(row is not None, "row_not_canonical", query, tree)
        path = reader.take(key.parameters.path_bytes(tree))
        demand(leads_to(row_bytes + salt, index, path, caps[tree]), "path_mismatch", query, tree)
        rows.append(row or [])
    return rows
