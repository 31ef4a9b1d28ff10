"""OpenID Connect client: authorization code flow with PKCE S256 against any issuer, by discovery.

Specifications: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer in the answer).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]
from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import prepare_token_request  # type: ignore[import-untyped]

from prividium.errors import Unauthorized
from prividium.identity.claims import Expectation, VerifiedClaims, refused, verify_id_token
from prividium.identity.logout_token import VerifiedLogout, verify_logout_token
from prividium.identity.provider import Provider, json_object
from prividium.identity.role_claim import ClaimPath, RoleClaim
from prividium.identity.tokens import ID_TOKEN_KINDS, LOGOUT_TOKEN_KINDS, TokenFault, read_header

SCOPE: Final = "openid profile email"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Registration:
    """How we are known at an issuer. A `client_secret` of None makes us a public client."""

    client_id: str
    client_secret: str | None
    redirect_uri: str


@dataclass(frozen=True)
class SignedIn:
    claims: VerifiedClaims
    id_token: str


class OidcClient:
    """One issuer, one client registration."""

    def __init__(
        self, issuer: str, registration: Registration, role_claim: RoleClaim, directory_claim: ClaimPath = ()
    ) -> None:
        self.issuer = issuer
        self.client_id = registration.client_id
        self.provider = Provider(issuer)
        self._registration = registration
        self._role_claim = role_claim
        self._directory_claim = directory_claim

    def close(self) -> None:
        self.provider.close()

    def authorization_url(self, state: str, nonce: str, code_verifier: str) -> str:
        """Where to send the browser."""
        client = OAuth2Client(
            session=None,
            client_id=self.client_id,
            scope=SCOPE,
            redirect_uri=self._registration.redirect_uri,
            code_challenge_method="S256",
        )
        url, _ = client.create_authorization_url(
            self.provider.metadata().authorization_endpoint, state=state, nonce=nonce, code_verifier=code_verifier
        )
        return str(url)

    def check_answer(self, answer: Mapping[str, str]) -> str:
        """The code of a callback's query; raises Unauthorized("login_refused" or "issuer_mismatch")."""
        metadata, issuer = self.provider.metadata(), answer.get("iss")
        if issuer != metadata.issuer and (issuer is not None or metadata.answers_with_issuer):
            raise Unauthorized("issuer_mismatch", "the answer comes from another identity provider; sign in again")
        if "error" in answer or not answer.get("code"):
            raise Unauthorized("login_refused", "the identity provider did not sign you in; try again")
        return answer["code"]

    def sign_in(self, code: str, code_verifier: str, nonce: str) -> SignedIn:
        """Exchange the code and check the ID token; fails closed with Unauthorized or Unavailable."""
        tokens = self._exchange(code, code_verifier)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise refused("format")
        return SignedIn(self.verify(id_token, access_token, nonce), id_token)

    def verify(self, id_token: str, access_token: str | None, nonce: str | None) -> VerifiedClaims:
        """`access_token`, `nonce`: of our own login, None for a token that comes alone.

        Raises Unauthorized("id_token_…_invalid").
        """
        expected = Expectation(
            self.provider.metadata().issuer,
            self.client_id,
            nonce,
            access_token,
            role_claim=self._role_claim,
            directory_claim=self._directory_claim,
        )
        try:
            header = read_header(id_token, ID_TOKEN_KINDS)
            verified = verify_id_token(id_token, header, self.provider.key_for(header), expected)
        except TokenFault as fault:
            raise refused(fault.reason) from None
        if verified.unknown_claims:
            _log.info("ignored claims of the identity provider: %s", ", ".join(sorted(verified.unknown_claims)))
        return verified

    def verify_logout(self, logout_token: str) -> VerifiedLogout:
        """Raises TokenFault, or Unavailable where the issuer's keys cannot be had."""
        header = read_header(logout_token, LOGOUT_TOKEN_KINDS)
        key = self.provider.key_for(header)
        return verify_logout_token(logout_token, header, key, self.provider.metadata().issuer, self.client_id)

    def _exchange(self, code: str, code_verifier: str) -> dict[str, object]:
        metadata, registration = self.provider.metadata(), self._registration
        body = prepare_token_request(
            "authorization_code", redirect_uri=registration.redirect_uri, code=code, code_verifier=code_verifier
        )
        method = "client_secret_post" if metadata.secret_in_body else "client_secret_basic"
        if registration.client_secret is None:
            method = "none"
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        url, headers, body = ClientAuth(self.client_id, registration.client_secret, method).prepare(
            "POST", metadata.token_endpoint, headers, body
        )
        response = self.provider.post_form(url, headers, body)
        if response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            raise Unauthorized("code_refused", "the identity provider refused the login's code; sign in again")
        return json_object(response)
