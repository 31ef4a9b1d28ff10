"""Check a final proof before it goes to L1: with the native verifier, which shares nothing with the prover."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prividium._core import CoreError, final_proof_parts, verify_final_proof
from prividium.proof.prover import OutputMismatch, ProofInvalid
from prividium.types import to_hex

PROOF_BYTES_MAX = 1 << 20
"""A final proof has a fixed shape and about 210 KB."""

_EXE, _VM, _OUTPUT, _DAG = slice(0, 8), slice(8, 16), slice(16, 48), slice(48, 56)
"""Places of the public values (docs/protocol/proof.md §9)."""


@dataclass(frozen=True)
class Statement:
    """What the public values of a final proof say; 32 bytes each."""

    app_exe_commit: bytes
    app_vm_commit: bytes
    output: bytes
    dag_commit: bytes


@dataclass(frozen=True)
class VerifiedProof:
    """A proof that was checked; only `FinalVerifier` makes one."""

    statement: Statement
    content: bytes
    """The proof file."""


Verify = Callable[[Path, bytes], VerifiedProof]
"""(proof file, expected output) → what was verified; raises `ProofRejected` for a file that is no such proof."""


class FinalVerifier:
    """Verifies with one verifying key; an instance is a `Verify`."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, proof: Path, output: bytes) -> VerifiedProof:
        """Raises ProofInvalid with the code of the first check that fails, or OutputMismatch."""
        content = read_proof(proof)
        try:
            public_values, parts = final_proof_parts(content)
            statement = parse_statement(public_values)
            if statement.output != output:
                text = f"the proof is of output {to_hex(statement.output)}, wanted is {to_hex(output)}"
                raise OutputMismatch("output_mismatch", text)
            verify_final_proof(self._key, public_values, parts)
        except CoreError as error:
            raise ProofInvalid(error.code, f"the final proof is invalid: {error.message}") from error
        return VerifiedProof(statement, content)


def statement_of(proof: Path) -> Statement:
    """What a proof file states, before anything was checked; ProofInvalid if it is none."""
    try:
        return parse_statement(final_proof_parts(read_proof(proof))[0])
    except CoreError as error:
        raise ProofInvalid(error.code, f"the file is no final proof: {error.message}") from error


def read_proof(path: Path) -> bytes:
    """Content of a proof file; ProofInvalid if it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(PROOF_BYTES_MAX + 1)
    except OSError as error:
        raise ProofInvalid("proof_unreadable", f"the proof file {path.name} cannot be read") from error
    if len(content) > PROOF_BYTES_MAX:
        raise ProofInvalid("proof_malformed", f"the proof file is larger than {PROOF_BYTES_MAX} bytes")
    return content


def parse_statement(public_values: list[int]) -> Statement:
    """ProofInvalid if these are not the root circuit's public values."""
    if len(public_values) != _DAG.stop or max(public_values[_OUTPUT]) > 0xFF:
        raise ProofInvalid("public_values_malformed", "the proof's public values are not those of a batch")
    exe, vm, dag = (b"".join(value.to_bytes(4) for value in public_values[place]) for place in (_EXE, _VM, _DAG))
    return Statement(exe, vm, bytes(public_values[_OUTPUT]), dag)
