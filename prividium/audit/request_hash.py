"""What was asked, as a hash that tells nothing to who lacks the key and proves the request to who has it.

HMAC-SHA-256 under a key in the data folder: requests have little entropy (an address, an amount), so a plain hash could
be guessed by whoever reads the trail.
"""

import hmac
import json
from pathlib import Path
from typing import Final

from prividium import clock
from prividium.errors import ConfigurationError
from prividium.types import Json

KEY_FILE: Final = "audit-request-key"
KEY_BYTES: Final = 32
_LABEL: Final = b"prividium audit request v1\x00"


class RequestHasher:
    """`data_dir`: where the key lies; it is made when it is first needed."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / KEY_FILE
        self._key: bytes | None = None

    def of_text(self, text: str) -> bytes:
        """Of a REST request in one line."""
        return self._of(text.encode())

    def of_call(self, method: str, params: tuple[Json, ...]) -> bytes:
        """Of `{"method":…,"params":[…]}`, keys sorted and without spaces."""
        document = {"method": method, "params": list(params)}
        return self._of(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())

    def _of(self, request: bytes) -> bytes:
        if self._key is None:
            self._key = _load_key(self._path)
        return hmac.digest(self._key, _LABEL + request, "sha256")


def _load_key(path: Path) -> bytes:
    """Readable by its owner only; raises ConfigurationError("audit_key_invalid")."""
    key = clock.kept_random_bytes(path, KEY_BYTES)
    if len(key) != KEY_BYTES:
        text = f"{path.name} in the data folder is damaged; delete it, and new entries are hashed with another key"
        raise ConfigurationError("audit_key_invalid", text)
    return key
