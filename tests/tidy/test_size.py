"""Small files with one subject, short functions, and no names that say nothing."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE_LINES_MAX = 400
PYTHON_FUNCTION_LINES_MAX = 50
RUST_FUNCTION_LINES_MAX = 70
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "base", "misc"}
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b|unimplemented[!]|to[d]o!\(|NotImplemente[d]Error")
SOURCES = (".py", ".pyi", ".rs", ".sol")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix in SOURCES]


def test_no_source_file_is_longer_than_the_limit() -> None:
    long = {str(p.relative_to(ROOT)): n for p in sources() if (n := len(p.read_text().splitlines())) > FILE_LINES_MAX}
    assert not long


def test_no_python_function_is_longer_than_the_limit() -> None:
    """Migrations are lists of columns and are left out."""
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": size
        for path in sources()
        if path.suffix == ".py" and "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or node.lineno) - node.lineno + 1) > PYTHON_FUNCTION_LINES_MAX
    }
    assert not long


def rust_functions(text: str) -> list[tuple[str, int]]:
    """Name and length of each function, by indentation: rustfmt puts the closing brace under the `fn`."""
    found: list[tuple[str, int]] = []
    lines = text.splitlines()
    for start, line in enumerate(lines):
        match = re.match(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:const |unsafe |extern \"C\" )*fn (\w+)", line)
        if not match or line.rstrip().endswith((";", "}")):
            continue
        end = next((n for n in range(start, len(lines)) if lines[n].rstrip() == match[1] + "}"), start)
        found.append((match[2], end - start + 1))
    return found


def test_no_rust_function_is_longer_than_the_limit() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{name}": size
        for path in sources()
        if path.suffix == ".rs"
        for name, size in rust_functions(path.read_text())
        if size > RUST_FUNCTION_LINES_MAX
    }
    assert not long


def test_no_module_is_named_after_nothing() -> None:
    assert not [str(path.relative_to(ROOT)) for path in sources() if path.stem.lower() in BANNED_NAMES]


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not found
