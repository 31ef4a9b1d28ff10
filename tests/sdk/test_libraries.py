"""viem, ethers, web3.py and the SDK itself: the whole life of a token each, on a node as `prividium up` runs it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from prividium.demo.node import NodeProcess
from prividium.types import Json
from tests.sdk.conftest import People
from tests.sdk.consent import token_for_application
from tests.sdk.stage import LIFE, RULES, Stage, run_script, run_with
from tests.sdk.web3_life import Life

pytestmark = pytest.mark.sdk


@pytest.mark.parametrize("script", ["viem.mjs", "ethers.mjs"])
def test_a_library_of_javascript_lives_the_life_of_a_token(stage: Callable[[], Stage], script: str) -> None:
    assert run_script(script, stage()) == LIFE


def test_web3_py_lives_the_life_of_a_token(stage: Callable[[], Stage]) -> None:
    assert Life(stage()).run() == LIFE


def test_the_sdk_signs_in_with_a_wallet_and_lives_the_life_of_a_token(stage: Callable[[], Stage]) -> None:
    found = run_script("siwe.mjs", stage())
    assert {name: found[name] for name in LIFE} == LIFE
    assert found["authorized"] == [False, True]
    assert (found["displayName"], found["roles"]) == ("client", [])
    assert (found["bySecretAddress"], found["renewed"], found["authorizedAtLast"]) == ("success", True, False)
    assert "not valid" in str(found["oldAddress"])


def test_an_application_uses_the_token_that_its_popup_brought(
    stage: Callable[[], Stage], node: NodeProcess, people: People
) -> None:
    scene = stage()
    made = people[0].rest(
        "POST",
        "/api/applications",
        {
            "name": "Treasury",
            "origin": "http://localhost:24101",
            "oauthRedirectUris": ["http://localhost:24101/callback"],
        },
    )
    client_id = str(made["oauthClientId"])
    token, expires_at = token_for_application(node.base_url, "client", client_id, "http://localhost:24101/callback")
    more: dict[str, Json] = {"clientId": client_id, "expiresAt": expires_at}
    found = run_with("chain.mjs", scene, more, holder_token=token)
    assert found == {
        "authorized": True,
        "displayName": "client",
        "functions": sorted(signature.partition("(")[0] for signature, *_ in RULES),
        "chainId": scene.chain_id,
        "balance": 0,
        "walletUrl": True,
        "refused": -32090,
        "authorizedAtLast": False,
        "expired": 1,
    }


def test_no_token_of_a_wallet_is_in_the_log(stage: Callable[[], Stage], node: NodeProcess, people: People) -> None:
    token = str(people[1].rest("GET", "/api/wallet/personal-rpc-token")["token"])
    answer = people[1].http.post(f"/rpc/wallet/{token}", json={"jsonrpc": "2.0", "id": 1, "method": "eth_call"})
    assert answer.json()["error"]["code"] == -32001
    people[1].http.get(f"/rpc/wallet/{token}/more")
    assert people[1].http.post(f"/rpc/wallet/{token}", content=b"{").json()["error"]["code"] == -32700
    log = Path(node.log_path).read_text()
    assert log
    assert token not in log
    assert not any(member.token in log for member in people)
