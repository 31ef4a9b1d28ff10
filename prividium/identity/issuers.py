"""The identity providers of the settings, each with its client."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prividium.errors import ConfigurationError, InvalidInput
from prividium.identity.claims import refused
from prividium.identity.dev_people import ADMINISTRATOR
from prividium.identity.oidc import OidcClient, Registration
from prividium.identity.role_claim import ClaimPath, RoleClaim, claim_path
from prividium.identity.tokens import TokenFault, claimed_issuer
from prividium.issuer_settings import DEFAULT_ISSUER_ID, IssuerSettings
from prividium.settings import IdentitySettings

DEV_IDP_PATH: Final = "/dev-idp"
CALLBACK_PATH: Final = "/api/auth/callback"
SIGNED_OUT_PATH: Final = "/api/auth/signed-out"
BACKCHANNEL_LOGOUT_PATH: Final = "/api/auth/backchannel-logout"
_SECRET_BYTES_MAX: Final = 4_096


@dataclass(frozen=True)
class Issuer:
    id: str
    name: str
    client: OidcClient
    admin_subjects: frozenset[str]


class Issuers:
    """By id, in the order of the settings: the `oidc_…` settings or the development provider first."""

    def __init__(self, settings: IdentitySettings, public_url: str) -> None:
        self._known = {issuer.id: issuer for issuer in _issuers(settings, public_url)}

    def __iter__(self) -> Iterator[Issuer]:
        return iter(self._known.values())

    def __len__(self) -> int:
        return len(self._known)

    def named(self, issuer_id: str) -> Issuer:
        """Raises InvalidInput("issuer_unknown")."""
        issuer = self._known.get(issuer_id)
        if issuer is None:
            raise InvalidInput("issuer_unknown", "there is no identity provider of this name; open /api/auth/login")
        return issuer

    def of_token(self, id_token: str) -> Issuer:
        """Whose keys to check the token with; raises Unauthorized("id_token_…_invalid")."""
        try:
            claimed = claimed_issuer(id_token)
        except TokenFault as fault:
            raise refused(fault.reason) from None
        for issuer in self:
            if issuer.client.issuer == claimed:
                return issuer
        raise refused("iss")

    def close(self) -> None:
        for issuer in self:
            issuer.client.close()


def callback_path(issuer_id: str) -> str:
    """Each issuer of several has a redirect address of its own, so that none can answer for another (RFC 9700 §4.4)."""
    return CALLBACK_PATH if issuer_id == DEFAULT_ISSUER_ID else f"{CALLBACK_PATH}/{issuer_id}"


def _issuers(settings: IdentitySettings, public_url: str) -> Iterator[Issuer]:
    if settings.oidc_issuer is not None or settings.uses_dev_idp:
        yield _default_issuer(settings, public_url)
    for issuer in settings.issuers:
        registration = Registration(
            issuer.client_id, _secret_of(issuer), redirect_uri=public_url + callback_path(issuer.id)
        )
        role_claim = RoleClaim.of(issuer.role_claim, issuer.role_mapping)
        client = OidcClient(issuer.url, registration, role_claim, _directory_claim(settings, issuer.id))
        yield Issuer(issuer.id, issuer.name, client, frozenset(issuer.admin_subjects))


def _default_issuer(settings: IdentitySettings, public_url: str) -> Issuer:
    secret = settings.oidc_client_secret
    registration = Registration(
        settings.oidc_client_id,
        None if secret is None else secret.get_secret_value(),
        redirect_uri=public_url + CALLBACK_PATH,
    )
    client = OidcClient(
        settings.oidc_issuer or public_url + DEV_IDP_PATH,
        registration,
        RoleClaim.of(settings.oidc_role_claim, settings.oidc_role_mapping),
        _directory_claim(settings, DEFAULT_ISSUER_ID),
    )
    subjects = {*settings.oidc_admin_subjects, *([ADMINISTRATOR.subject] if settings.uses_dev_idp else ())}
    return Issuer(DEFAULT_ISSUER_ID, "Single sign-on", client, frozenset(subjects))


def _directory_claim(settings: IdentitySettings, issuer_id: str) -> ClaimPath:
    return claim_path(settings.scim_claim) if issuer_id == settings.scim_issuer else ()


def _secret_of(issuer: IssuerSettings) -> str | None:
    """Raises ConfigurationError("client_secret_unreadable")."""
    path = issuer.client_secret_file
    if path is None:
        return None
    try:
        return _read_secret(path.expanduser())
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            "client_secret_unreadable", f"identity.issuers: the secret of {issuer.id} cannot be used: {error}"
        ) from None


def _read_secret(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path} is open to other users; chmod 600 it")
    secret = path.read_text().strip()
    if not 0 < len(secret) <= _SECRET_BYTES_MAX:
        raise ValueError(f"{path} is empty or too long")
    return secret
