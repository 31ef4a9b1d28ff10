"""Deployment: once, resumable, checked against L1."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import deploy
from gateway.abi import interface
from gateway.relayer.devnet import EmbeddedL1
from gateway.relayer.submit import Event
from gateway.verifier.key_file import KeyFile, code_creation
from gateway.verifier.pieces import FACTORY, Addresses, factory_creation, is_verifier_for, verifier_pieces
from prividium.errors import ConfigurationError
from prividium.types import from_hex, to_hex
from tests.contracts.chain import GENESIS_STATE, KEY, PRIVATE_CHAIN_ID, ZERO, Chain, Refused
from tests.contracts.conftest import StartNode
from tests.contracts.gateway_node import Node
from tests.contracts.verifier.toy import batch as toy
from tests.contracts.verifier.toy import system


def test_a_deployment_stands_with_the_plans_arguments(node: Node) -> None:
    assert node.view.private_chain_id() == PRIVATE_CHAIN_ID
    assert node.view.state_root(0) == GENESIS_STATE
    key = node.view.key(1)
    assert key == replace(KEY, verifier=key.verifier)
    assert is_verifier_for(node.client, key.verifier, toy.KEY_FILE)
    assert not is_verifier_for(node.client, key.verifier, KeyFile.decode(system.key().encode()))
    assert not is_verifier_for(node.client, node.settlement, toy.KEY_FILE)


def test_a_deployment_that_was_stopped_between_its_steps_goes_on(shared_url: str, start_node: StartNode) -> None:
    first = start_node(shared_url)
    deployment, step = first.deployer.step()
    assert (deployment, step.event) == (None, Event.SENT)
    second = start_node(shared_url)
    second.deploy()
    third = start_node(shared_url)
    third.deploy()
    assert third.settlement == second.settlement
    names = [
        "Create2Factory",
        "evaluator 0",
        "directory",
        "HeaderVerifier",
        "QueryVerifier",
        "ProofVerifier",
        "KeyRegistry",
        "Settlement",
    ]
    assert third.nonce() == len(names)
    assert [len(third.sent(f"deploy {name}")) for name in names] == [1] * len(names)


def test_another_plan_is_another_deployment(node: Node) -> None:
    other = deploy.Deployer(node.client, node.submitter, replace(node.plan(), private_chain_id=8))
    found = None
    while found is None:
        found, _ = other.step()
    assert found.settlement_address != node.settlement


def test_the_recorded_deployment_is_checked_against_l1(node: Node, own_l1: EmbeddedL1, tmp_path: Path) -> None:
    standing = deploy.deploy(node.client, node.submitter, node.plan(), tmp_path, lambda: None)
    assert deploy.recorded(tmp_path) == standing
    assert deploy.is_standing(node.client, standing, PRIVATE_CHAIN_ID, GENESIS_STATE)
    for chain_id, genesis_state in ((PRIVATE_CHAIN_ID, ZERO), (1, GENESIS_STATE)):
        with pytest.raises(ConfigurationError, match="settles another chain"):
            deploy.is_standing(node.client, standing, chain_id, genesis_state)
    deploy.require_verifier_for(node.client, standing, toy.KEY_FILE)
    with pytest.raises(ConfigurationError) as caught:
        deploy.require_verifier_for(node.client, standing, KeyFile.decode(system.key().encode()))
    assert caught.value.code == "verifier_mismatch"
    swapped = replace(standing, registry=standing.settlement, settlement=standing.registry)
    assert not deploy.is_standing(node.client, swapped, PRIVATE_CHAIN_ID, GENESIS_STATE)


def test_contracts_that_an_l1_does_not_have_do_not_stand(
    node: Node, own_l1: EmbeddedL1, start_node: StartNode, tmp_path: Path
) -> None:
    standing = deploy.deploy(node.client, node.submitter, node.plan(), tmp_path, lambda: None)
    elsewhere = start_node(own_l1.url)
    assert not deploy.is_standing(elsewhere.client, standing, PRIVATE_CHAIN_ID, GENESIS_STATE)


def test_a_damaged_record_is_reported(tmp_path: Path) -> None:
    assert deploy.recorded(tmp_path) is None
    for content in ("{", json.dumps({"settlement": "0x"})):
        (tmp_path / deploy.DEPLOYMENT_FILE).write_text(content)
        with pytest.raises(ConfigurationError) as caught:
            deploy.recorded(tmp_path)
        assert caught.value.code == "deployment_unreadable"


@pytest.mark.parametrize("nonce", [0, 1, 127, 128, 255, 256, 2**32])
def test_created_addresses_are_those_of_the_yellow_paper(nonce: int) -> None:
    known = {0: "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d", 1: "343c43a37d37dff08ae8c4a11544c718abb4fcf8"}
    sender = from_hex("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 20)
    address = deploy.created_address(sender, nonce)
    assert len(address) == 20
    assert address.hex() == known.get(nonce, address.hex())


def test_code_that_differs_in_one_byte_is_not_ours(node: Node) -> None:
    artifact = interface("Settlement").artifact
    code = node.client.code(node.settlement)
    assert artifact.is_deployed_as(code)
    assert not artifact.is_deployed_as(code[:-1] + bytes([code[-1] ^ 1]))
    assert not artifact.is_deployed_as(b"")


def test_a_verifier_with_forged_parts_is_not_ours(node: Node, chain: Chain) -> None:
    """A copy could have any immutables, and answer for any key."""
    ours = node.view.key(1).verifier
    code = node.client.code(ours)
    assert is_verifier_for(node.client, ours, toy.KEY_FILE)
    assert not is_verifier_for(
        chain.client, chain.create(code_creation(code), interface("ProofVerifier")), toy.KEY_FILE
    )


def test_a_verifier_without_one_of_its_evaluators_is_not_ours(chain: Chain) -> None:
    """Calls of contracts that are not there succeed."""
    factory = factory_creation()
    built: Addresses = {FACTORY: chain.create(factory.data, factory.interface)}
    pieces = verifier_pieces(toy.KEY_FILE)
    for piece in pieces:
        built[piece.name] = piece.address(built)
    calls = [piece.creation(built) for piece in pieces]
    for call in calls[1:]:
        chain.transact(chain.governor, call.to, call.data, call.interface)
    assert not is_verifier_for(chain.client, built["ProofVerifier"], toy.KEY_FILE)
    chain.transact(chain.governor, calls[0].to, calls[0].data, calls[0].interface)
    assert is_verifier_for(chain.client, built["ProofVerifier"], toy.KEY_FILE)


def test_a_factory_creates_once_and_reverts_as_its_init_code_does(chain: Chain) -> None:
    factory, contract = chain.create(factory_creation().data, factory_creation().interface), interface("Settlement")
    creation = interface("Create2Factory").call("create", code_creation(b"\0"))
    chain.transact(chain.stranger, factory, creation, contract)
    with pytest.raises(Refused, match=r"^CreationFailed\(\)$"):
        chain.transact(chain.stranger, factory, creation, interface("Create2Factory"))
    roleless = contract.creation(
        PRIVATE_CHAIN_ID, ZERO, to_hex(chain.registry), to_hex(chain.governor.address), to_hex(chain.operator.address)
    )
    with pytest.raises(Refused, match=r"^(?!CreationFailed)\w+\("):
        chain.transact(chain.stranger, factory, interface("Create2Factory").call("create", roleless), contract)
