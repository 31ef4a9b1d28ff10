"""Settlement.prove."""

import pytest
from eth_utils.crypto import keccak

from gateway.relayer.settlement import Status
from gateway.relayer.source import output_digest
from prividium.types import to_hex
from tests.contracts.chain import OTHER_KEY, PROOF_DIGEST, Chain, Refused, altered, batch

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

INVALID = r"^AttestationInvalid\("


def test_an_attestation_moves_a_committed_batch_to_attested(chain: Chain) -> None:
    chain.commit(batch(1))
    [(topics, data)] = chain.topics_and_data(chain.prove(1))
    assert chain.status(1) is Status.ATTESTED
    signature = keccak(b"BatchAttested(uint256,bytes32,bytes32)")
    assert topics == [signature, (1).to_bytes(32), output_digest(batch(1))]
    assert data == PROOF_DIGEST


def test_the_digest_that_the_contract_expects_is_the_one_that_the_relayer_signs(chain: Chain) -> None:
    chain.commit(batch(1))
    digest = chain.read("Settlement", "attestationDigest", 1, PROOF_DIGEST)
    assert isinstance(digest, bytes)
    assert chain.client.call((1).to_bytes(20), _ecrecover_input(digest, chain.sign(1)))[12:] == chain.attester.address


def test_batches_may_be_attested_in_any_order(chain: Chain) -> None:
    chain.commit(batch(1))
    chain.commit(batch(2))
    chain.prove(2)
    chain.prove(1)
    assert [chain.status(number) for number in (1, 2)] == [Status.ATTESTED, Status.ATTESTED]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_only_a_committed_batch_can_be_attested(chain: Chain, number: int) -> None:
    chain.commit(batch(1))
    signature = chain.sign(1)
    chain.prove(1)
    actual = {0: Status.EXECUTED, 1: Status.ATTESTED, 2: Status.NONE}[number]
    with pytest.raises(Refused, match=rf"^StatusMismatch\(batchNumber={number}, expected=1, actual={actual.value}\)$"):
        chain.prove(number, signature=signature)


def test_somebody_elses_signature_is_refused(chain: Chain) -> None:
    chain.commit(batch(1))
    for key in (chain.operator, chain.governor, chain.stranger):
        expected = rf"^AttestationInvalid\(expected={to_hex(chain.attester.address)}, signer={to_hex(key.address)}\)$"
        with pytest.raises(Refused, match=expected):
            chain.prove(1, signature=chain.sign(1, key=key))


@pytest.mark.parametrize("field", ["new_state", "policy_root"])
def test_an_attestation_of_another_output_is_refused(chain: Chain, field: str) -> None:
    """These two fields are free at commit; a proof, and so its attestation, speaks of one value of them."""
    proven = batch(1)
    chain.commit(altered(proven, field, keccak(b"forged")))
    with pytest.raises(Refused, match=INVALID):
        chain.prove(1, signature=chain.sign(1, output=output_digest(proven)))


def test_an_attestation_of_another_proof_file_is_refused(chain: Chain) -> None:
    chain.commit(batch(1))
    with pytest.raises(Refused, match=INVALID):
        chain.prove(1, proof_digest=keccak(b"other file"), signature=chain.sign(1))


def test_an_attestation_for_another_batch_settlement_chain_or_l1_is_refused(chain: Chain) -> None:
    chain.commit(batch(1))
    chain.commit(batch(2))
    elsewhere = chain.create_settlement()
    for signature in (
        chain.sign(2),
        chain.sign(1, settlement=elsewhere),
        chain.sign(1, private_chain_id=1),
        chain.sign(1, l1_chain_id=1),
        chain.sign(1, key_version=2),
    ):
        with pytest.raises(Refused, match=INVALID):
            chain.prove(1, signature=signature)


def test_a_batch_keeps_the_key_version_of_its_commit(chain: Chain) -> None:
    chain.commit(batch(1))
    chain.register("propose", OTHER_KEY.astuple())
    chain.advance(3_600)
    chain.register("activate")
    chain.commit(batch(2))
    assert [chain.read("Settlement", "keyVersion", number) for number in (1, 2)] == [1, 2]
    chain.prove(1)
    with pytest.raises(Refused, match=INVALID):
        chain.prove(2, signature=chain.sign(2, key_version=1))
    chain.prove(2)


@pytest.mark.parametrize("length", [0, 64, 66])
def test_a_signature_of_another_length_is_refused(chain: Chain, length: int) -> None:
    chain.commit(batch(1))
    signature = (chain.sign(1) + b"\0")[:length]
    with pytest.raises(Refused, match=rf"^SignatureMalformed\(length={length}\)$"):
        chain.settle("prove", 1, PROOF_DIGEST, signature)


def test_the_mirrored_signature_is_refused(chain: Chain) -> None:
    chain.commit(batch(1))
    signature = chain.sign(1)
    mirrored = SECP256K1_ORDER - int.from_bytes(signature[32:64])
    twin = signature[:32] + mirrored.to_bytes(32) + bytes([55 - signature[64]])
    with pytest.raises(Refused, match=r"^SignatureMalformed\(length=65\)$"):
        chain.prove(1, signature=twin)


@pytest.mark.parametrize("recovery", [0, 1, 26, 29])
def test_a_recovery_id_other_than_27_and_28_is_refused(chain: Chain, recovery: int) -> None:
    chain.commit(batch(1))
    with pytest.raises(Refused, match=r"^SignatureMalformed\(length=65\)$"):
        chain.prove(1, signature=chain.sign(1)[:64] + bytes([recovery]))


def test_a_signature_that_recovers_to_nobody_is_refused(chain: Chain) -> None:
    chain.commit(batch(1))
    with pytest.raises(Refused, match=rf"signer={to_hex(bytes(20))}\)$"):
        chain.prove(1, signature=bytes(64) + bytes([27]))


def _ecrecover_input(digest: bytes, signature: bytes) -> bytes:
    return digest + signature[64:].rjust(32, b"\0") + signature[:64]
