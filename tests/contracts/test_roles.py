"""Roles: nominate, acceptRole."""

import pytest
from eth_utils.crypto import keccak

from prividium.types import to_hex
from tests.contracts.chain import Chain, Refused, batch

GOVERNOR, OPERATOR = range(2)
NOBODY = to_hex(bytes(20))


def test_the_offices_are_those_of_the_deployment(chain: Chain) -> None:
    holders = [chain.read("Settlement", "holderOf", role) for role in (GOVERNOR, OPERATOR)]
    assert holders == [to_hex(key.address) for key in (chain.governor, chain.operator)]


@pytest.mark.parametrize("role", [GOVERNOR, OPERATOR])
def test_an_office_moves_in_two_steps(chain: Chain, role: int) -> None:
    nominee = to_hex(chain.stranger.address)
    before = chain.read("Settlement", "holderOf", role)
    chain.settle("nominate", role, nominee, key=chain.governor)
    assert chain.read("Settlement", "nomineeFor", role) == nominee
    assert chain.read("Settlement", "holderOf", role) == before
    [(topics, _)] = chain.topics_and_data(chain.settle("acceptRole", role, key=chain.stranger))
    assert topics[0] == keccak(b"RoleTransferred(uint8,address,address)")
    assert chain.read("Settlement", "holderOf", role) == nominee
    assert chain.read("Settlement", "nomineeFor", role) == NOBODY


def test_a_former_operator_can_no_longer_commit(chain: Chain) -> None:
    chain.settle("nominate", OPERATOR, to_hex(chain.stranger.address), key=chain.governor)
    chain.settle("acceptRole", OPERATOR, key=chain.stranger)
    with pytest.raises(Refused, match=r"^NotRole\(role=1"):
        chain.commit(batch(1))
    chain.commit(batch(1), key=chain.stranger)


def test_a_nomination_can_be_withdrawn(chain: Chain) -> None:
    chain.settle("nominate", OPERATOR, to_hex(chain.stranger.address), key=chain.governor)
    chain.settle("nominate", OPERATOR, NOBODY, key=chain.governor)
    with pytest.raises(Refused, match=rf"^NotNominee\(role=1, caller={to_hex(chain.stranger.address)}\)$"):
        chain.settle("acceptRole", OPERATOR, key=chain.stranger)


def test_only_the_nominee_accepts(chain: Chain) -> None:
    chain.settle("nominate", OPERATOR, to_hex(chain.stranger.address), key=chain.governor)
    for key in (chain.operator, chain.governor):
        with pytest.raises(Refused, match=rf"^NotNominee\(role=1, caller={to_hex(key.address)}\)$"):
            chain.settle("acceptRole", OPERATOR, key=key)


@pytest.mark.parametrize("role", [GOVERNOR, OPERATOR])
def test_only_the_governor_nominates(chain: Chain, role: int) -> None:
    for key in (chain.operator, chain.stranger):
        with pytest.raises(Refused, match=rf"^NotRole\(role=0, caller={to_hex(key.address)}\)$"):
            chain.settle("nominate", role, to_hex(key.address), key=key)


@pytest.mark.parametrize("role", [OPERATOR])
def test_the_registry_knows_the_governor_alone(chain: Chain, role: int) -> None:
    with pytest.raises(Refused, match=rf"^RoleUnused\(role={role}\)$"):
        chain.register("nominate", role, to_hex(chain.stranger.address))
    chain.register("nominate", GOVERNOR, to_hex(chain.stranger.address))
    chain.register("acceptRole", GOVERNOR, key=chain.stranger)
    assert chain.read("KeyRegistry", "holderOf", GOVERNOR) == to_hex(chain.stranger.address)
