"""What the identity routes and the RPC door share; made once by `app`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from prividium import clock
from prividium.audit import trail
from prividium.audit.request_hash import RequestHasher
from prividium.db.engine import Database
from prividium.errors import ConfigurationError, PrividiumError, Unauthorized
from prividium.identity import api_keys, sessions
from prividium.identity.api_keys import KeyHolder
from prividium.identity.credentials import Credentials
from prividium.identity.directory import Directory
from prividium.identity.issuers import Issuers
from prividium.identity.key_uses import KeyUses
from prividium.identity.known_holders import KnownHolders
from prividium.identity.nonce_token import SECRET_BYTES_MIN, NonceTokens
from prividium.identity.oauth_clients import OAuthClients
from prividium.identity.passkey_challenges import RelyingParty
from prividium.identity.principal import Principal
from prividium.identity.rate_limit import SlidingWindow
from prividium.identity.sessions import SessionHolder, SessionLimits, bearer_token
from prividium.identity.siwe import ContractWallets, NoContractWallets, Siwe
from prividium.identity.subject import ForeignNetwork
from prividium.identity.wallet_rpc_tokens import WalletRpcTokens
from prividium.settings import IdentitySettings

_log = logging.getLogger(__name__)


class Identity:
    """`public_url`: where browsers reach this node, without a slash at the end; `contract_wallets`: the chain that
    answers for accounts with code.

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
        chain_name: str = "Prividium",
        contract_wallets: ContractWallets | None = None,
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
        self.directory = Directory(settings)
        self.request_hasher = RequestHasher(data_dir)
        self.wallet_rpc_tokens = WalletRpcTokens(data_dir)
        self.oauth_clients = OAuthClients(settings.client_redirect_uris)
        self.session_limits = SessionLimits(settings.session_idle_seconds, settings.session_ttl_seconds)
        self.siwe = Siwe(
            domains=(parts.netloc, *settings.siwe_domains),
            uri=public_url,
            chain_id=chain_id,
            ttl_seconds=settings.login_ttl_seconds,
            tokens=NonceTokens(_siwe_secrets(settings)),
            contracts=contract_wallets or NoContractWallets(),
        )
        self.relying_party = RelyingParty(
            id=parts.hostname or "", name=chain_name, origin=self.origin, ttl_seconds=settings.login_ttl_seconds
        )
        self._key_uses = KeyUses(database)
        self._keys = KnownHolders(database, self._find_key)
        self._sessions = KnownHolders(database, self._find_session)
        self.login_window = SlidingWindow(settings.login_requests_per_minute_max)
        self.refusal_window = SlidingWindow(settings.login_requests_per_minute_max)
        self.rest_window = SlidingWindow(settings.requests_per_minute_max)
        self.scim_window = SlidingWindow(settings.scim_requests_per_minute_max)

    def principal_for(self, credentials: Credentials) -> Principal | None:
        """Who sent a request; None without credentials. Raises Unauthorized for credentials that do not hold."""
        token = bearer_token(credentials.authorization)
        if not credentials.api_keys:
            return None if token is None else self.session_holder(token, credentials.address)
        return self.key_holder(credentials).principal

    def known(self, credentials: Credentials) -> Principal | None:
        """Who sent a request, if it is a session that is known without asking the database."""
        token = bearer_token(credentials.authorization)
        if token is None or credentials.api_keys:
            return None
        holder = self._sessions.known(token, credentials.address)
        return None if holder is None else holder.principal

    def key_holder(self, credentials: Credentials) -> KeyHolder:
        """Whose API key it is; raises Unauthorized."""
        if len(credentials.api_keys) > 1 or credentials.authorization is not None:
            raise Unauthorized("credentials_ambiguous", "send one x-api-key, or an Authorization header, not both")
        holder = self._keys.holder(credentials.api_keys[0], credentials.address)
        self._key_uses.note(holder.key_id, credentials.address)
        return holder

    def session_holder(self, token: str, address: str) -> Principal:
        """Who holds the token of a session; raises Unauthorized."""
        return self._sessions.holder(token, address).principal

    def _find_key(self, key: str, address: str) -> KeyHolder:
        with self._at_home(address), self.database.read() as session:
            return api_keys.authenticate(session, key, address)

    def _find_session(self, token: str, address: str) -> SessionHolder:
        with self._at_home(address), self.database.read() as session:
            return sessions.session_holder(session, token, address)

    @contextmanager
    def _at_home(self, address: str) -> Iterator[None]:
        """The refusal of a foreign network looks like any other; what it is stands in the audit trail."""
        try:
            yield
        except ForeignNetwork as refusal:
            self._record_foreign(refusal.user_id, address)
            raise

    def _record_foreign(self, user_id: str, address: str) -> None:
        try:
            self.refusal_window.spend(user_id)
            with self.database.write() as session:
                trail.record(
                    session,
                    actor=user_id,
                    action="machine.authenticate",
                    outcome="denied",
                    reason="network_not_allowed",
                    subject=address,
                )
        except PrividiumError as error:
            _log.warning("machine %s called from %s, which is not in the trail: %s", user_id, address, error.code)

    def close(self) -> None:
        self.issuers.close()


def _siwe_secrets(settings: IdentitySettings) -> list[bytes]:
    """Without a setting, a secret that lives as long as the process: messages for signing live for minutes."""
    given = [bytes.fromhex(secret.get_secret_value()) for secret in settings.siwe_hmac_secrets]
    return given or [clock.random_bytes(SECRET_BYTES_MIN)]
