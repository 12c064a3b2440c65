"""What an operator does with a dead letter: repair its payload, replay it, discard it; what is parked follows in order.

Each works in the caller's transaction under the key's lock, so the runner never overtakes it; a dry run is the same
transaction rolled back.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from homeward_kit import dead_letters, inbox
from homeward_kit.database import Tx
from homeward_kit.dead_letters import Failure, LetterEvent, Record
from homeward_kit.handling import Handling, failure_of
from homeward_kit.outages import is_outage
from homeward_kit.values import Refusal

# Any: a row of plain SQL has no static type.
Row = Any


class Reason(StrEnum):
    """Why an operator acts; coded, because a free text could hold a person's data."""

    CONSUMER_MENDED = "consumer_mended"
    PRODUCER_MENDED = "producer_mended"
    PAYLOAD_REPAIRED = "payload_repaired"
    SENT_IN_ERROR = "sent_in_error"
    OVERTAKEN = "overtaken"  # a later event says the same
    TEST_DATA = "test_data"


class LetterReplayed(LetterEvent):
    type: ClassVar[str] = "discharge.letter.replayed.v1"


class LetterDiscarded(LetterEvent):
    type: ClassVar[str] = "discharge.letter.discarded.v1"


class LetterNotFound(Refusal):
    code = "letter_not_found"
    message = "There is no such dead letter. List the letters again."


class LetterSettled(Refusal):
    code = "letter_settled"
    message = "This dead letter has been replayed or discarded already. List the letters again."


class RepairNeedsEventId(Refusal):
    code = "repair_needs_event_id"
    message = "A record without an event id cannot be repaired: discard it and have its producer send it again."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay or discard did, or would do in a dry run."""

    is_settled: bool  # the letter itself
    error_code: str | None  # why not
    parked_applied: int
    parked_left: int


@dataclass(frozen=True)
class Operator:
    """Who acts on letters, and why."""

    actor: str
    reason: Reason


async def repair(tx: Tx, handling: Handling, letter_id: UUID, payload: bytes, operator: Operator) -> None:
    """Store another payload for the letter's event: used whenever this group reads the event again.

    Raises pydantic.ValidationError when the consumer could not read it either.
    """
    letter = await _open_letter(tx, handling.group, letter_id)
    if letter.event_id is None:
        raise RepairNeedsEventId
    handling.read(record_of(letter), payload)
    await tx.execute(
        "INSERT INTO repairs (consumer_group, event_id, payload, reason, repaired_by)"
        " VALUES (:group, :event_id, :payload, :reason, :actor) ON CONFLICT (consumer_group, event_id)"
        " DO UPDATE SET payload = excluded.payload, reason = excluded.reason,"
        " repaired_by = excluded.repaired_by, repaired_at = now()",
        {
            "group": handling.group,
            "event_id": letter.event_id,
            "payload": payload,
            "reason": operator.reason.value,
            "actor": operator.actor,
        },
    )


async def replay(tx: Tx, handling: Handling, letter_id: UUID, operator: Operator) -> Outcome:
    """Apply the letter's event (as repaired), then what is parked behind it, as far as it succeeds."""
    letter = await _open_letter(tx, handling.group, letter_id)
    failure = await _try(tx, handling, record_of(letter))
    if failure is None:
        return await _settle(tx, handling, letter, "replayed", operator)
    left = await _left(tx, letter)
    return Outcome(is_settled=False, error_code=failure.error_code, parked_applied=0, parked_left=left)


async def discard(tx: Tx, handling: Handling, letter_id: UUID, operator: Operator) -> Outcome:
    """Never apply the letter's event; what is parked behind it follows."""
    letter = await _open_letter(tx, handling.group, letter_id)
    is_event = letter.event_id is not None
    if is_event and (known := handling.know(record_of(letter))) is not None:
        await inbox.first_times(tx, handling.group, [known.attributes])  # also after a refill of the topic
    return await _settle(tx, handling, letter, "discarded", operator)


async def _open_letter(tx: Tx, group: str, letter_id: UUID) -> Row:
    """The letter under its key's lock."""
    find = "SELECT * FROM dead_letters WHERE id = :id AND consumer_group = :group"
    letter = (await tx.execute(find, {"id": letter_id, "group": group})).one_or_none()
    if letter is None:
        raise LetterNotFound
    await tx.lock(letter.key)
    letter = (await tx.execute(find, {"id": letter_id, "group": group})).one()
    if letter.state != "open":
        raise LetterSettled
    return letter


async def _try(tx: Tx, handling: Handling, record: Record) -> Failure | None:
    """Apply one record inside a savepoint; why it is hopeless still, or None. An outage is raised: it says nothing."""
    await tx.flush()
    try:
        async with tx.connection.begin_nested():
            await handling.apply_settled(tx, record)
            await tx.flush()
    except Exception as error:
        if is_outage(error):
            raise
        tx.forget_unwritten()
        return failure_of(record, error)
    return None


async def _settle(tx: Tx, handling: Handling, letter: Row, state: str, operator: Operator) -> Outcome:
    await tx.execute(
        "UPDATE dead_letters SET state = :state, settled_at = now(), settled_by = :actor, settled_reason = :reason"
        " WHERE id = :id",
        {"state": state, "actor": operator.actor, "reason": operator.reason.value, "id": letter.id},
    )
    kind = LetterReplayed if state == "replayed" else LetterDiscarded
    failure = Failure(letter.error_class, letter.error_code, letter.event_id, letter.type)
    dead_letters.announce(tx, kind, handling.group, record_of(letter), failure, letter.id)
    applied = await _follow(tx, handling, letter)
    return Outcome(is_settled=True, error_code=None, parked_applied=applied, parked_left=await _left(tx, letter))


async def _follow(tx: Tx, handling: Handling, letter: Row) -> int:
    """Apply what is parked behind the letter, in order; the first that is hopeless becomes the next letter."""
    place = {"group": handling.group, "topic": letter.topic, "key": letter.key}
    parked = await tx.execute(
        "SELECT * FROM parked WHERE consumer_group = :group AND topic = :topic AND key = :key ORDER BY position", place
    )
    applied = 0
    for row in parked.all():
        record = record_of(row)
        failure = await _try(tx, handling, record)
        await tx.execute(
            "DELETE FROM parked WHERE consumer_group = :group AND identity = :identity",
            {"group": handling.group, "identity": record.identity},
        )
        if failure is not None:
            await dead_letters.bury(tx, handling.group, record, failure)
            break
        applied += 1
    return applied


async def _left(tx: Tx, letter: Row) -> int:
    left = await tx.execute(
        "SELECT count(*) FROM parked WHERE consumer_group = :group AND topic = :topic AND key = :key",
        {"group": letter.consumer_group, "topic": letter.topic, "key": letter.key},
    )
    return int(left.scalar_one())


def record_of(row: Row) -> Record:
    """The Kafka record that a letter or a parked row keeps."""
    return Record(
        topic=row.topic,
        partition=row.partition,
        offset=row.record_offset,
        timestamp_ms=int(row.record_timestamp.timestamp() * 1000),
        key=row.key,
        value=bytes(row.payload),
        headers={name: None if value is None else value.encode() for name, value in row.headers.items()},
    )
