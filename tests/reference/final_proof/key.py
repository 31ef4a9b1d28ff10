"""Section 3: the verifying key."""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from tests.reference.final_proof.errors import demand

DIGEST_BYTES = 26
SALT_BYTES = 16


@dataclass(frozen=True)
class Group:
    """One stacked polynomial."""

    tree: int
    extension: bool
    log_k: int
    slots: int
    points: int

    @property
    def width(self) -> int:
        return 4 if self.extension else 1

    @property
    def bits(self) -> list[int]:
        """Its points, ascending: 0 for z, n + 1 for ω_n z."""
        return [bit for bit in range(32) if self.points >> bit & 1]

    def encode(self) -> bytes:
        return bytes([self.tree, self.extension, self.log_k, self.slots]) + self.points.to_bytes(4, "big")


@dataclass(frozen=True)
class Parameters:
    """Section 2."""

    kappa: int
    blowup: int
    queries: int
    queries_in_part: int
    cap: int
    arity: int
    final: int
    lookup_bits: int
    point_bits: int
    batch_bits: int
    fold_bits: int
    query_bits: int

    @property
    def log_domain(self) -> int:
        return self.kappa + self.blowup

    @property
    def folds(self) -> int:
        return (self.kappa - self.final) // self.arity

    @property
    def trees(self) -> int:
        return 3 + self.folds

    @property
    def cap_bytes(self) -> int:
        return DIGEST_BYTES << self.cap

    def log_leaves(self, tree: int) -> int:
        return self.log_domain if tree < 3 else self.log_domain - self.arity * (tree - 2)

    def path_bytes(self, tree: int) -> int:
        return DIGEST_BYTES * (self.log_leaves(tree) - self.cap)

    def encode(self) -> bytes:
        counts = self.queries.to_bytes(2, "big") + self.queries_in_part.to_bytes(2, "big")
        shape = bytes([self.cap, self.arity, self.final])
        work = bytes([self.lookup_bits, self.point_bits, self.batch_bits, self.fold_bits, self.query_bits])
        return bytes([self.kappa, self.blowup]) + counts + shape + work


@dataclass(frozen=True)
class Key:
    """A descriptor with its program's bytes."""

    parameters: Parameters
    public_values: int
    log_heights: list[int]
    groups: list[Group]
    program: bytes

    @property
    def opened_values(self) -> int:
        return sum(group.slots * len(group.bits) for group in self.groups)

    def width(self, tree: int) -> int:
        """Columns of a tree, the mask R included."""
        return sum(group.width for group in self.groups if group.tree == tree) + (4 if tree == 0 else 0)

    @property
    def query_bytes(self) -> int:
        parameters = self.parameters
        rows = sum(4 * self.width(tree) + SALT_BYTES + parameters.path_bytes(tree) for tree in range(3))
        leaf = 16 * ((1 << parameters.arity) - 1)
        return rows + sum(leaf + parameters.path_bytes(3 + fold) for fold in range(parameters.folds))

    @property
    def header_bytes(self) -> int:
        elements = len(self.log_heights) + self.opened_values + (1 << self.parameters.final)
        return 3 * 32 + 4 * 8 + 16 * elements + self.parameters.folds * 40

    def descriptor(self) -> bytes:
        tables = bytes([len(self.log_heights), *self.log_heights])
        groups = len(self.groups).to_bytes(2, "big") + b"".join(group.encode() for group in self.groups)
        values = self.public_values.to_bytes(2, "big")
        head = b"PVOK" + (1).to_bytes(2, "big") + self.parameters.encode()
        return head + values + tables + groups + keccak(self.program)

    def hash(self) -> bytes:
        return keccak(self.descriptor())

    def encode(self) -> bytes:
        descriptor = self.descriptor()
        return len(descriptor).to_bytes(4, "big") + descriptor + self.program

    @staticmethod
    def decode(data: bytes) -> "Key":
        length = int.from_bytes(data[:4], "big")
        d, program = data[4 : 4 + length], data[4 + length :]
        demand(d[:4] == b"PVOK", "key_malformed")
        demand(d[4:6] == b"\x00\x01" and program[4:6] == b"\x00\x01", "key_version")
        counts = (int.from_bytes(d[8:10], "big"), int.from_bytes(d[10:12], "big"))
        parameters = Parameters(d[6], d[7], *counts, *d[12:20])
        tables = d[22]
        start = 23 + tables
        count = int.from_bytes(d[start : start + 2], "big")
        entries = [d[start + 2 + 8 * i : start + 10 + 8 * i] for i in range(count)]
        groups = [Group(e[0], bool(e[1]), e[2], e[3], int.from_bytes(e[4:8], "big")) for e in entries]
        key = Key(parameters, int.from_bytes(d[20:22], "big"), list(d[23:start]), groups, program)
        demand(d[-32:] == keccak(program), "key_program_mismatch")
        demand(key.descriptor() == d, "key_malformed")
        return key
