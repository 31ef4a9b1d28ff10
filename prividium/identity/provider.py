"""What an identity provider publishes: its metadata (OpenID Connect Discovery 1.0) and its keys (RFC 7517).

Both are kept for a while. After a failure nothing is asked for a few seconds, so that a provider that is down costs one
waiting request and not all of them; without metadata or keys nobody is signed in.
"""

from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

import httpx

from prividium import clock
from prividium.errors import Unavailable
from prividium.identity.tokens import Header, PublicKey, TokenFault, import_keys, suits

TIMEOUT_SECONDS: Final = 10.0
DOCUMENT_BYTES_MAX: Final = 2**18
METADATA_TTL_SECONDS: Final = 3_600
KEYS_TTL_SECONDS: Final = 600
"""A key that the provider withdraws counts at most this much longer."""
KEYS_REFRESH_SECONDS_MIN: Final = 30
"""An unknown key id makes the keys be fetched anew at most this often."""
RETRY_SECONDS_MIN: Final = 5


@dataclass(frozen=True)
class Metadata:
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    answers_with_issuer: bool
    secret_in_body: bool
    """The token endpoint takes the client's secret only as a form field."""


class Provider:
    """`issuer`: its URL without a slash at the end; a slash in its own spelling of the name is accepted."""

    def __init__(self, issuer: str) -> None:
        self.url = issuer
        # A provider on this very machine is never behind the proxy that the environment may name.
        local = urlsplit(issuer).hostname in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=not local, follow_redirects=False)
        self._lock = Lock()
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys: tuple[PublicKey, ...] | None = None
        self._keys_at = 0.0
        self._failed_at: float | None = None

    def close(self) -> None:
        self._http.close()

    def metadata(self) -> Metadata:
        """Raises Unavailable("identity_provider_unavailable")."""
        with self._lock:
            return self._known_metadata()

    def key_for(self, header: Header) -> PublicKey:
        """The key that a token names, or the only one that fits; raises TokenFault("key") and Unavailable."""
        for refresh in (False, True):
            fitting = [key for key in self._known_keys(refresh=refresh) if suits(key, header)]
            if len(fitting) == 1:
                return fitting[0]
            if header.key_id is None:
                break
        raise TokenFault("key")

    def post_form(self, url: str, headers: dict[str, str], body: str) -> httpx.Response:
        return self._send("POST", url, headers, body)

    def _known_metadata(self) -> Metadata:
        if self._metadata is None or clock.monotonic() - self._metadata_at > METADATA_TTL_SECONDS:
            self._metadata = self._read_metadata(self._fetch(f"{self.url}/.well-known/openid-configuration"))
            self._metadata_at = clock.monotonic()
        return self._metadata

    def _known_keys(self, refresh: bool) -> tuple[PublicKey, ...]:
        with self._lock:
            uri = self._known_metadata().jwks_uri
            age = clock.monotonic() - self._keys_at
            if self._keys is None or age > (KEYS_REFRESH_SECONDS_MIN if refresh else KEYS_TTL_SECONDS):
                listed = self._fetch(uri).get("keys")
                if not isinstance(listed, list):
                    raise provider_fault("its key document holds no keys")
                self._keys, self._keys_at = import_keys(listed), clock.monotonic()
            return self._keys

    def _read_metadata(self, document: dict[str, object]) -> Metadata:
        issuer = document.get("issuer")
        if not isinstance(issuer, str) or issuer.removesuffix("/") != self.url:
            raise provider_fault("its discovery document names another issuer")
        end_session = document.get("end_session_endpoint")
        methods = document.get("token_endpoint_auth_methods_supported")
        return Metadata(
            issuer=issuer,
            authorization_endpoint=self._endpoint(document.get("authorization_endpoint")),
            token_endpoint=self._endpoint(document.get("token_endpoint")),
            jwks_uri=self._endpoint(document.get("jwks_uri")),
            end_session_endpoint=None if end_session is None else self._endpoint(end_session),
            answers_with_issuer=document.get("authorization_response_iss_parameter_supported") is True,
            secret_in_body=isinstance(methods, list)
            and "client_secret_basic" not in methods
            and "client_secret_post" in methods,
        )

    def _endpoint(self, value: object) -> str:
        try:
            scheme = urlsplit(value).scheme if isinstance(value, str) else None
        except ValueError:
            scheme = None
        if not isinstance(value, str) or scheme not in {"https", urlsplit(self.url).scheme}:
            raise provider_fault("its discovery document lacks an endpoint or weakens it to http")
        return value

    def _fetch(self, url: str) -> dict[str, object]:
        now = clock.monotonic()
        if self._failed_at is not None and now - self._failed_at < RETRY_SECONDS_MIN:
            raise provider_fault("it failed a moment ago")
        self._failed_at = now
        document = json_object(self._send("GET", url, {"Accept": "application/json"}))
        self._failed_at = None
        return document

    def _send(self, method: str, url: str, headers: dict[str, str], body: str | None = None) -> httpx.Response:
        try:
            return self._http.request(method, url, headers=headers, content=body)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise provider_fault("it does not answer") from None


def json_object(response: httpx.Response) -> dict[str, object]:
    """Raises Unavailable for anything but a JSON object of bearable size with status 200."""
    if response.status_code != HTTPStatus.OK or len(response.content) > DOCUMENT_BYTES_MAX:
        raise provider_fault(f"it answered with HTTP {response.status_code}")
    try:
        document = response.json()
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise provider_fault("it answered without JSON")
    return document


def provider_fault(cause: str) -> Unavailable:
    return Unavailable("identity_provider_unavailable", f"the identity provider cannot be used: {cause}")
