"""The read model on a real database: facts in, rows, timeline, pages and changes out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from homeward_kit.database import Database, Tx
from homeward_kit.envelope import Received
from spa_intake.read_model import Live, generations, staff_sessions, timeline, worklist
from spa_intake.read_model.events_intake import PatientDischarged, ReferralAccepted, ReferralReceived
from spa_intake.read_model.generations import FIRST, Hindrance
from spa_intake.read_model.projected import ProjectedEvent
from spa_intake.read_model.projections import project
from spa_intake.read_model.staff_sessions import Staff
from spa_intake.read_model.states import Stage, WaitingFor

MakeDatabase = Callable[[str], Database]
RECEIVED_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
FACTS: dict[str, object] = {
    "hospital": "RJZ",
    "ward": "4B",
    "criteria_to_reside": [],
    "criteria_assessed_at": None,
    "discharge_ready_on": None,
    "expected_discharge_on": "2026-11-26",
    "safeguarding_concern": False,
}


@pytest.fixture
def database(make_database: MakeDatabase) -> Database:
    return make_database("spa_intake")


class Journey:
    """One referral whose events are projected as the worker does it."""

    def __init__(self, database: Database, person: UUID | None = None) -> None:
        self.database = database
        self.referral_id = uuid4()
        self.person = person or uuid4()

    async def hear(
        self, event: ProjectedEvent, version: int, event_id: UUID | None = None, generation: int = FIRST
    ) -> None:
        is_stay = isinstance(event, PatientDischarged)
        received = Received(
            event_id=event_id or uuid4(),
            type=event.type,
            source="homeward/spa-intake",
            subject="stay/x" if is_stay else f"referral/{self.referral_id}",
            time=RECEIVED_AT + timedelta(minutes=version),
            key=str(self.person),
            referral_id=None if is_stay else self.referral_id,
            aggregate_version=version,
            causation_id=None,
            actor="client/ward",
            topic=event.topic,
            partition=0,
            offset=0,
            payload=event,
        )
        async with self.database.transaction() as tx:
            await project(tx, [received], generation=generation)

    def received(self, **changes: object) -> ReferralReceived:
        return ReferralReceived.model_validate(
            {
                "referral_id": self.referral_id,
                "kind": "hospital_discharge",
                "state": "received",
                "facts": FACTS | changes,
                "received_at": RECEIVED_AT,
                "source": "rest",
            }
        )

    def accepted(self) -> ReferralAccepted:
        return ReferralAccepted.model_validate(
            {
                "referral_id": self.referral_id,
                "kind": "hospital_discharge",
                "state": "accepted",
                "facts": FACTS,
                "accepted_at": RECEIVED_AT,
            }
        )

    async def row(self) -> worklist.JourneyRow | None:
        async with self.database.transaction() as tx:
            return await worklist.one(tx, self.referral_id)


async def test_a_received_referral_is_a_row_waiting_for_a_coordinator(database: Database) -> None:
    journey = Journey(database)
    await journey.hear(journey.received(), 1)
    row = await journey.row()
    assert row is not None
    assert (row.stage, row.waiting_for, row.ward) == (Stage.TO_CHECK, WaitingFor.COORDINATOR_CHECK, "4B")


async def test_an_older_version_changes_nothing_but_the_timeline(database: Database) -> None:
    journey = Journey(database)
    await journey.hear(journey.received(), 1)
    await journey.hear(journey.accepted(), 2)
    await journey.hear(journey.received(ward="9Z"), 1)
    row = await journey.row()
    assert row is not None
    assert (row.referral_state, row.ward) == ("accepted", "4B")


async def test_an_acceptance_that_comes_first_makes_no_row_yet(database: Database) -> None:
    journey = Journey(database)
    await journey.hear(journey.accepted(), 2)
    assert await journey.row() is None


async def test_a_repeat_is_one_entry_of_the_timeline(database: Database) -> None:
    journey, event_id = Journey(database), uuid4()
    await journey.hear(journey.received(), 1, event_id)
    await journey.hear(journey.received(), 1, event_id)
    row = await journey.row()
    assert row is not None
    async with database.transaction() as tx:
        entries = await timeline.of_journey(tx, row)
    assert [(entry.type, entry.service) for entry in entries] == [("discharge.referral.received.v1", "spa-intake")]


async def test_the_most_urgent_lead_and_pages_follow_each_other(database: Database) -> None:
    days = ["2026-11-28", "2026-11-23", "2026-11-25", None, "2026-11-25"]
    for day in days:
        journey = Journey(database)
        await journey.hear(journey.received(expected_discharge_on=day), 1)
    async with database.transaction() as tx:
        first = await worklist.page(tx, [Stage.TO_CHECK], size=2)
        second = await worklist.page(tx, [Stage.TO_CHECK], size=2, after=first.next_position)
        third = await worklist.page(tx, [Stage.TO_CHECK], size=2, after=second.next_position)
        counts = await worklist.counts(tx)
    rows = [*first.rows, *second.rows, *third.rows]
    assert [str(row.due_on) for row in rows] == ["2026-11-23", "2026-11-25", "2026-11-25", "2026-11-28", "None"]
    assert third.next_position is None
    assert counts == {Stage.TO_CHECK: 5}


@contextlib.asynccontextmanager
async def following(live: Live) -> AsyncIterator[None]:
    task = asyncio.create_task(live.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_open_page_hears_of_a_change_at_once(database: Database) -> None:
    live = Live(database)
    journey = Journey(database)
    async with following(live):
        with live.stream() as stream:
            await live.has_applied([uuid4()], timedelta(seconds=3))  # the first look is over
            await journey.hear(journey.received(), 1)
            changed = await asyncio.wait_for(stream.get(), 5)
    assert changed == frozenset({journey.referral_id})


async def test_open_pages_hear_of_every_journey_once_the_read_model_was_rebuilt(database: Database) -> None:
    live = Live(database)
    first, second = Journey(database), Journey(database)
    for journey in (first, second):
        await journey.hear(journey.received(), 1)
    async with following(live):
        with live.stream() as stream:
            await live.has_applied([uuid4()], timedelta(seconds=3))  # the first look is over
            async with database.transaction() as tx:
                new = await generations.begin(tx)
            await first.hear(first.received(), 1, generation=new.number)
            async with database.transaction() as tx:
                assert await generations.switch(tx, new.number) is Hindrance.MISSING_JOURNEYS
            await second.hear(second.received(), 1, generation=new.number)
            async with database.transaction() as tx:
                assert await generations.switch(tx, new.number) is None
            changed = await asyncio.wait_for(stream.get(), 5)
    assert changed == frozenset({first.referral_id, second.referral_id})


async def test_a_generation_that_is_ending_takes_no_events(database: Database) -> None:
    journey = Journey(database)
    async with database.transaction() as tx:
        given_up = await generations.begin(tx)
    async with database.transaction() as tx:
        await generations.abandon(tx)
    await journey.hear(journey.received(), 1, generation=given_up.number)
    async with database.transaction() as tx:
        assert (await tx.execute("SELECT count(*) FROM timeline_entries")).scalar_one() == 0
        assert await generations.remove_some(tx, given_up)
    await journey.hear(journey.received(), 1, generation=given_up.number)
    assert await journey.row() is None


async def test_every_stream_ends_with_the_process(database: Database) -> None:
    live = Live(database)
    with live.stream() as stream:
        async with following(live):
            await live.has_applied([uuid4()], timedelta(seconds=1))
        assert await asyncio.wait_for(stream.get(), 5) is None


async def test_a_command_waits_for_its_events_and_not_for_ever(database: Database) -> None:
    live, event_id = Live(database), uuid4()

    async def apply(tx: Tx) -> None:
        await tx.execute(
            "INSERT INTO inbox (consumer_group, event_id, event_time) VALUES ('spa-intake-read-model', :id, now())",
            {"id": event_id},
        )
        await tx.execute("SELECT pg_notify('journeys', '')")

    async with following(live):
        waiting = asyncio.create_task(live.has_applied([event_id], timedelta(seconds=10)))
        async with database.transaction() as tx:
            await apply(tx)
        assert await waiting
        assert not await live.has_applied([uuid4()], timedelta(milliseconds=50))


async def test_a_session_is_found_by_its_identifier_until_it_is_closed(database: Database) -> None:
    staff = Staff(uuid4(), "Priya Shah", "coordinator", "RY9")
    async with database.transaction() as tx:
        identifier = await staff_sessions.open_session(tx, staff)
        assert await staff_sessions.find_session(tx, identifier) == staff
        assert await staff_sessions.find_session(tx, "another") is None
        stored = (await tx.execute("SELECT session_hash FROM staff_sessions")).scalar_one()
        assert identifier.encode() not in bytes(stored)
        await staff_sessions.close_session(tx, identifier)
        assert await staff_sessions.find_session(tx, identifier) is None
