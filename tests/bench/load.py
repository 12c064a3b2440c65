"""A load generator that costs little: HTTP/1.1 over kept connections, as many at once or as many a second as asked."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and how long it took in seconds from when it should have been sent."""

    status: int
    seconds: float
    due: float
    location: bytes


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


class Connection:
    """One kept connection; a request at a time."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, request: bytes, due: float) -> Answer:
        """Send and read the answer; a broken connection is an answer of its own (599)."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                head = await self._exchange(request)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self.close()
            return Answer(599, time.perf_counter() - due, due, b"")
        return Answer(int(head[9:12]), time.perf_counter() - due, due, _header(head, b"location"))

    async def _exchange(self, request: bytes) -> bytes:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        await self._reader.readexactly(int(_header(head, b"content-length") or 0))
        return head

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def as_many_as_possible(urls: list[str], requests: Iterator[bytes], *, at_once: int, seconds: float) -> Found:
    """Every connection sends its next request when it has its answer, until the time is over."""
    connections = [Connection(urls[number % len(urls)]) for number in range(at_once)]
    answers: list[Answer] = []
    begun = time.perf_counter()

    async def keep_asking(connection: Connection) -> None:
        while (now := time.perf_counter()) - begun < seconds:
            answers.append(await connection.send(next(requests), now))

    await asyncio.gather(*(keep_asking(connection) for connection in connections))
    for connection in connections:
        connection.close()
    return Found(answers, time.perf_counter() - begun)


async def at_a_rate(urls: list[str], requests: Iterator[bytes], *, per_second: float, seconds: float) -> Found:
    """Requests at fixed times, whatever the answers do; each is timed from when it was due."""
    free = [Connection(urls[number % len(urls)]) for number in range(2 * len(urls))]
    answers: list[Answer] = []
    begun = time.perf_counter()

    async def ask(number: int, due: float) -> None:
        connection = free.pop(0) if free else Connection(urls[number % len(urls)])
        answers.append(await connection.send(next(requests), due))
        free.append(connection)

    async with asyncio.TaskGroup() as group:
        for number in range(int(per_second * seconds)):
            due = begun + number / per_second
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(ask(number, due))
    for connection in free:
        connection.close()
    return Found(answers, time.perf_counter() - begun)


def _header(head: bytes, name: bytes) -> bytes:
    start = head.lower().find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    return head[start : head.index(b"\r\n", start)].strip()
