"""The development provider is a strict one, and says what it is."""

import hashlib
import secrets
import stat
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from prividium.db.engine import Database
from prividium.errors import ConfigurationError
from prividium.identity.dev_idp import KEY_FILE, DevIdpConfig, dev_idp_application
from prividium.identity.service import Identity
from prividium.settings import IdentitySettings

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

VERIFIER = secrets.token_urlsafe(32)
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def authorize(edge: "Edge", method: str = "GET", form: dict[str, str] | None = None, **changed: str) -> httpx.Response:
    query = {
        "response_type": "code",
        "client_id": "prividium",
        "redirect_uri": f"{edge.url}/api/auth/callback",
        "scope": "openid profile",
        "state": "state",
        "nonce": "nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    return edge.client().request(method, "/dev-idp/authorize", params=query, data=form)


def code(edge: "Edge") -> str:
    redirect = authorize(edge, "POST", {"username": "client", "password": "password"})
    return httpx.URL(redirect.headers["location"]).params["code"]


def exchange(edge: "Edge", code: str, **changed: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": "prividium",
        "redirect_uri": f"{edge.url}/api/auth/callback",
        "code": code,
        "code_verifier": VERIFIER,
        **changed,
    }
    return edge.client().post("/dev-idp/token", data=form)


def test_the_page_says_that_it_is_for_development_only(edge: "Edge") -> None:
    page = authorize(edge)
    assert "Development only, never in production" in page.text
    for name in ("administrator", "client", "client-two", "auditor"):
        assert name in page.text


def test_a_code_is_exchanged_once(edge: "Edge") -> None:
    issued = code(edge)
    assert "id_token" in exchange(edge, issued).json()
    again = exchange(edge, issued)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "b" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "https://evil.example"},
        {"client_id": "another"},
        {"grant_type": "password"},
    ],
    ids=str,
)
def test_a_wrong_exchange_is_refused_and_spends_the_code(edge: "Edge", changed: dict[str, str]) -> None:
    issued = code(edge)
    assert exchange(edge, issued, **changed).status_code in (400, 401)
    assert exchange(edge, issued).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/api/auth/callback"},
        {"client_id": "another"},
        {"response_type": "token"},
        {"scope": "profile"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
    ],
    ids=str,
)
def test_a_wrong_request_is_shown_and_never_redirected(edge: "Edge", changed: dict[str, str]) -> None:
    answer = authorize(edge, "POST", {"username": "client", "password": "password"}, **changed)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("form", [{}, {"username": "client"}, {"username": "nobody", "password": "password"}])
def test_a_wrong_password_signs_nobody_in(edge: "Edge", form: dict[str, str]) -> None:
    assert authorize(edge, "POST", form).status_code == 401


def test_the_key_is_the_owners_alone_and_outlives_a_restart(edge: "Edge") -> None:
    path = edge.identity.data_dir / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    dev_idp_application(DevIdpConfig("issuer", "prividium", (), path.parent))
    assert path.read_bytes() == before


def test_the_public_document_holds_no_private_key(edge: "Edge") -> None:
    (key,) = edge.client().get("/dev-idp/jwks").json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}


def test_a_broken_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("nonsense")
    with pytest.raises(ConfigurationError) as caught:
        dev_idp_application(DevIdpConfig("issuer", "prividium", (), tmp_path))
    assert caught.value.code == "dev_idp_key_invalid"


def test_production_refuses_the_development_provider(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        dev_idp_application(DevIdpConfig("issuer", "prividium", (), tmp_path, production=True))
    assert caught.value.code == "dev_idp_in_production"


def test_production_needs_an_issuer(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/prividium.db")
    with pytest.raises(ConfigurationError) as caught:
        Identity(
            database,
            IdentitySettings(),
            public_url="https://node.example",
            chain_id=1,
            data_dir=tmp_path,
            production=True,
        )
    assert caught.value.code == "oidc_issuer_missing"


def test_with_an_issuer_of_ones_own_the_development_provider_is_absent(make_edge: Callable[..., "Edge"]) -> None:
    edge = make_edge(oidc_issuer="http://127.0.0.1:9")
    assert edge.client().get("/dev-idp/jwks").status_code == 404
