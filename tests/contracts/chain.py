"""A settlement on a real anvil, with one account per office, for tests."""

from dataclasses import asdict, dataclass, replace
from typing import cast

from eth_utils.crypto import keccak

from gateway.abi import Interface, interface
from gateway.relayer.client import L1Client, L1Receipt, L1Refused
from gateway.relayer.fees import estimate
from gateway.relayer.keys import LocalKey
from gateway.relayer.settlement import BatchRecord, SettlementView, Status
from gateway.relayer.source import output_digest, output_tuple
from gateway.verifier.pieces import FACTORY, Addresses, factory_creation, verifier_pieces
from gateway.verifier.slices import FinalProof
from prividium.types import to_hex, to_quantity
from tests.contracts.verifier.toy import batch as toy

PRIVATE_CHAIN_ID = 7_777
ZERO = bytes(32)
GENESIS_STATE = keccak(b"genesis state")
KEY = toy.commitments(1)
OTHER_KEY = toy.commitments(2)
KEY_DELAY_SECONDS = 3_600
GAS_LIMIT = 16_000_000


@dataclass(frozen=True)
class Fields:
    """A batch output, with `BatchFields`' names."""

    chain_id: int
    batch_number: int
    prev_state: bytes
    new_state: bytes
    policy_root: bytes
    l1_inbox_hash: bytes = ZERO
    message_root: bytes = ZERO
    imported_roots_hash: bytes = ZERO
    disclosure_log_root: bytes = ZERO
    da_commitment: bytes = ZERO


def altered(fields: Fields, name: str, value: bytes) -> Fields:
    """`fields` with another root in the field `name`."""
    return Fields(**{**asdict(fields), name: value})


def state_root(number: int, history: str = "") -> bytes:
    """State after batch `number`; another `history` gives other states."""
    return GENESIS_STATE if number == 0 else keccak(f"state {number} {history}".encode())


def batch(number: int, history: str = "") -> Fields:
    policy_root = keccak(b"policy")
    before = state_root(number - 1, history)
    return Fields(PRIVATE_CHAIN_ID, number, before, state_root(number, history), policy_root)


def named_key(name: str) -> LocalKey:
    return LocalKey(keccak(name.encode()))


class Refused(Exception):
    """A contract's custom error in words."""


class Chain:
    """Contracts deployed for one test; calls go through as real transactions."""

    def __init__(self, client: L1Client) -> None:
        self.client = client
        self.governor = named_key("governor")
        self.operator = named_key("operator")
        self.stranger = named_key("stranger")
        for key in (self.governor, self.operator, self.stranger):
            client.request("anvil_setBalance", to_hex(key.address), to_quantity(10**20))
        self.verifier = self.create_verifier()
        self.key = replace(KEY, verifier=self.verifier)
        self.other_key = replace(OTHER_KEY, verifier=self.verifier)
        registry = interface("KeyRegistry")
        self.registry = self.create(
            registry.creation(to_hex(self.governor.address), KEY_DELAY_SECONDS, self.key.astuple()), registry
        )
        self.settlement = self.create_settlement()

    def create_verifier(self) -> bytes:
        """Each with a factory of its own, hence at an address of its own."""
        factory = factory_creation()
        built: Addresses = {FACTORY: self.create(factory.data, factory.interface)}
        for piece in verifier_pieces(toy.KEY_FILE):
            call = piece.creation(built)
            self.transact(self.governor, call.to, call.data, call.interface)
            built[piece.name] = piece.address(built)
        return built["ProofVerifier"]

    def create_settlement(self, **changes: object) -> bytes:
        arguments: dict[str, object] = {
            "chain_id": PRIVATE_CHAIN_ID,
            "genesis_state": GENESIS_STATE,
            "registry": to_hex(self.registry),
            "governor": to_hex(self.governor.address),
            "operator": to_hex(self.operator.address),
        }
        contract = interface("Settlement")
        return self.create(contract.creation(*(arguments | changes).values()), contract)

    @property
    def view(self) -> SettlementView:
        return SettlementView(self.client, self.settlement)

    # transactions

    def create(self, init_code: bytes, contract: Interface) -> bytes:
        receipt = self.transact(self.governor, None, init_code, contract)
        assert receipt.contract_address is not None
        return receipt.contract_address

    def transact(self, key: LocalKey, to: bytes | None, data: bytes, contract: Interface) -> L1Receipt:
        """Raises Refused if the call reverts, before it is sent."""
        call = {"from": to_hex(key.address), "data": to_hex(data)} | ({} if to is None else {"to": to_hex(to)})
        try:
            self.client.request("eth_call", dict(call), "latest")
        except L1Refused as refused:
            raise Refused(contract.error(refused.data)) from refused
        nonce = self.client.nonce(key.address)
        fees = estimate(self.client, self.client.head())
        digest, raw = key.sign_transaction(self.client.chain_id(), nonce, to, data, GAS_LIMIT, fees)
        self.client.send(raw)
        receipt = self.receipt(digest)
        assert receipt.succeeded
        return receipt

    def receipt(self, digest: bytes) -> L1Receipt:
        receipt = self.client.receipt(digest)
        if receipt is None:  # automine answers before it has mined
            self.client.request("evm_mine")
            receipt = self.client.receipt(digest)
        assert receipt is not None
        return receipt

    def settle(self, function: str, *arguments: object, key: LocalKey | None = None) -> L1Receipt:
        """A call of Settlement, by the operator unless said otherwise."""
        contract = interface("Settlement")
        return self.transact(key or self.operator, self.settlement, contract.call(function, *arguments), contract)

    def register(self, function: str, *arguments: object, key: LocalKey | None = None) -> L1Receipt:
        """A call of KeyRegistry, by the governor unless said otherwise."""
        contract = interface("KeyRegistry")
        return self.transact(key or self.governor, self.registry, contract.call(function, *arguments), contract)

    def commit(self, fields: Fields, key: LocalKey | None = None) -> L1Receipt:
        return self.settle("commit", output_tuple(fields), key=key)

    def verify(self, number: int) -> FinalProof:
        """Proves a committed batch and has the verifier check it to the end."""
        proof = toy.prove(self.view.public_values(number))
        contract = interface("ProofVerifier")
        data = contract.call("submitHeader", proof.public_values, proof.header, proof.portion(0, len(proof.queries)))
        self.transact(self.stranger, self.verifier, data, contract)
        return proof

    def prove(self, number: int) -> L1Receipt:
        return self.settle("prove", number, keccak(self.verify(number).header), key=self.stranger)

    def execute(self, number: int) -> L1Receipt:
        return self.settle("execute", number)

    # reading

    def read(self, name: str, function: str, *arguments: object) -> object:
        """A view of Settlement or KeyRegistry; raises Refused if it reverts."""
        contract = interface(name)
        address = self.settlement if name == "Settlement" else self.registry
        try:
            answer = self.client.call(address, contract.call(function, *arguments))
        except L1Refused as refused:
            raise Refused(contract.error(refused.data)) from refused
        values = contract.answer(function, answer)
        return values[0] if len(values) == 1 else values

    def status(self, number: int) -> Status:
        return Status(cast(int, self.read("Settlement", "status", number)))

    def topics_and_data(self, receipt: L1Receipt) -> list[tuple[list[bytes], bytes]]:
        """Logs of a transaction: (topics, data)."""
        answer = cast(
            dict[str, list[dict[str, list[str] | str]]],
            self.client.request("eth_getTransactionReceipt", to_hex(receipt.transaction_hash)),
        )
        return [
            ([bytes.fromhex(topic[2:]) for topic in log["topics"]], bytes.fromhex(cast(str, log["data"])[2:]))
            for log in answer["logs"]
        ]

    def advance(self, seconds: int) -> None:
        """Move L1's clock."""
        self.client.request("evm_increaseTime", seconds)
        self.client.request("evm_mine")


def record_of(fields: Fields, status: Status, key_version: int = 1) -> BatchRecord:
    return BatchRecord(output_digest(fields), fields.new_state, fields.policy_root, key_version, status)
