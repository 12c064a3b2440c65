"""The MLLP door of a running intake, and ways to speak to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import hl7.client
from door_service import CLIENTS, sealer

from homeward_kit.clients import Client, Registry
from homeward_kit.database import Database
from homeward_kit.rate_limits import RateLimits
from spa_intake.adapters.mllp.framing import BlockReader
from spa_intake.adapters.mllp.listener import Place
from spa_intake.api.adt import AdtDesk
from spa_intake.domain.policy import Policy
from spa_intake.entrypoints.mllp import MllpDoor

HOST = "127.0.0.1"
SECONDS = 15


@dataclass
class Line:
    """A connection whose bytes a test decides itself."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answers(self, count: int) -> list[bytes]:
        """The next acknowledgements; fewer when the door closes the connection."""
        blocks = BlockReader(1_000_000)
        found: list[bytes] = []
        async with asyncio.timeout(SECONDS):
            while len(found) < count and (data := await self.reader.read(65536)):
                found += [block.body for block in blocks.feed(data)]
        return found

    async def is_closed(self) -> bool:
        """Whether the door closes the connection without another word."""
        async with asyncio.timeout(SECONDS):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True


async def send_with_hl7(port: int, body: bytes) -> bytes:
    """Send by the client of the hl7 package, which nobody here wrote; the acknowledgement without its frame."""

    def send() -> bytes:
        with hl7.client.MLLPClient(HOST, port) as client:
            answer: bytes = client.send_message(body)
            return answer

    answer = await asyncio.wait_for(asyncio.to_thread(send), SECONDS)
    assert answer[:1] == b"\x0b"
    assert answer[-2:] == b"\x1c\r"
    return answer[1:-2]


@asynccontextmanager
async def connected(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(HOST, port, ssl=tls, server_hostname="localhost" if tls else None)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def listening(
    database: Database, clients: tuple[Client, ...] = CLIENTS, place: Place | None = None, policy: Policy | None = None
) -> AsyncIterator[MllpDoor]:
    desk = AdtDesk(database, sealer(), policy or Policy(), Registry(clients))
    door = MllpDoor(place or Place(HOST, 0), desk, RateLimits(desk.registry))
    await door.listener.start()
    try:
        yield door
    finally:
        await door.listener.stop()
