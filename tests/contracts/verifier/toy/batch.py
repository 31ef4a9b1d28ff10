"""Final proofs of batches, of the toy system: its first two public values are the toy's, all others are free."""

import random
from functools import cache

from gateway.relayer.settlement import VerifyingKey
from gateway.verifier.key_file import KeyFile
from gateway.verifier.slices import FinalProof
from tests.contracts.verifier.toy import system
from tests.contracts.verifier.toy.prover import Prover
from tests.reference.final_proof.field import P, decode_base, encode_base

PUBLIC_VALUES = 56
KEY = system.key(public_values=PUBLIC_VALUES)
KEY_FILE = KeyFile.decode(KEY.encode())


class BatchProver(Prover):
    """States what it is told to, with the toy's own numbers in front."""

    def __init__(self, statement: list[int]) -> None:
        super().__init__(KEY, seed=0)
        self._statement = statement

    def public_values(self) -> list[int]:
        return super().public_values() + self._statement[2:]


def commitments(seed: int) -> VerifyingKey:
    """A key under which the toy can prove batches; the verifier's address is left open."""
    column = Prover(KEY, seed=0).trace()[0][1]
    source = random.Random(seed)
    limbs = [[source.randrange(P) for _ in range(8)] for _ in range(3)]
    limbs[0][:2] = [column[0], column[-1]]
    exe, vm, dag = (encode_base(values) for values in limbs)
    return VerifyingKey(exe, vm, dag)


@cache
def prove(public_values: bytes) -> FinalProof:
    values = decode_base(public_values)
    assert values is not None
    return FinalProof.decode(KEY_FILE, BatchProver(values).prove().encode())


@cache
def proof_file(output: bytes, key: VerifyingKey | None = None) -> bytes:
    """The file of a proof of a batch output, made with the program of `key`."""
    key = key or commitments(1)
    spread = b"".join(value.to_bytes(4) for value in output)
    values = decode_base(key.app_exe_commit + key.app_vm_commit + spread + key.dag_commit)
    assert values is not None
    return BatchProver(values).prove().encode()
