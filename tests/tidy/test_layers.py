"""Imports follow the way of the data: a package imports only what stands before it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FOUNDATION = {
    "errors",
    "types",
    "clock",
    "settings",
    "issuer_settings",
    "client_settings",
    "directory_settings",
    "rest",
    "_core",
}
MAY_IMPORT: dict[str, set[str]] = {
    "db": set(),
    "audit": {"db"},
    "identity": {"db", "audit"},
    "permissions": {"db", "audit", "identity"},
    "provisioning": {"db", "audit", "identity", "permissions"},
    "ledger": {"db", "permissions", "identity"},
    "batch": {"ledger"},
    "proof": {"ledger", "batch"},
    "disclosure": {"db", "audit", "identity", "permissions", "ledger", "batch", "proof", "gateway"},
    "rpc": {"db", "audit", "identity", "permissions", "ledger", "batch", "disclosure"},
    "gateway": {"proof", "batch", "ledger"},
}
WIRING = {"app", "api", "openapi", "node", "cli", "commands", "demo", "bench"}


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(ROOT.glob("prividium/**/*.py")):
        inner = path.relative_to(ROOT / "prividium")
        found.append((inner.parts[0].removesuffix(".py"), path))
    found += [("gateway", path) for path in sorted(ROOT.glob("gateway/**/*.py")) if "node_modules" not in path.parts]
    return found


def imported_packages(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    packages = set()
    for name in names:
        parts = name.split(".")
        if parts[0] == "prividium" and len(parts) > 1:
            packages.add(parts[1])
        elif parts[0] == "gateway":
            packages.add("gateway")
    return packages


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_what_stands_before_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | FOUNDATION | {package}
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for owner, path in modules()
        if owner == package
        for name in imported_packages(path) - allowed
    }
    assert not wrong


def test_every_package_has_its_place_in_the_line() -> None:
    known = set(MAY_IMPORT) | FOUNDATION | WIRING | {"__init__", "__main__", "console"}
    assert {owner for owner, _ in modules()} <= known
