"""Section 10: one identifier for each check, with the numbers that say where."""


class Rejected(Exception):
    """The first check that fails."""

    def __init__(self, code: str, *where: int) -> None:
        super().__init__(code, *where)
        self.code = code
        self.where = where


def demand(condition: bool, code: str, *where: int) -> None:
    if not condition:
        raise Rejected(code, *where)
