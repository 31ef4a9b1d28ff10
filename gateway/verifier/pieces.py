"""What a verifier on L1 consists of, in the order in which it is deployed, and how it is told from any other.

Every contract is created by a `Create2Factory`, so that its address follows from its init code: the address of a
verifier says which key, which constraints and which code it has.
"""

from collections.abc import Callable
from dataclasses import dataclass

from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from gateway.abi import interface
from gateway.relayer.client import L1Client, L1Refused
from gateway.relayer.submit import Call
from gateway.verifier.evaluators import evaluators
from gateway.verifier.key_file import KeyFile, code_creation, store_creation
from prividium.types import to_hex

FACTORY = "Create2Factory"

Addresses = dict[str, bytes]
"""Of the factory and of the pieces before, by name."""


@dataclass(frozen=True)
class Piece:
    """One contract: its init code, given those before it. `contract` is its artifact, if it has one."""

    name: str
    contract: str | None
    init_code: Callable[[Addresses], bytes]

    def address(self, built: Addresses) -> bytes:
        """Where it is or will be (EIP-1014 with salt 0)."""
        preimage = b"\xff" + built[FACTORY] + bytes(32) + keccak(self.init_code(built))
        return bytes(keccak(preimage)[12:])

    def creation(self, built: Addresses) -> Call:
        data = interface(FACTORY).call("create", self.init_code(built))
        return Call(built[FACTORY], data, interface(self.contract or FACTORY))


def factory_creation() -> Call:
    return Call(None, interface(FACTORY).artifact.bytecode, interface(FACTORY))


def is_factory(code: bytes) -> bool:
    """Its code holds nothing that a constructor filled in."""
    return code == interface(FACTORY).artifact.deployed_bytecode


def verifier_pieces(key: KeyFile) -> list[Piece]:
    """Evaluators, directory, and the three contracts over them."""
    codes = evaluators(key.program)
    names = [f"evaluator {number}" for number in range(len(codes))]

    def evaluator(name: str, code: bytes) -> Piece:
        return Piece(name, None, lambda _: code_creation(code))

    def directory(built: Addresses) -> bytes:
        return store_creation(key.directory([built[name] for name in names]))

    return [
        *map(evaluator, names, codes),
        Piece("directory", None, directory),
        _artifact("HeaderVerifier", "directory"),
        _artifact("QueryVerifier", "directory"),
        _artifact("ProofVerifier", "HeaderVerifier", "QueryVerifier"),
    ]


def _artifact(name: str, *arguments: str) -> Piece:
    """A compiled contract over the addresses of others."""
    return Piece(name, name, lambda built: interface(name).creation(*(to_hex(built[other]) for other in arguments)))


def is_verifier_for(client: L1Client, address: bytes, key: KeyFile) -> bool:
    """Whether the verifier at `address` is ours, deployed with all its pieces for exactly this key."""
    contract = interface("ProofVerifier")
    try:
        [factory] = contract.answer("factory", client.call(address, contract.call("factory")))
    except (DecodingError, L1Refused):
        return False
    built = {FACTORY: bytes.fromhex(str(factory)[2:])}
    if not is_factory(client.code(built[FACTORY])):
        return False
    for piece in verifier_pieces(key):
        built[piece.name] = piece.address(built)
    return built["ProofVerifier"] == address and all(client.code(part) for part in built.values())
