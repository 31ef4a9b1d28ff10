"""The chain that routes ask: what code an address has, what a call would do."""

from typing import Annotated, cast

from fastapi import Depends, Request

from prividium._core import Ledger
from prividium.errors import Unavailable


def ledger_of(request: Request) -> Ledger:
    """Raises Unavailable("chain_missing") in a process that only administers."""
    ledger = request.app.state.ledger
    if ledger is None:
        raise Unavailable("chain_missing", "this process has no chain to ask")
    return cast(Ledger, ledger)


TheLedger = Annotated[Ledger, Depends(ledger_of)]
