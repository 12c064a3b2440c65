"""What one sender may take of the MLLP door, and which acknowledgements it is sent."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
from door_builders import adt
from mllp_service import HOST, connected, listening, send_with_hl7

from homeward_kit.clients import Client
from homeward_kit.database import Database
from spa_intake.adapters.mllp.framing import framed
from spa_intake.adapters.mllp.listener import Place
from spa_intake.entrypoints.mllp import MllpDoor

FAST = Client(
    client_id="rjz-pas", organisations=("RJZ",), scopes=frozenset({"hl7"}), requests_per_second=1e3, burst=1e3
)
SLOW = Client(client_id="rj1-pas", organisations=("RJ1",), scopes=frozenset({"hl7"}), requests_per_second=0.01, burst=1)


@pytest.fixture
def database(make_database: Callable[[str], Database]) -> Database:
    return make_database("spa_intake")


@pytest.fixture
async def door(database: Database) -> AsyncIterator[MllpDoor]:
    async with listening(database, (FAST, SLOW), Place(HOST, 0, most_of_a_client=2)) as opened:
        yield opened


def code(answer: bytes) -> bytes:
    return answer.split(b"\rMSA|")[1][:2]


async def taken_of(sender: socket.socket, offered: bytes) -> int:
    """How many bytes a connection takes until it takes no more."""
    taken = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            while taken < len(offered):
                await asyncio.get_running_loop().sock_sendall(sender, offered[taken : taken + 65536])
                taken += 65536
    return taken


async def test_of_a_sender_that_is_too_quick_nothing_more_is_read_and_others_are_answered(door: MllpDoor) -> None:
    """Back-pressure: what is sent beyond what is answered stays with the sender, whose connection takes no more."""
    message = framed(adt(MSH_4="RJ1", PID_3="H1^^^RJ1^MR"))
    with socket.create_connection((HOST, door.listener.port)) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        sender.setblocking(False)
        assert await taken_of(sender, message * 20_000) < len(message) * 10_000
        assert code(await send_with_hl7(door.listener.port, adt())) == b"AA"
        answered = await asyncio.get_running_loop().sock_recv(sender, 65536)
        assert answered.count(b"\rMSA|AA|") == 1


async def test_one_sender_cannot_take_the_connections_of_all(door: MllpDoor) -> None:
    port = door.listener.port
    async with connected(port) as first, connected(port) as second, connected(port) as third:
        for line in (first, second):
            await line.send(framed(adt()))
            assert code((await line.answers(1))[0]) == b"AA"
        await third.send(framed(adt()))
        assert await third.is_closed()  # no answer: it keeps the message
        async with connected(port) as other:
            await other.send(framed(adt(MSH_4="RJ1", PID_3="H1^^^RJ1^MR")))
            assert code((await other.answers(1))[0]) == b"AA"
        await first.send(framed(adt()))
        assert code((await first.answers(1))[0]) == b"AA"
    async with asyncio.timeout(10):
        while "0 connections" not in door.listener.state():  # noqa: ASYNC110 — the door hears of it in its own time
            await asyncio.sleep(0.01)
    assert code(await send_with_hl7(port, adt())) == b"AA"


async def test_a_client_nobody_here_wrote_is_told_of_the_receipt(door: MllpDoor) -> None:
    port = door.listener.port
    assert code(await send_with_hl7(port, adt(MSH_15="AL", MSH_16="NE"))) == b"CA"
    assert code(await send_with_hl7(port, adt(MSH_15="AL", MSH_16="NE", PID_3=""))) == b"CE"
    assert code(await send_with_hl7(port, adt(MSH_15="AL", MSH_16="NE", MSH_9="ORU^R01"))) == b"CR"
    assert code(await send_with_hl7(port, adt(MSH_15="NE", MSH_16="AL"))) == b"AA"


async def test_both_acknowledgements_come_one_after_the_other_and_none_where_none_is_wanted(
    door: MllpDoor, database: Database
) -> None:
    async with connected(door.listener.port) as line:
        await line.send(framed(adt(MSH_10="1", MSH_15="NE", MSH_16="NE")))
        await line.send(framed(adt(MSH_10="2", MSH_15="ER", MSH_16="ER")))
        await line.send(framed(adt(MSH_10="3", MSH_15="AL", MSH_16="AL")))
        await line.send(framed(adt(MSH_10="4")))
        answers = await line.answers(3)
    assert [answer.split(b"\rMSA|")[1].split(b"\r")[0] for answer in answers] == [b"CA|3", b"AA|3", b"AA|4"]
    async with database.transaction() as tx:
        assert (await tx.execute("SELECT count(*) FROM movements")).scalar_one() == 4
