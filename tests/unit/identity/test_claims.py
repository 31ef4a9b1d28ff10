"""Every check of an ID token, one altered claim at a time, with real signatures."""

import base64
import hashlib
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from prividium import clock
from prividium.errors import Unauthorized
from prividium.identity.claims import Expectation, verify_id_token

ISSUER = "https://issuer.example"
ACCESS_TOKEN = "access"
EXPECTED = Expectation(ISSUER, "prividium", "nonce", ACCESS_TOKEN)
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})


def half_hash(value: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()


def claims(**changed: object) -> dict[str, object]:
    now = clock.now()
    given: dict[str, object] = {
        "iss": ISSUER,
        "sub": "subject",
        "aud": "prividium",
        "iat": now,
        "exp": now + 300,
        "nonce": "nonce",
        "at_hash": half_hash(ACCESS_TOKEN),
        "preferred_username": "Ada",
    }
    merged = {**given, **changed}
    return {name: value for name, value in merged.items() if value is not None}


def signed(body: dict[str, object], key: RSAKey | ECKey = RSA, algorithm: str = "RS256") -> str:
    return jwt.encode({"alg": algorithm, "kid": key.kid}, body, key, algorithms=[algorithm])


def refused(token: str, key: RSAKey | ECKey = RSA) -> bool:
    with pytest.raises(Unauthorized) as caught:
        verify_id_token(token, KeySet([key]), EXPECTED)
    return caught.value.code == "id_token_invalid" and token not in caught.value.message


def test_a_right_token_names_the_person() -> None:
    verified = verify_id_token(signed(claims()), KeySet([RSA]), EXPECTED)
    assert (verified.issuer, verified.subject, verified.display_name) == (ISSUER, "subject", "Ada")


def test_a_token_may_be_signed_with_an_elliptic_curve() -> None:
    assert verify_id_token(signed(claims(), EC, "ES256"), KeySet([EC]), EXPECTED).subject == "subject"


def test_claims_that_nobody_accounted_for_are_reported() -> None:
    verified = verify_id_token(signed(claims(admin=True, amr=["pwd"])), KeySet([RSA]), EXPECTED)
    assert verified.unknown_claims == {"admin"}


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"iss": ISSUER + "/"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a" * 256},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"aud": ["prividium", "another"]},
        {"aud": ["prividium", "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": clock.now() - 60},
        {"exp": None},
        {"exp": True},
        {"exp": "4000000000"},
        {"iat": None},
        {"iat": clock.now() + 600},
        {"iat": clock.now() - 3_600},
        {"nbf": clock.now() + 600},
        {"nonce": "another"},
        {"nonce": None},
        {"at_hash": half_hash("another")},
    ],
    ids=" ".join,
)
def test_a_wrong_claim_is_refused(changed: dict[str, object]) -> None:
    assert refused(signed(claims(**changed)))


def test_several_audiences_are_fine_if_we_are_the_authorized_party() -> None:
    body = claims(aud=["prividium", "another"], azp="prividium")
    assert verify_id_token(signed(body), KeySet([RSA]), EXPECTED).subject == "subject"


def test_a_signature_by_another_key_is_refused() -> None:
    assert refused(signed(claims(), OTHER))


def test_an_unsigned_token_is_refused() -> None:
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "kid": "rsa"}, claims())]
    assert refused(".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + ".")


def test_a_public_key_cannot_be_used_as_a_shared_secret() -> None:
    public = RSA.as_pem(private=False)
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "rsa"}).encode()).rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=")
    mac = hmac.digest(public, header + b"." + body, "sha256")
    token = b".".join((header, body, base64.urlsafe_b64encode(mac).rstrip(b"="))).decode()
    assert refused(token)


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_only_the_pinned_algorithms_are_accepted(algorithm: str) -> None:
    assert refused(signed(claims(), RSA, algorithm))


def test_an_altered_token_is_refused() -> None:
    header, body, signature = signed(claims()).split(".")
    altered = base64.urlsafe_b64encode(json.dumps(claims(sub="administrator")).encode()).rstrip(b"=").decode()
    assert refused(f"{header}.{altered}.{signature}")
    assert refused(f"{header}.{body}.{signature[:-4]}AAAA")


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "a.b", "é.é.é", "." * 5_000, "a" * 1_000_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized):
        verify_id_token(token, KeySet([RSA]), EXPECTED)


def test_a_symmetric_key_never_verifies() -> None:
    key = OctKey.generate_key(256, {"kid": "oct"})
    token = jwt.encode({"alg": "HS256", "kid": "oct"}, claims(), key)
    with pytest.raises(Unauthorized):
        verify_id_token(token, KeySet([key]), EXPECTED)
