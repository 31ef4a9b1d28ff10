"""The examples of docs/permissions.md, read out of the document."""

import ast
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "permissions.md"
Value: TypeAlias = "int | str | bytes | list[Value] | tuple[Value, ...]"
Encoder: TypeAlias = Callable[[str, str, Sequence[Value]], bytes]
"""Call data of a contract's function, by their names."""


@dataclass(frozen=True)
class Row:
    """A line of a table: what somebody does, and the documented answer."""

    number: int
    title: str
    cells: tuple[str, ...]

    @property
    def answer(self) -> str:
        return self.cells[-1]


@dataclass(frozen=True)
class Section:
    title: str
    commands: tuple[tuple[str, ...], ...]
    """Words as a shell sees them."""
    answers: tuple[str, ...]
    """JSON."""
    rows: tuple[Row, ...]


def sections(of: str, level: str) -> list[Section]:
    """The part before the first heading and each one behind it, in the chapter `of`."""
    text = DOCUMENT.read_text()
    chapter = text[text.index(f"\n## {of}\n") :].split("\n## ")[1]
    return [_section(part) for part in chapter.split(f"\n{level} ")]


def _section(text: str) -> Section:
    title = text.partition("\n")[0]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    commands = tuple(command for kind, block in blocks if kind == "sh" for command in _commands(block))
    table = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    rows = tuple(Row(number, title, tuple(cell.strip() for cell in line)) for number, line in enumerate(table[2:], 1))
    return Section(title, commands, tuple(block for kind, block in blocks if kind == "json"), rows)


def _commands(block: str) -> Iterator[tuple[str, ...]]:
    """A command ends with the line, unless that ends in a backslash or within quotes."""
    waiting = ""
    for line in block.splitlines(keepends=True):
        waiting += line
        if line.endswith("\\\n"):
            continue
        try:
            yield tuple(shlex.split(waiting.replace("\\\n", " ")))
        except ValueError:
            continue
        waiting = ""
    assert not waiting, waiting


class Contracts:
    """Evaluates calls as they are written in the tables, such as `FUND.mint(ALICE, 5)`."""

    def __init__(self, addresses: Mapping[str, str], encode: Encoder) -> None:
        self._addresses = addresses
        self._encode = encode

    def call(self, text: str) -> tuple[str, bytes]:
        """Address and call data."""
        node = ast.parse(text.strip("`"), mode="eval").body
        return self._call(node)

    def _call(self, node: ast.expr) -> tuple[str, bytes]:
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Attribute)
        assert isinstance(node.func.value, ast.Name)
        arguments = [self._value(argument) for argument in node.args]
        name = node.func.value.id
        return self._addresses[name], self._encode(name, node.func.attr, arguments)

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() as number):
                return number
            case ast.Name(id=name):
                return self._addresses[name]
            case ast.List(elts=elements):
                return [self._value(element) for element in elements]
            case ast.Tuple(elts=elements):
                return tuple(self._value(element) for element in elements)
        return self._call(node)[1]
