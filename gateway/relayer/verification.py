"""One final proof on its way through the verifier contract: what L1 lacks of it, and the transaction that brings it.

What is lacking is read from L1 each time, never remembered. Whoever else submits the same parts only helps.
"""

from dataclasses import dataclass
from typing import cast

from eth_utils.crypto import keccak

from gateway.abi import interface
from gateway.relayer.client import BlockTag, L1Client
from gateway.relayer.submit import Call
from gateway.verifier.key_file import KeyFile
from gateway.verifier.slices import FinalProof, Portion, portions
from prividium._core import final_proof_context


@dataclass(frozen=True)
class Part:
    """The share of one transaction: some queries, and before them the header if L1 does not have it yet."""

    portion: Portion
    with_header: bool


class FinalProofOnL1:
    """A verified proof of the key `key`, cut into transactions."""

    def __init__(self, key: KeyFile, content: bytes) -> None:
        self._proof = FinalProof.decode(key, content)
        values = self._proof.public_values
        numbers = [int.from_bytes(values[at : at + 4], "big") for at in range(0, len(values), 4)]
        self._context = final_proof_context(key.encode(), numbers, self._proof.header)
        self._portions = portions(self._proof, len(self._context))
        self.header_hash = bytes(keccak(self._proof.header))
        self.proof_id = bytes(keccak(key.hash + keccak(values) + self.header_hash))

    def lacking(self, client: L1Client, verifier: bytes, tag: BlockTag) -> Part | None:
        """The next part to send; None once the verification is complete."""
        contract = interface("ProofVerifier")
        answer = client.call(verifier, contract.call("progress", self.proof_id), tag)
        context_hash, verified = cast(tuple[bytes, int], contract.answer("progress", answer))
        if not any(context_hash):
            return Part(self._portions[0], with_header=True)
        for portion in self._portions:
            mask = ((1 << portion.count) - 1) << portion.first
            if verified & mask != mask:
                return Part(portion, with_header=False)
        return None

    def call(self, verifier: bytes, part: Part) -> Call:
        contract, portion = interface("ProofVerifier"), part.portion
        queries = self._proof.portion(portion.first, portion.count)
        if part.with_header:
            data = contract.call("submitHeader", self._proof.public_values, self._proof.header, queries)
        else:
            data = contract.call("submitQueries", self._context, portion.first, queries)
        return Call(verifier, data, contract)

    def binding(self, part: Part) -> bytes:
        """Names the part among all parts of all proofs."""
        return bytes(keccak(self.proof_id + bytes([part.with_header]) + part.portion.first.to_bytes(2, "big")))
