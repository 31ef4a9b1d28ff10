"""Where the gas of a verification goes, measured on chain.

By contract it comes from the trace of a transaction's calls. Within a contract it comes from damaged proofs: a contract
stops at the first check that fails, so what two damages cost differs by the work between them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from gateway.abi import interface
from gateway.relayer.client import L1Client
from gateway.relayer.submit import GAS_LIMIT_MAX
from gateway.verifier.key_file import KeyFile
from gateway.verifier.pieces import Addresses
from gateway.verifier.slices import FinalProof
from prividium._core import final_proof_context
from prividium.types import Json, to_hex, to_quantity

TRANSACTION_GAS = 21_000
ZERO_BYTE_GAS, BYTE_GAS = 4, 16

_TRACER: Json = {"tracer": "callTracer"}
_Frame = dict[str, Json]


@dataclass(frozen=True)
class Share:
    """Some of the gas, by what it was for."""

    name: str
    gas: int


class Tracer:
    """Traces calls of a deployed verifier."""

    def __init__(self, client: L1Client, built: Addresses) -> None:
        self._client, self._built = client, built

    def transaction(self, transaction_hash: bytes, data: bytes) -> list[Share]:
        """What each contract took of a transaction, and its calldata."""
        trace = cast(_Frame, self._client.request("debug_traceTransaction", to_hex(transaction_hash), _TRACER))
        calldata = TRANSACTION_GAS + sum(BYTE_GAS if byte else ZERO_BYTE_GAS for byte in data)
        header, queries = (self._taken(trace, name) for name in ("HeaderVerifier", "QueryVerifier"))
        constraints = self._taken(trace, "evaluator")
        shares = [
            Share("transaction and calldata", calldata),
            Share("handing over, recording", _gas(trace) - calldata - header - queries),
            Share("header without constraints", header - constraints),
            Share("constraints", constraints),
            Share("queries", queries),
        ]
        return [share for share in shares if share.gas]

    def header(self, proof: FinalProof) -> list[Share]:
        """Of the header without constraints. Its last byte is of the nonce that the transcript takes in last."""

        def trace(header: bytes) -> _Frame:
            return self._call("submitHeader", proof.public_values, header, b"")

        whole, stopped = trace(proof.header), trace(_damaged(proof.header, len(proof.header)))
        rest = self._taken(whole, "HeaderVerifier") - self._taken(whole, "evaluator")
        transcript = self._taken(stopped, "HeaderVerifier")
        return [
            Share("its form and transcript", transcript),
            Share("inputs of constraints, interpolants, context", rest - transcript),
        ]

    def queries(self, key: KeyFile, proof: FinalProof) -> list[Share]:
        """What a transaction arranges before its first query, then the stages of a query; the header is accepted."""
        values = proof.public_values
        numbers = [int.from_bytes(values[at : at + 4], "big") for at in range(0, len(values), 4)]
        context = final_proof_context(key.encode(), numbers, proof.header)

        def gas(queries: bytes) -> int:
            return self._taken(self._call("submitQueries", context, 0, proof.caps + queries), "QueryVerifier")

        one, two = gas(proof.queries[0]), gas(proof.queries[0] + proof.queries[1])
        ends = key.path_ends
        stopped = [gas(_damaged(proof.queries[0], ends[tree])) for tree in (2, 3, -1)]
        reached = [2 * one - two, *stopped, one]
        names = (
            "arranging, once a transaction",
            "a query: rows of three trees",
            "a query: linear forms, leaf of the first fold",
            "a query: folds, leaves of the others",
            "a query: last fold, final polynomial",
        )
        return [Share(name, gas - before) for name, before, gas in zip(names, [0, *reached], reached, strict=False)]

    def _call(self, function: str, *arguments: object) -> _Frame:
        call: Json = {
            "to": to_hex(self._built["ProofVerifier"]),
            "data": to_hex(interface("ProofVerifier").call(function, *arguments)),
            "gas": to_quantity(GAS_LIMIT_MAX),
        }
        return cast(_Frame, self._client.request("debug_traceCall", call, "latest", _TRACER))

    def _taken(self, trace: _Frame, prefix: str) -> int:
        """Gas of the calls to contracts with such a name."""
        contracts = {to_hex(address) for name, address in self._built.items() if name.startswith(prefix)}
        return sum(_gas(frame) for frame in _frames(trace) if frame["to"] in contracts)


def _frames(frame: _Frame) -> Iterator[_Frame]:
    yield frame
    for inner in cast(list[_Frame], frame.get("calls", [])):
        yield from _frames(inner)


def _gas(frame: _Frame) -> int:
    return int(cast(str, frame["gasUsed"]), 16)


def _damaged(data: bytes, end: int) -> bytes:
    """With the byte before `end` flipped."""
    return data[: end - 1] + bytes([data[end - 1] ^ 1]) + data[end:]
