"""Keys and metadata of an issuer, asked over HTTP."""

from collections.abc import Iterator

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from prividium import clock
from prividium.errors import PrividiumError, Unauthorized, Unavailable
from prividium.identity import provider as provider_module
from prividium.identity.oidc import OidcClient, Registration
from prividium.identity.role_claim import RoleClaim
from tests.unit.identity.forging_provider import ACCESS_TOKEN, ForgingProvider, SigningKey, half_hash, signed


@pytest.fixture
def issuer() -> Iterator[ForgingProvider]:
    started = ForgingProvider()
    yield started
    started.stop()


@pytest.fixture
def client(issuer: ForgingProvider) -> Iterator[OidcClient]:
    opened = OidcClient(issuer.url, Registration("prividium", None, "http://localhost/callback"), RoleClaim())
    yield opened
    opened.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> "Later":
    return Later(monkeypatch)


class Later:
    """Moves the clock that measures how old keys and metadata are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._offset = 0.0
        real = clock.monotonic
        monkeypatch.setattr(clock, "monotonic", lambda: real() + self._offset)

    def by(self, seconds: float) -> None:
        self._offset += seconds


def subject(client: OidcClient, issuer: ForgingProvider, key: SigningKey, algorithm: str = "RS256") -> str:
    digest = "sha512" if algorithm == "EdDSA" else "sha256"
    claims = issuer.id_claims(nonce="nonce", at_hash=half_hash(ACCESS_TOKEN, digest))
    return client.verify(signed(claims, key, algorithm), ACCESS_TOKEN, "nonce").subject


def code(client: OidcClient, issuer: ForgingProvider, key: SigningKey, algorithm: str = "RS256") -> str:
    with pytest.raises(PrividiumError) as refused:
        subject(client, issuer, key, algorithm)
    return refused.value.code


def renewed(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


def show(issuer: ForgingProvider, *keys: SigningKey) -> None:
    issuer.shown = [key.as_dict(private=False) for key in keys]


def test_a_token_of_the_issuers_key_is_accepted_and_its_keys_are_kept(
    client: OidcClient, issuer: ForgingProvider
) -> None:
    assert [subject(client, issuer, issuer.key) for _ in range(3)] == ["subject"] * 3
    assert issuer.key_fetches == 1


def test_keys_of_every_allowed_kind_are_told_apart(client: OidcClient, issuer: ForgingProvider) -> None:
    curve, edwards = ECKey.generate_key("P-256", {"kid": "ec"}), OKPKey.generate_key("Ed25519", {"kid": "ed"})
    show(issuer, issuer.key, curve, edwards)
    assert subject(client, issuer, curve, "ES256") == "subject"
    assert subject(client, issuer, edwards, "EdDSA") == "subject"


def test_a_token_without_key_id_is_accepted_only_while_one_key_fits(
    client: OidcClient, issuer: ForgingProvider, later: Later
) -> None:
    show(issuer, issuer.key, ECKey.generate_key("P-256", {"kid": "ec"}))
    token = jwt.encode({"alg": "RS256"}, issuer.id_claims(nonce="nonce"), issuer.key)
    assert client.verify(token, ACCESS_TOKEN, "nonce").subject == "subject"
    show(issuer, issuer.key, renewed("second"))
    later.by(provider_module.KEYS_TTL_SECONDS + 1)
    with pytest.raises(Unauthorized) as refused:
        client.verify(token, ACCESS_TOKEN, "nonce")
    assert refused.value.code == "id_token_key_invalid"


def test_a_new_key_is_found_by_its_id_once_it_is_asked_for(
    client: OidcClient, issuer: ForgingProvider, later: Later
) -> None:
    subject(client, issuer, issuer.key)
    second = renewed("second")
    show(issuer, issuer.key, second)
    later.by(provider_module.KEYS_REFRESH_SECONDS_MIN + 1)
    assert subject(client, issuer, second) == "subject"
    assert issuer.key_fetches == 2


def test_unknown_key_ids_cannot_make_the_node_ask_again_and_again(
    client: OidcClient, issuer: ForgingProvider, later: Later
) -> None:
    subject(client, issuer, issuer.key)
    assert {code(client, issuer, renewed(f"unknown-{n}")) for n in range(5)} == {"id_token_key_invalid"}
    assert issuer.key_fetches == 1
    later.by(provider_module.KEYS_REFRESH_SECONDS_MIN + 1)
    assert {code(client, issuer, renewed(f"unknown-{n}")) for n in range(5)} == {"id_token_key_invalid"}
    assert issuer.key_fetches == 2


def test_a_withdrawn_key_stops_counting(client: OidcClient, issuer: ForgingProvider, later: Later) -> None:
    subject(client, issuer, issuer.key)
    show(issuer, renewed("second"))
    later.by(provider_module.KEYS_TTL_SECONDS + 1)
    assert code(client, issuer, issuer.key) == "id_token_key_invalid"


def test_a_provider_that_fails_signs_nobody_in_with_old_keys(
    client: OidcClient, issuer: ForgingProvider, later: Later
) -> None:
    subject(client, issuer, issuer.key)
    issuer.broken = True
    later.by(provider_module.KEYS_TTL_SECONDS + 1)
    assert [code(client, issuer, issuer.key) for _ in range(3)] == ["identity_provider_unavailable"] * 3
    assert issuer.key_fetches == 2
    issuer.broken = False
    later.by(provider_module.RETRY_SECONDS_MIN + 1)
    assert subject(client, issuer, issuer.key) == "subject"


def test_a_key_that_only_claims_the_issuers_key_id_is_refused(client: OidcClient, issuer: ForgingProvider) -> None:
    assert code(client, issuer, renewed("first")) == "id_token_signature_invalid"


def test_what_is_not_understood_among_the_keys_is_left_out(client: OidcClient, issuer: ForgingProvider) -> None:
    odd = [7, {}, {"kty": "AKP", "kid": "pq"}, {"kty": "RSA", "kid": "x"}, {"kty": "oct", "k": "A" * 43}]
    issuer.shown = [*odd, issuer.key.as_dict(private=False)]  # type: ignore[list-item]
    assert subject(client, issuer, issuer.key) == "subject"


def test_discovery_must_name_the_issuer_that_was_asked(issuer: ForgingProvider) -> None:
    registration = Registration("prividium", None, "http://localhost/callback")
    client = OidcClient(issuer.url.replace("127.0.0.1", "localhost"), registration, RoleClaim())
    with pytest.raises(Unavailable, match="another issuer"):
        client.provider.metadata()
    client.close()


def test_an_issuer_whose_name_ends_with_a_slash_is_known_by_that_name(
    client: OidcClient, issuer: ForgingProvider
) -> None:
    issuer.discovery, issuer.extra = {"issuer": issuer.url + "/"}, {"iss": issuer.url + "/"}
    assert subject(client, issuer, issuer.key) == "subject"


@pytest.mark.parametrize(
    "changed",
    [
        {"token_endpoint": None},
        {"token_endpoint": 7},
        {"authorization_endpoint": "ftp://127.0.0.1/"},
        {"jwks_uri": "http://[bad"},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_discovery_document_with_a_bad_endpoint_is_refused(
    client: OidcClient, issuer: ForgingProvider, changed: dict[str, object]
) -> None:
    issuer.discovery = changed
    with pytest.raises(Unavailable, match="endpoint"):
        client.provider.metadata()


def test_an_issuer_without_discovery_is_unavailable(client: OidcClient, issuer: ForgingProvider) -> None:
    issuer.broken = True
    with pytest.raises(Unavailable, match="HTTP 503"):
        client.provider.metadata()
