"""A program that ran the login at the identity provider itself brings the ID token."""

import hmac
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from joserfc.jwk import RSAKey

from prividium import clock
from tests.unit.conftest import Program
from tests.unit.identity.forging_provider import Claims, ForgingProvider, begin, segment, signed

if TYPE_CHECKING:
    from tests.unit.conftest import Edge


@pytest.fixture(scope="module")
def provider() -> Iterator[ForgingProvider]:
    started = ForgingProvider()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def edge(make_edge: Callable[..., "Edge"], provider: ForgingProvider) -> "Edge":
    return make_edge(
        issuers=(
            {"id": "bank", "name": "Bank", "url": provider.url, "role_claim": "groups", "role_mapping": {"a": "admin"}},
        )
    )


def claims(provider: ForgingProvider, **changed: object) -> Claims:
    return provider.id_claims(**{"nonce": None, "at_hash": None, "jti": clock.new_id(), **changed})


def bring(edge: "Edge", token: str) -> httpx.Response:
    return edge.client().post("/api/auth/login/oidc", json={"jwt": token})


def reason(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"]["reason"])


def test_a_right_token_signs_in(edge: "Edge", provider: ForgingProvider) -> None:
    answer = bring(edge, signed(claims(provider, preferred_username="ada"), provider.key))
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expiresAt", "renewableUntil"}
    assert answer.json()["expiresAt"].endswith("Z")
    program = Program(edge, answer.json()["token"])
    assert program.get("/api/profiles/me").json()["displayName"] == "ada"
    assert program.get("/api/sessions").json()["items"][0]["kind"] == "oidc"


def test_the_role_claim_counts(edge: "Edge", provider: ForgingProvider) -> None:
    token = bring(edge, signed(claims(provider, sub="boss", groups=["a"]), provider.key)).json()["token"]
    assert [role["id"] for role in Program(edge, token).get("/api/profiles/me").json()["roles"]] == ["admin"]


def test_a_token_counts_once(edge: "Edge", provider: ForgingProvider) -> None:
    token = signed(claims(provider), provider.key)
    assert bring(edge, token).status_code == 200
    assert reason(bring(edge, token)) == (401, "id_token_replay_invalid")


def test_a_token_that_signed_a_browser_in_counts_no_more(edge: "Edge", provider: ForgingProvider) -> None:
    kept: list[str] = []

    def mint(given: Claims) -> str:
        kept.append(signed(given, provider.key))
        return kept[-1]

    provider.mint = mint
    http = edge.client()
    assert http.get(begin(http, provider, "bank"), follow_redirects=False).status_code == 303
    provider.mint = None
    assert reason(bring(edge, kept[0])) == (401, "id_token_replay_invalid")


WRONG: dict[str, Claims] = {
    "aud": {"aud": "another"},
    "azp": {"azp": "another"},
    "exp": {"exp": 1},
    "iat": {"iat": 1},
    "iss": {"iss": "https://elsewhere.example"},
    "sub": {"sub": None},
    "nonce": {"nonce": 7},
    "nbf": {"nbf": 2**40},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_claim_signs_nobody_in(edge: "Edge", provider: ForgingProvider, name: str) -> None:
    token = signed(claims(provider, **WRONG[name]), provider.key)
    assert reason(bring(edge, token)) == (401, f"id_token_{name}_invalid")


def test_a_token_for_several_audiences_signs_nobody_in(edge: "Edge", provider: ForgingProvider) -> None:
    token = signed(claims(provider, aud=["prividium", "another"], azp="prividium"), provider.key)
    assert reason(bring(edge, token)) == (401, "id_token_aud_invalid")


def test_a_foreign_key_signs_nobody_in(edge: "Edge", provider: ForgingProvider) -> None:
    own = RSAKey.generate_key(2048, {"kid": "first"})
    assert reason(bring(edge, signed(claims(provider), own))) == (401, "id_token_signature_invalid")


def test_a_public_key_is_no_shared_secret(edge: "Edge", provider: ForgingProvider) -> None:
    head = segment(b'{"alg":"HS256","kid":"first"}') + "." + segment(json.dumps(claims(provider)).encode())
    secret = provider.key.as_pem(private=False)
    token = f"{head}.{segment(hmac.digest(secret, head.encode(), 'sha256'))}"
    assert reason(bring(edge, token)) == (401, "id_token_algorithm_invalid")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        "..",
        f"{segment(b'{}')}.{segment(b'[]')}.",
        f"{segment(b'{}')}.{segment(b'null')}.x",
        "\x00",
        "é.é.é",
    ],
)
def test_what_is_no_token_signs_nobody_in(edge: "Edge", token: str) -> None:
    answer = bring(edge, token)
    assert answer.status_code == 401
    assert answer.json()["error"]["reason"] in ("id_token_format_invalid", "id_token_iss_invalid")


def test_an_unsigned_token_signs_nobody_in(edge: "Edge", provider: ForgingProvider) -> None:
    body = signed(claims(provider), provider.key).split(".")[1]
    header = segment(b'{"alg":"none"}')
    token = f"{header}.{body}."
    assert reason(bring(edge, token)) == (401, "id_token_algorithm_invalid")
