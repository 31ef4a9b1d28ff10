"""Contract wallets (ERC-1271) in a few bytes of EVM code."""

from typing import Final

MAGIC: Final = "1626ba7e"
ANSWER_MAGIC: Final = f"63{MAGIC}60e01b5f5260205ff3"
REVERTS: Final = bytes.fromhex("5f5ffd")
LOOPS: Final = bytes.fromhex("5b5f56")
ACCEPTS_ALL: Final = bytes.fromhex(ANSWER_MAGIC)
ANSWERS_ONE: Final = bytes.fromhex("60015f5260205ff3")
ANSWERS_FOUR_BYTES: Final = bytes.fromhex(f"63{MAGIC}60e01b5f5260045ff3")
ANSWERS_MORE_THAN_MAGIC: Final = bytes.fromhex(f"63{MAGIC}60e01b60011760005260206000f3")
ANSWERS_NOTHING: Final = bytes.fromhex("00")


def owned_by(owner: bytes) -> bytes:
    """Accepts the 65-byte signature of one account: ecrecover over the digest, r, s and v of the call data."""
    words = "6004355f52" + "60a4355f1a602052" + "606435604052" + "608435606052"
    recover = "6020608060805f60015afa50"
    compare = f"73{owner.hex()}60805114"
    return bytes.fromhex(words + recover + compare + f"63{MAGIC}60e01b02" + "5f5260205ff3")


def reads(other: bytes) -> bytes:
    """Accepts everything, after a static call without data to another contract."""
    return bytes.fromhex(f"60205f5f5f73{other.hex()}5afa50" + ANSWER_MAGIC)


def delegates_to(code_at: bytes) -> bytes:
    """A proxy: runs another contract's code on its own behalf, with the data of the call."""
    copy = "365f5f37"
    return bytes.fromhex(copy + f"60205f365f73{code_at.hex()}5af450" + "60205ff3")


def creation(code: bytes) -> bytes:
    """Init code that deploys `code`."""
    return bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code
