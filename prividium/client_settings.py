"""Applications that people let act for them: those that every Prividium knows, and what an exact redirect URI is."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

BLOCK_EXPLORER: Final = "block-explorer"
ADMIN_PANEL: Final = "admin-panel"
PROXY_CLI: Final = "proxy-cli"
SWAGGER_DOCS: Final = "swagger-docs"
BUILT_IN_CLIENTS: Final[Mapping[str, str]] = {
    BLOCK_EXPLORER: "Block explorer",
    ADMIN_PANEL: "Administration panel",
    PROXY_CLI: "Prividium command line",
    SWAGGER_DOCS: "API documentation",
}
"""Client id and name."""
BUILT_IN_REDIRECT_URIS: Final[Mapping[str, tuple[str, ...]]] = {PROXY_CLI: ("http://localhost:24101/callback",)}
"""The program `prividium` of npm listens there and nowhere else; the others are where the settings say."""

URI_LENGTH_MAX: Final = 512
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def redirect_uri(value: str) -> str:
    """The URI as it was given, for it is compared character by character (RFC 9700 §4.1.3); raises ValueError."""
    _check_web_address(value)
    if "#" in value:
        raise ValueError("a redirect URI has no fragment: the token is put there")
    return value


def web_origin(value: str) -> str:
    """Scheme, host and port in the form that browsers send (RFC 6454 §6.1); raises ValueError."""
    _check_web_address(value)
    if origin_of_uri(value) != value:
        raise ValueError("write the origin as browsers do: https://app.example, no path, no standard port")
    return value


def origin_of_uri(uri: str) -> str:
    parts = urlsplit(uri)
    standard = {"http": 80, "https": 443}[parts.scheme]
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + ("" if parts.port in (None, standard) else f":{parts.port}")


def _check_web_address(value: str) -> None:
    if not value.isascii() or not value.isprintable() or " " in value or "\\" in value or len(value) > URI_LENGTH_MAX:
        raise ValueError(f"use a URL of at most {URI_LENGTH_MAX} printable ASCII characters")
    parts = urlsplit(value)
    port = parts.port
    if not parts.hostname or port == 0 or parts.username is not None or parts.password is not None:
        raise ValueError("use a URL with a host and without a user name")
    # Tokens travel there: over TLS, or within the person's own machine (RFC 8252 §7.3).
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("use https://, or http:// for a program on the person's own machine (localhost)")
