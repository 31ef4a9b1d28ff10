"""The data folder: made 0700, with the chain's secret (0600) and its genesis, both written once."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from prividium import clock
from prividium._core import Genesis, GenesisAccount
from prividium.errors import ConfigurationError, InvalidInput
from prividium.settings import Settings
from prividium.types import parse_address

SECRET_BYTES = 32
STEPPING_GENESIS_TIMESTAMP = 1
"""With the stepping clock a chain depends on its transactions alone."""


@dataclass(frozen=True)
class GenesisDocument:
    """`genesis.json`; amounts in wei."""

    chain_id: int
    timestamp: int
    beneficiary: str
    block_gas_limit: int
    accounts: dict[str, int]

    def genesis(self) -> Genesis:
        accounts = [GenesisAccount(parse_address(address), balance) for address, balance in self.accounts.items()]
        return Genesis(self.chain_id, self.timestamp, parse_address(self.beneficiary), self.block_gas_limit, accounts)


class DataFolder:
    """Raises ConfigurationError for whatever keeps the node from using the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()

    @property
    def store_path(self) -> Path:
        return self.path / "chain.redb"

    @property
    def is_initialised(self) -> bool:
        return self._genesis_path.exists()

    @property
    def _genesis_path(self) -> Path:
        return self.path / "genesis.json"

    @property
    def _secret_path(self) -> Path:
        return self.path / "secret"

    def prepare(self) -> None:
        """Make the folder, or check that nobody else can look into it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            text = f"the data folder {self.path} cannot be made: {error.strerror}"
            raise ConfigurationError("data_dir_unusable", text) from None
        if self.path.stat().st_mode & 0o077:
            text = f"others may read the data folder {self.path}: run `chmod 700` on it"
            raise ConfigurationError("data_dir_exposed", text)
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise ConfigurationError("data_dir_unusable", f"the data folder {self.path} is not writable for this user")

    def secret(self) -> bytes:
        """The chain's secret, from which every salt is derived. Losing it makes the chain's history unprovable."""
        path = self._secret_path
        if not path.exists():
            if self.store_path.exists():
                text = f"{path.name} is missing although the chain exists: restore it from your backup"
                raise ConfigurationError("secret_missing", text)
            write_whole(path, clock.random_bytes(SECRET_BYTES))
        if path.stat().st_mode & 0o077:
            raise ConfigurationError("secret_exposed", f"others may read {path}: run `chmod 600` on it")
        secret = path.read_bytes()
        if len(secret) != SECRET_BYTES:
            text = f"{path.name} holds {len(secret)} bytes instead of {SECRET_BYTES}: restore it from your backup"
            raise ConfigurationError("secret_unreadable", text)
        return secret

    def genesis(self, settings: Settings) -> GenesisDocument:
        """The chain's genesis: from the settings the first time, from the folder ever after."""
        if not self.is_initialised:
            stepping = settings.clock_mode == "stepping"
            document = GenesisDocument(
                chain_id=settings.chain_id,
                timestamp=STEPPING_GENESIS_TIMESTAMP if stepping else clock.now(),
                beneficiary=settings.beneficiary,
                block_gas_limit=settings.block_gas_limit,
                accounts=dict(sorted(settings.genesis_balances.items())),
            )
            write_whole(self._genesis_path, json.dumps(vars(document), indent=1).encode() + b"\n")
            return document
        document = self._read_genesis()
        for name in ("chain_id", "beneficiary", "block_gas_limit"):
            fixed, wanted = getattr(document, name), getattr(settings, name)
            if fixed != wanted:
                text = (
                    f"{name} is {wanted} in the settings and {fixed} in this data folder's genesis, where it is fixed: "
                    f"set it to {fixed}, or use another data folder"
                )
                raise ConfigurationError("genesis_differs", text)
        return document

    def _read_genesis(self) -> GenesisDocument:
        try:
            document = GenesisDocument(**json.loads(self._genesis_path.read_text()))
            document.genesis()
        except (ValueError, TypeError, InvalidInput):
            text = f"{self._genesis_path.name} is damaged: restore it from your backup"
            raise ConfigurationError("genesis_unreadable", text) from None
        return document


def write_whole(path: Path, content: bytes) -> None:
    """A file (0600), whole and durable or unchanged; replaces what was there."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        text = f"{path.name} cannot be written to the data folder: {error.strerror}"
        raise ConfigurationError("data_dir_unusable", text) from None
