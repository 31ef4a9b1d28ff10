"""One account's transactions on L1, never the same thing twice.

The rule: a transaction is signed for exactly the account's next nonce at the L1 head, and is in the journal, on disk,
before it is sent. So at any time there is at most one nonce in flight, whatever is mined settles it, and what else was
signed for that nonce can never be mined. The rest follows from it:

- crash between signing and sending: the journal holds the bytes, and they are sent again;
- L1 restarted and forgot its pool: the same;
- L1 lost blocks (reorg, older state): the account's next nonce falls back to one that the journal knows, and the same
  bytes go out again while they still are what is wanted;
- a gap (a later transaction waits in the pool, this nonce was never filled): whatever is wanted is signed for the gap;
- a transaction that does not move, or is no longer wanted: replaced at its nonce with fees at least 12.5 % higher.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from gateway.abi import Interface
from gateway.relayer.client import L1Block, L1Client, L1Error, L1Refused, Refusal
from gateway.relayer.fees import Fees, bump, estimate
from gateway.relayer.journal import Action, Journal, SignedTransaction
from gateway.relayer.keys import LocalKey
from prividium import clock
from prividium.types import to_hex

Result = TypeVar("Result")

GAS_LIMIT_MAX = (1 << 24) - 1
"""EIP-7825."""


class Event(Enum):
    """What one step did. The first four wait for L1, not for us."""

    IDLE = "idle"
    WAITING = "waiting"
    BLOCKED = "blocked"
    FEE_LIMIT = "fee_limit"
    SENT = "sent"
    RESENT = "resent"
    BUMPED = "bumped"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Step:
    event: Event
    action: Action | None = None
    transaction_hash: bytes | None = None
    detail: str = ""


@dataclass(frozen=True)
class Call:
    """What a transaction carries; `to` is None for a creation. `interface` puts a revert into words."""

    to: bytes | None
    data: bytes
    interface: Interface


class WouldRevert(L1Error):
    """L1 would refuse the action, so nothing was signed."""

    def __init__(self, action: Action, reason: str) -> None:
        super().__init__("l1_would_revert", f"L1 would refuse {action.step} {action.subject}: {reason}")


class InsufficientL1Funds(L1Error):
    def __init__(self, address: bytes, balance: int) -> None:
        text = f"the L1 account {to_hex(address)} holds {balance} wei, too little for the next transaction: fund it"
        super().__init__("l1_funds_missing", text)


@dataclass(frozen=True)
class SubmitLimits:
    stuck_after_blocks: int = 5
    stuck_after_seconds: int = 180
    unseen_seconds_max: int = 24
    """How long a transaction may be counted but in no block; two slots of mainnet."""
    max_fee_per_gas_max: int = 500_000_000_000
    """Wei; no transaction is signed that could pay more."""


class Submitter:
    """Steps one account towards what is wanted. Not thread-safe: one caller steps it."""

    def __init__(
        self,
        client: L1Client,
        key: LocalKey,
        journal: Journal,
        limits: SubmitLimits | None = None,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self._client = client
        self._key = key
        self._journal = journal
        self._limits = limits or SubmitLimits()
        self._now = now
        self._chain_id: int | None = None
        self._unseen: tuple[int, int] | None = None
        """A nonce whose predecessor is counted but in no block, and since when (unix seconds)."""

    @property
    def address(self) -> bytes:
        return self._key.address

    @property
    def journal(self) -> Journal:
        return self._journal

    def at_one_head(self, read: Callable[[L1Block], Result], otherwise: Result) -> Result:
        """What `read` makes of L1 at its head; `otherwise` if it failed because a block was made meanwhile.

        Nodes may show the state of a block that they are about to announce. The next attempt sees it whole.
        """
        head = self._client.head()
        try:
            return read(head)
        except (L1Refused, WouldRevert):
            if self._client.head().number == head.number:
                raise
            return otherwise

    def step(self, head: L1Block, wanted: Action | None, build: Callable[[Action], Call]) -> Step:
        """At most one transaction towards `wanted`, which the caller read from L1 at `head`; raises L1Error."""
        nonce = self._client.nonce(self.address, head.number)
        signed = self._journal.at(nonce)
        flight = signed[-1] if signed else None
        if wanted is None:
            return Step(Event.IDLE)
        if flight is None:
            if not self._saw_the_last_one(head, nonce):
                return Step(Event.WAITING, wanted)
            return self._sign(head, nonce, wanted, build, None)
        if flight.action != wanted:
            return self._sign(head, nonce, wanted, build, flight)
        if not self._client.knows(flight.hash):
            return self._send_again(head, flight, build)
        if self._is_stuck(head, flight):
            return self._sign(head, nonce, wanted, build, flight)
        return Step(Event.WAITING, wanted, flight.hash)

    def _saw_the_last_one(self, head: L1Block, nonce: int) -> bool:
        """Whether the transaction before `nonce` is in a block up to `head`, where `wanted` was read.

        If it is not, the node counts it already in a block that it is about to announce, and what was wanted may be
        just what it did. If it never comes to be in a block, somebody else used the nonce with the same key.
        """
        before = [self._client.receipt(signed.hash) for signed in self._journal.at(nonce - 1)]
        mined = [receipt.block_number for receipt in before if receipt is not None]
        if not before or mined:
            self._unseen = None
            return not before or min(mined) <= head.number
        if self._unseen is None or self._unseen[0] != nonce:
            self._unseen = (nonce, self._now())
        return self._now() - self._unseen[1] >= self._limits.unseen_seconds_max

    def _is_stuck(self, head: L1Block, flight: SignedTransaction) -> bool:
        blocks, seconds = head.number - flight.head, self._now() - flight.signed_at
        return blocks >= self._limits.stuck_after_blocks or seconds >= self._limits.stuck_after_seconds

    def _send_again(self, head: L1Block, flight: SignedTransaction, build: Callable[[Action], Call]) -> Step:
        try:
            self._client.send(flight.raw)
        except L1Refused as refused:
            if refused.reason is Refusal.NONCE_TOO_LOW:
                return Step(Event.WAITING, flight.action, flight.hash)
            if refused.reason in (Refusal.REPLACEMENT_UNDERPRICED, Refusal.FEE_BELOW_BASE):
                return self._sign(head, flight.nonce, flight.action, build, flight)
            raise self._explained(refused) from refused
        return Step(Event.RESENT, flight.action, flight.hash)

    def _sign(
        self,
        head: L1Block,
        nonce: int,
        wanted: Action,
        build: Callable[[Action], Call],
        previous: SignedTransaction | None,
    ) -> Step:
        market = estimate(self._client, head)
        fees = market if previous is None else bump(previous.fees, market)
        if fees.max_fee > self._limits.max_fee_per_gas_max:
            detail = f"{fees.max_fee} wei per gas needed, the limit is {self._limits.max_fee_per_gas_max}"
            return Step(Event.FEE_LIMIT, wanted, previous.hash if previous else None, detail)
        transaction = self._signed(head, nonce, wanted, build(wanted), fees)
        self._journal.record(transaction)
        try:
            self._client.send(transaction.raw)
        except L1Refused as refused:
            if refused.reason is Refusal.NONCE_TOO_LOW:
                return Step(Event.WAITING, wanted, transaction.hash)
            if refused.reason is Refusal.REPLACEMENT_UNDERPRICED:
                # Something that the journal does not know sits at this nonce; the next step outbids it further.
                return Step(Event.BUMPED, wanted, transaction.hash)
            raise self._explained(refused) from refused
        return Step(_event(wanted, previous), wanted, transaction.hash)

    def _signed(self, head: L1Block, nonce: int, action: Action, call: Call, fees: Fees) -> SignedTransaction:
        if self._chain_id is None:
            self._chain_id = self._client.chain_id()
        gas_limit = self._gas_limit(head, action, call)
        digest, raw = self._key.sign_transaction(self._chain_id, nonce, call.to, call.data, gas_limit, fees)
        return SignedTransaction(action, nonce, digest, raw, fees, head.number, self._now())

    def _gas_limit(self, head: L1Block, action: Action, call: Call) -> int:
        try:
            estimated = self._client.estimate_gas(self.address, call.to, call.data, head.number)
        except L1Refused as refused:
            if refused.reason is Refusal.REVERTED:
                raise WouldRevert(action, call.interface.error(refused.data)) from refused
            raise self._explained(refused) from refused
        return min(estimated + estimated // 4, GAS_LIMIT_MAX)

    def _explained(self, refused: L1Refused) -> L1Error:
        if refused.reason is Refusal.INSUFFICIENT_FUNDS:
            return InsufficientL1Funds(self.address, self._client.balance(self.address))
        return refused


def _event(wanted: Action, previous: SignedTransaction | None) -> Event:
    if previous is None:
        return Event.SENT
    return Event.BUMPED if previous.action == wanted else Event.REPLACED
