"""Base64url without padding (RFC 4648 §5, RFC 7515 §2)."""

import base64


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: object) -> bytes:
    """Empty for anything that `encode` would not write: there is one text for each value (RFC 4648 §3.5)."""
    if not isinstance(text, str):
        return b""
    try:
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
    return value if encode(value) == text else b""
