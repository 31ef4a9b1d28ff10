"""What a proof costs: instructions and trace cells per transfer by part, then one proof with its time, memory and size.

The witnesses are frozen batches of ERC-20 transfers between distinct wallets in a tree twenty levels deep, signature,
policy and history included. They lie in `tests/vectors/bench`; the example `transfers` of `circuits/stf` makes them.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prividium.errors import PrividiumError

WITNESSES = Path(__file__).parents[2] / "tests" / "vectors" / "bench"
SIZES = (1, 4, 16)


@dataclass(frozen=True)
class Execution:
    """One batch, executed in the zkVM without a proof."""

    transfers: int
    instructions: int
    cells: int
    segments: int
    parts: dict[str, int]
    """Instructions by part of the work."""


@dataclass(frozen=True)
class Proof:
    transfers: int
    instructions: int
    proof_bytes: int
    segments: int
    peak_memory_bytes: int
    cpu_seconds: float
    seconds: dict[str, float]
    """Wall-clock seconds by stage."""

    @property
    def segment_kilohertz(self) -> float:
        """Instructions per millisecond while segments are proven."""
        return self.instructions / self.seconds["segments"] / 1000


def witness(transfers: int) -> Path:
    return WITNESSES / f"transfers_{transfers}.witness"


def measure_execution(prover: Path, transfers: int) -> Execution:
    answer = _run(prover, "execute", "--parts", str(witness(transfers)))
    parts = {str(part["name"]): int(part["instructions"]) for part in answer["parts"]}
    return Execution(transfers, answer["instructions"], answer["cells"], answer["segments"], parts)


def measure_proof(prover: Path, transfers: int, say: Callable[[str], None]) -> Proof:
    """One proof from nothing, keys included, and its verification."""
    with tempfile.TemporaryDirectory(prefix="prividium-bench-") as folder:
        out = Path(folder) / "proof.bin"
        say(f"proving {transfers} transfers")
        answer = _run(prover, "prove", str(witness(transfers)), "--out", str(out), "--work", str(Path(folder) / "work"))
        _run(prover, "verify", str(out), "--output", answer["output"])
    return Proof(
        transfers=transfers,
        instructions=answer["instructions"],
        proof_bytes=answer["proof_bytes"],
        segments=answer["segments"],
        peak_memory_bytes=answer["peak_memory_bytes"],
        cpu_seconds=answer["cpu_seconds"],
        seconds=answer["seconds"],
    )


def _run(prover: Path, *arguments: str) -> dict[str, Any]:
    finished = subprocess.run([prover, "--json", *arguments], stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    answer: dict[str, Any] = json.loads(finished.stdout.strip().splitlines()[-1])
    if finished.returncode:
        raise PrividiumError(str(answer.get("code")), f"prividium-prover {arguments[0]}: {answer.get('message')}")
    return answer
