"""Several identity providers at once: who signs in where, and what their tokens may say."""

import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select

from prividium import clock
from prividium.audit.models import AuditEntry
from prividium.errors import ConfigurationError
from prividium.identity.issuers import Issuers
from prividium.identity.models import User
from prividium.issuer_settings import IssuerSettings
from prividium.settings import IdentitySettings
from tests.unit.identity.forging_provider import ForgingProvider, begin, half_hash, segment, signed

if TYPE_CHECKING:
    from tests.unit.conftest import Browser, Edge


@pytest.fixture(scope="module")
def bank() -> Iterator[ForgingProvider]:
    started = ForgingProvider()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def clients() -> Iterator[ForgingProvider]:
    started = ForgingProvider()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def edge(make_edge: Callable[..., "Edge"], bank: ForgingProvider, clients: ForgingProvider) -> "Edge":
    return make_edge(
        issuers=(
            {"id": "bank", "name": "Bank staff", "url": bank.url, "admin_subjects": ("head",)},
            {"id": "clients", "name": "Clients of the fund", "url": clients.url},
        )
    )


@pytest.fixture(autouse=True)
def honest(bank: ForgingProvider, clients: ForgingProvider) -> None:
    for provider in (bank, clients):
        provider.mint, provider.extra, provider.discovery = None, {}, {}


def sign_in(edge: "Edge", provider: ForgingProvider, issuer: str) -> "Browser":
    browser = edge.browser()
    answer = call_back(browser, begin(browser.http, provider, issuer))
    assert answer.status_code == 303
    return browser


def call_back(browser: "Browser", url: httpx.URL) -> httpx.Response:
    return browser.json("GET", str(url), follow_redirects=False)


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def refusals(edge: "Edge") -> list[str]:
    with edge.database.read() as session:
        return list(session.scalars(select(AuditEntry.reason).order_by(AuditEntry.sequence)))


def test_without_a_choice_a_page_offers_every_issuer(edge: "Edge") -> None:
    page = edge.browser().open_login(return_to="/api/profiles/me")
    assert page.status_code == 200
    assert "Bank staff" in page.text
    assert "Clients of the fund" in page.text
    assert 'name="return_to" value="/api/profiles/me"' in page.text


def test_the_choice_of_an_issuer_leads_to_it(edge: "Edge", clients: ForgingProvider) -> None:
    start = edge.browser().json("GET", "/api/auth/login?issuer=clients", follow_redirects=False)
    assert start.headers["location"].startswith(f"{clients.url}/authorize?")


@pytest.mark.parametrize("path", ["/api/auth/login?issuer=nobody", "/api/auth/callback/nobody", "/api/auth/callback"])
def test_an_issuer_that_the_settings_do_not_name_is_refused(edge: "Edge", path: str) -> None:
    answer = edge.browser().json("GET", path, follow_redirects=False)
    assert (answer.status_code, reason(answer)) == (400, "issuer_unknown")


def test_the_same_subject_at_two_issuers_is_two_people(
    edge: "Edge", bank: ForgingProvider, clients: ForgingProvider
) -> None:
    ids = [
        sign_in(edge, provider, name).json("GET", "/api/profiles/me").json()["id"]
        for provider, name in ((bank, "bank"), (clients, "clients"), (bank, "bank"))
    ]
    assert ids[0] == ids[2] != ids[1]


def test_the_administrators_of_one_issuer_are_nobody_at_another(
    edge: "Edge", bank: ForgingProvider, clients: ForgingProvider
) -> None:
    roles = {}
    for provider, name in ((bank, "bank"), (clients, "clients")):
        provider.extra = {"sub": "head"}
        roles[name] = sign_in(edge, provider, name).json("GET", "/api/profiles/me").json()["roles"]
    assert [role["id"] for role in roles["bank"]] == ["admin"]
    assert roles["clients"] == []


def test_an_answer_at_the_address_of_another_issuer_is_refused(edge: "Edge", bank: ForgingProvider) -> None:
    browser = edge.browser()
    callback = begin(browser.http, bank, "bank")
    elsewhere = callback.copy_with(path="/api/auth/callback/clients", query=callback.query)
    assert reason(call_back(browser, elsewhere)) == "issuer_mismatch"
    assert reason(call_back(browser, callback)) == "login_state_invalid"


def test_a_token_of_another_issuer_signs_nobody_in(
    edge: "Edge", bank: ForgingProvider, clients: ForgingProvider
) -> None:
    clients.mint = lambda claims: signed({**claims, "iss": bank.url}, clients.key)
    browser = edge.browser()
    assert reason(call_back(browser, begin(browser.http, clients, "clients"))) == "id_token_iss_invalid"


def hmac_by_public_key(claims: dict[str, object], key: RSAKey) -> str:
    header, body = (segment(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "first"}, claims))
    mac = hmac.digest(key.as_pem(private=False), f"{header}.{body}".encode(), "sha256")
    return f"{header}.{body}.{segment(mac)}"


def unsigned(claims: dict[str, object], _key: RSAKey) -> str:
    return ".".join(segment(json.dumps(part).encode()) for part in ({"alg": "none", "kid": "first"}, claims)) + "."


def with_claims(**changed: object) -> Callable[[dict[str, object], RSAKey], str]:
    return lambda claims, key: signed({**claims, **changed}, key)


FORGERIES: dict[str, tuple[Callable[[dict[str, object], RSAKey], str], str]] = {
    "alg none": (unsigned, "id_token_algorithm_invalid"),
    "HS256 with the public key": (hmac_by_public_key, "id_token_algorithm_invalid"),
    "RS384": (lambda claims, key: signed(claims, key, "RS384"), "id_token_algorithm_invalid"),
    "unknown kid": (lambda claims, key: signed(claims, key, kid="unknown"), "id_token_key_invalid"),
    "another key": (
        lambda claims, _key: signed(claims, RSAKey.generate_key(2048, {"kid": "first"})),
        "id_token_signature_invalid",
    ),
    "expired": (with_claims(exp=clock.now() - 3_600), "id_token_exp_invalid"),
    "not yet valid": (with_claims(nbf=clock.now() + 3_600), "id_token_nbf_invalid"),
    "issued in the future": (with_claims(iat=clock.now() + 3_600), "id_token_iat_invalid"),
    "issued long ago": (with_claims(iat=clock.now() - 3_600), "id_token_iat_invalid"),
    "wrong audience": (with_claims(aud="another"), "id_token_aud_invalid"),
    "wrong issuer": (with_claims(iss="https://evil.example"), "id_token_iss_invalid"),
    "wrong azp": (with_claims(azp="another"), "id_token_azp_invalid"),
    "wrong at_hash": (with_claims(at_hash=half_hash("another")), "id_token_at_hash_invalid"),
    "nonce of another login": (with_claims(nonce="replayed"), "id_token_nonce_invalid"),
    "no token": (lambda _claims, _key: "[[[", "id_token_format_invalid"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_signs_nobody_in_and_is_in_the_trail(edge: "Edge", bank: ForgingProvider, name: str) -> None:
    forge, code = FORGERIES[name]
    bank.extra = {"sub": f"victim of {name}"}
    bank.mint = lambda claims: forge(claims, bank.key)
    browser = edge.browser()
    answer = call_back(browser, begin(browser.http, bank, "bank"))
    assert (answer.status_code, reason(answer)) == (401, code)
    assert "set-cookie" not in answer.headers
    assert refusals(edge)[-1] == code
    with edge.database.read() as session:
        assert session.scalar(select(User).where(User.subject == f"victim of {name}")) is None


def test_a_token_of_an_earlier_login_cannot_be_used_again(edge: "Edge", bank: ForgingProvider) -> None:
    kept: list[str] = []
    bank.mint = lambda claims: kept.append(signed(claims, bank.key)) or kept[0]  # type: ignore[func-returns-value]
    sign_in(edge, bank, "bank")
    browser = edge.browser()
    assert reason(call_back(browser, begin(browser.http, bank, "bank"))) == "id_token_nonce_invalid"
    assert refusals(edge)[-1] == "id_token_nonce_invalid"


def test_a_state_and_its_code_count_once_and_the_replay_is_in_the_trail(edge: "Edge", bank: ForgingProvider) -> None:
    browser = edge.browser()
    callback = begin(browser.http, bank, "bank")
    assert call_back(browser, callback).status_code == 303
    assert reason(call_back(browser, callback)) == "login_state_invalid"
    assert refusals(edge)[-1] == "login_state_invalid"


def test_a_client_secret_is_read_from_a_file_that_only_the_node_reads(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    issuer = IssuerSettings(id="bank", name="Bank", url="https://sso.example", client_secret_file=secret)
    for content, mode in (("", 0o600), ("hunter2", 0o644), (None, 0o600)):
        secret.unlink(missing_ok=True)
        if content is not None:
            secret.write_text(content)
            secret.chmod(mode)
        with pytest.raises(ConfigurationError) as refused:
            Issuers(IdentitySettings(issuers=(issuer,)), "https://node.example")
        assert refused.value.code == "client_secret_unreadable"
        assert "hunter2" not in refused.value.message
