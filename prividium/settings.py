"""Every variable and limit of the node, in one frozen model.

Sources, the first that has a value wins: arguments, environment (`PRIVIDIUM_<NAME>`), `prividium.toml` in the data
folder, the defaults below. `docs/operating/settings.md` documents each field; a test keeps it complete.
"""

import os
import re
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from prividium.client_settings import BUILT_IN_CLIENTS, redirect_uri
from prividium.clock import ClockMode
from prividium.directory_settings import DirectorySettings
from prividium.errors import ConfigurationError
from prividium.issuer_settings import DEFAULT_ISSUER_ID, IssuerSettings, http_url

CONFIG_FILE_NAME = "prividium.toml"
ENVIRONMENT_PREFIX = "PRIVIDIUM_"

Port = Annotated[int, Field(ge=0, le=65_535)]
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]

TRANSACTION_GAS_CAP = 2**24
"""EIP-7825; a block must have room for one such transaction."""


class IdentitySettings(DirectorySettings):
    """Login, sessions and wallets; in the environment `PRIVIDIUM_IDENTITY__<NAME>`, in the file `[identity]`."""

    issuers: tuple[IssuerSettings, ...] = Field(
        default=(), description="Several issuers, or one with more than the `oidc_…` settings say; see below."
    )

    oidc_issuer: str | None = Field(
        default=None, description="URL of the OIDC issuer; default the development provider."
    )
    oidc_client_id: str = Field(default="prividium", min_length=1, description="Client id registered at the issuer.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Client secret, for confidential clients.")
    oidc_admin_subjects: tuple[str, ...] = Field(
        default=(), description="Subjects (`sub`) at the issuer that get the role admin at their first login."
    )
    oidc_role_claim: str | None = Field(
        default=None, description="Path of the issuer's claim that names groups, as `groups` or `realm_access.roles`."
    )
    oidc_role_mapping: dict[str, str] = Field(
        default_factory=dict, description="Role of this node (by name) for each value of that claim."
    )
    session_ttl_seconds: Positive = Field(
        default=43_200, description="Longest life of a session, however often it is extended, in seconds."
    )
    session_idle_seconds: Positive = Field(
        default=3600, description="A session ends this long after it was opened or last extended, in seconds."
    )
    login_ttl_seconds: Positive = Field(
        default=300, description="Time to finish a login or a wallet signature, in seconds."
    )
    siwe_domains: tuple[str, ...] = Field(
        default=(), description="Further domains (host or host:port) whose pages may ask for a wallet's signature."
    )
    siwe_hmac_secrets: tuple[SecretStr, ...] = Field(
        default=(),
        description="Hexadecimal secrets of at least 32 bytes for the tokens beside messages to sign; the first makes "
        "new ones, all are honoured. Default one that ends with the process.",
    )
    admin_passkey_required: bool = Field(
        default=False, description="Administrators change nothing before they have registered a passkey."
    )
    machine_token_ttl_seconds: Annotated[int, Field(ge=60, le=3600)] = Field(
        default=900, description="Life of a token from `/oauth/token`, in seconds."
    )
    client_redirect_uris: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Where the built-in applications `block-explorer`, `admin-panel`, `swagger-docs` and `proxy-cli` "
        "may be sent with a token: exact URIs, by application. Default `proxy-cli` at http://localhost:24101/callback.",
    )
    wallets_per_user_max: Positive = Field(default=100, description="Wallets one person may link.")
    requests_per_minute_max: Positive = Field(default=300, description="REST calls per minute and person.")
    login_requests_per_minute_max: Positive = Field(
        default=100, description="Login calls per minute and network address."
    )

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer_is_url(cls, value: str | None) -> str | None:
        return http_url(value)

    @model_validator(mode="after")
    def _issuers_differ(self) -> "IdentitySettings":
        if self.oidc_role_mapping and not self.oidc_role_claim:
            raise ValueError("oidc_role_mapping needs oidc_role_claim, the path of the claim whose values it maps")
        ids = [issuer.id for issuer in self.issuers]
        urls = [issuer.url for issuer in self.issuers]
        if self.oidc_issuer is not None:
            ids.append(DEFAULT_ISSUER_ID)
            urls.append(self.oidc_issuer)
        if self.scim_token_hashes and self.scim_issuer not in (ids or [DEFAULT_ISSUER_ID]):
            raise ValueError(f"scim_issuer is {self.scim_issuer}, but no issuer has this id")
        if len(set(ids)) != len(ids) or len(set(urls)) != len(urls):
            # A person is (issuer, subject): the same provider twice would have two sets of rules for one person.
            raise ValueError(f"each of the issuers needs an id (not {DEFAULT_ISSUER_ID}) and a URL of its own")
        return self

    @field_validator("client_redirect_uris")
    @classmethod
    def _clients_are_built_in(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        unknown = sorted(set(value) - set(BUILT_IN_CLIENTS))
        if unknown:
            raise ValueError(f"{unknown[0]} is not built in; register other applications at /api/applications")
        return {client: tuple(map(redirect_uri, uris)) for client, uris in value.items()}

    @property
    def uses_dev_idp(self) -> bool:
        """Without an issuer the development provider takes its place."""
        return self.oidc_issuer is None and not self.issuers

    @field_validator("siwe_hmac_secrets")
    @classmethod
    def _secrets_are_long(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(re.fullmatch(r"([0-9a-fA-F]{2}){32,}", secret.get_secret_value()) for secret in value):
            raise ValueError("use at least 32 bytes in hexadecimal, for example from `openssl rand -hex 32`")
        return value


class Settings(BaseSettings):
    """Frozen; made by `load_settings` so that a wrong value becomes a `ConfigurationError`."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        validate_default=True,
    )
    toml_path: ClassVar[Path | None] = None

    # where
    environment: Literal["development", "production"] = Field(
        default="development", description="`production` refuses the development identity provider and the embedded L1."
    )
    data_dir: Path = Field(default=Path(".prividium"), description="Folder of the node's data; created with mode 0700.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: Port = Field(default=8000, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        default=None, description="URL under which browsers and wallets reach the node; default http://<host>:<port>."
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses or networks of reverse proxies whose X-Forwarded-For says where a request came from; "
        "default none.",
    )
    log_level: str = Field(default="info", description="debug, info, warning or error.")
    clock_mode: ClockMode = Field(
        default="system", description="`stepping` counts blocks instead of seconds: reproducible chains for tests."
    )

    # chain (fixed when the data folder is made)
    chain_id: Annotated[int, Field(ge=1, le=2**53 - 1)] = Field(default=6565, description="EIP-155 chain id.")
    chain_name: str = Field(default="Prividium", min_length=1, max_length=64, description="Name that wallets display.")
    native_symbol: str = Field(default="ETH", min_length=1, max_length=11, description="Symbol of the native unit.")
    block_explorer_url: str | None = Field(
        default=None, description="Block explorer that applications link to; default the node itself."
    )
    block_gas_limit: Annotated[int, Field(ge=TRANSACTION_GAS_CAP)] = Field(
        default=60_000_000, description="Gas of one block; at least one transaction of 2^24."
    )
    beneficiary: str = Field(default="0x" + "00" * 20, description="Fee recipient of every block; fees may be zero.")
    genesis_balances: dict[str, int] = Field(
        default_factory=dict, description="Native balances at genesis in wei, by address."
    )

    # ledger and batches
    block_delay_ms: Annotated[int, Field(ge=0, le=100)] = Field(
        default=30, description="Time a block waits for company after a transaction arrives, in milliseconds."
    )
    submit_group_max: Positive = Field(default=512, description="Transactions made durable by one write.")
    submit_queue_max: Positive = Field(
        default=20_000, description="Transactions waiting to be made durable; more are refused."
    )
    batch_transactions_max: Positive = Field(default=16, description="A batch seals at this many transactions.")
    batch_cycles_max: Positive = Field(
        default=20_000_000, description="A batch seals at this many estimated zkVM instructions."
    )
    batch_age_seconds_max: Count = Field(
        default=60, description="A batch seals when its first block is this old, in seconds; 0 never seals by age."
    )

    # database
    database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL of the product database; default SQLite in the data folder."
    )

    # RPC
    rpc_body_bytes_max: Annotated[int, Field(ge=1, le=2**21)] = Field(
        default=2**20, description="Largest request body, in bytes."
    )
    rpc_batch_items_max: Positive = Field(default=1000, description="Largest JSON-RPC batch, in items.")
    rpc_depth_max: Positive = Field(default=16, description="Deepest nesting of a request, in levels.")
    rpc_requests_per_minute_max: Positive = Field(
        default=1000, description="JSON-RPC calls per minute and person; each item of a batch counts."
    )
    rpc_anonymous_requests_per_minute_max: Positive = Field(
        default=300, description="JSON-RPC calls per minute and network address without login."
    )
    rpc_logs_max: Positive = Field(default=10_000, description="Largest answer of eth_getLogs, in logs.")
    rpc_block_range_max: Positive = Field(default=100_000, description="Widest range of eth_getLogs, in blocks.")
    rpc_threads_max: Positive = Field(
        default=16, description="Calls that execute at the same time: single eth_calls, and as many others."
    )
    rpc_sync_ms_max: Positive = Field(
        default=10_000, description="Longest wait of eth_sendRawTransactionSync for a block, in milliseconds."
    )
    rpc_filters_per_person_max: Positive = Field(default=64, description="Filters that one person may have.")
    rpc_filter_ttl_seconds: Positive = Field(
        default=300, description="A filter that nobody asks for this long is dropped, in seconds."
    )
    rpc_sockets_per_person_max: Positive = Field(default=16, description="WebSockets that one person may have open.")
    rpc_socket_subscriptions_max: Positive = Field(default=32, description="Subscriptions of one WebSocket.")
    rpc_socket_session_check_seconds: Positive = Field(
        default=5, description="A WebSocket is closed this long after its session ended at the latest, in seconds."
    )

    identity: IdentitySettings = Field(default=IdentitySettings(), description="Login, sessions and wallets.")

    # proof
    prover_enabled: bool = Field(default=True, description="Prove sealed batches with the program `prividium-prover`.")
    prover_binary: Path | None = Field(
        default=None, description="The prover program; default the one that `make` built."
    )
    prover_cache_dir: Path = Field(
        default=Path("~/.cache/prividium/prover"), description="Folder of the prover's keys, shared between nodes."
    )
    prover_segment_memory_bytes_max: Positive = Field(
        default=3 * 2**30, description="Memory for one proof segment, in bytes; less memory means more segments."
    )

    # L1
    l1_enabled: bool = Field(default=True, description="Anchor batches on L1; needs the prover.")
    l1_url: str | None = Field(
        default=None, description="JSON-RPC URL of L1; default an embedded anvil for development."
    )
    l1_private_key_file: Path | None = Field(
        default=None, description="File (0600) with the operator's key on L1; default a key made in the data folder."
    )
    l1_key_delay_seconds: Count = Field(
        default=0, description="Delay before a new verifying key is valid on L1, in seconds; fixed at deployment."
    )

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value not in ("debug", "info", "warning", "error"):
            raise ValueError("use debug, info, warning or error")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            ip_network(text)
        return value

    @field_validator("beneficiary")
    @classmethod
    def _beneficiary_is_address(cls, value: str) -> str:
        return _address(value)

    @field_validator("genesis_balances")
    @classmethod
    def _balances_are_amounts(cls, value: dict[str, int]) -> dict[str, int]:
        for amount in value.values():
            if not 0 <= amount < 2**128:
                raise ValueError("a balance is between 0 and 2^128 - 1 wei")
        return {_address(address): amount for address, amount in value.items()}

    @field_validator("public_url", "l1_url", "block_explorer_url")
    @classmethod
    def _ishttp_url(cls, value: str | None) -> str | None:
        return http_url(value)

    @model_validator(mode="after")
    def _production_is_complete(self) -> "Settings":
        if self.environment == "development":
            return self
        if self.identity.uses_dev_idp:
            raise ValueError("production needs identity.oidc_issuer: the development identity provider is off")
        urls = [self.identity.oidc_issuer, *(issuer.url for issuer in self.identity.issuers)]
        if not all(url is None or url.startswith("https://") for url in urls):
            raise ValueError("production needs issuers with https://")
        if self.public_url is None or not self.public_url.startswith("https://"):
            raise ValueError("production needs public_url with https://")
        if self.l1_enabled and self.l1_url is None:
            raise ValueError("production needs l1_url: the embedded L1 is for development")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        if cls.toml_path is None:
            return (init_settings, env_settings)
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, cls.toml_path))

    @property
    def base_url(self) -> str:
        """Where browsers and wallets reach the node, without a slash at the end."""
        if self.public_url is not None:
            return self.public_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def database(self) -> str:
        """SQLAlchemy URL; may hold a password, so it is never logged."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'prividium.db').absolute()}"

    @property
    def production(self) -> bool:
        return self.environment == "production"


def load_settings(data_dir: Path | None = None, **overrides: object) -> Settings:
    """Settings of a data folder; raises `ConfigurationError("settings_invalid")` naming field, problem and fix."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if data_dir is not None:
        given["data_dir"] = data_dir
    folder = Path(str(given.get("data_dir") or os.environ.get(f"{ENVIRONMENT_PREFIX}DATA_DIR") or ".prividium"))
    path = folder.expanduser() / CONFIG_FILE_NAME
    _refuse_unknown_variables()
    source = type("Settings", (Settings,), {"toml_path": path if path.is_file() else None, "__module__": __name__})
    try:
        loaded = source(**given)
    except ValidationError as error:
        raise ConfigurationError("settings_invalid", _explain(error, path)) from None
    except ValueError as error:
        raise ConfigurationError("settings_unreadable", f"{path} cannot be read: {error}; correct the file") from None
    if not isinstance(loaded, Settings):
        raise TypeError("settings source")
    return loaded


def _refuse_unknown_variables() -> None:
    """A misspelt variable would otherwise leave a limit at its default without a word."""
    sections = {"identity": IdentitySettings}
    known = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields}
    for section, model in sections.items():
        known |= {f"{ENVIRONMENT_PREFIX}{section}__{name}".upper() for name in model.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith(ENVIRONMENT_PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, 1)
            hint = f"; did you mean {near[0]}?" if near else "; remove it from the environment"
            raise ConfigurationError("settings_invalid", f"wrong settings: {name} is no setting{hint}")


def _address(value: str) -> str:
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        raise ValueError("use an address: 0x and 40 hexadecimal digits")
    return value.lower()


def _explain(error: ValidationError, path: Path) -> str:
    lines = []
    for item in error.errors(include_url=False):
        field = ".".join(str(part) for part in item["loc"]) or "settings"
        problem = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            lines.append(f"{field}: no such setting; remove it from {path.name} or correct its name")
            continue
        if not item["loc"]:
            lines.append(problem)
            continue
        shown = "" if any(word in field for word in ("secret", "url", "token")) else f" (got {item['input']!r})"
        variable = ENVIRONMENT_PREFIX + field.upper().replace(".", "__")
        fix = f"; correct {variable} or `{field}` in {path.name}"
        lines.append(f"{field}: {problem}{shown}{fix}")
    return "wrong settings: " + "; ".join(lines)
