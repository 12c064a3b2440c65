"""What one request may take: bytes, by interface, and seconds until its answer begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope


@dataclass(frozen=True, slots=True)
class Limits:
    """`body_bytes_under` has the limits of interfaces by the beginning of their paths; the longest that fits counts."""

    body_bytes: int
    body_bytes_under: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 30

    def body_bytes_of(self, path: str) -> int:
        fitting = [prefix for prefix in self.body_bytes_under if path.startswith(prefix)]
        return self.body_bytes_under[max(fitting, key=len)] if fitting else self.body_bytes


class LimitedBody:
    """Stops reading a body over the limit, whatever length was announced; one announced as longer is not read."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self.is_read = False
        self._receive = receive
        self._left = limit
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        self._is_too_long = announced.isdigit() and int(announced) > limit

    async def receive(self) -> Message:
        if self._is_too_long:
            raise HTTPException(413)  # the one kind of error that FastAPI lets through from a body
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413)
        if message["type"] == "http.request" and not message.get("more_body", False):
            self.is_read = True
        return message
