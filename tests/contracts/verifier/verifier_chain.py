"""The verifier for one key, deployed on a real anvil with mainnet's gas cap, for tests."""

from dataclasses import dataclass
from typing import cast

from eth_utils.crypto import keccak

from gateway.abi import Interface, interface
from gateway.relayer.client import L1Client, L1Receipt, L1Refused
from gateway.relayer.fees import Fees
from gateway.relayer.keys import LocalKey
from gateway.relayer.submit import GAS_LIMIT_MAX
from gateway.verifier.evaluators import evaluators
from gateway.verifier.key_file import KeyFile, code_creation, store_creation
from prividium.types import to_hex, to_quantity

FEES = Fees(10**12, 1)


class Refused(Exception):
    """A contract's custom error in words."""


@dataclass(frozen=True)
class Addresses:
    stores: list[bytes]
    directory: bytes
    header: bytes
    queries: bytes
    proofs: bytes


class VerifierChain:
    def __init__(self, client: L1Client, key: KeyFile) -> None:
        self.client = client
        self.sender = LocalKey(keccak(b"anybody"))
        client.request("anvil_setBalance", to_hex(self.sender.address), to_quantity(10**24))
        self.addresses = self.deploy(key)

    def deploy(self, key: KeyFile) -> Addresses:
        stores = [self.create(code_creation(code)) for code in evaluators(key.program)]
        directory = self.create(store_creation(key.directory(stores)))
        return self.deploy_over(stores, directory)

    def deploy_over(self, stores: list[bytes], directory: bytes) -> Addresses:
        header = self.create(interface("HeaderVerifier").creation(to_hex(directory)))
        queries = self.create(interface("QueryVerifier").creation(to_hex(directory)))
        return Addresses(stores, directory, header, queries, self.deploy_parts(header, queries))

    def deploy_parts(self, header: bytes, queries: bytes) -> bytes:
        return self.create(interface("ProofVerifier").creation(to_hex(header), to_hex(queries)))

    def create(self, init_code: bytes) -> bytes:
        receipt = self.transact(None, init_code, interface("ProofVerifier"))
        assert receipt.contract_address is not None
        return receipt.contract_address

    def transact(self, to: bytes | None, data: bytes, contract: Interface, sender: LocalKey | None = None) -> L1Receipt:
        """Raises Refused if the call reverts, before it is sent."""
        key = sender or self.sender
        self.call(to, data, contract, key.address)
        nonce = self.client.nonce(key.address)
        digest, raw = key.sign_transaction(self.client.chain_id(), nonce, to, data, GAS_LIMIT_MAX, FEES)
        self.client.send(raw)
        receipt = self.client.receipt(digest)
        if receipt is None:  # automine answers before it has mined
            self.client.request("evm_mine")
            receipt = self.client.receipt(digest)
        assert receipt is not None and receipt.succeeded
        return receipt

    def call(self, to: bytes | None, data: bytes, contract: Interface, sender: bytes | None = None) -> bytes:
        call = {"from": to_hex(sender or self.sender.address), "data": to_hex(data), "gas": to_quantity(GAS_LIMIT_MAX)}
        call |= {} if to is None else {"to": to_hex(to)}
        try:
            return bytes.fromhex(cast(str, self.client.request("eth_call", dict(call), "latest"))[2:])
        except L1Refused as refused:
            raise Refused(contract.error(refused.data)) from refused

    # the verifier

    def verify_header(self, public_values: bytes, header: bytes) -> bytes:
        contract = interface("HeaderVerifier")
        answer = self.call(self.addresses.header, contract.call("verifyHeader", public_values, header), contract)
        return cast(bytes, contract.answer("verifyHeader", answer)[0])

    def verify_queries(self, context: bytes, first: int, queries: bytes) -> int:
        contract = interface("QueryVerifier")
        data = contract.call("verifyQueries", context, first, queries)
        answer = self.call(self.addresses.queries, data, contract)
        return cast(int, contract.answer("verifyQueries", answer)[0])

    def submit_header(
        self, public_values: bytes, header: bytes, queries: bytes = b"", sender: LocalKey | None = None
    ) -> L1Receipt:
        return self.submit("submitHeader", public_values, header, queries, sender=sender)

    def submit_queries(self, context: bytes, first: int, queries: bytes, sender: LocalKey | None = None) -> L1Receipt:
        return self.submit("submitQueries", context, first, queries, sender=sender)

    def submit(self, function: str, *arguments: object, sender: LocalKey | None = None) -> L1Receipt:
        contract = interface("ProofVerifier")
        return self.transact(self.addresses.proofs, contract.call(function, *arguments), contract, sender)

    def read(self, function: str, *arguments: object) -> object:
        contract = interface("ProofVerifier")
        answer = self.call(self.addresses.proofs, contract.call(function, *arguments), contract)
        values = contract.answer(function, answer)
        return values[0] if len(values) == 1 else values

    def topics(self, receipt: L1Receipt) -> list[bytes]:
        """First topic of each event."""
        answer = cast(
            dict[str, list[dict[str, list[str]]]],
            self.client.request("eth_getTransactionReceipt", to_hex(receipt.transaction_hash)),
        )
        return [bytes.fromhex(log["topics"][0][2:]) for log in answer["logs"]]
