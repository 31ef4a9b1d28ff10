"""Checking a disclosure file against L1, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from prividium.disclosure.fields import DisclosureInvalid, Fields, parse_document
from prividium.disclosure.statements import token_balance, transaction
from prividium.types import Json

FORMAT, VERSION = "prividium-disclosure", 1


@dataclass(frozen=True)
class Anchor:
    """Where a disclosure says that its root stands."""

    chain_id: int
    l1_chain_id: int
    settlement: bytes
    batch: int


@dataclass(frozen=True)
class Disclosure:
    anchor: Anchor
    statement: dict[str, Json]
    opening: Json


@dataclass(frozen=True)
class Verified:
    """What was proven, in words, and on which root."""

    anchor: Anchor
    state_root: bytes
    claims: list[str]


def compose(
    statement: dict[str, Json], opening: Json, chain_id: int, l1_chain_id: int, settlement: str
) -> dict[str, Json]:
    """The file's content."""
    chain: Json = {"chainId": chain_id, "l1ChainId": l1_chain_id, "settlement": settlement}
    return {"format": FORMAT, "version": VERSION, "statement": statement, "chain": chain, "opening": opening}


def parse(content: bytes) -> Disclosure:
    """Raises DisclosureInvalid for anything that is not a disclosure of this version."""
    fields = Fields("disclosure", parse_document(content))
    if fields.text("format") != FORMAT:
        raise DisclosureInvalid("malformed", "not a disclosure file")
    version = fields.integer("version", 32)
    if version != VERSION:
        raise DisclosureInvalid("version_unsupported", f"disclosure version {version}; this program reads {VERSION}")
    chain = fields.object("chain")
    statement = fields.take("statement")
    opening = fields.take("opening")
    fields.done()
    if not isinstance(statement, dict) or not isinstance(statement.get("batch"), int):
        raise DisclosureInvalid("malformed", "the statement names no batch")
    batch = Fields("statement", {"batch": statement["batch"]}).integer("batch")
    anchor = Anchor(chain.integer("chainId"), chain.integer("l1ChainId"), chain.data("settlement", 20), batch)
    chain.done()
    return Disclosure(anchor, statement, opening)


def verify(disclosure: Disclosure, state_root_of: Callable[[Anchor], bytes]) -> Verified:
    """Check a disclosure; `state_root_of` reads the batch's state root from L1. Raises DisclosureInvalid."""
    root = state_root_of(disclosure.anchor)
    kind = disclosure.statement.get("type")
    if kind == transaction.TYPE:
        opening = Fields("opening", disclosure.opening)
        if opening.text("kind") != "transaction":
            raise DisclosureInvalid("malformed", "the opening is of another kind")
        claims = transaction.check(disclosure.statement, opening, root)
    elif kind == token_balance.TYPE:
        claims = token_balance.check(disclosure.statement, disclosure.opening, root)
    else:
        raise DisclosureInvalid("statement_unknown", "this program does not know the statement's type")
    return Verified(disclosure.anchor, root, claims)
