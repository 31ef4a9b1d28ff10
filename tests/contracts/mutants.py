"""Takes every check of the contracts away, one at a time, and demands that a test misses it.

`python -m tests.contracts.mutants [PATTERN]` works on a copy of the repository; PATTERN picks checks by place or text.
All of them take about an hour.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACTS = Path("gateway/contracts")
COPIED = ("gateway", "prividium", "tests", "circuits/guests", "pyproject.toml")
EXAMPLES = "examples"
IGNORED = ("test_artifacts.py", "test_gas.py")
"""These would miss any change of the code, whatever it does."""

NEAR = {"verifier": "tests/contracts/verifier"}
"""Where tests for the checks of a folder are looked for first."""


@dataclass(frozen=True)
class Check:
    """`require(condition, error)` in a source."""

    path: Path
    line: int
    start: int
    end: int
    """Of the condition, as offsets in the source."""
    text: str

    def without(self, source: str) -> str:
        return f"{source[: self.start]}({source[self.start : self.end]}) || true{source[self.end :]}"


def checks(folder: Path) -> Iterator[Check]:
    for path in sorted((folder / CONTRACTS).rglob("*.sol")):
        source = path.read_text()
        if EXAMPLES in path.parts:
            continue
        for found in re.finditer(r"\brequire\(", source):
            end = _end_of_argument(source, found.end())
            text = " ".join(source[found.end() : end].split())
            yield Check(path.relative_to(folder), source.count("\n", 0, found.start()) + 1, found.end(), end, text)


def _end_of_argument(source: str, start: int) -> int:
    """Offset of what comes after the first argument."""
    depth = 0
    for offset in range(start, len(source)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(source[offset], 0)
        if depth < 0 or (depth == 0 and source[offset] == ","):
            return offset
    raise ValueError("a require without an end")


def is_missed(folder: Path, check: Check) -> bool:
    """Whether a test fails without the check."""
    path = folder / check.path
    source = path.read_text()
    path.write_text(check.without(source))
    try:
        if _run(folder, "-m", "gateway.compile") != 0:
            raise RuntimeError(f"{check.path}:{check.line} does not compile without its check")
        near = NEAR.get(check.path.parts[2])
        places = [place for place in (near, "tests/contracts") if place is not None]
        return any(_run(folder, "-m", "pytest", *_selection(place)) != 0 for place in places)
    finally:
        path.write_text(source)


def _selection(place: str) -> list[str]:
    ignored = [f"--ignore-glob=*/{name}" for name in IGNORED]
    return ["-x", "-q", "-p", "no:cacheprovider", "-m", "not node and not slow and not geth", *ignored, place]


def _run(folder: Path, *arguments: str) -> int:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def main() -> int:
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    unmissed = 0
    with tempfile.TemporaryDirectory(prefix="prividium-mutants-") as temporary:
        folder = Path(temporary)
        for name in COPIED:
            source, target = ROOT / name, folder / name
            shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
        if _run(folder, "-m", "pytest", *_selection("tests/contracts")) != 0:
            print("the tests fail as it is")
            return 1
        for check in checks(folder):
            where = f"{check.path}:{check.line} {check.text}"
            if pattern not in where:
                continue
            missed = is_missed(folder, check)
            unmissed += not missed
            print("missed " if missed else "NOT MISSED", where, flush=True)
    return 1 if unmissed else 0


if __name__ == "__main__":
    raise SystemExit(main())
