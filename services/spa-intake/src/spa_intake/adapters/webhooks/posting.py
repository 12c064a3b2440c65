"""One message to one target: signed, once, without following where the answer would lead."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import httpcore
from standardwebhooks import Webhook

from spa_intake.domain.errors import TargetRefused
from spa_intake.domain.target import Target

from .resolving import Guard, NameNotFoundError, PinnedNetwork

WHOLE_SECONDS = 15.0
TIMEOUT = {"connect": 5.0, "read": 10.0, "write": 5.0, "pool": 15.0}
ANSWER_BYTES = 16 * 1024  # of an answer are read, so that the connection can be used again; none is kept
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """What came of a try; `error` is a code: "status_503", "timeout", "target_refused" …"""

    status: int | None = None
    error: str | None = None
    asked: timedelta | None = None  # how long the target asks us to wait

    @property
    def is_gone(self) -> bool:
        return self.status == GONE


@dataclass(frozen=True, repr=False)
class Letter:
    """A message as it is sent. `webhook_id` is the same at every try."""

    webhook_id: str
    body: str
    secrets: Sequence[str]

    def headers(self, sent_at: datetime) -> dict[bytes | str, bytes | str]:
        """Those of the Standard Webhooks specification; one signature for each secret."""
        signatures = [Webhook(secret).sign(self.webhook_id, sent_at, self.body) for secret in self.secrets]
        return {
            "webhook-id": self.webhook_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """The public authorities, and a site's own beside them."""
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class Post:
    """The connections to the targets."""

    def __init__(self, guard: Guard, context: ssl.SSLContext) -> None:
        self._guard = guard
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=None,  # the courier limits what is under way to each target
            max_keepalive_connections=50,
            keepalive_expiry=30.0,
            network_backend=PinnedNetwork(guard),
        )

    async def send(self, url: str, letter: Letter) -> Outcome:
        """Never raises for what a target or its network does."""
        try:
            target = self._guard.rules.read(url)  # the rules may have become stricter
            async with asyncio.timeout(WHOLE_SECONDS):
                return await self._send(target, letter)
        except TargetRefused:
            return Outcome(error="target_refused")
        except NameNotFoundError:
            return Outcome(error="name_not_known")
        except (TimeoutError, httpcore.TimeoutException):
            return Outcome(error="timeout")
        except httpcore.ConnectError as error:
            is_tls = isinstance(error.__context__, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
            return Outcome(error="certificate_refused" if is_tls else "not_reachable")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            return Outcome(error="connection_lost")

    async def close(self) -> None:
        await self._pool.aclose()

    async def _send(self, target: Target, letter: Letter) -> Outcome:
        host = f"[{target.host}]" if ":" in target.host else target.host
        # the signature's time is the real one: receivers compare it with their own clock
        headers: dict[bytes | str, bytes | str] = {
            "host": f"{host}:{target.port}",
            "content-type": "application/json",
            "user-agent": "Homeward",
            **letter.headers(datetime.now(UTC)),
        }
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        async with self._pool.stream(
            "POST", url, headers=headers, content=letter.body.encode(), extensions={"timeout": TIMEOUT}
        ) as response:
            left = ANSWER_BYTES
            async for part in response.aiter_stream():
                left -= len(part)
                if left <= 0:
                    break
            return _outcome(response)


def _outcome(response: httpcore.Response) -> Outcome:
    status = response.status
    if 200 <= status < 300:
        return Outcome(status)
    named = {name.lower(): value for name, value in response.headers}
    asked = named.get(b"retry-after", b"")
    wait = timedelta(seconds=int(asked)) if asked.isdigit() and len(asked) < 7 else None
    return Outcome(status, f"status_{status}", wait)
