"""How far each batch has come, as administrators and auditors see it."""

from prividium._core import Batch
from prividium.batch.output import output_fields
from prividium.node.parts import Node
from prividium.proof.prover import Progress, Proved, Wrapped
from prividium.types import Json, to_hex

ASSURANCE = (
    "A batch is Verified when a contract on L1 has verified its final proof, Executed when all before it are too. "
    "Final proofs are hiding; the argument for that has had no outside review."
)
LISTED_MAX = 100


def batches_document(node: Node, before: int | None, limit: int) -> Json:
    """Batches below number `before`, newest first."""
    newest = node.ledger.last_batch()
    top = newest if before is None else min(newest, before - 1)
    anchored = None if node.settlement is None else node.settlement.status()
    executed, verified, committed = (
        (0, 0, 0) if anchored is None else (anchored.last_executed, anchored.last_proven, anchored.last_committed)
    )
    items: list[Json] = []
    for number in range(top, max(top - min(limit, LISTED_MAX), 0), -1):
        batch = node.ledger.batch(number)
        if batch is not None:
            items.append(_item(node, batch, executed, verified, committed))
    return {
        "items": items,
        "newest": newest,
        "assurance": ASSURANCE,
        "problems": _problems(node),
    }


def batch_document(node: Node, batch: Batch) -> Json:
    """One batch that was just sealed."""
    return _item(node, batch, 0, 0, 0)


def _item(node: Node, batch: Batch, executed: int, verified: int, committed: int) -> Json:
    number = batch.number
    proof, progress, failure = _proof(node, number)
    if number <= executed:
        status = "Executed"
    elif number <= verified:
        status = "Verified"
    elif node.proving is not None and node.proving.queue.proof_of(number) is not None:
        status = "Committed" if number <= committed else "Proven"
    else:
        status = "Proving" if progress is not None else "Sealed"
    return {
        "number": number,
        "status": status,
        "firstBlock": batch.first_block,
        "lastBlock": batch.last_block,
        "transactionCount": batch.transaction_count,
        "policyVersion": batch.policy_version,
        "output": to_hex(batch.output.digest()),
        "fields": output_fields(batch.output),
        "progress": None if progress is None else _progress_form(progress),
        "proof": proof,
        "failure": failure,
    }


def _proof(node: Node, number: int) -> tuple[Json, Progress | None, Json]:
    if node.proving is None:
        return None, None, None
    queue = node.proving.queue
    job, failure = queue.job, queue.failure_of(number)
    progress = None
    if job is not None and job.batch == number:
        progress = job.progress or Progress("execute", 0.0, None)
    failed: Json = None if failure is None else {"code": failure.code, "message": failure.message}
    return _proof_form(queue.proved(number), queue.wrapped(number)), progress, failed


def _problems(node: Node) -> list[Json]:
    """Why proving or anchoring does not move, if so."""
    proving = None if node.proving is None else node.proving.queue.problem
    anchoring = None if node.settlement is None else node.settlement.problem
    return [
        {"part": part, "code": problem.code, "message": problem.message}
        for part, problem in (("proving", proving), ("anchoring", anchoring))
        if problem is not None
    ]


def _progress_form(progress: Progress) -> Json:
    eta = None if progress.eta_seconds is None else round(progress.eta_seconds)
    return {"stage": progress.stage, "percent": round(progress.percent, 1), "etaSeconds": eta}


def _proof_form(proved: Proved | None, wrapped: Wrapped | None) -> Json:
    if proved is None:
        return None
    return {
        "aggregatedBytes": proved.proof_bytes,
        "instructions": proved.instructions,
        "segments": proved.segments,
        "peakMemoryBytes": proved.peak_memory_bytes,
        "seconds": dict(proved.seconds),
        "finalBytes": None if wrapped is None else wrapped.proof_bytes,
        "finalSeconds": None if wrapped is None else wrapped.seconds,
    }
