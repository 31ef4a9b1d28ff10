"""Base64url without padding (RFC 4648 §5, RFC 7515 §2)."""

import base64


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: object) -> bytes:
    """Empty for anything that is not base64url."""
    if not isinstance(text, str):
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
