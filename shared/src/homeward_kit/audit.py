"""Who did or read what, when and in what capacity; rows are only ever added (a trigger refuses the rest)."""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from homeward_kit import telemetry
from homeward_kit.callers import Caller
from homeward_kit.database import Tx

# set while a request is answered, so that a use case need not be handed the caller
acting: ContextVar[Caller | None] = ContextVar("acting", default=None)


@dataclass
class Told:
    """What has been written down while one request is answered, so that nothing is twice or not at all."""

    access: bool = False
    refusal: bool = False


told: ContextVar[Told | None] = ContextVar("told", default=None)


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
    if (rows := told.get()) is not None:
        rows.access = True
        rows.refusal = rows.refusal or outcome != "ok"
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
