"""A person's messages through the door on the real database, in any order and with repeats: the same stays."""

import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from uuid import uuid4

import pytest
from door_builders import adt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mllp_service import connected, listening

from homeward_kit.database import Database
from spa_intake.adapters.hl7.message import read_message
from spa_intake.adapters.mllp.framing import framed
from spa_intake.entrypoints.mllp import MllpDoor


@pytest.fixture
def database(make_database: Callable[[str], Database]) -> Database:
    return make_database("spa_intake")


@pytest.fixture
async def door(database: Database) -> AsyncIterator[MllpDoor]:
    async with listening(database) as opened:
        yield opened


def said(event: str, at: str, ward: str = "W1", **fields: str | None) -> dict[str, str | None]:
    """A message of the person's: `at` is when it was sent, and when it happened unless a field says otherwise."""
    usual = {"MSH_7": at, "EVN_2": at, "EVN_6": "", "PV1_3": ward, "PV1_44": "", "PV1_45": ""}
    return {"MSH_9": f"ADT^{event}", **usual, **fields}


# Two visits. In the first the person is moved to and fro, discharged, admitted again before the discharge is cancelled,
# and cancelled and discharged anew within one second; in the second the admission itself is cancelled and made again.
FIRST = (
    said("A05", "20261101080000"),
    said("A01", "20261101090000", PV1_44="20261101090000"),
    said("A08", "20261101091500", PV1_14="19"),
    said("A02", "20261102100000", "W2"),
    said("A12", "20261102101000"),
    said("A02", "20261102120000", "W3"),
    said("A03", "20261103150000", PV1_45="20261103160000"),  # entered an hour ahead
    said("A01", "20261103151000", "W4", PV1_44="20261103151000"),
    said("A13", "20261103153000", "W4"),
    said("A03", "20261104110000", "W4", PV1_45="20261104110000"),
    said("A13", "20261104113000", "W4", MSH_13="7"),
    said("A03", "20261104113000", "W4", PV1_45="20261104105900", PV1_36="19", MSH_13="8"),
)
SECOND = (
    said("A01", "20261110090000", "W5", PV1_44="20261110090000"),
    said("A11", "20261110091000", "W5"),
    said("A01", "20261110093000", "W6", PV1_44="20261110093000"),
)
Stays = list[tuple[datetime, datetime | None, str, str | None]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
async def test_any_order_of_arrival_with_repeats_ends_in_the_same_stays(
    door: MllpDoor, database: Database, chance: random.Random
) -> None:
    told = await arrive(door, database, [*FIRST, *SECOND])
    assert [(stay[0].hour, stay[2]) for stay in told] == [(9, "W4"), (9, "W6")]
    assert told[0][1] == datetime.fromisoformat("2026-11-04T10:59:00+00:00")
    assert told[1][1] is None
    shuffled = [*FIRST, *SECOND, *chance.choices([*FIRST, *SECOND], k=4)]
    chance.shuffle(shuffled)
    assert await arrive(door, database, shuffled) == told


async def arrive(door: MllpDoor, database: Database, messages: list[dict[str, str | None]]) -> Stays:
    """A new person's live stays after these messages."""
    number = uuid4().hex[:12]
    bodies = [
        adt(PID_3=f"{number}^^^RJZ^MR", PV1_19=_visit(fields, number), MSH_10=_control_id(fields), **fields)
        for fields in messages
    ]
    async with connected(door.listener.port) as line:
        await line.send(b"".join(framed(body) for body in bodies))
        answers = await line.answers(len(bodies))
    assert all(b"\rMSA|AA|" in answer for answer in answers)
    assert len(answers) == len(bodies)
    async with database.transaction() as tx:
        rows = await tx.execute(
            "SELECT admitted_at, discharged_at, ward, discharge_destination FROM stays"
            " JOIN person_identifiers USING (patient_key) WHERE value = :number AND NOT is_cancelled"
            " ORDER BY admitted_at",
            {"number": number},
        )
        return [tuple(row) for row in rows]


def _visit(fields: dict[str, str | None], number: str) -> str:
    return f"{number}-{1 if fields in FIRST else 2}"


def _control_id(fields: dict[str, str | None]) -> str:
    return f"{[*FIRST, *SECOND].index(fields)}"


ODD = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [b"\x00", b"\x1c", b"\x0b", b"\r", b"MSH|", b"~" * 500, b"\\X00\\", b"'; DROP", b'""', b"\xff\xfe"]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["a01-admission", "a03-discharge", "a13-cancel-discharge"]),
    st.lists(st.tuples(st.integers(0, 450), st.integers(0, 12), ODD), max_size=3),
)
async def test_broken_bytes_are_answered_or_the_line_is_closed_and_the_next_message_is_taken(
    door: MllpDoor, database: Database, name: str, changes: list[tuple[int, int, bytes]]
) -> None:
    stream = framed(adt(name, MSH_10=uuid4().hex))
    for place, removed, inserted in changes:
        stream = stream[:place] + inserted + stream[place + removed :]
    before = await taken(database)
    async with connected(door.listener.port) as line:
        await line.send(stream)
        line.writer.write_eof()
        answers = await line.answers(10)
    for answer in answers:
        assert read_message(answer).kind[0] == "ACK"
        assert answer.split(b"\rMSA|")[1][:2] in {b"AA", b"AE", b"AR"}
    assert await taken(database) - before == sum(b"\rMSA|AA|" in answer for answer in answers)
    last = uuid4().hex
    async with connected(door.listener.port) as line:
        await line.send(framed(adt(MSH_10=last)))
        assert f"MSA|AA|{last}".encode() in (await line.answers(1))[0]
    assert await taken(database, last) == 1


async def taken(database: Database, control_id: str | None = None) -> int:
    """How often messages were answered AA, by the database."""
    async with database.transaction() as tx:
        found = await tx.execute(
            "SELECT coalesce(sum(times_received), 0) FROM adt_messages WHERE outcome IN ('recorded', 'merged', 'noted')"
            " AND (CAST(:control_id AS text) IS NULL OR control_id = :control_id)",
            {"control_id": control_id},
        )
        return int(found.scalar_one())
