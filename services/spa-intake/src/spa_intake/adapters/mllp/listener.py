"""A listener for MLLP: one message at a time on a connection, answered before the next is read."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from homeward_kit.logging import get_logger

from .framing import END, Block, BlockReader, NoiseError, framed

CHUNK = 65_536
ANSWER_SECONDS = 10.0  # for a sender to take its answer
BLOCK_SECONDS = 30.0  # for the rest of a block once it has begun
STOP_SECONDS = 12.0  # for what is in hand when the process stops
CLOSE_SECONDS = 3.0
MOST_PASSED_OVER = 64 * 1_048_576  # bytes of a message that is refused

_log = get_logger(__name__)


@dataclass(frozen=True)
class Place:
    """Where to listen and how much to take."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    longest_bytes: int = 1_048_576
    idle_seconds: float = 300.0
    most_connections: int = 100
    most_of_a_client: int = 20  # of them
    at_once: int = 8  # messages in hand: fewer than the database has connections


@dataclass(frozen=True, eq=False)
class Peer:
    """A connection and who has made it; without a client certificate `names` is None."""

    names: frozenset[str] | None


class UnwelcomeError(Exception):
    """The connection is closed without an answer, for a reason that is ours; its sender keeps what it has sent."""


# answers a block, or says nothing; an exception means that nothing may be answered, and the connection is closed
Handle = Callable[[Block, Peer], Awaitable[Sequence[bytes]]]


@dataclass
class MllpListener:
    """Runs until the process stops; then it takes no new message, answers those in hand and closes."""

    place: Place
    handle: Handle
    gone: Callable[[Peer], None] = lambda _: None  # told of each connection that has ended
    port: int = 0  # the port it listens on, once it does
    _connections: "set[asyncio.Task[None]]" = field(default_factory=set)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)  # no message is begun any more
    _server: asyncio.Server | None = None

    def state(self) -> str:
        """For the health of the process."""
        if self._server is None or not self._server.is_serving():
            return "down"
        return f"listening on port {self.port}, {len(self._connections)} connections"

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        place = self.place
        self._server = await asyncio.start_server(
            self._connected, place.host, place.port, ssl=place.tls, ssl_handshake_timeout=10 if place.tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        _log.info("mllp_listening", port=self.port, tls=place.tls is not None)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.stopping.set()
        if self._connections:
            _, unfinished = await asyncio.wait(self._connections, timeout=STOP_SECONDS)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def run(self, stopping: asyncio.Event) -> None:
        await self.start()
        try:
            await stopping.wait()
        finally:
            await self.stop()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 — asyncio calls this as a task
        self._connections.add(task)
        peer = Peer(_names(writer))
        try:
            if len(self._connections) > self.place.most_connections:
                _log.warning("mllp_connection_refused", reason="too_many")
                return
            await self._converse(reader, writer, peer)
        except UnwelcomeError as error:
            _log.warning("mllp_connection_refused", reason=str(error))
        except (OSError, TimeoutError, NoiseError) as error:
            _log.info("mllp_connection_ended", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 — one connection's trouble is no other's
            _log.error("mllp_unanswered", exc_info=error)
        finally:
            self._connections.discard(task)
            self.gone(peer)
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), CLOSE_SECONDS)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        blocks = BlockReader(self.place.longest_bytes)
        patience = self.place.idle_seconds
        while data := await self._read(reader, patience):
            for block in blocks.feed(data):
                writer.writelines([framed(answer) for answer in await self.handle(block, peer)])
                await asyncio.wait_for(writer.drain(), ANSWER_SECONDS)
                if block.is_too_long:
                    await self._pass_over(reader, blocks)
                    return
            patience = BLOCK_SECONDS if blocks.is_inside else self.place.idle_seconds

    async def _pass_over(self, reader: asyncio.StreamReader, blocks: BlockReader) -> None:
        """Read on to the end of a block that is refused: a connection that is closed with bytes unread is reset, and a
        sender that is still writing would never see its answer.
        """
        passed = 0
        while blocks.is_inside and passed < MOST_PASSED_OVER and (data := await self._read(reader, CLOSE_SECONDS)):
            blocks.is_inside = END not in data
            passed += len(data)

    async def _read(self, reader: asyncio.StreamReader, patience: float) -> bytes:
        """What has arrived; nothing when the sender has closed or the process stops. Raises TimeoutError."""
        if self.stopping.is_set():
            return b""
        reading = asyncio.ensure_future(reader.read(CHUNK))
        stopping = asyncio.ensure_future(self.stopping.wait())
        try:
            done, _ = await asyncio.wait({reading, stopping}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise TimeoutError
            return await reading if reading in done else b""
        finally:
            for waiting in (reading, stopping):
                waiting.cancel()


def server_tls(certificate: Path, key: Path, client_authority: Path | None) -> ssl.SSLContext:
    """TLS for the listener; with an authority every sender must show a certificate of it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if client_authority is not None:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _names(writer: asyncio.StreamWriter) -> frozenset[str] | None:
    """The common name and the DNS names of the sender's certificate."""
    certificate = writer.get_extra_info("peercert")
    if not certificate:
        return None
    subject = {value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"}
    alternatives = {value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"}
    return frozenset(subject | alternatives)
