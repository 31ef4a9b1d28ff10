"""What the identity routes and the RPC door share; made once by `app`."""

from pathlib import Path
from urllib.parse import urlsplit

from prividium.db.engine import Database
from prividium.errors import ConfigurationError
from prividium.identity.dev_people import ADMINISTRATOR
from prividium.identity.oidc import OidcClient
from prividium.identity.principal import Principal
from prividium.identity.rate_limit import SlidingWindow
from prividium.identity.sessions import SessionLimits, authenticate, bearer_token
from prividium.identity.siwe import SiweExpectation
from prividium.settings import IdentitySettings

DEV_IDP_PATH = "/dev-idp"
CALLBACK_PATH = "/api/auth/callback"


class Identity:
    """`public_url`: where browsers reach this node, without a slash at the end.

    Raises ConfigurationError("oidc_issuer_missing") in production without an issuer.
    """

    def __init__(
        self,
        database: Database,
        settings: IdentitySettings,
        *,
        public_url: str,
        chain_id: int,
        data_dir: Path,
        production: bool,
    ) -> None:
        if production and settings.oidc_issuer is None:
            raise ConfigurationError(
                "oidc_issuer_missing",
                "production needs identity.oidc_issuer; the development provider signs in anybody",
            )
        self.database = database
        self.settings = settings
        self.public_url = public_url
        self.data_dir = data_dir
        self.uses_dev_idp = settings.oidc_issuer is None
        parts = urlsplit(public_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.secure = parts.scheme == "https"
        secret = settings.oidc_client_secret
        self.oidc = OidcClient(
            issuer=settings.oidc_issuer or public_url + DEV_IDP_PATH,
            client_id=settings.oidc_client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            redirect_uri=public_url + CALLBACK_PATH,
        )
        self.session_limits = SessionLimits(settings.session_idle_seconds, settings.session_ttl_seconds)
        self.siwe = SiweExpectation(
            domains=(parts.netloc, *settings.siwe_domains),
            uri=public_url,
            chain_id=chain_id,
            ttl_seconds=settings.login_ttl_seconds,
        )
        self.login_window = SlidingWindow(settings.login_requests_per_minute_max)
        self.refusal_window = SlidingWindow(settings.login_requests_per_minute_max)
        self.rest_window = SlidingWindow(settings.requests_per_minute_max)

    @property
    def admin_subjects(self) -> tuple[str, ...]:
        if self.uses_dev_idp:
            return (ADMINISTRATOR.subject, *self.settings.oidc_admin_subjects)
        return self.settings.oidc_admin_subjects

    def principal_for(self, authorization: str | None) -> Principal | None:
        """Who sent an Authorization header; None without one. Raises Unauthorized for a token that does not hold."""
        token = bearer_token(authorization)
        if token is None:
            return None
        with self.database.read() as session:
            return authenticate(session, token)

    def close(self) -> None:
        self.oidc.close()
