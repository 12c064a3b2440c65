"""A load generator that costs little: HTTP/1.1 over kept connections, as many at once or as many a second as asked.

It shares the machine with what it measures. An answer costs it some ten microseconds: requests are made before the
clock runs, and no task, stream or parser stands between an answer and the connection's next request.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PATIENCE_SECONDS = 60.0  # after the load's own time, for its last answers
BROKEN = 599  # in place of a status, where the connection broke


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and how long it took in seconds from when it should have been sent."""

    status: int
    seconds: float
    due: float
    head: bytes

    @property
    def location(self) -> bytes:
        return _header(self.head, b"location")


@dataclass
class Found:
    """All answers of one load."""

    answers: list[Answer]
    seconds: float

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return sum(answer.status < 300 for answer in self.answers) / self.seconds

    def refuse_failures(self, share: float = 0.01) -> None:
        """A load of which more than this share failed measures nothing."""
        statuses = [answer.status for answer in self.answers if answer.status >= 300]
        if len(statuses) > share * len(self.answers):
            raise RuntimeError(f"{len(statuses)} of {len(self.answers)} requests failed: {sorted(set(statuses))}")


def percentile(values: Iterable[float], part: float) -> float:
    """The value under which this part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


@dataclass
class Target:
    """An address, with the bytes of a POST to one of its routes."""

    url: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> bytes:
        """A whole request."""
        own = {"Host": urlsplit(self.url).netloc, "Content-Length": str(len(body)), **self.headers, **dict(headers)}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in own.items()), "", ""]
        return "\r\n".join(lines).encode() + body


class Connection(asyncio.Protocol):
    """One kept connection; a request at a time. `answered` is called with it and what came back."""

    def __init__(self, answered: "Callable[[Connection, Answer], None]") -> None:
        self._answered = answered
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._due: float | None = None  # None: nothing is asked

    async def open(self, url: str) -> "Connection":
        """Connect, for the first time or again."""
        place = urlsplit(url)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(lambda: self, place.hostname or "", place.port or 80)
        return self

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, request: bytes, due: float) -> None:
        """Ask; a connection that breaks is an answer of its own."""
        self._due, self._received = due, b""
        if self._transport is None or self._transport.is_closing():
            self._finish(BROKEN, b"")
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data if self._received else data
        end = received.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        head = received[:end]
        if len(received) >= end + int(_header(head, b"content-length") or 0):
            self._finish(int(head[9:12]), head)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — the base class's
        if self._due is not None:
            self._finish(BROKEN, b"")

    def _finish(self, status: int, head: bytes) -> None:
        due, self._due = self._due or 0.0, None
        self._answered(self, Answer(status, time.perf_counter() - due, due, head))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def ask(url: str, request: bytes) -> Answer:
    """One request over a connection of its own; raises OSError when nobody listens."""
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    connection = await Connection(lambda _, answer: answered.set_result(answer)).open(url)
    try:
        connection.send(request, time.perf_counter())
        return await asyncio.wait_for(answered, PATIENCE_SECONDS)
    finally:
        connection.close()


async def as_many_as_possible(urls: list[str], requests: Iterator[bytes], *, at_once: int, seconds: float) -> Found:
    """Every connection sends its next request when it has its answer, until time or requests are over or it breaks."""
    answers: list[Answer] = []
    is_over = asyncio.Event()
    asking = at_once

    def answered(connection: Connection, answer: Answer) -> None:
        nonlocal asking
        answers.append(answer)
        now = time.perf_counter()
        if now - begun < seconds and answer.status != BROKEN and (request := next(requests, None)):
            connection.send(request, now)
            return
        asking -= 1
        if asking == 0:
            is_over.set()

    connections = [await Connection(answered).open(urls[number % len(urls)]) for number in range(at_once)]
    begun = time.perf_counter()
    for connection in connections:
        connection.send(next(requests), time.perf_counter())
    await asyncio.wait_for(is_over.wait(), seconds + PATIENCE_SECONDS)
    for connection in connections:
        connection.close()
    return Found(answers, time.perf_counter() - begun)


async def at_a_rate(urls: list[str], requests: Iterator[bytes], *, per_second: float, seconds: float) -> Found:
    """Requests at fixed times, whatever the answers do; each is timed from when it was due."""
    answers: list[Answer] = []
    is_over = asyncio.Event()
    wanted = int(per_second * seconds)

    def answered(connection: Connection, answer: Answer) -> None:
        answers.append(answer)
        free.append(connection)
        if len(answers) == wanted:
            is_over.set()

    free = [await Connection(answered).open(urls[number % len(urls)]) for number in range(2 * len(urls))]
    begun = time.perf_counter()
    for number in range(wanted):
        due = begun + number / per_second
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        connection = free.pop(0) if free else Connection(answered)
        if not connection.is_open:
            await connection.open(urls[number % len(urls)])
        connection.send(next(requests), due)
    await asyncio.wait_for(is_over.wait(), PATIENCE_SECONDS)
    for connection in free:
        connection.close()
    return Found(answers, time.perf_counter() - begun)


def _header(head: bytes, name: bytes) -> bytes:
    start = head.find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    return head[start : head.index(b"\r\n", start)].strip()
