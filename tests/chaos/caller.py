"""An HTTP caller that sends each command again, with the same Idempotency-Key, until it is answered."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from homeward_local.client import StackClient

from .history import History, Outcome

TOKEN_SECONDS = 3000.0
REQUEST_SECONDS = 10.0
# Took too long, too early, too many, a fault of ours, not available: ask again
PASSING = {408, 425, 429, 500, 502, 503, 504}
IDENTIFIERS = {"cases": "case_id", "packages": "package_id", "watches": "watch_id"}


@dataclass(frozen=True)
class Message:
    """A request's body with the headers that belong to it."""

    content: Any = None  # JSON, or the bytes of a message
    headers: dict[str, str] = field(default_factory=dict)
    is_retried: bool = True  # an impatient client gives up when its only request is not answered

    @property
    def parts(self) -> dict[str, Any]:  # Any: keyword arguments of httpx
        return {"content": self.content} if isinstance(self.content, bytes) else {"json": self.content}


class NotAnswered(Exception):  # noqa: N818 — an outcome, not a fault
    """Nobody said whether it was done."""


class Refused(Exception):  # noqa: N818 — as above
    """A command was answered with a no that is no conflict of versions."""

    def __init__(self, path: str, answer: httpx.Response) -> None:
        self.kind = kind_of(answer)
        super().__init__(f"{path}: {answer.status_code} {self.kind}")


class Caller:
    """Requests to one stack, in any role; `give_up_at` ends all trying again."""

    def __init__(
        self, stack: StackClient, history: History, *, pauses: Sequence[float] = (0.1, 0.2, 0.4, 0.8, 1.0)
    ) -> None:
        self.history = history
        self.give_up_at = float("inf")
        self._stack = stack
        self._pauses = pauses
        self._tokens: dict[str, tuple[str, float]] = {}
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=40)
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(REQUEST_SECONDS, connect=3), limits=limits, trust_env=False
        )

    @property
    def has_given_up(self) -> bool:
        return time.monotonic() > self.give_up_at

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, service: str, path: str, role: str, **query: str) -> Any:  # the service's JSON
        """Read, again and again while the service is away."""
        url = self._stack.services[service] + path

        async def send() -> httpx.Response:
            return await self._http.get(url, params=query, headers=await self._authorisation(role))

        return _checked(path, await self._until_answered(send, is_retried=True)).json()

    async def newest(self, service: str, resources: str, role: str, referral_id: str) -> Any | None:  # as get
        """The whole of a service's newest resource of a referral, if there is one."""
        found = (await self.get(service, f"/api/v1/{resources}", role, referral_id=referral_id))["items"]
        if not found:
            return None
        return await self.get(service, f"/api/v1/{resources}/{found[-1][IDENTIFIERS[resources]]}", role)

    async def command(self, service: str, path: str, role: str, message: Message) -> httpx.Response:
        """Send a command until it is answered; raises NotAnswered, or Refused for every no but a stale version."""
        url = self._stack.services[service] + path
        headers = {"Idempotency-Key": str(uuid.uuid4()), **message.headers}

        async def send() -> httpx.Response:
            own = {**headers, **await self._authorisation(role)}
            return await self._http.post(url, headers=own, **message.parts)

        try:
            answer = await self._until_answered(send, is_retried=message.is_retried)
        except NotAnswered:
            self.history.note_answer(service, Outcome.UNKNOWN, "")
            raise
        outcome = Outcome.OK if answer.is_success else Outcome.FAILED
        self.history.note_answer(service, outcome, answer.headers.get("Homeward-Events", ""))
        return answer if answer.status_code == httpx.codes.PRECONDITION_FAILED else _checked(path, answer)

    async def _until_answered(self, send: Any, *, is_retried: bool) -> httpx.Response:  # Any: an async function
        tries = 0
        while True:
            why = ""
            try:
                answer: httpx.Response = await send()
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                if not _is_passing(answer):
                    return answer
                why = f"{answer.status_code} {kind_of(answer)}"
            self.history.retries[why] += 1
            if not is_retried or self.has_given_up:
                raise NotAnswered(why)
            await asyncio.sleep(self._pauses[min(tries, len(self._pauses) - 1)])
            tries += 1

    async def _authorisation(self, role: str) -> dict[str, str]:
        token, until = self._tokens.get(role, ("", 0.0))
        if time.monotonic() > until:
            answer = await self._http.post(f"{self._stack.issuer}/token", json={"role": role})
            token, until = answer.raise_for_status().json()["access_token"], time.monotonic() + TOKEN_SECONDS
            self._tokens[role] = (token, until)
        return {"Authorization": f"Bearer {token}"}


def _is_passing(answer: httpx.Response) -> bool:
    return answer.status_code in PASSING or (
        answer.status_code == httpx.codes.CONFLICT and kind_of(answer) == "still_running"
    )


def kind_of(answer: httpx.Response) -> str:
    """The code of a problem, a FHIR outcome or nothing."""
    try:
        said = answer.json()
    except ValueError:
        return ""
    if "issue" in said:
        return str(said["issue"][0]["code"])
    return str(said.get("type", "")).rpartition(":")[2]


def _checked(path: str, answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise Refused(path, answer)
    return answer
