"""What the identity routes and the RPC door share; made once by `app`."""

from pathlib import Path
from urllib.parse import urlsplit

from prividium.db.engine import Database
from prividium.errors import ConfigurationError
from prividium.identity.issuers import Issuers
from prividium.identity.principal import Principal
from prividium.identity.rate_limit import SlidingWindow
from prividium.identity.sessions import SessionLimits, authenticate, bearer_token
from prividium.identity.siwe import SiweExpectation
from prividium.settings import IdentitySettings


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
        if production and settings.uses_dev_idp:
            raise ConfigurationError(
                "oidc_issuer_missing",
                "production needs identity.oidc_issuer; the development provider signs in anybody",
            )
        self.database = database
        self.settings = settings
        self.public_url = public_url
        self.data_dir = data_dir
        parts = urlsplit(public_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.secure = parts.scheme == "https"
        self.issuers = Issuers(settings, public_url)
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

    def principal_for(self, authorization: str | None) -> Principal | None:
        """Who sent an Authorization header; None without one. Raises Unauthorized for a token that does not hold."""
        token = bearer_token(authorization)
        if token is None:
            return None
        with self.database.read() as session:
            return authenticate(session, token)

    def close(self) -> None:
        self.issuers.close()
