from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.abi import Interface
from gateway.compile import compile_sources, sources
from gateway.relayer.client import L1Client
from gateway.verifier.key_file import KeyFile
from gateway.verifier.slices import FinalProof
from tests.contracts.verifier.toy import system
from tests.contracts.verifier.toy.prover import Prover
from tests.contracts.verifier.verifier_chain import VerifierChain
from tests.reference.final_proof.header import Context, verify_header
from tests.reference.final_proof.key import Key
from tests.reference.final_proof.proof import Proof


@dataclass(frozen=True)
class Toy:
    """An honest proof of the toy system."""

    key: Key
    key_file: KeyFile
    proof: Proof
    final: FinalProof
    context: Context


def toy(key: Key, seed: int) -> Toy:
    proof = Prover(key, seed).prove()
    key_file = KeyFile.decode(key.encode())
    final = FinalProof.decode(key_file, proof.encode())
    return Toy(key, key_file, proof, final, verify_header(key, proof.public_values, proof.parts[0]))


@pytest.fixture(scope="session")
def honest() -> Toy:
    return toy(system.key(), 1)


@pytest.fixture(scope="session")
def other() -> Toy:
    """Another proof under the same key."""
    return toy(system.key(), 2)


@pytest.fixture(scope="session")
def verifier(l1: L1Client, honest: Toy) -> VerifierChain:
    """Deployed for the toy key; tests share it, so proofs that must be new to it need seeds of their own."""
    return VerifierChain(l1, honest.key_file)


Kernel = Callable[..., tuple[object, ...]]


@pytest.fixture(scope="session")
def kernel(verifier: VerifierChain) -> Kernel:
    """Calls one kernel of Kernels.sol."""
    path = Path(__file__).with_name("Kernels.sol")
    contract = Interface(compile_sources(sources() | {"verifier/Kernels.sol": path.read_text()})["Kernels"])
    address = verifier.create(contract.artifact.bytecode)

    def call(function: str, *arguments: object) -> tuple[object, ...]:
        return contract.answer(function, verifier.call(address, contract.call(function, *arguments), contract))

    return call
