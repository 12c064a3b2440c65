"""ADT messages for operators: list, look, replay one that was refused (dry unless told otherwise) or set it aside."""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from homeward_kit import audit
from homeward_kit.auth import Caller, Role, require
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx
from spa_intake.adapters.db import adt_messages
from spa_intake.adapters.db.adt_messages import REFUSED, AdtMessage, Door, Outcome
from spa_intake.adapters.hl7.masking import masked
from spa_intake.adapters.sealing import UnsealingError
from spa_intake.api.adt import AdtDesk
from spa_intake.domain.errors import MessageNotFound, MessageNotReplayable, MessageNotWaiting, MessageSealed

router = APIRouter(prefix="/ops/adt-messages", tags=["operations"])
Operator = Annotated[Caller, Depends(require(Role.OPERATOR))]


class ReplayReason(StrEnum):
    """Why an operator replays; coded, because a free text could hold a person's data."""

    CAUSE_MENDED = "cause_mended"
    SETTING_CORRECTED = "setting_corrected"
    SENDER_ASKED = "sender_asked"
    TEST_DATA = "test_data"


class SetAsideReason(StrEnum):
    """Why nothing more is to be done about a refused message; coded for the same reason."""

    SENT_AGAIN = "sent_again"
    NOT_FOR_US = "not_for_us"
    DONE_BY_HAND = "done_by_hand"
    TEST_DATA = "test_data"


class AdtMessageRow(BaseModel):
    """A message and what became of it, without what it says."""

    message_id: UUID
    door: Door
    actor: str
    organisation: str
    sending_system: str
    control_id: str | None
    message_type: str | None
    received_at: datetime
    last_received_at: datetime
    times_received: int
    outcome: Outcome
    condition: str | None
    location: str | None
    patient_key: UUID | None
    stay_id: UUID | None
    referral_id: UUID | None
    replayed_at: datetime | None
    replayed_by: str | None
    replay_reason: str | None
    set_aside_at: datetime | None
    set_aside_by: str | None
    set_aside_reason: str | None
    key_id: str


class AdtMessages(BaseModel):
    adt_messages: list[AdtMessageRow]


class AdtMessageShown(AdtMessageRow):
    """One message; its values are stars unless they were asked for."""

    segments: list[str]
    is_masked: bool


class Replay(BaseModel):
    """Why, in code; nothing is changed unless `is_dry_run` is false."""

    model_config = ConfigDict(extra="forbid")

    reason: ReplayReason
    is_dry_run: bool = True


class SetAside(BaseModel):
    """Why, in code."""

    model_config = ConfigDict(extra="forbid")

    reason: SetAsideReason


class ReplayOutcome(BaseModel):
    """What became of the message, or would in a dry run."""

    is_dry_run: bool
    outcome: Outcome
    condition: str | None
    location: str | None


@router.get("")
async def list_adt_messages(
    request: Request,
    _caller: Operator,
    outcome: Annotated[list[Outcome] | None, Query()] = None,
    sending_system: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    *,
    every: bool = False,
) -> AdtMessages:
    """Those that were refused and not set aside, or those of some outcomes, or every one; the last that came first."""
    outcomes = tuple(Outcome) if every else outcome
    async with _desk(request).database.transaction() as tx:
        found = await adt_messages.listed(tx, outcomes, sending_system=sending_system, limit=limit)
    return AdtMessages(adt_messages=[_row(message) for message in found])


@router.get("/{message_id}")
async def show_adt_message(
    message_id: UUID, request: Request, caller: Operator, *, reveal: bool = False
) -> AdtMessageShown:
    """One message as it is built; what it says is shown only when it is asked for, and that is audited."""
    desk = _desk(request)
    async with desk.database.transaction(actor=caller.subject) as tx:
        message = await _get(tx, message_id)
        raw = await _unsealed(tx, desk, message_id)
        if reveal:
            await audit.record(tx, "adt_message.revealed", f"adt-message/{message_id}", patient_key=message.patient_key)
    segments = raw.decode("utf-8", "backslashreplace").splitlines() if reveal else masked(raw)
    return AdtMessageShown(**_row(message).model_dump(), segments=segments, is_masked=not reveal)


@router.post("/{message_id}/replay", response_model=ReplayOutcome)
async def replay_adt_message(message_id: UUID, body: Replay, request: Request, caller: Operator) -> Response:
    """Take a refused message again, in the name of its sender, as if it came now."""
    desk = _desk(request)

    async def work(tx: Tx) -> Answer:
        message = await _get(tx, message_id)
        await tx.lock(f"message/{message.name}")
        message = await _get(tx, message_id)
        if message.outcome not in REFUSED:
            raise MessageNotReplayable
        verdict = await desk.record_again(tx, message, await _unsealed(tx, desk, message_id))
        await adt_messages.note_replay(tx, message_id, verdict, body.reason)
        await audit.record(
            tx,
            "adt_message.replay",
            f"adt-message/{message_id}",
            patient_key=verdict.patient_key,
            outcome=verdict.condition or verdict.outcome,
        )
        tx.is_dry_run = body.is_dry_run
        return Answer(
            ReplayOutcome(
                is_dry_run=body.is_dry_run,
                outcome=verdict.outcome,
                condition=verdict.condition,
                location=verdict.location,
            )
        )

    return await run_command(request, caller, work)


@router.post("/{message_id}/set-aside", response_model=AdtMessageRow)
async def set_aside_adt_message(message_id: UUID, body: SetAside, request: Request, caller: Operator) -> Response:
    """Say that nothing more is to be done about a refused message; it is then kept no longer than others."""
    return await run_command(request, caller, lambda tx: _set_aside(tx, message_id, body.reason))


async def _set_aside(tx: Tx, message_id: UUID, reason: SetAsideReason) -> Answer:
    message = await _get(tx, message_id)
    await tx.lock(f"message/{message.name}")
    message = await _get(tx, message_id)
    if message.outcome not in REFUSED or message.set_aside_at is not None:
        raise MessageNotWaiting
    await adt_messages.set_aside(tx, message_id, reason)
    await audit.record(tx, "adt_message.set_aside", f"adt-message/{message_id}", outcome=reason)
    return Answer(_row(await _get(tx, message_id)))


def _desk(request: Request) -> AdtDesk:
    desk: AdtDesk = request.app.state.adt_desk
    return desk


async def _get(tx: Tx, message_id: UUID) -> AdtMessage:
    message = await adt_messages.get(tx, message_id)
    if message is None:
        raise MessageNotFound
    return message


async def _unsealed(tx: Tx, desk: AdtDesk, message_id: UUID) -> bytes:
    try:
        return await adt_messages.raw_of(tx, desk.sealer, message_id)
    except UnsealingError:
        raise MessageSealed from None


def _row(message: AdtMessage) -> AdtMessageRow:
    return AdtMessageRow(**{name: value for name, value in asdict(message).items() if name != "name"})
