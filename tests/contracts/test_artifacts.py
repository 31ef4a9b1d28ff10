"""The committed artifacts are what the sources give, and fit the chain."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.compile import ARTIFACTS, CODE_BYTES_MAX, CONTRACTS, Artifact, compile_all, differences, load

NAMES = sorted(path.stem for path in ARTIFACTS.glob("*.json"))


def test_recompiling_gives_the_committed_artifacts_byte_for_byte() -> None:
    compiled = compile_all()
    assert differences(compiled) == []
    assert sorted(compiled) == NAMES
    verifier = ["HeaderVerifier", "ProofVerifier", "QueryVerifier"]
    assert sorted([*verifier, "Create2Factory", "Forwarder", "Fund", "KeyRegistry", "Settlement"]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_contract_fits_the_code_limit(name: str) -> None:
    assert 0 < len(load(name).deployed_bytecode) <= CODE_BYTES_MAX


@pytest.mark.parametrize("name", NAMES)
def test_an_artifact_survives_its_encoding(name: str) -> None:
    assert Artifact.decode(load(name).encode()) == load(name)


def declared(pattern: str, path: Path) -> set[str]:
    return set(re.findall(pattern, path.read_text()))


@pytest.mark.parametrize("name", [path.stem for path in sorted((CONTRACTS / "interfaces").glob("*.sol"))])
def test_an_interface_explains_each_error_event_and_function(name: str) -> None:
    lines = (CONTRACTS / "interfaces" / f"{name}.sol").read_text().splitlines()
    bare = [
        line.strip()
        for before, line in pairwise(lines)
        if line.startswith(("    error ", "    event ", "    function ")) and not before.strip().startswith("///")
    ]
    assert bare == []


def test_every_custom_error_is_exercised_by_a_test() -> None:
    interfaces = CONTRACTS / "interfaces"
    errors = {error for path in interfaces.glob("*.sol") for error in declared(r"(?m)^    error (\w+)\(", path)}
    tests = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    assert {error for error in errors if not re.search(rf"\b{error}\b", tests)} == set()
