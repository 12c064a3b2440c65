"""Where ADT messages of every door are taken: recorded and kept in one transaction, then acknowledged."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homeward_kit import audit, telemetry
from homeward_kit.callers import Caller, Role
from homeward_kit.clients import Registry
from homeward_kit.database import Database, Tx
from homeward_kit.logging import get_logger
from homeward_kit.outages import is_outage
from homeward_kit.values import Refusal, is_ods_code
from spa_intake.adapters.db import adt_messages
from spa_intake.adapters.db.adt_messages import AdtMessage, Arrived, Door, Outcome, Verdict
from spa_intake.adapters.hl7.acknowledgement import Answers, acknowledgements
from spa_intake.adapters.hl7.message import Hl7Message, read_header, read_message
from spa_intake.adapters.hl7.movement import (
    LONGEST_CONTROL_ID,
    MERGE,
    event_of,
    read_merges,
    read_movement,
    require_processing,
    sending_system,
)
from spa_intake.adapters.hl7.refusal import Acknowledgement, Condition, Hl7Refusal, in_error, rejected
from spa_intake.adapters.sealing import Sealer
from spa_intake.domain.codes import Trigger
from spa_intake.domain.movement import name_of
from spa_intake.domain.policy import Policy
from spa_intake.use_cases.merge_people import merge_people
from spa_intake.use_cases.record_movement import MovementOutcome, record_movement

ACTION = "take_adt_message"
SCOPE = "hl7"
NOTED = "Kept. This event changes nothing here."
LONGEST_TYPE = 30

# in whose name a message comes, by its header; refuses with Hl7Refusal
WhoSends = Callable[[Hl7Message | None], Caller]

_log = get_logger(__name__)


@dataclass(frozen=True)
class Receipt:
    """What a sender is told of its message, and what a door needs to know of it."""

    answers: Answers
    code: Acknowledgement
    condition: Condition | None = None
    event_ids: str = ""


@dataclass(frozen=True)
class AdtDesk:
    """Takes messages; an outage of the database is raised, and then nothing may be acknowledged."""

    database: Database
    sealer: Sealer
    policy: Policy
    registry: Registry

    async def take(self, body: bytes, door: Door, who_sends: WhoSends) -> Receipt:
        """AA only for what is committed; AE and AR once the refusal is."""
        header = read_header(body)
        try:
            caller = who_sends(header)
        except Hl7Refusal as refusal:
            return await self._turn_away(header, refusal)
        acting = audit.acting.set(caller)
        try:
            return await self._take(header, arrival(header, body, door, caller), caller)
        finally:
            audit.acting.reset(acting)

    async def refuse(self, head: bytes, refusal: Hl7Refusal) -> Receipt:
        """For what is not even read, of which only the beginning is known."""
        return await self._turn_away(read_header(head), refusal)

    async def _take(self, header: Hl7Message | None, arrived: Arrived, caller: Caller) -> Receipt:
        try:
            async with self.database.transaction(actor=caller.subject, place="command") as tx:
                outcome = await self._once(tx, arrived, caller)
                events = ",".join(str(event_id) for event_id in tx.event_ids)
        except Hl7Refusal as error:
            refusal = error
        except Exception as error:
            if is_outage(error):
                raise
            _log.error("hl7_message_failed", exc_info=error)
            refusal = _our_fault()
        else:
            answers = acknowledgements(header, None, self._now(), NOTED if outcome is Outcome.NOTED else "")
            _log.info("hl7_message_taken", door=arrived.door, outcome=outcome)
            return Receipt(answers, Acknowledgement.ACCEPTED, event_ids=events)
        await self._keep_refused(arrived, caller, refusal)
        return self._receipt(header, refusal)

    async def _once(self, tx: Tx, arrived: Arrived, caller: Caller) -> Outcome:
        """Record it, unless it was before."""
        await tx.lock(f"message/{arrived.name}")
        if (taken := await adt_messages.outcome_of_repeat(tx, arrived.name)) is not None:
            await audit.record(tx, ACTION, "hl7-message", outcome="repeat")
            return taken
        verdict = await self._record(tx, read_message(arrived.raw), caller, tx.now)
        await adt_messages.keep(tx, self.sealer, arrived, verdict)
        await audit.record(tx, ACTION, "hl7-message", patient_key=verdict.patient_key, outcome=verdict.outcome)
        return verdict.outcome

    async def record_again(self, tx: Tx, message: AdtMessage, raw: bytes) -> Verdict:
        """Take a kept message as if its sender sent it now; what a refusal leaves undone is undone here."""
        client = self.registry.of_subject(message.actor)
        caller = (
            client.caller((SCOPE,))
            if client
            else Caller(message.actor, Role.WARD_SYSTEM, message.organisation, "direct_care")
        )
        await tx.flush()
        try:
            async with tx.connection.begin_nested():
                verdict = await self._record(tx, read_message(raw), caller, message.received_at)
                await tx.flush()
        except Hl7Refusal as refusal:
            tx.forget_unwritten()
            return verdict_of(refusal)
        return verdict

    async def _record(self, tx: Tx, message: Hl7Message, caller: Caller, received_at: datetime) -> Verdict:
        """What a message says, by its event (MSH-9). Refuses with Hl7Refusal; then the transaction must be undone."""
        event = event_of(message)
        require_processing(message, self.policy.processing_ids)
        hospital = hospital_of(message, caller)
        try:
            if event == MERGE:
                merges = read_merges(message, hospital, received_at)
                merged = [await merge_people(tx, merge, self.policy) for merge in merges]
                return Verdict(Outcome.MERGED, patient_key=merged[0].patient_key)
            if event in set(Trigger):
                movement = read_movement(message, hospital, received_at)
                return _recorded(await record_movement(tx, movement, message.text, self.policy))
        except Refusal as refusal:
            raise in_error(Condition.UNKNOWN_KEY, refusal.message, "PID-3") from None
        return Verdict(Outcome.NOTED)

    async def _keep_refused(self, arrived: Arrived, caller: Caller, refusal: Hl7Refusal) -> None:
        async with self.database.transaction(actor=caller.subject) as tx:
            await tx.lock(f"message/{arrived.name}")
            await adt_messages.keep(tx, self.sealer, arrived, verdict_of(refusal))
            await audit.record(tx, ACTION, "hl7-message", outcome=refusal.condition.name.lower())
        _log.info("hl7_message_refused", door=arrived.door, condition=refusal.condition.name)

    async def _turn_away(self, header: Hl7Message | None, refusal: Hl7Refusal) -> Receipt:
        """Audited, but nothing of what a stranger sends is kept."""
        async with self.database.transaction(actor="anonymous") as tx:
            await audit.record(tx, ACTION, "hl7-message", outcome=refusal.condition.name.lower())
        _log.warning("hl7_sender_refused", condition=refusal.condition.name)
        return self._receipt(header, refusal)

    def _receipt(self, header: Hl7Message | None, refusal: Hl7Refusal) -> Receipt:
        answers = acknowledgements(header, refusal, self._now())
        return Receipt(answers, refusal.acknowledgement, refusal.condition)

    def _now(self) -> datetime:
        return self.database.clock.now()


def _recorded(outcome: MovementOutcome) -> Verdict:
    if outcome.referral_id:
        telemetry.set_referral(outcome.referral_id)
    return Verdict(
        Outcome.RECORDED,
        patient_key=outcome.patient_key,
        stay_id=outcome.stay_id,
        referral_id=outcome.referral_id,
    )


def hospital_of(message: Hl7Message, caller: Caller) -> str:
    """The organisation that MSH-3 and MSH-4, or MSH-4 alone, name; the caller's own where they name none."""
    facility = message.get("MSH", 4)
    named = caller.organisation_named(sending_system(message)) or (
        caller.organisation_named(facility) if facility else None
    )
    if named is None and facility and is_ods_code(facility):
        # another's patients must not be mixed with its own: hospital numbers mean nothing outside their hospital
        raise rejected(Condition.UNKNOWN_KEY, "MSH-4 names an organisation that you do not send for.", "MSH-4")
    return named or caller.org


def verdict_of(refusal: Hl7Refusal) -> Verdict:
    is_error = refusal.acknowledgement is Acknowledgement.ERROR
    outcome = Outcome.IN_ERROR if is_error else Outcome.REJECTED
    return Verdict(outcome, condition=refusal.condition.name.lower(), location=refusal.location)


def arrival(header: Hl7Message | None, body: bytes, door: Door, caller: Caller) -> Arrived:
    """What is known of a message before it is read."""
    system = sending_system(header) if header else caller.subject
    control_id = header.get("MSH", 10) if header else None
    kind = "^".join(part for part in header.kind if part) if header else ""
    try:
        text = read_message(body).text
    except Hl7Refusal:
        text = body.decode("iso-8859-1")
    return Arrived(
        name=name_of(system, control_id or "", text),
        door=door,
        actor=caller.subject,
        organisation=caller.org,
        sending_system=system,
        control_id=control_id[:LONGEST_CONTROL_ID] if control_id else None,
        message_type=kind[:LONGEST_TYPE] or None,
        raw=body,
    )


def _our_fault() -> Hl7Refusal:
    return in_error(
        Condition.INTERNAL, "It failed for a reason on our side and is kept here to be replayed. Tell our operators."
    )
