"""When and from where an API key was used last, written down at most once a minute."""

import logging
from threading import Lock
from typing import Final

from sqlalchemy import update

from prividium import clock
from prividium.db.engine import Database
from prividium.errors import PrividiumError
from prividium.identity.machine_models import ApiKey

INTERVAL_SECONDS: Final = 60.0
_log = logging.getLogger(__name__)


class KeyUses:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[str, float] = {}
        self._lock = Lock()

    def note(self, key_id: str, address: str) -> None:
        now = clock.monotonic()
        with self._lock:
            if now - self._noted.get(key_id, -INTERVAL_SECONDS) < INTERVAL_SECONDS:
                return
            self._noted[key_id] = now
        try:
            with self._database.write() as session:
                values = {"last_used_at": clock.now(), "last_used_address": address}
                session.execute(update(ApiKey).where(ApiKey.id == key_id).values(values))
        except PrividiumError as error:
            # A statistic must not stand in the way of the call itself.
            _log.warning("the use of API key %s was not written down: %s", key_id, error.code)
