"""Every check of an ID token, one altered claim at a time, with real signatures."""

import base64
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from prividium import clock
from prividium.identity.claims import Expectation, VerifiedClaims, verify_id_token
from prividium.identity.role_claim import RoleClaim
from prividium.identity.tokens import ID_TOKEN_KINDS, TokenFault, import_keys, read_header, suits
from tests.unit.identity.forging_provider import SigningKey, half_hash, segment, signed

ISSUER = "https://issuer.example"
ACCESS_TOKEN = "access"
GROUPS = RoleClaim.of("groups", {"/bank/fund": "fund-client"})
EXPECTED = Expectation(ISSUER, "prividium", "nonce", ACCESS_TOKEN, GROUPS)
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})


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


def verified(token: str, *shown: SigningKey | OctKey) -> VerifiedClaims:
    """As the client does with the keys that the provider shows."""
    header = read_header(token, ID_TOKEN_KINDS)
    keys = import_keys([key.as_dict(private=False) for key in shown or (RSA,)])
    fitting = [key for key in keys if suits(key, header)]
    if len(fitting) != 1:
        raise TokenFault("key")
    return verify_id_token(token, header, fitting[0], EXPECTED)


def fault(token: str, *shown: SigningKey | OctKey) -> str:
    with pytest.raises(TokenFault) as caught:
        verified(token, *shown)
    return caught.value.reason


def test_a_right_token_names_the_person() -> None:
    found = verified(signed(claims(), RSA))
    assert (found.issuer, found.subject, found.display_name, found.session_id) == (ISSUER, "subject", "Ada", None)


def test_a_token_may_be_signed_with_an_elliptic_curve() -> None:
    assert verified(signed(claims(), EC, "ES256"), EC).subject == "subject"
    edwards = claims(at_hash=half_hash(ACCESS_TOKEN, "sha512"))
    assert verified(signed(edwards, ED, "EdDSA"), ED).subject == "subject"


def test_the_access_token_of_an_edwards_signature_is_checked_too() -> None:
    assert fault(signed(claims(at_hash=half_hash("another", "sha512")), ED, "EdDSA"), ED) == "at_hash"


def test_the_keys_of_a_provider_may_be_of_every_kind() -> None:
    assert verified(signed(claims(), RSA), EC, RSA, ED, OctKey.generate_key(256)).subject == "subject"


def test_claims_that_nobody_accounted_for_are_reported() -> None:
    assert verified(signed(claims(admin=True, amr=["pwd"]), RSA)).unknown_claims == {"admin"}


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("iss", {"iss": "https://other.example"}),
        ("iss", {"iss": None}),
        ("iss", {"iss": ISSUER + "/"}),
        ("iss", {"iss": [ISSUER]}),
        ("sub", {"sub": None}),
        ("sub", {"sub": ""}),
        ("sub", {"sub": 7}),
        ("sub", {"sub": "a" * 256}),
        ("aud", {"aud": "another"}),
        ("aud", {"aud": None}),
        ("aud", {"aud": []}),
        ("azp", {"aud": ["prividium", "another"]}),
        ("azp", {"aud": ["prividium", "another"], "azp": "another"}),
        ("azp", {"azp": "another"}),
        ("azp", {"azp": ""}),
        ("azp", {"azp": ["prividium"]}),
        ("exp", {"exp": clock.now() - 60}),
        ("exp", {"exp": None}),
        ("exp", {"exp": True}),
        ("exp", {"exp": "4000000000"}),
        ("iat", {"iat": None}),
        ("iat", {"iat": clock.now() + 600}),
        ("iat", {"iat": clock.now() - 3_600}),
        ("nbf", {"nbf": clock.now() + 600}),
        ("nonce", {"nonce": "another"}),
        ("nonce", {"nonce": None}),
        ("at_hash", {"at_hash": half_hash("another")}),
        ("at_hash", {"at_hash": ""}),
        ("at_hash", {"at_hash": 7}),
        ("sid", {"sid": 7}),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_wrong_claim_is_refused_by_its_name(reason: str, changed: dict[str, object]) -> None:
    assert fault(signed(claims(**changed), RSA)) == reason


def test_several_audiences_are_fine_if_we_are_the_authorized_party() -> None:
    body = claims(aud=["prividium", "another"], azp="prividium")
    assert verified(signed(body, RSA)).subject == "subject"


def test_a_signature_by_another_key_is_refused() -> None:
    assert fault(signed(claims(), OTHER)) == "signature"


def test_an_unsigned_token_is_refused() -> None:
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "kid": "rsa"}, claims())]
    assert fault(".".join(segment(part) for part in parts) + ".") == "algorithm"


def test_a_public_key_cannot_be_used_as_a_shared_secret() -> None:
    header = segment(json.dumps({"alg": "HS256", "kid": "rsa"}).encode())
    body = segment(json.dumps(claims()).encode())
    for public in (RSA.as_pem(private=False), str(RSA.as_dict(private=False)["n"]).encode()):
        mac = segment(hmac.digest(public, f"{header}.{body}".encode(), "sha256"))
        assert fault(f"{header}.{body}.{mac}") == "algorithm"


def test_a_symmetric_key_never_verifies() -> None:
    key = OctKey.generate_key(256, {"kid": "oct"})
    assert fault(jwt.encode({"alg": "HS256", "kid": "oct"}, claims(), key), key) == "algorithm"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_only_the_pinned_algorithms_are_accepted(algorithm: str) -> None:
    assert fault(signed(claims(), RSA, algorithm)) == "algorithm"


def test_an_algorithm_must_suit_the_kind_of_the_key() -> None:
    confused = signed(claims(), EC, "ES256", kid="rsa")
    assert fault(confused, RSA) == "key"
    declared = RSAKey.import_key({**RSA.as_dict(private=True), "alg": "PS256"})
    assert fault(signed(claims(), RSA), declared) == "key"


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_keys_that_are_too_weak_or_not_for_signatures_do_not_count() -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    assert fault(signed(claims(), weak), weak) == "key"
    for_encryption = RSAKey.import_key({**RSA.as_dict(private=True), "use": "enc"})
    assert fault(signed(claims(), RSA), for_encryption) == "key"


def test_a_key_that_the_token_brings_along_does_not_count() -> None:
    own = RSAKey.generate_key(2048, {"kid": "rsa"})
    assert fault(signed(claims(), own, jwk=own.as_dict(private=False))) == "signature"


@pytest.mark.parametrize("header", [{"typ": "at+jwt"}, {"typ": "logout+jwt"}])
def test_a_token_of_another_kind_is_refused(header: dict[str, object]) -> None:
    assert fault(signed(claims(), RSA, **header)) == "header"


def test_an_extension_that_must_be_understood_is_refused() -> None:
    header, body, signature = signed(claims(), RSA).split(".")
    extended = json.dumps({"alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": False}).encode()
    assert header
    assert fault(f"{segment(extended)}.{body}.{signature}") in ("header", "format")


def test_an_altered_token_is_refused() -> None:
    header, body, signature = signed(claims(), RSA).split(".")
    altered = segment(json.dumps(claims(sub="administrator")).encode())
    assert fault(f"{header}.{altered}.{signature}") == "signature"
    assert fault(f"{header}.{body}.{signature[:-4]}AAAA") == "signature"


NESTED = base64.urlsafe_b64encode(b"[" * 20_000 + b"]" * 20_000).decode().rstrip("=")


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "a.b", "é.é.é", "." * 5_000, "a" * 1_000_000, f"{NESTED}.e30.e30", "W10.e30.e30"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert fault(token) == "format"


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["/bank/fund", "/bank/other"], {"fund-client"}),
        ("/bank/fund", {"fund-client"}),
        (["/bank"], set()),
        ([["/bank/fund"]], set()),
        ({"/bank/fund": True}, set()),
        (None, set()),
        (7, set()),
    ],
)
def test_the_role_claim_gives_roles_only_as_a_list_of_texts(groups: object, roles: set[str]) -> None:
    assert verified(signed(claims(groups=groups), RSA)).roles == roles


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}),
        (r"https://bank\.example/groups", {"https://bank.example/groups": ["a"]}),
        ("a.b.c", {"a": {"b": {"c": "a"}}}),
    ],
)
def test_the_path_of_the_role_claim_may_be_nested(path: str, body: dict[str, object]) -> None:
    assert RoleClaim.of(path, {"a": "role"}).granted(body) == {"role"}
    assert RoleClaim.of(path, {"a": "role"}).granted({}) == frozenset()
    assert RoleClaim.of(None, {}).granted(body) == frozenset()
