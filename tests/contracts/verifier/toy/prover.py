"""An honest prover for the toy system. Its steps are methods, so that a test can replace one by a dishonest one."""

import random

from tests.contracts.verifier.toy import system
from tests.contracts.verifier.toy.polynomial import (
    coordinates,
    from_coset,
    interpolate,
    joined,
    on_coset,
    shifted,
    transform,
)
from tests.reference.final_proof.deep import interpolants, opening_sets, point_of
from tests.reference.final_proof.field import (
    ONE,
    SHIFT,
    ZERO,
    Ext,
    P,
    add,
    base_inverse,
    encode,
    encode_base,
    evaluate,
    inverse,
    lift,
    mul,
    power,
    root_of_unity,
    scale,
    sub,
)
from tests.reference.final_proof.header import Header, selectors, vanishing
from tests.reference.final_proof.key import SALT_BYTES, Key
from tests.reference.final_proof.program import Program
from tests.reference.final_proof.proof import Proof
from tests.reference.final_proof.transcript import Transcript
from tests.reference.final_proof.tree import Tree

Columns = list[list[int]]


class Prover:
    """One proof. What was sent and drawn stays readable afterwards."""

    def __init__(self, key: Key, seed: int = 0) -> None:
        self.key = key
        self.random = random.Random(seed)
        self.log_domain = key.parameters.log_domain

    # what a cheating prover replaces

    def trace(self) -> list[Columns]:
        """a, b and v, m; the masks come later."""
        rows = [1 << log_height for log_height in self.key.log_heights]
        a = [self.random.randrange(rows[1]) for _ in range(rows[0])]
        b = [self.random.randrange(P)]
        for value in a[:-1]:
            b.append((b[-1] + value) % P)
        return [[a, b], [list(range(rows[1])), [a.count(value) for value in range(rows[1])]]]

    def public_values(self) -> list[int]:
        b = self.columns[0][1]
        return [b[0], b[-1]]

    def masks(self) -> list[Columns]:
        """Random, each sum over both tables zero."""
        rows = [1 << log_height for log_height in self.key.log_heights]
        masks = [[[self.random.randrange(P) for _ in range(count)] for _ in range(4)] for count in rows]
        for b in range(4):
            masks[1][b][-1] = (masks[1][b][-1] - sum(masks[0][b]) - sum(masks[1][b])) % P
        return masks

    def quotient(self) -> Columns:
        """Coefficients of the coordinates of Q."""
        size = 1 << self.key.parameters.kappa
        result = [from_coset(column) for column in coordinates(self.quotient_values())]
        assert all(not any(column[size:]) for column in result), "the witness breaks a constraint"
        return [column[:size] for column in result]

    def quotient_values(self) -> list[Ext]:
        """Σ_t ε^t · out_t / Z_t on the evaluation domain."""
        program = Program.decode(self.key.program)
        alpha, beta, gamma, delta, epsilon = self.drawn
        values = []
        for i in range(1 << self.log_domain):
            x = lift(SHIFT * pow(root_of_unity(self.log_domain), i, P) % P)
            tables = [(*selectors(x, n), tau) for n, tau in zip(self.key.log_heights, self.terminals, strict=True)]
            outputs = program.run([alpha, beta, gamma, delta], tables, self.values, self.opened_at(i))
            total, weight = ZERO, ONE
            for output, n in zip(outputs, self.key.log_heights, strict=True):
                total = add(total, mul(weight, mul(output, inverse(vanishing(x, n)))))
                weight = mul(weight, epsilon)
            values.append(total)
        return values

    def work(self, transcript: Transcript, bits: int) -> bytes:
        """Grinds a nonce and leaves the transcript behind it."""
        state = transcript.state
        for number in range(1 << 30):
            nonce = number.to_bytes(8, "big")
            transcript.state = state
            if transcript.grind(nonce, bits):
                return nonce
        raise AssertionError("no nonce")

    def send_opened(self, values: list[Ext]) -> list[Ext]:
        return values

    def send_terminals(self, values: list[Ext]) -> list[Ext]:
        return values

    def closing_sums(self, sums: list[Ext]) -> list[Ext]:
        """What the steps of each φ leave out, so that it comes back to its start."""
        return sums

    def send_final(self, values: list[Ext]) -> list[Ext]:
        return values

    # the conversation

    def prove(self) -> Proof:
        p = self.key.parameters
        transcript = Transcript(self.key.hash())
        self.columns = [table + masks for table, masks in zip(self.trace(), self.masks(), strict=True)]
        self.values = self.public_values()
        transcript.absorb(encode_base(self.values))
        self.trace_polynomials = [[self.masked(column) for column in table] for table in self.columns]
        self.mask = [[self.random.randrange(P) for _ in range(1 << p.kappa)] for _ in range(4)]
        stacks = [self.stack(g, [self.trace_polynomials[t][c] for t, c in slots]) for g, slots in self.stacks(0)]
        self.trees = [self.commit(stacks + self.mask)]
        transcript.absorb(self.trees[0].root)
        lookup_nonce = self.work(transcript, p.lookup_bits)
        alpha, beta = transcript.challenge(), transcript.challenge()
        self.lookup_columns(alpha, beta)
        stacks_1 = [
            self.stack(group, [self.lookups[t][b] for t, _ in slots])
            for group, slots in self.stacks(1)
            for b in range(4)
        ]
        self.trees.append(self.commit(stacks_1))
        transcript.absorb(self.trees[1].root + encode(self.terminals))
        gamma, delta, epsilon = transcript.challenge(), transcript.challenge(), transcript.challenge()
        self.drawn = [alpha, beta, gamma, delta, epsilon]
        self.evaluate_columns()
        quotient = self.quotient()
        self.trees.append(self.commit(quotient))
        transcript.absorb(self.trees[2].root)
        point_nonce = self.work(transcript, p.point_bits)
        self.z = transcript.challenge()
        self.opened = self.send_opened(self.open(quotient))
        transcript.absorb(encode(self.opened))
        batch_nonce = self.work(transcript, p.batch_bits)
        self.batch = transcript.challenge()
        self.polynomials = [*stacks, *stacks_1, *quotient]
        layers, fold_nonces = self.fold_all(transcript, self.combine())
        final = self.send_final(layers)
        transcript.absorb(encode(final))
        query_nonce = self.work(transcript, p.query_bits)
        self.indices = transcript.indices(p.queries, p.log_domain)
        roots = [tree.root for tree in self.trees]
        nonces = (lookup_nonce, point_nonce, batch_nonce, fold_nonces, query_nonce)
        header = Header(roots[:3], self.terminals, self.opened, roots[3:], final, *nonces)
        return Proof(self.values, [header.encode(), *self.query_parts()])

    def stacks(self, tree: int) -> list[tuple[system.Group, list[tuple[int, int]]]]:
        return [(group, slots) for group, slots in system.STACKS if group.tree == tree]

    def masked(self, column: list[int]) -> list[int]:
        """The interpolant plus Z_H times a random polynomial."""
        size = len(column)
        low = interpolate(column)
        high = [self.random.randrange(P) for _ in range(size)]
        return [(c - r) % P for c, r in zip(low, high, strict=True)] + high

    def stack(self, group: system.Group, columns: Columns) -> list[int]:
        k, result = 1 << group.log_k, [0] * (1 << self.key.parameters.kappa)
        for i, column in enumerate(columns):
            for j, coefficient in enumerate(column):
                result[i + k * j] = coefficient
        return result

    def commit(self, polynomials: Columns) -> Tree:
        rows = list(zip(*[on_coset(f, self.log_domain) for f in polynomials], strict=True))
        salted = [encode_base(list(row)) + self.random.randbytes(SALT_BYTES) for row in rows]
        return Tree(salted, self.key.parameters.cap)

    def lookup_columns(self, alpha: Ext, beta: Ext) -> None:
        """Running sums φ, closed by the terminals."""
        terms = [self.lookup_terms(table, alpha, beta) for table in range(len(self.columns))]
        sums = [total(table) for table in terms]
        self.lookups = []
        for table, closing in zip(terms, self.closing_sums(sums), strict=True):
            step = scale(closing, base_inverse(len(table)))
            phi = [ZERO]
            for term in table[:-1]:
                phi.append(sub(add(phi[-1], term), step))
            self.lookups.append([self.masked(column) for column in coordinates(phi)])
        self.terminals = self.send_terminals(sums)

    def lookup_terms(self, table: int, alpha: Ext, beta: Ext) -> list[Ext]:
        """What each row of a table adds to its φ."""
        columns, terms = self.columns[table], []
        for row, looked_up in enumerate(columns[0]):
            count = ONE if table == 0 else lift(-columns[1][row])
            term = mul(count, inverse(add(add(alpha, beta), lift(looked_up))))
            for b in range(4):
                term = add(term, scale(power(beta, b), columns[2 + b][row]))
            terms.append(term)
        return terms

    def evaluate_columns(self) -> None:
        self.trace_values = [[on_coset(f, self.log_domain) for f in table] for table in self.trace_polynomials]
        self.lookup_values = [joined([on_coset(f, self.log_domain) for f in table]) for table in self.lookups]

    def opened_at(self, i: int) -> list[Ext]:
        """What the program reads at point number `i` of the domain."""
        values: list[Ext] = []
        for group, slots in system.STACKS:
            for bit in group.bits:
                j = i if bit == 0 else (i + (1 << (self.log_domain - bit + 1))) % (1 << self.log_domain)
                for table, column in slots:
                    if group.tree == 0:
                        values.append(lift(self.trace_values[table][column][j]))
                    else:
                        values.append(self.lookup_values[table][j])
        return [*values, ZERO]

    def open(self, quotient: Columns) -> list[Ext]:
        values: list[Ext] = []
        for group, slots in system.STACKS:
            for bit in group.bits:
                point = point_of(bit, self.z)
                for table, column in slots:
                    if group.tree == 0:
                        values.append(evaluate([lift(c) for c in self.trace_polynomials[table][column]], point))
                    else:
                        values.append(evaluate(joined(self.lookups[table]), point))
        return [*values, evaluate(joined(quotient), self.z)]

    def combine(self) -> list[Ext]:
        """Coefficients of P."""
        size = max(map(len, self.polynomials))
        joint = [*joined(self.mask), *[ZERO] * size][:size]
        starts, at = [], 0
        for group in self.key.groups:
            starts.append(at)
            at += group.width
        u = interpolants(self.key, self.opened, self.batch)
        for ((log_k, bit), openings), low in zip(opening_sets(self.key).items(), u, strict=True):
            numerator = [sub(ZERO, c) for c in low] + [ZERO] * (size - len(low))
            for index, number in openings:
                group = self.key.groups[index]
                columns = self.polynomials[starts[index] : starts[index] + group.width]
                columns = [column + [0] * (size - len(column)) for column in columns]
                columns += [[0] * size] * (4 - group.width)
                weight = power(self.batch, number)
                numerator = [add(n, mul(weight, f)) for n, f in zip(numerator, joined(columns), strict=True)]
            quotient = self.divide(numerator, 1 << log_k, point_of(bit, self.z))
            joint = [add(j, q) for j, q in zip(joint, quotient, strict=True)]
        return joint

    def divide(self, numerator: list[Ext], k: int, point: Ext) -> list[Ext]:
        """`numerator / (X^k - point)`, the remainder left out."""
        result = [ZERO] * len(numerator)
        for i in reversed(range(len(numerator) - k)):
            above = result[i + k] if i + k < len(result) else ZERO
            result[i] = add(numerator[i + k], mul(point, above))
        return result

    def fold_all(self, transcript: Transcript, joint: list[Ext]) -> tuple[list[Ext], list[bytes]]:
        """Commits to each layer; the final polynomial and the nonces."""
        p = self.key.parameters
        layer = joined([shifted(column, SHIFT) for column in coordinates(joint)])
        nonces, log_size = [], p.log_domain
        for _ in range(p.folds):
            padded = [column + [0] * ((1 << log_size) - len(layer)) for column in coordinates(layer)]
            values = joined([transform(column, root_of_unity(log_size)) for column in padded])
            leaves = 1 << (log_size - p.arity)
            rows = [encode([values[i + j * leaves] for j in range(1 << p.arity)]) for i in range(leaves)]
            self.trees.append(Tree(rows, p.cap))
            transcript.absorb(self.trees[-1].root)
            nonces.append(self.work(transcript, p.fold_bits))
            eta = transcript.challenge()
            arity = 1 << p.arity
            layer = [scale(evaluate(layer[i : i + arity], eta), arity) for i in range(0, len(layer), arity)]
            log_size -= p.arity
        return layer, nonces

    def query_parts(self) -> list[bytes]:
        p = self.key.parameters
        caps = b"".join(tree.cap for tree in self.trees)
        queries = [self.query(index) for index in self.indices]
        step = p.queries_in_part
        return [caps + b"".join(queries[at : at + step]) for at in range(0, p.queries, step)]

    def query(self, index: int) -> bytes:
        p = self.key.parameters
        data = b"".join(tree.leaves[index] + tree.path(index) for tree in self.trees[:3])
        for fold, tree in enumerate(self.trees[3:]):
            log_leaves = p.log_leaves(3 + fold)
            position, index = index >> log_leaves, index % (1 << log_leaves)
            leaf = tree.leaves[index]
            data += leaf[: 16 * position] + leaf[16 * position + 16 :] + tree.path(index)
        return data


def total(elements: list[Ext]) -> Ext:
    result = ZERO
    for element in elements:
        result = add(result, element)
    return result
