"""A verifying key on L1: what a verifier refuses to be deployed for; and the key file."""

import pytest

from gateway.relayer.client import L1Client
from gateway.verifier.key_file import KeyFile, store_creation
from gateway.verifier.slices import FinalProof, ProofMalformed, portions
from prividium.errors import ConfigurationError
from prividium.types import to_hex
from tests.contracts.verifier.conftest import Kernel, Toy
from tests.contracts.verifier.toy import system
from tests.contracts.verifier.verifier_chain import Refused, VerifierChain

KEY = KeyFile.decode(system.key().encode())


def deploy(verifier: VerifierChain, descriptor: bytes) -> None:
    key = KeyFile(descriptor, KEY.program)
    directory = verifier.create(store_creation(key.directory(verifier.addresses.stores)))
    verifier.deploy_over(verifier.addresses.stores, directory)


def test_a_descriptor_of_another_version_is_refused(verifier: VerifierChain) -> None:
    changed = KEY.descriptor[:4] + b"\x00\x02" + KEY.descriptor[6:]
    with pytest.raises(Refused, match=r"^KeyVersion\(version=2\)$"):
        deploy(verifier, changed)


def test_what_is_no_descriptor_is_refused(verifier: VerifierChain) -> None:
    with pytest.raises(Refused, match=r"^KeyMalformed\(\)$"):
        deploy(verifier, b"PVOX" + KEY.descriptor[4:])


def test_a_descriptor_that_ends_behind_its_version_is_refused(kernel: Kernel) -> None:
    kernel("checkKey", b"\0" + KEY.descriptor)
    for length in (0, 4, 6):
        with pytest.raises(Refused, match=r"^KeyMalformed\(\)$"):
            kernel("checkKey", b"\0" + KEY.descriptor[:length])


def test_more_queries_than_a_word_has_bits_are_refused(verifier: VerifierChain) -> None:
    with pytest.raises(Refused, match=r"^KeyMalformed\(\)$"):
        deploy(verifier, KEY.descriptor[:8] + (256).to_bytes(2, "big") + KEY.descriptor[10:])


def test_parts_for_different_keys_are_refused(verifier: VerifierChain) -> None:
    ours = verifier.addresses
    directory = verifier.create(store_creation(KEY.directory(ours.stores)))
    theirs = verifier.deploy_over(ours.stores, directory)
    expected = rf"^KeyDirectoryMismatch\(header={to_hex(ours.directory)}, queries={to_hex(directory)}\)$"
    with pytest.raises(Refused, match=expected):
        verifier.deploy_parts(ours.header, theirs.queries)


@pytest.mark.parametrize("at", [0, 4, 9, -40, -1])
def test_a_damaged_key_file_is_refused(at: int) -> None:
    data = bytearray(KEY.descriptor[:0] + system.key().encode())
    data[at] ^= 1
    with pytest.raises(ConfigurationError):
        KeyFile.decode(bytes(data))


def test_a_damaged_proof_file_is_refused(honest: Toy) -> None:
    data = honest.proof.encode()
    for wrong in (b"", data[:-1], data + b"\0", b"PVOX" + data[4:], data[: -len(honest.proof.parts[-1]) - 4]):
        with pytest.raises(ProofMalformed):
            FinalProof.decode(honest.key_file, wrong)


def test_portions_cover_all_queries_in_order(honest: Toy) -> None:
    for bound in (None, 0, 1, 3):
        spread = portions(honest.final, len(honest.context.encode()), bound)
        covered = [query for part in spread for query in range(part.first, part.first + part.count)]
        assert covered == list(range(len(honest.final.queries)))
        assert bound is None or spread[0].count <= bound


def test_a_verifier_for_one_key_refuses_the_proof_of_another(l1: L1Client, honest: Toy) -> None:
    other = system.key(type(system.PARAMETERS)(8, 2, 5, 2, 2, 3, 2, 3, 2, 4, 2, 6))
    chain = VerifierChain(l1, KeyFile.decode(other.encode()))
    with pytest.raises(Refused, match=r"(Grinding|Unsatisfied|Unbalanced)\("):
        chain.verify_header(honest.final.public_values, honest.final.header)
