"""The token beside an EIP-4361 message, byte for byte as Prividium makes it."""

import pytest

from prividium.errors import Unauthorized
from prividium.identity import base64url
from prividium.identity.nonce_token import NonceClaims, NonceTokens

CLAIMS = NonceClaims(
    address="0x52908400098527886E0F7030069857D2E4169EE7",
    nonce="nonce123456",
    target_id="user-id",
    expires_at=1_700_000_300,
    issued_at=1_700_000_000,
    message_hash="ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
)
# Made with hkdfSync and createHmac of Node.js from the secret 0x11…11 (32 bytes) and the message "message".
TOKEN = (
    "djF8MHg1MjkwODQwMDA5ODUyNzg4NkUwRjcwMzAwNjk4NTdEMkU0MTY5RUU3fG5vbmNlMTIzNDU2fHVzZXJ8dXNlci1pZHwxNzAwMDAwMzAwfDE3"
    "MDAwMDAwMDB8YWI1MzBhMTNlNDU5MTQ5ODJiNzlmOWI3ZTNmYmE5OTRjZmQxZjNmYjIyZjcxY2VhMWFmYmYwMmI0NjBjNmQxZA"
    ".FxxbiLsjtDBivCT8_vj1nfQODa-JfGbGfsLC3hTkYNc"
)
FIRST, SECOND = b"\x11" * 32, b"\x22" * 32


def reason(tokens: NonceTokens, token: str) -> str:
    with pytest.raises(Unauthorized) as caught:
        tokens.open(token)
    return caught.value.code


def test_a_token_is_the_one_that_prividium_makes() -> None:
    assert NonceTokens([FIRST]).seal(CLAIMS) == TOKEN


def test_a_token_says_what_was_sealed() -> None:
    assert NonceTokens([FIRST]).open(TOKEN) == CLAIMS


def test_a_secret_is_rotated_without_refusing_its_tokens() -> None:
    rotated = NonceTokens([SECOND, FIRST])
    assert rotated.open(TOKEN) == CLAIMS
    assert NonceTokens([SECOND]).open(rotated.seal(CLAIMS)) == CLAIMS


def test_a_token_of_a_retired_secret_is_refused() -> None:
    assert reason(NonceTokens([SECOND]), TOKEN) == "siwe_token_invalid"


@pytest.mark.parametrize("part", [0, 1])
def test_a_token_that_was_changed_anywhere_is_refused(part: int) -> None:
    parts = [base64url.decode(text) for text in TOKEN.split(".")]
    for position in range(len(parts[part])):
        changed = bytearray(parts[part])
        changed[position] ^= 1
        forged = [*parts]
        forged[part] = bytes(changed)
        assert reason(NonceTokens([FIRST]), ".".join(map(base64url.encode, forged))) == "siwe_token_invalid"


@pytest.mark.parametrize("token", ["", ".", "a.b", TOKEN + ".x", TOKEN.partition(".")[0], "é.é", "a" * 5_000], ids=str)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert reason(NonceTokens([FIRST]), token) == "siwe_token_invalid"


def test_a_genuine_token_of_another_version_is_refused() -> None:
    sealed = NonceTokens([FIRST]).seal(CLAIMS)
    payload = base64url.decode(sealed.partition(".")[0]).replace(b"v1|", b"v2|", 1)
    from prividium.identity.nonce_token import _derived, _mac  # the key, to make a token that only its version spoils

    forged = f"{base64url.encode(payload)}.{base64url.encode(_mac(_derived(FIRST), payload))}"
    assert reason(NonceTokens([FIRST]), forged) == "siwe_token_invalid"
