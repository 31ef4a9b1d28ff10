"""The verifying key of final proofs: its file, and the code that holds it on L1 (docs/protocol/proof.md §3)."""

from dataclasses import dataclass
from itertools import accumulate

from eth_utils.crypto import keccak

from prividium.errors import ConfigurationError

CODE_BYTES_MAX = 24_576
"""EIP-170."""

_DESCRIPTOR_BYTES_MIN = 23
_DIGEST_BYTES = 26
_SALT_BYTES = 16
_MASK_COLUMNS = 4


@dataclass(frozen=True)
class KeyFile:
    """A descriptor and its program, as bytes; L1 checks what they say."""

    descriptor: bytes
    program: bytes

    @staticmethod
    def decode(data: bytes) -> "KeyFile":
        """ConfigurationError("key_malformed") if the file is not a descriptor and the program that it names."""
        length = int.from_bytes(data[:4], "big")
        key = KeyFile(data[4 : 4 + length], data[4 + length :])
        whole = len(key.descriptor) == length >= _DESCRIPTOR_BYTES_MIN and key.descriptor[:6] == b"PVOK\x00\x01"
        if not whole or key.descriptor[-32:] != keccak(key.program):
            raise ConfigurationError("key_malformed", "this is not a verifying key file of version 1, or it is damaged")
        return key

    def encode(self) -> bytes:
        """The key file."""
        return len(self.descriptor).to_bytes(4, "big") + self.descriptor + self.program

    @property
    def hash(self) -> bytes:
        return bytes(keccak(self.descriptor))

    @property
    def queries(self) -> int:
        return int.from_bytes(self.descriptor[8:10], "big")

    @property
    def caps_bytes(self) -> int:
        """The caps of all trees."""
        return (3 + self._folds) * (_DIGEST_BYTES << self.descriptor[12])

    @property
    def query_bytes(self) -> int:
        """What one query takes."""
        return self.path_ends[-1]

    @property
    def path_ends(self) -> list[int]:
        """Where in a query the path in each tree ends: three of rows, then those of folds."""
        domain, cap, arity = self.descriptor[6] + self.descriptor[7], self.descriptor[12], self.descriptor[13]
        rows = [4 * columns + _SALT_BYTES + _DIGEST_BYTES * (domain - cap) for columns in self._columns]
        leaf = 16 * ((1 << arity) - 1)
        folds = [leaf + _DIGEST_BYTES * (domain - arity * (fold + 1) - cap) for fold in range(self._folds)]
        return list(accumulate(rows + folds))

    def directory(self, evaluators: list[bytes]) -> bytes:
        """The addresses of the program's contracts, then the descriptor."""
        return bytes([len(evaluators)]) + b"".join(evaluators) + self.descriptor

    @property
    def _folds(self) -> int:
        return (self.descriptor[6] - self.descriptor[14]) // self.descriptor[13]

    @property
    def _columns(self) -> list[int]:
        """Of each tree of rows."""
        start = _DESCRIPTOR_BYTES_MIN + self.descriptor[22]
        entries = self.descriptor[start + 2 : -32]
        columns = [_MASK_COLUMNS, 0, 0]
        for at in range(0, len(entries), 8):
            columns[entries[at]] += 4 if entries[at + 1] else 1
        return columns


def store_creation(data: bytes) -> bytes:
    """Init code of a contract whose code is a zero byte, so that it cannot run, and `data`."""
    return code_creation(b"\x00" + data)


def code_creation(code: bytes) -> bytes:
    """Init code of a contract with the given code."""
    # PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: the code that follows these ten bytes.
    return b"\x61" + len(code).to_bytes(2, "big") + bytes.fromhex("80600a5f395ff3") + code
