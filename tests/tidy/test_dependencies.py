"""Dependencies are pinned by hash, come from the public registries and carry licences that we may ship."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
DENY = tomllib.loads((ROOT / "circuits/deny.toml").read_text())
LOCKS = [ROOT / "circuits/Cargo.lock", ROOT / "circuits/guests/batch/Cargo.lock"]


def requirements() -> list[str]:
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith(("#", " "))]


def test_every_python_requirement_is_pinned_with_hashes() -> None:
    assert requirements()
    assert not [line for line in requirements() if "==" not in line or "--hash=sha256:" not in line]
    assert not re.search(r"(index-url|find-links|trusted-host)", (ROOT / "requirements.lock").read_text())


def test_the_python_lock_holds_every_declared_dependency() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = declared["project"]["dependencies"] + declared["dependency-groups"]["dev"]
    wanted = {re.split(r"[\[<>=~! ]", name)[0].lower() for name in names}
    locked = {line.split("==")[0].split("[")[0].strip().lower() for line in requirements()}
    assert wanted <= locked


def test_npm_lock_files_name_no_registry() -> None:
    for path in [*ROOT.glob("*/package-lock.json"), *ROOT.glob("tests/*/package-lock.json")]:
        packages = json.loads(path.read_text())["packages"]
        assert not [name for name, entry in packages.items() if "resolved" in entry]
        assert not [name for name, entry in packages.items() if name and "integrity" not in entry]


def test_rust_crates_come_from_the_public_registry_with_checksums() -> None:
    allowed = {f"registry+{url}" for url in DENY["sources"]["allow-registry"]}
    for lock in LOCKS:
        for package in tomllib.loads(lock.read_text())["package"]:
            if "source" in package:
                assert package["source"] in allowed, package["name"]
                assert "checksum" in package, package["name"]


def licence_is_allowed(expression: str) -> bool:
    """SPDX expressions of the simple forms that crates use: OR of ANDs, `/` as an old spelling of OR."""
    allowed = set(DENY["licenses"]["allow"])
    alternatives = re.split(r" OR |/", expression.replace("(", "").replace(")", ""))
    return any(all(term.strip() in allowed for term in option.split(" AND ")) for option in alternatives)


def test_rust_crates_have_licences_that_we_may_ship() -> None:
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--offline"]
    result = subprocess.run(command, cwd=ROOT / "circuits", capture_output=True, text=True, check=True)
    packages = json.loads(result.stdout)["packages"]
    wrong = {p["name"]: p["license"] for p in packages if p["license"] and not licence_is_allowed(p["license"])}
    assert not wrong
