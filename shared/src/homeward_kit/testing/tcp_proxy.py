"""A TCP proxy that a test puts before a server, to make it slow, cut it off, or leave connections half-open."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset instead of a farewell


class TcpProxy:
    """Passes bytes on; `latency` (seconds, each way) and `deafen()` may be changed while connections are open."""

    def __init__(self, target_port: int, target_host: str = "127.0.0.1") -> None:
        self.latency = 0.0
        self.port = 0
        self._target = (target_host, target_port)
        self._hears = asyncio.Event()
        self._hears.set()
        self._is_refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._tasks)

    def deafen(self) -> None:
        """Half-open: connections stay, new ones are taken, and nothing passes until `hear()`; nothing is lost."""
        self._hears.clear()

    def hear(self) -> None:
        """Pass on what waited, and what comes."""
        self._hears.set()

    def cut(self, *, refuse: bool = False) -> None:
        """Reset every connection; with `refuse` new ones too, until `accept()`."""
        self._is_refusing = refuse
        for writer in self._writers:
            _reset(writer)

    def accept(self) -> None:
        """Take new connections again."""
        self._is_refusing = False

    async def listen(self, port: int) -> asyncio.Server:
        """Start on a port (0: any free one, then in `port`)."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def close(self, server: asyncio.Server) -> None:
        """Stop and reset what is open."""
        server.close()
        self.cut(refuse=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_refusing:
            _reset(writer)
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 — a server's callback runs in a task
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        finally:
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = {writer}
        self._writers.add(writer)
        try:
            await self._hears.wait()
            onward_reader, onward = await asyncio.open_connection(*self._target)
            writers.add(onward)
            self._writers.add(onward)
            pumps = [asyncio.create_task(self._pump(*ends)) for ends in ((reader, onward), (onward_reader, writer))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:  # the server is not there: its clients see a reset
            _reset(writer)
        finally:
            for one in writers:
                self._writers.discard(one)
                one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await asyncio.sleep(self.latency)
                await self._hears.wait()
                writer.write(data)
                await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


@asynccontextmanager
async def tcp_proxy(target_port: int, *, port: int = 0) -> AsyncIterator[TcpProxy]:
    """A proxy before a local server's port, for the time of an `async with` block."""
    proxy = TcpProxy(target_port)
    server = await proxy.listen(port)
    try:
        yield proxy
    finally:
        await proxy.close(server)
