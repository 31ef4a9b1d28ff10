"""The only source of time and randomness."""

import os
import secrets
import time
from pathlib import Path
from typing import Literal

ClockMode = Literal["system", "stepping"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FAIR_BYTES = 256 - 256 % len(_ALPHABET)


def now() -> int:
    """Seconds since the epoch."""
    return int(time.time())


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds on a clock that never steps back; for measuring durations."""
    return time.monotonic()


def wait_until(moment: float) -> None:
    """Keep the thread until `moment` of `monotonic`."""
    time.sleep(max(moment - time.monotonic(), 0.0))


def random_bytes(length: int) -> bytes:
    """From the operating system's CSPRNG."""
    return secrets.token_bytes(length)


def kept_random_bytes(path: Path, length: int) -> bytes:
    """Drawn at the first call and kept in a file that its owner alone may read; afterwards whatever the file holds."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    drawn = random_bytes(length)
    with os.fdopen(descriptor, "wb") as file:
        file.write(drawn)
    return drawn


def new_id() -> str:
    """21 characters, about 125 bits: an opaque identifier that cannot be guessed."""
    return new_alphanumeric(21)


def new_alphanumeric(length: int) -> str:
    """Letters and digits, about 5.95 random bits each."""
    found = ""
    while len(found) < length:
        # Bytes beyond the last whole alphabet are left out: every character is equally likely.
        drawn = secrets.token_bytes(2 * (length - len(found)))
        found += "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in drawn if byte < _FAIR_BYTES)
    return found[:length]


def new_token() -> str:
    """256 bits, URL-safe: a bearer credential. Store only its hash."""
    return secrets.token_urlsafe(32)


def block_timestamp(mode: ClockMode, parent_timestamp: int) -> int:
    """Timestamp of the next block: never before its parent's.

    `stepping` counts blocks instead of seconds, so that two runs over the same transactions make the same chain.
    """
    if mode == "stepping":
        return parent_timestamp + 1
    return max(now(), parent_timestamp)
