"""The OpenAPI document is true: whatever is sent, and whoever sends it, the answer is one that the document names, none
is a fault of the node, and nothing that is nobody's business is in an answer or in the log.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from sqlalchemy import select

from prividium import clock
from prividium.identity.credentials import Origin
from prividium.identity.models import LoginSession, User
from prividium.identity.sessions import open_session
from prividium.openapi import PATH
from prividium.rest import time_text
from prividium.types import Json
from tests.unit.live import LiveNode, Scene, set_scene

Who = Literal["anonymous", "user", "administrator"]
WHO: tuple[Who, ...] = ("anonymous", "user", "administrator")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
    unsupported_method,
]
FEW, MANY = 3, 100
ORDER = ("get", "post", "put", "patch", "delete")
CLIENTS = {"httpx", "httpcore", "urllib3"}
"""They run in this process too."""
PRIVATE = "planted-5e1d0c2b"
"""In what administrators alone may read."""


class Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] not in CLIENTS:
            self.lines.append(self.format(record))


@dataclass
class World:
    scene: Scene
    log: Log
    known: dict[str, list[str]] = field(default_factory=dict)
    """Values of path parameters that exist."""
    credentials: list[str] = field(default_factory=list)
    """What no answer and no line of the log may hold."""

    def headers(self, who: Who) -> dict[str, str]:
        """A session of its own for each request: some requests end it."""
        if who == "anonymous":
            return {}
        name = "administrator" if who == "administrator" else "client"
        node = self.scene.live.node
        with node.database.write() as session:
            user = session.scalars(select(User).where(User.display_name == name)).one()
            opened = open_session(session, user.id, "cli", node.identity.session_limits, Origin("127.0.0.1", "test"))
        return {"Authorization": f"Bearer {opened.token}"}


def plant(scene: Scene) -> tuple[dict[str, list[str]], list[str]]:
    """Something for every kind of path parameter, and the credentials that came of it."""
    admin = scene.administrator
    machine = admin.rest("POST", "/api/m2m-applications", {"name": "Robot", "description": PRIVATE})
    key_body: Json = {"name": PRIVATE, "expiresAt": time_text(clock.now() + 86_400)}
    key = admin.rest("POST", f"/api/m2m-applications/{machine['id']}/api-keys", key_body)
    role = admin.rest("POST", "/api/roles", {"roleName": PRIVATE})
    abi: Json = [{"type": "function", "name": PRIVATE.replace("-", "_"), "inputs": []}]
    contract: Json = {"contractAddress": "0x" + "77" * 20, "name": PRIVATE, "abi": abi, "awaitingDeployment": True}
    admin.rest("POST", "/api/contracts", contract)
    application: Json = {"name": "App", "origin": "https://app.example", "oauthRedirectUris": []}
    made = admin.rest("POST", "/api/applications", application)
    wallet = scene.two.rest("GET", "/api/wallet/personal-rpc-token")
    with scene.live.node.database.read() as session:
        sessions = [str(found) for found in session.scalars(select(LoginSession.id))]
    known = {
        "address": [scene.shares, "0x" + "77" * 20, scene.one.address],
        "role_id": [str(role["id"]), "user"],
        "user_id": [str(scene.stranger.rest("GET", "/api/profiles/me")["id"])],
        "machine_id": [str(machine["id"])],
        "key_id": [str(key["id"])],
        "rule_id": ["1", "2"],
        "template_id": ["1"],
        "application_id": [str(made["id"])],
        "oauth_client_id": ["proxy-cli", str(made["oauthClientId"])],
        "session_id": sessions[:2],
        "issuer_id": ["default"],
        "transaction_hash": [scene.hashes["transfer"]],
    }
    return known, [str(key["fullKey"]), str(wallet["token"]), *(member.token for member in (scene.one, scene.two))]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    log = Log()
    root = logging.getLogger()
    before = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    generous = {"login_requests_per_minute_max": 10**7, "requests_per_minute_max": 10**7}
    try:
        with LiveNode(tmp_path_factory.mktemp("node") / "data", identity=generous) as live:
            scene = set_scene(live)
            known, credentials = plant(scene)
            yield World(scene, log, known, credentials)
    finally:
        root.removeHandler(log)
        root.setLevel(before)


def check(world: World, who: Who, operation: APIOperation, examples: int) -> None:
    http = requests.Session()
    turn = 0

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case) -> None:
        nonlocal turn
        turn += 1
        for name, values in world.known.items():
            if turn % 2 and name in case.path_parameters:
                case.path_parameters[name] = values[turn // 2 % len(values)]
        answer = case.call(
            base_url=world.scene.live.url, session=http, headers=world.headers(who), allow_redirects=False
        )
        case.validate_response(answer, checks=CHECKS, headers=world.headers(who))
        assert not [secret for secret in world.credentials if secret in answer.text]
        assert who == "administrator" or PRIVATE not in answer.text

    with http:
        run()


def walk(world: World, who: Who, examples: int) -> None:
    schema = schemathesis.openapi.from_url(world.scene.live.url + PATH)
    # What deletes comes last, so that there is something left to ask for.
    operations = sorted(
        (found.ok() for found in schema.get_all_operations()), key=lambda found: ORDER.index(found.method)
    )
    assert len(operations) > 80
    for operation in operations:
        check(world, who, operation, examples)
    logging.getLogger("prividium.api").debug("walked")
    assert world.log.lines[-1] == "walked", "the log of the node is not heard"
    assert not [line for line in world.log.lines if any(secret in line for secret in world.credentials)]


def test_the_document_names_credentials_refusals_and_pages(world: World) -> None:
    document = httpx.get(world.scene.live.url + PATH).json()
    paths = document["paths"]
    assert paths["/api/roles"]["get"]["security"] == [{"session": []}, {"apiKey": []}]
    assert "security" not in paths["/api/siwe-messages"]["post"]
    assert set(paths["/api/roles"]["post"]["responses"]) == {"201", "202", "4XX", "503"}
    assert "text/html" in paths["/auth/authorize"]["get"]["responses"]["4XX"]["content"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert PATH not in paths


@pytest.mark.parametrize("who", WHO)
def test_every_answer_is_one_that_the_document_names(world: World, who: Who) -> None:
    walk(world, who, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("who", WHO)
def test_every_answer_is_one_that_the_document_names_however_often_one_asks(world: World, who: Who) -> None:
    walk(world, who, MANY)
