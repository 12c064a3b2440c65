"""How long ADT messages are kept, and what says that some wait for somebody."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from door_builders import adt
from door_service import Door, open_door
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, generate_latest

from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.entrypoints import adt_keeping
from spa_intake.entrypoints.adt_keeping import AdtKeeping

PATH = "/api/v1/hl7/adt"
OPS = "/ops/adt-messages"
DAY = 86_400


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


async def tell(door: Door, **fields: str | None) -> str:
    """The acknowledgement code of a message."""
    answer = await door.client.post(PATH, content=adt(**fields), headers=door.ward())
    return answer.text.split("\rMSA|")[1][:2]


async def kept(door: Door) -> list[str]:
    return [row.control_id for row in await door.rows("SELECT control_id FROM adt_messages ORDER BY control_id")]


async def refused(door: Door) -> list[str]:
    listed = (await door.client.get(OPS, headers=door.operator())).json()["adt_messages"]
    return [message["message_id"] for message in listed]


async def set_aside(door: Door, message_id: str, **body: str) -> int:
    answer = await door.client.post(
        f"{OPS}/{message_id}/set-aside", json={"reason": "sent_again"} | body, headers=door.operator()
    )
    return answer.status_code


async def forget(door: Door, days: float = 90) -> int:
    return await AdtKeeping(days).forget(door.database, asyncio.Event())


async def test_what_is_past_its_time_is_forgotten_unless_it_waits_for_somebody(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adt_keeping, "AT_ONCE", 2)
    codes = [await tell(door, MSH_10=f"taken-{number}") for number in range(5)]
    codes += [await tell(door, MSH_10=f"waiting-{number}", PID_3="") for number in range(2)]
    assert codes == ["AA"] * 5 + ["AE"] * 2
    door.database.clock.set_offset(60 * DAY)
    await tell(door, MSH_10="taken-3")  # it came again: it is kept from then on
    assert await forget(door) == 0
    door.database.clock.set_offset(91 * DAY)
    assert await forget(door) == 4
    assert await kept(door) == ["taken-3", "waiting-0", "waiting-1"]
    assert await tell(door, MSH_10="taken-0") == "AA"  # its movement is known: nothing happens twice
    assert len(await door.rows("SELECT 1 FROM movements")) == 5


async def test_a_message_that_is_set_aside_waits_for_nobody_and_is_forgotten_in_its_time(door: Door) -> None:
    await tell(door, PID_3="")
    (message_id,) = await refused(door)
    assert await set_aside(door, message_id, reason="because of Edith") == 422
    assert await set_aside(door, message_id) == 200
    assert await refused(door) == []
    assert await set_aside(door, message_id) == 409
    (row,) = await door.rows("SELECT set_aside_reason, set_aside_by FROM adt_messages")
    assert row.set_aside_reason == "sent_again"
    (audited,) = await door.rows("SELECT outcome, actor FROM audit_log WHERE action = 'adt_message.set_aside'")
    assert tuple(audited) == ("sent_again", row.set_aside_by)
    assert await forget(door) == 0
    door.database.clock.set_offset(91 * DAY)
    assert await forget(door) == 1


async def test_nothing_is_set_aside_that_was_taken(door: Door) -> None:
    await tell(door)
    (row,) = await door.rows("SELECT message_id FROM adt_messages")
    assert await set_aside(door, str(row.message_id)) == 409


async def test_those_that_wait_are_counted(door: Door) -> None:
    app = FastAPI()
    app.state.metrics = CollectorRegistry()
    keeping = AdtKeeping(90)
    keeping.configure(app)
    assert keeping.state() == "not counted yet"
    await tell(door, PID_3="")
    await tell(door, MSH_10="another", PID_3="")
    door.database.clock.set_offset(3600)
    await keeping.count(door.database)
    assert keeping.state() == "2 refused and not dealt with"
    numbers = dict(line.split() for line in generate_latest(app.state.metrics).decode().splitlines() if line[0] != "#")
    assert float(numbers["adt_messages_waiting"]) == 2
    assert float(numbers["adt_messages_oldest_seconds"]) >= 3600
    (first, _) = await refused(door)
    await set_aside(door, first)
    await keeping.count(door.database)
    assert keeping.state().startswith("1 ")
