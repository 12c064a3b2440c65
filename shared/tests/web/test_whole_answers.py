"""Head and body of an answer leave in one packet; what is streamed leaves as it is made, however much it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from homeward_kit.whole_answers import WholeAnswers

LARGE = 3_000_000
released = asyncio.Event()
sent: list[bytes] = []  # call by call


class Noting:
    """The loop's own transport, and what is sent with it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:  # Any: whatever it is of the transport's
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        sent.append(data)
        self._transport.write(data)


class Noted(WholeAnswers):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(Noting(transport))  # type: ignore[arg-type]  # it is one


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    length = b"6" if scope["path"] != "/large" else str(LARGE).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    if scope["path"] == "/whole":
        await send({"type": "http.response.body", "body": b"answer"})
    elif scope["path"] == "/parts":
        await send({"type": "http.response.body", "body": b"ans", "more_body": True})
        await released.wait()
        await send({"type": "http.response.body", "body": b"wer"})
    else:
        for _ in range(LARGE // 1000):
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def connection() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(app, port=0, http=Noted, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname()[:2])
        yield reader, writer
        writer.close()
        await writer.wait_closed()
    finally:
        await server.shutdown()


async def ask(writer: asyncio.StreamWriter, path: str, more: str = "") -> None:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n{more}\r\n".encode())
    await writer.drain()


async def test_an_answer_comes_in_one_piece() -> None:
    async with connection() as (reader, writer):
        sent.clear()
        await ask(writer, "/whole")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(6) == b"answer"
    (found,) = sent
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_stream_leaves_as_it_is_made() -> None:
    async with connection() as (reader, writer):
        await ask(writer, "/parts")
        assert (await reader.readuntil(b"\r\n\r\nans")).startswith(b"HTTP/1.1 200 OK\r\n")
        released.set()
        assert await reader.readexactly(3) == b"wer"


async def test_a_large_answer_and_a_last_one_come_whole() -> None:
    async with connection() as (reader, writer):
        await ask(writer, "/large")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(LARGE) == b"x" * LARGE
        await ask(writer, "/whole", "Connection: close\r\n")
        assert (await reader.read()).endswith(b"\r\n\r\nanswer")
