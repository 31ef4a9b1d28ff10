"""Keys and metadata of a real issuer: the development provider, asked over HTTP."""

from typing import TYPE_CHECKING

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from prividium import clock
from prividium.errors import Unauthorized, Unavailable
from prividium.identity.dev_idp import KEY_FILE
from prividium.identity.oidc import OidcClient

if TYPE_CHECKING:
    from tests.unit.conftest import Edge


@pytest.fixture
def key(edge: "Edge") -> RSAKey:
    return RSAKey.import_key((edge.identity.data_dir / KEY_FILE).read_bytes())


def token(edge: "Edge", key: RSAKey, kid: str | None) -> str:
    now = clock.now()
    claims = {
        "iss": edge.identity.oidc.issuer,
        "sub": "somebody",
        "aud": "prividium",
        "iat": now,
        "exp": now + 60,
        "nonce": "nonce",
    }
    header = {"alg": "RS256"} if kid is None else {"alg": "RS256", "kid": kid}
    return jwt.encode(header, claims, key)


def test_a_token_of_the_issuers_key_is_accepted(edge: "Edge", key: RSAKey) -> None:
    verified = edge.identity.oidc.verify(token(edge, key, key.thumbprint()), "access", "nonce")
    assert verified.subject == "somebody"


def test_a_token_without_key_id_is_accepted_while_the_issuer_has_one_key(edge: "Edge", key: RSAKey) -> None:
    assert edge.identity.oidc.verify(token(edge, key, None), "access", "nonce").subject == "somebody"


def test_an_unknown_key_id_is_refused(edge: "Edge", key: RSAKey) -> None:
    with pytest.raises(Unauthorized, match="unknown key"):
        edge.identity.oidc.verify(token(edge, key, "unknown"), "access", "nonce")


def test_a_key_that_only_claims_the_issuers_key_id_is_refused(edge: "Edge", key: RSAKey) -> None:
    forged = token(edge, RSAKey.generate_key(2048), key.thumbprint())
    with pytest.raises(Unauthorized):
        edge.identity.oidc.verify(forged, "access", "nonce")


def test_discovery_must_name_the_issuer_that_was_asked(edge: "Edge") -> None:
    other_name = edge.identity.oidc.issuer.replace("127.0.0.1", "localhost")
    client = OidcClient(other_name, "prividium", None, "http://localhost/callback")
    with pytest.raises(Unavailable, match="another issuer"):
        client.metadata()
    client.close()


def test_an_issuer_without_discovery_is_unavailable(edge: "Edge") -> None:
    client = OidcClient(f"{edge.url}/api", "prividium", None, "http://localhost/callback")
    with pytest.raises(Unavailable, match="HTTP 404"):
        client.metadata()
    client.close()
