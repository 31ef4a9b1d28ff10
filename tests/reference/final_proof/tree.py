"""Section 8: trees with caps."""

from eth_utils.crypto import keccak

from tests.reference.final_proof.key import DIGEST_BYTES


def digest(data: bytes) -> bytes:
    return bytes(keccak(data)[:DIGEST_BYTES])


class Tree:
    """All levels, leaves first, up to the cap."""

    def __init__(self, leaves: list[bytes], log_cap: int) -> None:
        self.leaves = leaves
        self.levels = [[digest(leaf) for leaf in leaves]]
        while len(self.levels[-1]) > 1 << log_cap:
            level = self.levels[-1]
            self.levels.append([digest(level[i] + level[i + 1]) for i in range(0, len(level), 2)])

    @property
    def cap(self) -> bytes:
        return b"".join(self.levels[-1])

    @property
    def root(self) -> bytes:
        return bytes(keccak(self.cap))

    def path(self, index: int) -> bytes:
        return b"".join(level[index >> r ^ 1] for r, level in enumerate(self.levels[:-1]))


def leads_to(leaf: bytes, index: int, path: bytes, cap: bytes) -> bool:
    """Whether `path` joins leaf number `index` to its entry of the cap."""
    node = digest(leaf)
    for at in range(0, len(path), DIGEST_BYTES):
        sibling = path[at : at + DIGEST_BYTES]
        node = digest(sibling + node) if index & 1 else digest(node + sibling)
        index >>= 1
    return cap[DIGEST_BYTES * index : DIGEST_BYTES * (index + 1)] == node
