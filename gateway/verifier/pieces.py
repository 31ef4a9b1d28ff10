"""What a verifier on L1 consists of, in the order in which it is deployed."""

from collections.abc import Callable
from dataclasses import dataclass

from eth_utils.crypto import keccak

from gateway.abi import interface
from gateway.relayer.client import L1Client
from gateway.verifier.evaluators import evaluators
from gateway.verifier.key_file import KeyFile, code_creation, store_creation
from prividium.types import to_hex

Addresses = dict[str, bytes]
"""Of the pieces that stand, by name."""


@dataclass(frozen=True)
class Piece:
    """One contract: its init code, and how its code is told from any other's, given those before it."""

    name: str
    contract: str | None
    creation: Callable[[Addresses], bytes]
    is_deployed_as: Callable[[Addresses, bytes], bool]


def verifier_pieces(key: KeyFile) -> list[Piece]:
    """Evaluators, directory, and the three contracts over them."""
    codes = evaluators(key.program)
    names = [f"evaluator {number}" for number in range(len(codes))]

    def directory(built: Addresses) -> bytes:
        return key.directory([built[name] for name in names])

    def over_directory(name: str) -> Callable[[Addresses], bytes]:
        return lambda built: interface(name).creation(to_hex(built["directory"]))

    def proofs(built: Addresses) -> bytes:
        parts = (built["HeaderVerifier"], built["QueryVerifier"])
        return interface("ProofVerifier").creation(*map(to_hex, parts))

    return [
        *(_code_piece(name, code) for name, code in zip(names, codes, strict=True)),
        Piece(
            "directory",
            None,
            lambda built: store_creation(directory(built)),
            lambda built, code: code == b"\0" + directory(built),
        ),
        artifact_piece("HeaderVerifier", over_directory("HeaderVerifier")),
        artifact_piece("QueryVerifier", over_directory("QueryVerifier")),
        artifact_piece("ProofVerifier", proofs),
    ]


def artifact_piece(name: str, creation: Callable[[Addresses], bytes]) -> Piece:
    """A compiled contract; its name is the artifact's."""
    return Piece(name, name, creation, lambda _, code: interface(name).artifact.is_deployed_as(code))


def _code_piece(name: str, code: bytes) -> Piece:
    return Piece(name, None, lambda _: code_creation(code), lambda _, found: found == code)


def is_verifier_for(client: L1Client, address: bytes, key: KeyFile) -> bool:
    """Whether the contracts at `address` and behind it are ours and were deployed for exactly this key."""
    contract = interface("ProofVerifier")
    if not contract.artifact.is_deployed_as(client.code(address)):
        return False

    def read(function: str) -> object:
        return contract.answer(function, client.call(address, contract.call(function)))[0]

    for name, function in (("HeaderVerifier", "headerVerifier"), ("QueryVerifier", "queryVerifier")):
        part = bytes.fromhex(str(read(function))[2:])
        if not interface(name).artifact.is_deployed_as(client.code(part)):
            return False
    constraints = keccak(b"".join(keccak(code) for code in evaluators(key.program)))
    return (read("keyHash"), read("constraintsHash")) == (key.hash, constraints)
