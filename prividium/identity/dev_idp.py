"""An identity provider for development, embedded in the node. It signs in anybody as anybody.

It speaks OpenID Connect for real (authorization code, PKCE S256 required, RS256), so that the node takes the same way
with it as with an institution's provider. The node refuses it in production.
"""

import base64
import hashlib
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from prividium import clock
from prividium.errors import ConfigurationError
from prividium.identity.dev_idp_logout import notify, read_hint
from prividium.identity.dev_people import PASSWORD, PEOPLE, DemoPerson, person_by_username
from prividium.identity.pages import SECURITY_HEADERS, page
from prividium.identity.secrecy import is_challenge, proves, same

KEY_FILE: Final = "dev-idp-key.pem"
KEY_BITS: Final = 2048
CODE_TTL_SECONDS: Final = 60
TOKEN_TTL_SECONDS: Final = 300
CODES_MAX: Final = 1_000
_FIELD_LENGTH_MAX: Final = 512
_HINT_LENGTH_MAX: Final = 8_192


@dataclass(frozen=True)
class DevIdpConfig:
    issuer: str
    client_id: str
    redirect_uris: tuple[str, ...]
    data_dir: Path
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    production: bool = False


@dataclass(frozen=True)
class _Grant:
    person: DemoPerson
    redirect_uri: str
    nonce: str
    code_challenge: str
    expires_at: int
    session_id: str


class _RequestRefused(Exception):
    """The authorization request itself is wrong; shown to the person, never redirected."""


def dev_idp_application(config: DevIdpConfig) -> Starlette:
    """Raises ConfigurationError("dev_idp_in_production")."""
    if config.production:
        raise ConfigurationError(
            "dev_idp_in_production",
            "the development identity provider never runs in production; set identity.oidc_issuer",
        )
    provider = _Provider(config)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/jwks", provider.jwks),
            Route("/authorize", provider.authorize, methods=["GET", "POST"]),
            Route("/token", provider.token, methods=["POST"]),
            Route("/logout", provider.logout, methods=["GET", "POST"]),
        ]
    )


class _Provider:
    # Handlers are coroutines: the node calls them over HTTP from its own worker threads, and must never wait for one.

    def __init__(self, config: DevIdpConfig) -> None:
        self._config = config
        self._key = _load_key(config.data_dir / KEY_FILE)
        self._codes: OrderedDict[str, _Grant] = OrderedDict()

    async def discovery(self, _request: Request) -> Response:
        issuer = self._config.issuer
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "end_session_endpoint": f"{issuer}/logout",
                "backchannel_logout_supported": True,
                "backchannel_logout_session_supported": True,
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile", "email"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def jwks(self, _request: Request) -> Response:
        public = self._key.as_dict(private=False, kid=self._key.thumbprint(), alg="RS256", use="sig")
        return JSONResponse({"keys": [public]})

    async def authorize(self, request: Request) -> Response:
        """The page with the people; a POST with one of them answers with a code."""
        try:
            grant_request = self._checked(request)
        except _RequestRefused as refusal:
            return page("signed_in.html", 400, heading="This sign-in request is not valid", message=str(refusal))
        error = ""
        if request.method == "POST":
            form = await request.form()
            person = person_by_username(str(form.get("username", ""))[:_FIELD_LENGTH_MAX])
            if person is not None and same(str(form.get("password", "")), PASSWORD):
                return self._redirect(request, self._issue_code(person, grant_request))
            error = "That name and password do not belong to a demonstration person."
        return page("dev_login.html", 401 if error else 200, people=PEOPLE, password=PASSWORD, error=error)

    async def token(self, request: Request) -> Response:
        """Exchange a code, once, for an ID token (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
        form = await request.form()
        fields = {name: str(value)[:_FIELD_LENGTH_MAX] for name, value in form.items()}
        grant = self._codes.pop(fields.get("code", ""), None)
        if fields.get("grant_type") != "authorization_code":
            return _token_error("unsupported_grant_type")
        if fields.get("client_id") != self._config.client_id:
            return _token_error("invalid_client", 401)
        if (
            grant is None
            or clock.now() >= grant.expires_at
            or fields.get("redirect_uri") != grant.redirect_uri
            or not proves(fields.get("code_verifier", ""), grant.code_challenge)
        ):
            return _token_error("invalid_grant")
        access_token = clock.new_token()
        return JSONResponse(
            {
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": TOKEN_TTL_SECONDS,
                "id_token": self._id_token(grant, access_token),
            },
            headers={"Cache-Control": "no-store"},
        )

    async def logout(self, request: Request) -> Response:
        """End the session that `id_token_hint` names, tell the client, and go back to it."""
        fields = request.query_params if request.method == "GET" else await request.form()
        given = {name: str(value)[:_HINT_LENGTH_MAX] for name, value in fields.items()}
        target = given.get("post_logout_redirect_uri", "")
        ended = read_hint(given.get("id_token_hint", ""), self._key, self._config.issuer, self._config.client_id)
        if ended is None or target not in self._config.post_logout_redirect_uris:
            message = "The session or the address to return to is unknown."
            return page("signed_in.html", 400, heading="This sign-out request is not valid", message=message)
        if self._config.backchannel_logout_uri is not None:
            await notify(self._config.backchannel_logout_uri, ended, self._key)
        query = urlencode({"state": given["state"]}) if "state" in given else ""
        return RedirectResponse(f"{target}?{query}", 303, SECURITY_HEADERS)

    def _checked(self, request: Request) -> dict[str, str]:
        query = request.query_params
        redirect_uri = query.get("redirect_uri", "")
        if query.get("client_id") != self._config.client_id or redirect_uri not in self._config.redirect_uris:
            raise _RequestRefused("The client or its redirect address is unknown.")
        if query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
            raise _RequestRefused("Only the authorization code flow with the scope openid is offered.")
        challenge = query.get("code_challenge", "")
        if query.get("code_challenge_method") != "S256" or not is_challenge(challenge):
            raise _RequestRefused("PKCE with S256 is required.")
        return {"redirect_uri": redirect_uri, "nonce": query.get("nonce", ""), "code_challenge": challenge}

    def _issue_code(self, person: DemoPerson, checked: dict[str, str]) -> str:
        code = clock.new_token()
        self._codes[code] = _Grant(
            person,
            redirect_uri=checked["redirect_uri"],
            nonce=checked["nonce"][:_FIELD_LENGTH_MAX],
            code_challenge=checked["code_challenge"],
            expires_at=clock.now() + CODE_TTL_SECONDS,
            session_id=clock.new_id(),
        )
        if len(self._codes) > CODES_MAX:
            self._codes.popitem(last=False)
        return code

    def _redirect(self, request: Request, code: str) -> Response:
        query = {"code": code, "iss": self._config.issuer}
        if "state" in request.query_params:
            query["state"] = request.query_params["state"]
        redirect_uri = request.query_params["redirect_uri"]
        separator = "&" if urlsplit(redirect_uri).query else "?"
        return RedirectResponse(f"{redirect_uri}{separator}{urlencode(query)}", 303, SECURITY_HEADERS)

    def _id_token(self, grant: _Grant, access_token: str) -> str:
        now = clock.now()
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {
            "iss": self._config.issuer,
            "sub": grant.person.subject,
            "aud": self._config.client_id,
            "iat": now,
            "exp": now + TOKEN_TTL_SECONDS,
            "nonce": grant.nonce,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            "preferred_username": grant.person.username,
            "name": grant.person.name,
            "groups": list(grant.person.groups),
            "sid": grant.session_id,
        }
        return jwt.encode({"alg": "RS256", "kid": self._key.thumbprint()}, claims, self._key)


def _token_error(code: str, status: int = 400) -> Response:
    return JSONResponse({"error": code}, status, {"Cache-Control": "no-store"})


def _load_key(path: Path) -> RSAKey:
    """The signing key, made at the first start; readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(RSAKey.generate_key(KEY_BITS).as_pem(private=True))
    try:
        return RSAKey.import_key(path.read_bytes())
    except ValueError:
        raise ConfigurationError(
            "dev_idp_key_invalid", f"{path.name} in the data folder is not a private key; delete it and start again"
        ) from None
