"""Who did or read what, when and in what capacity; rows are only ever added (a trigger refuses the rest)."""

from contextvars import ContextVar
from uuid import UUID

from homeward_kit import telemetry
from homeward_kit.callers import Caller
from homeward_kit.database import Tx

# set while a request is answered, so that a use case need not be handed the caller
acting: ContextVar[Caller | None] = ContextVar("acting", default=None)
# the outcomes of what was refused while this request is answered, so that it is not written down twice
told: ContextVar[list[str] | None] = ContextVar("told", default=None)


async def record(  # noqa: PLR0913 — who, what, whose and how it ended
    tx: Tx,
    action: str,
    subject: str,
    *,
    caller: Caller | None = None,
    patient_key: UUID | None = None,
    outcome: str = "ok",
) -> None:
    """Add a row in this transaction.

    `action` is the use case's name, `subject` the thing ("referral/<id>"), `outcome` "ok" or a coded reason. The actor
    is the transaction's; the capacity is that of `caller`, else of whoever's request is being answered.
    """
    capacity = caller or acting.get()
    if outcome != "ok" and (outcomes := told.get()) is not None:
        outcomes.append(outcome)
    tx.add_row(
        "audit_log",
        {
            "action": action,
            "subject": subject,
            "outcome": outcome,
            "actor": tx.actor,
            "role": capacity.role if capacity else None,
            "organisation": capacity.org if capacity else None,
            "purpose": capacity.purpose if capacity else None,
            "patient_key": patient_key,
            "trace_id": telemetry.trace_id_of(tx.traceparent) if tx.traceparent else telemetry.current_trace_id(),
        },
    )
