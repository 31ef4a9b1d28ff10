"""An identity provider that can be told to lie: what it signs, which keys it shows and what it answers."""

import base64
import hashlib
import socket
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from prividium import clock
from prividium.identity.logout_token import EVENT

SigningKey = RSAKey | ECKey | OKPKey
Claims = dict[str, object]
CLIENT_ID = "prividium"
ACCESS_TOKEN = "access"


def segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def half_hash(value: str, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, value.encode()).digest()
    return segment(digest[: len(digest) // 2])


def signed(claims: Claims, key: SigningKey, algorithm: str = "RS256", **header: object) -> str:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "EdDSA is deprecated")
        registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, claims, key, registry=registry)


@dataclass
class ForgingProvider:
    """`mint` makes the ID token of right claims; what it shows of its keys is `shown`."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    mint: Callable[[Claims], str] | None = None
    discovery: Claims = field(default_factory=dict)
    key_fetches: int = 0
    broken: bool = False

    def __post_init__(self) -> None:
        self.shown: list[dict[str, object]] = [self.key.as_dict(private=False)]
        self.nonce = ""
        self.extra: Claims = {}
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        routes = [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/jwks", self._jwks),
            Route("/token", self._token, methods=["POST"]),
        ]
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(30)

    def id_claims(self, **changed: object) -> Claims:
        now = clock.now()
        given = {
            "iss": self.url,
            "sub": "subject",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "at_hash": half_hash(ACCESS_TOKEN),
            "sid": "session",
            **self.extra,
            **changed,
        }
        return {name: value for name, value in given.items() if value is not None}

    def logout_claims(self, **changed: object) -> Claims:
        now = clock.now()
        given = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": clock.new_id(),
            "sub": "subject",
            "sid": "session",
            "events": {EVENT: {}},
            **changed,
        }
        return {name: value for name, value in given.items() if value is not None}

    async def _discovery(self, _request: Request) -> Response:
        if self.broken:
            return Response(status_code=503)
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            **self.discovery,
        }
        return JSONResponse({name: value for name, value in document.items() if value is not None})

    async def _jwks(self, _request: Request) -> Response:
        self.key_fetches += 1
        return Response(status_code=503) if self.broken else JSONResponse({"keys": self.shown})

    async def _token(self, _request: Request) -> Response:
        claims = self.id_claims()
        id_token = signed(claims, self.key) if self.mint is None else self.mint(claims)
        return JSONResponse({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": id_token})


def begin(http: httpx.Client, provider: ForgingProvider, issuer: str) -> httpx.URL:
    """Start a login and return the callback that the provider would send the browser to."""
    start = http.get("/api/auth/login", params={"issuer": issuer}, follow_redirects=False)
    asked = httpx.URL(start.headers["location"]).params
    provider.nonce = asked["nonce"]
    return httpx.URL(asked["redirect_uri"], params={"code": "code", "state": asked["state"]})
