"""eth_simulateV1: calls that build on each other, every frame judged, nothing overridden, nothing kept."""

from prividium._core import SimulatedCall
from prividium.permissions.visibility import Sight, visible_transaction
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import RpcError
from prividium.rpc.execution_params import Sequence
from prividium.rpc.forms import ZERO_HASH, simulated_block_form
from prividium.rpc.handlers.execute import permit_simulation
from prividium.rpc.params import Simulation
from prividium.rpc.refusals import call_failure
from prividium.types import Json, to_hex, to_quantity


def permit(chain: Chain, caller: Caller, asked: Sequence) -> None:
    for block in asked.blocks:
        for call in block:
            permit_simulation(chain, caller, call)


def simulate(chain: Chain, caller: Caller, asked: Sequence) -> Json:
    """One block form for each block. A call that the policy denies denies them all."""
    chain.require_head(asked.block)
    head = chain.ledger.head()
    outcomes = chain.ledger.simulate([[call.request for call in block] for block in asked.blocks])
    sight = chain.sight()
    blocks: list[Json] = []
    for offset, (calls, done) in enumerate(zip(asked.blocks, outcomes, strict=True), 1):
        number = head.number + offset
        results: list[Json] = []
        for call, outcome in zip(calls, done, strict=True):
            results.append(_call_form(caller, call, outcome, number, sight))
        gas_used = sum(outcome.gas_used for outcome in done)
        blocks.append({**simulated_block_form(head, number, gas_used), "calls": results})
    return blocks


def _call_form(caller: Caller, call: Simulation, outcome: SimulatedCall, number: int, sight: Sight) -> Json:
    view = visible_transaction(caller.principal, call.sender, call.to, outcome.logs, sight)
    form: dict[str, Json] = {
        "status": to_quantity(int(outcome.status)),
        "returnData": to_hex(outcome.output),
        "gasUsed": to_quantity(outcome.gas_used),
        "logs": [
            {
                "address": to_hex(outcome.logs[position].address),
                "topics": [to_hex(topic) for topic in outcome.logs[position].topics],
                "data": to_hex(outcome.logs[position].data),
                "blockNumber": to_quantity(number),
                "blockHash": ZERO_HASH,
                "transactionHash": ZERO_HASH,
                "transactionIndex": "0x0",
                "logIndex": to_quantity(index),
                "removed": False,
            }
            for index, position in enumerate(view.logs)
        ],
    }
    if not outcome.status:
        form["error"] = _error_form(outcome)
    return form


def _error_form(outcome: SimulatedCall) -> Json:
    error: RpcError = call_failure(outcome.output, not outcome.output and outcome.gas_used >= outcome.gas_limit)
    form: dict[str, Json] = {"code": error.code, "message": error.message}
    if error.data is not None:
        form["data"] = error.data
    return form
