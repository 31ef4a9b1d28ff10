"""debug_traceTransaction and debug_traceCall with the call tracer: the caller's own execution, its inner frames as
far as the one visibility function shows them.
"""

from collections.abc import Sequence

from prividium._core import TraceFrame
from prividium.permissions.visibility import Sight, sees_frame, sees_returns, sees_trace
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import RpcError
from prividium.rpc.execution_params import CallTrace, TransactionTrace
from prividium.rpc.forms import ZERO_ADDRESS
from prividium.rpc.handlers.execute import permit_simulation, require_readable
from prividium.rpc.refusals import LIMIT_EXCEEDED, revert_message, trace_unknown
from prividium.rpc.views import Placed, seen_transaction
from prividium.types import Json, to_hex, to_quantity

_HIDDEN: dict[str, Json] = {
    "type": "CALL",
    "from": ZERO_ADDRESS,
    "to": ZERO_ADDRESS,
    "value": "0x0",
    "gas": "0x0",
    "gasUsed": "0x0",
    "input": "0x",
    "redacted": True,
}
"""In place of a frame that the caller may not see, and of all below it."""


def permit_call(chain: Chain, caller: Caller, asked: CallTrace) -> None:
    permit_simulation(chain, caller, asked.call)


def trace_transaction(chain: Chain, caller: Caller, asked: TransactionTrace) -> Json:
    found = seen_transaction(chain, caller, asked.hash)
    if not isinstance(found, Placed) or not sees_trace(caller.principal, found.seen.transaction.sender):
        raise trace_unknown()
    with _Turn(chain):
        frames = chain.ledger.trace_transaction(asked.hash)
    return _form(frames, caller, chain.sight(), asked.options.only_top)


def trace_call(chain: Chain, caller: Caller, asked: CallTrace) -> Json:
    chain.require_head(asked.call.block)
    require_readable(chain, caller, asked.call)
    with _Turn(chain):
        frames = chain.ledger.trace_call(asked.call.request)
    return _form(frames, caller, chain.sight(), asked.options.only_top)


class _Turn:
    """One of the few traces that run at a time; raises RpcError(-32005) if all are taken."""

    def __init__(self, chain: Chain) -> None:
        self._tracing = chain.tracing

    def __enter__(self) -> None:
        if not self._tracing.acquire(blocking=False):
            raise RpcError(LIMIT_EXCEEDED, "other traces are running; try again in a moment", "traces_busy")

    def __exit__(self, *_: object) -> None:
        self._tracing.release()


def _form(frames: Sequence[TraceFrame], caller: Caller, sight: Sight, only_top: bool) -> Json:
    """The tree of the frames, which come each after the one that opened it."""
    shown: list[dict[str, Json]] = []
    hidden_depth: int | None = None
    for frame in frames[:1] if only_top else frames:
        if hidden_depth is not None and frame.depth > hidden_depth:
            continue
        visible = sees_frame(caller.principal, frame, sight)
        hidden_depth = None if visible else frame.depth
        form = _frame_form(frame, sees_returns(caller.principal, frame)) if visible else dict(_HIDDEN)
        del shown[frame.depth :]
        if shown:
            calls = shown[-1].setdefault("calls", [])
            if isinstance(calls, list):
                calls.append(form)
        shown.append(form)
    return shown[0] if shown else None


def _frame_form(frame: TraceFrame, with_returns: bool) -> dict[str, Json]:
    form: dict[str, Json] = {
        "type": frame.kind,
        "from": to_hex(frame.sender),
        "to": None if frame.to is None else to_hex(frame.to),
        "value": to_quantity(frame.value),
        "gas": to_quantity(frame.gas),
        "gasUsed": to_quantity(frame.gas_used),
        "input": to_hex(frame.data),
    }
    if frame.error is not None:
        form["error"] = frame.error
    if with_returns:
        form["output"] = to_hex(frame.output)
        if frame.error == "execution reverted":
            form["revertReason"] = revert_message(frame.output).removeprefix("execution reverted: ")
    return form
