"""Every published ADT message through the MLLP door, sent by a client nobody here wrote.

The two merges want no acknowledgement (MSH-15 and MSH-16 are NE), for which that client would wait.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mllp_service import connected, listening, send_with_hl7
from published_examples import EXAMPLES, needs_examples

from homeward_kit.clients import Client
from homeward_kit.database import Database
from spa_intake.adapters.hl7.message import read_message
from spa_intake.adapters.hl7.movement import sending_system
from spa_intake.adapters.mllp.framing import framed
from spa_intake.domain.policy import Policy

pytestmark = needs_examples
HOSPITAL = "RJZ"


def paths() -> list[Path]:
    return sorted((EXAMPLES / "hl7").glob("*/*.hl7"))


def wants_no_answer(body: bytes) -> bool:
    message = read_message(body)
    return message.get("MSH", 15) == message.get("MSH", 16) == "NE"


async def answer_of(port: int, body: bytes) -> bytes:
    """The acknowledgement; of a message that wants none, that of the next one sent after it."""
    if not wants_no_answer(body):
        return await send_with_hl7(port, body)
    async with connected(port) as line:
        await line.send(framed(body) + framed(body.replace(b"|NE|NE", b"||", 1)))
        (answer,) = await line.answers(1)
        return answer


def senders() -> tuple[Client, ...]:
    """All of them registered, the American systems as names of one hospital."""
    systems = {sending_system(read_message(path.read_bytes())) for path in paths()}
    return (
        Client(
            client_id="published",
            organisations=(HOSPITAL, "RCB"),
            scopes=frozenset({"hl7"}),
            facilities={system: "RCB" if system.endswith("|RCB") else HOSPITAL for system in systems},
        ),
    )


async def test_every_published_message_is_taken(make_database: Callable[[str], Database]) -> None:
    database = make_database("spa_intake")
    trained = Policy(processing_ids=frozenset({"P", "T"}))  # two of them are for training
    async with listening(database, senders(), policy=trained) as door:
        for path in paths():
            body = path.read_bytes()
            answer = await answer_of(door.listener.port, body)
            control_id = read_message(body).get("MSH", 10)
            assert f"\rMSA|AA|{control_id}\r" in answer.decode(), path.name
        again = await asyncio.gather(*(send_with_hl7(door.listener.port, path.read_bytes()) for path in paths()[:6]))
    assert all(b"\rMSA|AA|" in answer for answer in again)
    async with database.transaction() as tx:
        outcomes = await tx.execute(
            "SELECT outcome, count(*), sum(times_received) FROM adt_messages GROUP BY 1 ORDER BY 1"
        )
        assert [tuple(row) for row in outcomes] == [("merged", 4, 4), ("recorded", len(paths()) - 2, len(paths()) + 4)]
        hospitals = await tx.execute("SELECT DISTINCT hospital FROM movements ORDER BY 1")
        assert [row.hospital for row in hospitals] == ["RCB", HOSPITAL]


async def test_a_sender_that_is_not_registered_is_turned_away(make_database: Callable[[str], Database]) -> None:
    async with listening(make_database("spa_intake")) as door:
        for path in paths():
            assert b"\rMSA|AR|" in await answer_of(door.listener.port, path.read_bytes()), path.name
