"""OpenID Connect client: authorization code flow with PKCE S256 against any issuer, by discovery.

Specifications: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer in the answer).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]
from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import prepare_token_request  # type: ignore[import-untyped]
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from prividium import clock
from prividium.errors import Unauthorized, Unavailable
from prividium.identity.claims import Expectation, VerifiedClaims, refused, verify_id_token

SCOPE: Final = "openid profile email"
TIMEOUT_SECONDS: Final = 10.0
DOCUMENT_BYTES_MAX: Final = 2**18
METADATA_TTL_SECONDS: Final = 3_600
KEYS_REFRESH_SECONDS_MIN: Final = 30
"""An unknown key id makes the keys be fetched anew at most this often."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Metadata:
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    answers_with_issuer: bool
    fetched_at: float


class OidcClient:
    """One issuer, one client registration. A `client_secret` of None makes it a public client."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None, redirect_uri: str) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._redirect_uri = redirect_uri
        self._secret = client_secret
        # A provider on this very machine is never behind the proxy that the environment may name.
        local = urlsplit(issuer).hostname in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=not local, follow_redirects=False)
        self._lock = Lock()
        self._metadata: Metadata | None = None
        self._keys: KeySet | None = None
        self._keys_fetched_at = 0.0

    def close(self) -> None:
        self._http.close()

    def authorization_url(self, state: str, nonce: str, code_verifier: str) -> str:
        """Where to send the browser."""
        client = OAuth2Client(
            session=self._http,
            client_id=self._client_id,
            scope=SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )
        url, _ = client.create_authorization_url(
            self.metadata().authorization_endpoint, state=state, nonce=nonce, code_verifier=code_verifier
        )
        return str(url)

    def check_answer(self, answer: Mapping[str, str]) -> str:
        """The code of a callback's query; raises Unauthorized("login_refused" or "issuer_mismatch")."""
        issuer = answer.get("iss")
        if issuer != self.issuer and (issuer is not None or self.metadata().answers_with_issuer):
            raise Unauthorized("issuer_mismatch", "the answer comes from another identity provider; sign in again")
        if "error" in answer or not answer.get("code"):
            raise Unauthorized("login_refused", "the identity provider did not sign you in; try again")
        return answer["code"]

    def claims(self, code: str, code_verifier: str, nonce: str) -> VerifiedClaims:
        """Exchange the code and check the ID token; fails closed."""
        tokens = self._exchange(code, code_verifier)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise refused("no id_token")
        return self.verify(id_token, access_token, nonce)

    def verify(self, id_token: str, access_token: str, nonce: str) -> VerifiedClaims:
        expected = Expectation(self.issuer, self._client_id, nonce, access_token)
        verified = verify_id_token(id_token, self._keys_for(id_token), expected)
        if verified.unknown_claims:
            _log.info("ignored claims of the identity provider: %s", ", ".join(sorted(verified.unknown_claims)))
        return verified

    def metadata(self) -> Metadata:
        """The issuer's discovery document, kept for an hour."""
        with self._lock:
            known = self._metadata
            if known is None or clock.monotonic() - known.fetched_at > METADATA_TTL_SECONDS:
                known = self._metadata = self._discover()
            return known

    def _discover(self) -> Metadata:
        document = self._fetch(f"{self.issuer}/.well-known/openid-configuration")
        if document.get("issuer") != self.issuer:
            raise _provider_fault("its discovery document names another issuer")
        endpoints = [document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        scheme = urlsplit(self.issuer).scheme
        for endpoint in endpoints:
            if not isinstance(endpoint, str) or urlsplit(endpoint).scheme not in {"https", scheme}:
                raise _provider_fault("its discovery document lacks an endpoint or weakens it to http")
        authorization, token, jwks = (str(endpoint) for endpoint in endpoints)
        answers_with_issuer = document.get("authorization_response_iss_parameter_supported") is True
        return Metadata(authorization, token, jwks, answers_with_issuer, clock.monotonic())

    def _exchange(self, code: str, code_verifier: str) -> dict[str, object]:
        body = prepare_token_request(
            "authorization_code", redirect_uri=self._redirect_uri, code=code, code_verifier=code_verifier
        )
        method = "none" if self._secret is None else "client_secret_basic"
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        url, headers, body = ClientAuth(self._client_id, self._secret, method).prepare(
            "POST", self.metadata().token_endpoint, headers, body
        )
        request = self._http.build_request("POST", url, headers=headers, content=body)
        response = self._send(request)
        if response.status_code in (400, 401):
            raise Unauthorized("code_refused", "the identity provider refused the login's code; sign in again")
        return _json_object(response)

    def _keys_for(self, id_token: str) -> KeySet:
        """The keys that may have signed the token: those with its key id, or the only one there is."""
        try:
            kid = extract_compact(id_token.encode()).headers().get("kid")
        except (JoseError, ValueError):
            raise refused("not a token") from None
        keys = self._known_keys(refresh=False)
        if kid is not None and not any(key.kid == kid for key in keys):
            keys = self._known_keys(refresh=True)
        fitting = [key for key in keys if kid is None or key.kid == kid]
        fitting = [key for key in fitting if key.get("use") in (None, "sig") and key.key_type in ("RSA", "EC")]
        if len(fitting) != 1:
            raise refused("unknown key")
        return KeySet(fitting)

    def _known_keys(self, refresh: bool) -> KeySet:
        uri = self.metadata().jwks_uri
        with self._lock:
            age = clock.monotonic() - self._keys_fetched_at
            if self._keys is None or age > (KEYS_REFRESH_SECONDS_MIN if refresh else METADATA_TTL_SECONDS):
                self._keys = _import_keys(self._fetch(uri))
                self._keys_fetched_at = clock.monotonic()
            return self._keys

    def _fetch(self, url: str) -> dict[str, object]:
        return _json_object(self._send(self._http.build_request("GET", url, headers={"Accept": "application/json"})))

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._http.send(request)
        except httpx.HTTPError:
            raise _provider_fault("it does not answer") from None


def _json_object(response: httpx.Response) -> dict[str, object]:
    if response.status_code != HTTPStatus.OK or len(response.content) > DOCUMENT_BYTES_MAX:
        raise _provider_fault(f"it answered with HTTP {response.status_code}")
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise _provider_fault("it answered without JSON")
    return document


def _import_keys(document: Mapping[str, object]) -> KeySet:
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise _provider_fault("its key document holds no keys")
    try:
        return KeySet.import_key_set({"keys": listed})
    except (JoseError, ValueError, TypeError, KeyError):
        raise _provider_fault("its key document is not readable") from None


def _provider_fault(cause: str) -> Unavailable:
    return Unavailable("identity_provider_unavailable", f"the identity provider cannot be used: {cause}")
