"""Solidity sources to committed artifacts, byte for byte the same on every machine.

`python -m gateway.compile` writes `gateway/artifacts/*.json`; with `--check` it writes nothing and fails if they differ
from what the sources give. The compiler is the npm package `solc`, version in `gateway/package-lock.json`; paths and
source hashes are kept out of the bytecode (no CBOR metadata).
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from prividium.errors import ConfigurationError
from prividium.types import Json

GATEWAY = Path(__file__).parent
CONTRACTS = GATEWAY / "contracts"
ARTIFACTS = GATEWAY / "artifacts"
SOLCJS = GATEWAY / "node_modules" / "solc" / "solc.js"

CODE_BYTES_MAX = 24_576
"""EIP-170."""

RUNS = {"verifier": 1_000_000}
"""Of the optimizer, by folder: kernels are paid for millions of times as often as they are deployed."""

RUNS_ELSEWHERE = 1_000

SETTINGS: dict[str, object] = {
    "evmVersion": "cancun",
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}


OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]


class CompilationError(ConfigurationError):
    """The compiler is missing or refused the sources."""


@dataclass(frozen=True)
class Artifact:
    """One deployable contract. `immutables` are (offset, length) of the deployed code that the constructor fills in."""

    name: str
    abi: list[dict[str, Json]]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: list[tuple[int, int]]

    def encode(self) -> str:
        document = {
            "contractName": self.name,
            "abi": self.abi,
            "bytecode": "0x" + self.bytecode.hex(),
            "deployedBytecode": "0x" + self.deployed_bytecode.hex(),
            "immutables": self.immutables,
        }
        return json.dumps(document, indent=1, sort_keys=True) + "\n"

    @staticmethod
    def decode(text: str) -> "Artifact":
        document = json.loads(text)
        return Artifact(
            name=document["contractName"],
            abi=document["abi"],
            bytecode=bytes.fromhex(document["bytecode"][2:]),
            deployed_bytecode=bytes.fromhex(document["deployedBytecode"][2:]),
            immutables=[(offset, length) for offset, length in document["immutables"]],
        )

    def is_deployed_as(self, code: bytes) -> bool:
        """Whether `code`, read from a chain, is this contract with any values of its immutables."""
        return len(code) == len(self.deployed_bytecode) and self._masked(code) == self._masked(self.deployed_bytecode)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for offset, length in self.immutables:
            masked[offset : offset + length] = bytes(length)
        return bytes(masked)


def load(name: str) -> Artifact:
    """The committed artifact of contract `name`."""
    return Artifact.decode((ARTIFACTS / f"{name}.json").read_text())


def compile_all() -> dict[str, Artifact]:
    """Compile every source under `gateway/contracts`; what nobody deploys gives no artifact."""
    return compile_sources(sources())


def compile_sources(texts: dict[str, str]) -> dict[str, Artifact]:
    """Contracts by name, from sources by path; each folder is compiled for its own number of runs."""
    artifacts: dict[str, Artifact] = {}
    for runs in {RUNS_ELSEWHERE, *RUNS.values()}:
        wanted = [path for path in texts if RUNS.get(path.split("/")[0], RUNS_ELSEWHERE) == runs]
        output = _run_solc(_standard_input(texts, wanted, runs))
        problems = [cast(dict[str, Json], problem) for problem in cast(list[Json], output.get("errors", []))]
        if problems:
            text = "\n".join(str(problem["formattedMessage"]) for problem in problems)
            raise CompilationError("solidity_refused", text)
        for contracts in cast(dict[str, dict[str, Json]], output["contracts"]).values():
            for name, contract in contracts.items():
                artifact = _artifact(name, cast(dict[str, Json], contract))
                if _is_deployable(artifact):
                    artifacts[name] = artifact
    return artifacts


def sources() -> dict[str, str]:
    """The project's sources by path."""
    return {path.relative_to(CONTRACTS).as_posix(): path.read_text() for path in sorted(CONTRACTS.rglob("*.sol"))}


def write(artifacts: dict[str, Artifact]) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    for stale in set(ARTIFACTS.glob("*.json")) - {ARTIFACTS / f"{name}.json" for name in artifacts}:
        stale.unlink()
    for name, artifact in artifacts.items():
        (ARTIFACTS / f"{name}.json").write_text(artifact.encode())


def differences(artifacts: dict[str, Artifact]) -> list[str]:
    """Names of artifacts whose committed file is missing, different or without a source."""
    committed = {path.stem: path.read_text() for path in ARTIFACTS.glob("*.json")}
    compiled = {name: artifact.encode() for name, artifact in artifacts.items()}
    return sorted(name for name in committed.keys() | compiled.keys() if committed.get(name) != compiled.get(name))


def _standard_input(texts: dict[str, str], wanted: list[str], runs: int) -> str:
    settings = SETTINGS | {
        "optimizer": {"enabled": True, "runs": runs},
        "outputSelection": {path: {"*": OUTPUTS} for path in wanted},
    }
    contents = {path: {"content": text} for path, text in texts.items()}
    return json.dumps({"language": "Solidity", "sources": contents, "settings": settings})


def _run_solc(standard_input: str) -> dict[str, Json]:
    node = shutil.which("node")
    if node is None:
        raise CompilationError(
            "node_missing", "Node.js is needed to compile contracts: install it and run `make setup`"
        )
    if not SOLCJS.exists():
        raise CompilationError("solc_missing", "the Solidity compiler is not installed: run `npm ci` in gateway/")
    # Files, not pipes: solcjs gives up on a pipe that is not full yet, and exits before a long answer is through one.
    with tempfile.TemporaryFile("w+") as question, tempfile.TemporaryFile("w+") as answer:
        question.write(standard_input)
        question.seek(0)
        run = subprocess.run(  # noqa: S603 (fixed program, input is our own sources)
            [node, str(SOLCJS), "--standard-json"],
            stdin=question,
            stdout=answer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        answer.seek(0)
        text = answer.read()
    if run.returncode != 0 or "{" not in text:
        raise CompilationError("solc_failed", f"solc ended with {run.returncode}: {run.stderr.strip()[:2000]}")
    # solcjs writes a notice about SMT solvers to standard output, ahead of the answer.
    return cast(dict[str, Json], json.loads(text[text.index("{") :]))


def _artifact(name: str, contract: dict[str, Json]) -> Artifact:
    evm = cast(dict[str, dict[str, Json]], contract["evm"])
    deployed = evm["deployedBytecode"]
    references = cast(dict[str, list[dict[str, int]]], deployed.get("immutableReferences", {}))
    artifact = Artifact(
        name=name,
        abi=cast(list[dict[str, Json]], contract["abi"]),
        bytecode=bytes.fromhex(cast(str, evm["bytecode"]["object"])),
        deployed_bytecode=bytes.fromhex(cast(str, deployed["object"])),
        immutables=sorted((spot["start"], spot["length"]) for spots in references.values() for spot in spots),
    )
    if len(artifact.deployed_bytecode) > CODE_BYTES_MAX:
        size = len(artifact.deployed_bytecode)
        raise CompilationError("contract_too_large", f"{name} has {size} bytes of code, the limit is {CODE_BYTES_MAX}")
    return artifact


def _is_deployable(artifact: Artifact) -> bool:
    """Interfaces and abstract contracts have no code; libraries of internal functions have nothing to call."""
    return bool(artifact.bytecode) and any(entry["type"] in ("function", "fallback") for entry in artifact.abi)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m gateway.compile", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed artifacts differ")
    arguments = parser.parse_args()
    try:
        artifacts = compile_all()
    except CompilationError as error:
        sys.stderr.write(error.message + "\n")
        return 2
    if arguments.check:
        changed = differences(artifacts)
        if changed:
            sys.stderr.write(f"artifacts differ from their sources: {', '.join(changed)}; run `make contracts`\n")
            return 1
        return 0
    write(artifacts)
    for name, artifact in sorted(artifacts.items()):
        sys.stdout.write(f"{name}: {len(artifact.deployed_bytecode):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
