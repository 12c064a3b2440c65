"""Generations of the read model: begun, switched to in one transaction, ended; each has its own rows and group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.values import Refusal

FIRST = 1
GROUP = "spa-intake-read-model"
CHANNEL = "journeys"  # notified when rows that pages read have changed
BATCH = 5000  # rows removed in one transaction


class State(StrEnum):
    """Pages read the active one; one that is ending takes nothing more and is being removed."""

    BUILDING = "building"
    ACTIVE = "active"
    ENDING = "ending"


class Hindrance(StrEnum):
    """Why a generation that has read all there is does not take the other's place."""

    DEAD_LETTERS = "dead_letters"  # it has some that the active one has not
    MISSING_JOURNEYS = "missing_journeys"  # the topics do not hold an open journey that pages show now


class RebuildRunning(Refusal):
    code = "rebuild_running"
    message = "The read model is being rebuilt already. Wait until that is done, or abandon it first."


class NoRebuild(Refusal):
    code = "no_rebuild"
    message = "The read model is not being rebuilt."


@dataclass(frozen=True)
class Generation:
    """A row of the table; `behind` counts the records that its group has not handled yet."""

    number: int
    consumer_group: str
    state: State
    started_at: datetime
    switched_at: datetime | None
    behind: int | None
    hindrance: Hindrance | None


_ALL = """
SELECT number, consumer_group, state, started_at, switched_at, behind, hindrance
FROM read_model_generations ORDER BY number
"""


async def all_of_them(tx: Tx) -> Sequence[Generation]:
    """The oldest first."""
    return [_generation(row) for row in await tx.execute(_ALL)]


def _generation(row: Any) -> Generation:  # Any: a row of the query above
    fields = {**row._mapping, "state": State(row.state)}  # noqa: SLF001 — SQLAlchemy's public name
    return Generation(**{**fields, "hindrance": Hindrance(row.hindrance) if row.hindrance else None})


# What operators decided about an event holds for every group that reads it: repairs, and that it never counts.
_LETTER = """identity, topic, partition, record_offset, record_timestamp, key, event_id, type, payload, headers,
    error_class, error_code, state, settled_at, settled_by, settled_reason"""
_CARRY_OVER = (
    """
    INSERT INTO repairs (consumer_group, event_id, payload, reason, repaired_by, repaired_at)
    SELECT :group, event_id, payload, reason, repaired_by, repaired_at FROM repairs WHERE consumer_group = :old
    """,
    f"""
    INSERT INTO dead_letters (id, consumer_group, {_LETTER})
    SELECT gen_random_uuid(), :group, {_LETTER} FROM dead_letters WHERE consumer_group = :old AND state = 'discarded'
    """,  # noqa: S608 — constants only
    """
    INSERT INTO inbox (consumer_group, event_id, event_time)
    SELECT :group, event_id, CAST(headers ->> 'ce_time' AS timestamptz) FROM dead_letters
    WHERE consumer_group = :old AND state = 'discarded' AND event_id IS NOT NULL
    """,
)


async def begin(tx: Tx) -> Generation:
    """A new, empty generation with a consumer group of its own, which starts at the beginning of the topics."""
    await tx.execute("LOCK TABLE read_model_generations IN SHARE ROW EXCLUSIVE MODE")
    present = {generation.state: generation for generation in await all_of_them(tx)}
    if State.BUILDING in present:
        raise RebuildRunning
    group = f"{GROUP}-{uuid4().hex[:8]}"  # never used before, or it would go on where that one had stopped
    await tx.execute(
        "INSERT INTO read_model_generations (consumer_group, state, started_by) VALUES (:group, 'building', :actor)",
        {"group": group, "actor": tx.actor},
    )
    for statement in _CARRY_OVER:
        await tx.execute(statement, {"group": group, "old": present[State.ACTIVE].consumer_group})
    return next(found for found in await all_of_them(tx) if found.state is State.BUILDING)


async def abandon(tx: Tx) -> Generation:
    """End the generation that is being built; pages go on with the one they read."""
    found = await tx.execute(
        "UPDATE read_model_generations SET state = 'ending' WHERE state = 'building' RETURNING number"
    )
    number = found.scalar_one_or_none()
    if number is None:
        raise NoRebuild
    return next(generation for generation in await all_of_them(tx) if generation.number == number)


async def note_progress(tx: Tx, number: int, behind: int, hindrance: Hindrance | None) -> None:
    """What `homeward read-model show` says of a rebuild."""
    await tx.execute(
        "UPDATE read_model_generations SET behind = :behind, hindrance = :hindrance WHERE number = :number",
        {"number": number, "behind": behind, "hindrance": hindrance},
    )


_DEAD_LETTERS = """
SELECT EXISTS (
    SELECT FROM dead_letters AS new
    WHERE new.consumer_group = :group AND new.state = 'open' AND NOT EXISTS (
        SELECT FROM dead_letters AS old
        WHERE old.consumer_group = :active AND old.state = 'open' AND old.identity = new.identity))
"""
_MISSING = """
SELECT EXISTS (
    SELECT FROM journeys AS old
    WHERE old.stage <> 'finished' AND NOT EXISTS (
        SELECT FROM journey_rows AS new WHERE new.generation = :number AND new.referral_id = old.referral_id))
"""


async def switch(tx: Tx, number: int) -> Hindrance | None:
    """Make a generation the one that pages read, unless something hinders it; the one before it ends."""
    await tx.execute("LOCK TABLE read_model_generations IN SHARE ROW EXCLUSIVE MODE")
    present = {generation.state: generation for generation in await all_of_them(tx)}
    building, active = present.get(State.BUILDING), present[State.ACTIVE]
    if building is None or building.number != number:
        return None  # abandoned, or another worker has done it
    groups = {"group": building.consumer_group, "active": active.consumer_group}
    if (await tx.execute(_DEAD_LETTERS, groups)).scalar_one():
        return Hindrance.DEAD_LETTERS
    if (await tx.execute(_MISSING, {"number": number})).scalar_one():
        return Hindrance.MISSING_JOURNEYS
    change = "UPDATE read_model_generations SET state = :state, switched_at = now() WHERE number = :number"
    await tx.execute(change, {"state": State.ENDING, "number": active.number})
    await tx.execute(change, {"state": State.ACTIVE, "number": number})
    await audit.record(tx, "read_model.switch", f"read-model/{number}")
    await tx.execute("SELECT pg_notify(:channel, '')", {"channel": CHANNEL})
    return None


_EMPTY = (
    *(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608 — constants only
        f"SELECT ctid FROM {table} WHERE generation = :number LIMIT :batch))"
        for table in ("timeline_entries", "journey_rows")
    ),
    """
    DELETE FROM inbox WHERE consumer_group = :group
       AND (event_id, event_time) IN (SELECT event_id, event_time FROM inbox WHERE consumer_group = :group LIMIT :batch)
    """,
)
_FORGET = (
    "DELETE FROM parked WHERE consumer_group = :group",
    "DELETE FROM repairs WHERE consumer_group = :group",
    """
    UPDATE dead_letters
    SET state = 'discarded', settled_at = now(), settled_by = 'system', settled_reason = 'overtaken'
    WHERE consumer_group = :group AND state = 'open'
    """,
    "DELETE FROM read_model_generations WHERE number = :number",
)


async def remove_some(tx: Tx, generation: Generation) -> bool:
    """Remove a batch of the rows of a generation that is ending; True when nothing is left of it."""
    values = {"number": generation.number, "group": generation.consumer_group}
    free = "SELECT 1 FROM read_model_generations WHERE number = :number FOR UPDATE SKIP LOCKED"
    if (await tx.execute(free, {"number": generation.number})).scalar_one_or_none() is None:
        return True  # it is still being written to, or another worker removes it: the next look will tell
    removed = [(await tx.execute(statement, {**values, "batch": BATCH})).rowcount for statement in _EMPTY]
    if any(removed):
        return False
    for statement in _FORGET:
        await tx.execute(statement, values)
    return True
