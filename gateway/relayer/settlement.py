"""Typed reading of Settlement and KeyRegistry at one L1 block."""

from dataclasses import dataclass
from enum import IntEnum
from typing import cast

from eth_abi.exceptions import DecodingError

from gateway.abi import interface
from gateway.relayer.client import BlockTag, L1AnswerInvalid, L1Client
from prividium.types import to_hex


class Status(IntEnum):
    """As in ISettlement.sol."""

    NONE = 0
    COMMITTED = 1
    PROVEN = 2
    EXECUTED = 3


@dataclass(frozen=True)
class BatchRecord:
    output: bytes
    state_root: bytes
    policy_root: bytes
    key_version: int
    status: Status


@dataclass(frozen=True)
class VerifyingKey:
    """What a proof must have been made with; commitments of 32 bytes."""

    app_exe_commit: bytes
    app_vm_commit: bytes
    dag_commit: bytes
    verifier: bytes = bytes(20)

    def astuple(self) -> tuple[bytes, bytes, bytes, str]:
        return self.app_exe_commit, self.app_vm_commit, self.dag_commit, to_hex(self.verifier)


class SettlementMissing(L1AnswerInvalid):
    """There is no such contract at the address: another L1, or one that has lost it."""


class SettlementView:
    """Settlement as it stands after block `tag`."""

    def __init__(self, client: L1Client, address: bytes, tag: BlockTag = "latest") -> None:
        self._client = client
        self._address = address
        self.tag = tag

    def last_committed(self) -> int:
        return cast(int, self._read("lastCommitted")[0])

    def last_executed(self) -> int:
        return cast(int, self._read("lastExecuted")[0])

    def private_chain_id(self) -> int:
        return cast(int, self._read("privateChainId")[0])

    def state_root(self, number: int) -> bytes:
        return cast(bytes, self._read("stateRoot", number)[0])

    def batch(self, number: int) -> BatchRecord:
        """Of a committed batch; `L1Refused` (BatchUnknown) for any other."""
        output, state_root, policy_root, key_version, status = cast(
            tuple[bytes, bytes, bytes, int, int], self._read("batch", number)[0]
        )
        return BatchRecord(output, state_root, policy_root, key_version, Status(status))

    def public_values(self, number: int) -> bytes:
        """What a proof of a committed batch must state."""
        return cast(bytes, self._read("publicValues", number)[0])

    def key(self, version: int) -> VerifyingKey:
        """The key of `version` in the registry that Settlement points to."""
        registry = bytes.fromhex(cast(str, self._read("keyRegistry")[0])[2:])
        answer = self._client.call(registry, interface("KeyRegistry").call("key", version), self.tag)
        exe, vm, dag, verifier = cast(
            tuple[bytes, bytes, bytes, str], interface("KeyRegistry").answer("key", answer)[0]
        )
        return VerifyingKey(exe, vm, dag, bytes.fromhex(verifier[2:]))

    def _read(self, function: str, *arguments: object) -> tuple[object, ...]:
        contract = interface("Settlement")
        answer = self._client.call(self._address, contract.call(function, *arguments), self.tag)
        try:
            return contract.answer(function, answer)
        except DecodingError as error:
            text = f"there is no Settlement contract at {to_hex(self._address)} on this L1"
            raise SettlementMissing("settlement_missing", text) from error
