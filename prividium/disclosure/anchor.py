"""The root that a disclosure must lead to, read from `Settlement` on L1."""

from dataclasses import dataclass

from eth_abi.abi import decode, encode
from eth_utils.abi import function_signature_to_4byte_selector

from gateway.relayer.client import BlockTag, L1Client, L1Refused
from prividium.disclosure.fields import DisclosureInvalid
from prividium.disclosure.verify import Anchor

EXECUTED = 3
STATUS_NAMES = ("not committed", "committed only", "proven, not executed", "executed")


@dataclass(frozen=True)
class AnchoredRoot:
    state_root: bytes
    is_final: bool
    """Whether the L1 block that executed the batch is finalized, where the L1 tells."""


def read_root(l1: L1Client, anchor: Anchor) -> AnchoredRoot:
    """The batch's state root, executed on L1.

    Raises DisclosureInvalid where the L1, the contract or the batch is not what the file names, and L1Error.
    """
    l1_chain_id = l1.chain_id()
    if l1_chain_id != anchor.l1_chain_id:
        raise DisclosureInvalid(
            "l1_mismatch", f"this L1 has chain id {l1_chain_id}, the file names {anchor.l1_chain_id}"
        )
    if not l1.code(anchor.settlement):
        raise DisclosureInvalid("settlement_missing", "there is no contract at the settlement address on this L1")
    chain_id = _unsigned(l1, anchor, "privateChainId()", "latest")
    if chain_id != anchor.chain_id:
        raise DisclosureInvalid(
            "chain_mismatch", f"the contract settles chain {chain_id}, the file names {anchor.chain_id}"
        )
    status = _unsigned(l1, anchor, "status(uint256)", "latest", anchor.batch)
    if status != EXECUTED:
        name = STATUS_NAMES[status] if status < len(STATUS_NAMES) else "in an unknown state"
        raise DisclosureInvalid("not_executed", f"batch {anchor.batch} is {name} on L1; rely on executed batches only")
    root = _unsigned(l1, anchor, "stateRoot(uint256)", "latest", anchor.batch)
    return AnchoredRoot(root.to_bytes(32, "big"), _is_final(l1, anchor))


def _is_final(l1: L1Client, anchor: Anchor) -> bool:
    try:
        return _unsigned(l1, anchor, "status(uint256)", "finalized", anchor.batch) == EXECUTED
    except (L1Refused, DisclosureInvalid):
        return False


def _unsigned(l1: L1Client, anchor: Anchor, signature: str, tag: BlockTag, *arguments: int) -> int:
    data = function_signature_to_4byte_selector(signature) + encode(["uint256"] * len(arguments), list(arguments))
    answer = l1.call(anchor.settlement, data, tag)
    if len(answer) != 32:
        raise DisclosureInvalid("not_a_settlement", "the contract at the settlement address is no Settlement")
    return int(decode(["uint256"], answer)[0])
