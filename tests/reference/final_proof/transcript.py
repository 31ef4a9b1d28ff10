"""Section 5: one Keccak state that absorbs and draws."""

from eth_utils.crypto import keccak

from tests.reference.final_proof.field import Ext, P

DOMAIN = b"prividium/outer/v1"


class Transcript:
    def __init__(self, key_hash: bytes) -> None:
        self.state = keccak(DOMAIN + key_hash)

    def absorb(self, message: bytes) -> None:
        assert message
        self.state = keccak(self.state + message)

    def challenge(self) -> Ext:
        self.state = keccak(self.state)
        c = [int.from_bytes(self.state[8 * j : 8 * j + 8], "big") % P for j in range(4)]
        return (c[0], c[1], c[2], c[3])

    def grind(self, nonce: bytes, bits: int) -> bool:
        """Absorbs the nonce; whether the work was done."""
        self.state = keccak(self.state + nonce)
        return int.from_bytes(self.state, "big") >> (256 - bits) == 0

    def indices(self, count: int, log_domain: int) -> list[int]:
        found: list[int] = []
        while len(found) < count:
            self.state = keccak(self.state)
            found += [int.from_bytes(self.state[4 * j : 4 * j + 4], "big") % (1 << log_domain) for j in range(8)]
        return found[:count]
