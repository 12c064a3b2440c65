"""HTTP connections on which the head and the body of an answer leave in one packet.

uvicorn writes them one after the other, and uvloop sends each at once: two calls of the system for each answer, and
two awakenings of whoever waits for it.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_BYTES = 64 * 1024  # of an answer in many parts, which must not gather here


class _Joining:
    """A transport that sends what is written in one turn of the loop together; all else is the transport's own."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:  # Any: whatever it is of the transport's
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._size > _MOST_BYTES:
            self._send()
        elif len(self._parts) == 1:
            self._loop.call_soon(self._send)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._parts and not self._transport.is_closing():
            self._transport.write(b"".join(self._parts))
        self._parts.clear()
        self._size = 0


class WholeAnswers(HttpToolsProtocol):
    """uvicorn's protocol over such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(_Joining(transport))  # type: ignore[arg-type]  # it is one for all that is asked of it
