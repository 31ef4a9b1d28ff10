"""What programs learn of a node before anybody signs in: /.well-known/prividium."""

from typing import Final

from prividium.node.parts import Node
from prividium.types import Json, to_quantity

PATH: Final = "/.well-known/prividium"
NATIVE_DECIMALS: Final = 18
NO_L1: Final = 0


def discovery_document(node: Node) -> dict[str, Json]:
    """`apiUrl` is what the command line of npm `prividium` 0.18 reads, `v1` what its SDK reads."""
    settings = node.settings
    return {
        "apiUrl": settings.base_url,
        "v1": {
            "blockExplorerUrl": settings.block_explorer_url or settings.base_url,
            "chainId": to_quantity(settings.chain_id),
            "chainName": settings.chain_name,
            "baseToken": {
                "name": settings.native_symbol,
                "symbol": settings.native_symbol,
                "decimals": NATIVE_DECIMALS,
                "l1Address": None,
            },
            "rpcUrl": f"{settings.base_url}/rpc",
            "userPanelUrl": settings.base_url,
            "version": node.version,
            **_l1(node),
        },
    }


def _l1(node: Node) -> dict[str, Json]:
    """Zero until the contracts on L1 are known, or without an L1."""
    deployment = None if node.settlement is None else node.settlement.deployment
    chain_id = NO_L1 if deployment is None else deployment.l1_chain_id
    embedded = node.settings.l1_url is None
    name = "none" if node.settlement is None else "development L1" if embedded else "L1"
    return {"l1ChainId": to_quantity(chain_id), "l1ChainName": name}
