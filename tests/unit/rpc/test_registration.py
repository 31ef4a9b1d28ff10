"""A contract is registered when it is there, or by who says that it is not there yet."""

import pytest

from prividium.errors import PrividiumError
from prividium.types import Json
from tests.unit.live import Scene, new_account
from tests.unit.rpc import contracts


def body(address: str, **more: Json) -> dict[str, Json]:
    return {"contractAddress": address, "name": "New", "abi": [], **more}


def test_an_address_without_code_is_registered_only_as_awaiting_deployment(scene: Scene) -> None:
    address = new_account().address
    with pytest.raises(PrividiumError, match="no code at this address") as refused:
        scene.administrator.rest("POST", "/api/contracts", body(address))
    assert refused.value.code == "contract_not_deployed"
    scene.administrator.rest("POST", "/api/contracts", body(address, awaitingDeployment=True))


def test_a_deployed_contract_is_registered_as_it_is(scene: Scene) -> None:
    address = contracts.deploy(scene, b"\x00")
    shown = scene.administrator.rest("POST", "/api/contracts", body(address))
    assert str(shown["contractAddress"]).lower() == address.lower()
