"""What the settlement's transactions cost, held against the figures in tests/vectors/gas.json.

`PRIVIDIUM_UPDATE_VECTORS=1` writes the file anew.
"""

import json
import os
from pathlib import Path

from gateway.relayer.submit import GAS_LIMIT_MAX
from tests.contracts.chain import Chain, batch

SNAPSHOT = Path(__file__).parents[1] / "vectors" / "gas.json"


def measured(chain: Chain) -> dict[str, int]:
    """Gas of each call on its second use, when no counter is written for the first time."""
    gas = {}
    for number in (1, 2):
        gas = {
            "commit": chain.commit(batch(number)).gas_used,
            "prove": chain.prove(number).gas_used,
            "execute": chain.execute(number).gas_used,
        }
    chain.commit(batch(3))
    gas["revertBatches"] = chain.settle("revertBatches", 3).gas_used
    gas["propose"] = chain.register("propose", chain.other_key.astuple()).gas_used
    return gas


def test_gas_is_that_of_the_snapshot_and_far_below_the_cap_of_a_transaction(chain: Chain) -> None:
    gas = measured(chain)
    if os.environ.get("PRIVIDIUM_UPDATE_VECTORS") == "1":
        SNAPSHOT.write_text(json.dumps(gas, indent=1) + "\n")
    expected = json.loads(SNAPSHOT.read_text())
    assert gas.keys() == expected.keys()
    for name, used in gas.items():
        # Signatures and digests differ between runs in their number of zero bytes, which cost 4 gas and not 16.
        assert abs(used - expected[name]) <= 12 * 32, f"{name}: {used}, snapshot {expected[name]}"
        assert used < GAS_LIMIT_MAX
