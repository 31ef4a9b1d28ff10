"""`python -m prividium.rpc.document [FILE]`: writes the table of methods into `docs/rpc.md`."""

import sys
from pathlib import Path
from typing import Final

from prividium.rpc.forbidden import NAMESPACES
from prividium.rpc.methods import METHODS, WHO, Treatment

DOCUMENT: Final = Path("docs/rpc.md")
BEGIN: Final = "<!-- methods: written by `python -m prividium.rpc.document` -->"
END: Final = "<!-- end of methods -->"


def written(document: str) -> str:
    """The document with the table of today between its two marks; raises ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document lacks the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{table()}\n{END}{after}"


def table() -> str:
    return f"{_treatments()}\n{_methods()}\n{_namespaces()}"


def _treatments() -> str:
    rows = [f"| {treatment.value} | {WHO[treatment]} |" for treatment in Treatment]
    return _lines("| treatment | who may call |", "|---|---|", *rows)


def _methods() -> str:
    rows = [
        f"| `{name}` | {method.treatment.value} | {method.sentence} |"
        for treatment in Treatment
        for name, method in METHODS.items()
        if method.treatment is treatment
    ]
    return _lines("| method | treatment | what it does, or why it is forbidden |", "|---|---|---|", *rows)


def _namespaces() -> str:
    rows = [f"| `{prefix}*` | {reason} |" for prefix, reason in NAMESPACES.items()]
    return _lines("| all others of | why they are forbidden |", "|---|---|", *rows)


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else DOCUMENT
    path.write_text(written(path.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
