"""The services that own what a page shows and changes, called over HTTP for the member of staff who asks."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from homeward_kit.http import service_client
from homeward_kit.logging import get_logger
from spa_intake.read_model.staff_sessions import Staff

from .parts import UiParts

INTAKE = "spa-intake"
TRIAGE = "triage"
CARE_PACKAGE = "care-package"
MONITOR = "readmission-monitor"
SERVICES = (INTAKE, TRIAGE, CARE_PACKAGE, MONITOR)

Json = Mapping[str, Any]  # Any: the JSON of an API
_log = get_logger(__name__)


@dataclass(frozen=True)
class Part:
    """One service's part of a page: its answer, or that it does not answer now (which 404 is not)."""

    data: Any = None  # Any: JSON
    is_down: bool = False


@dataclass(frozen=True)
class Done:
    """A command that was carried out, and the events it committed."""

    event_ids: tuple[UUID, ...]
    body: Json


@dataclass(frozen=True)
class Refused:
    """A command that was not: the problem as its service tells it; status 503 when the service does not answer."""

    status: int
    detail: str = ""
    code: str = ""
    reason: str = ""
    current_version: int | None = None
    pointers: Mapping[str, str] = field(default_factory=dict)  # place in the body → sentence
    trace_id: str | None = None

    def on(self, fields: Collection[str]) -> Mapping[str, str]:
        """The sentences by field of a form; what stands on none of them is about the whole "form"."""
        found: dict[str, str] = {}
        for pointer, sentence in self.pointers.items():
            place = next((part for part in reversed(pointer.split("/")) if part in fields), "form")
            found.setdefault(place, sentence)
        return found or {"form": self.detail}


@dataclass(frozen=True)
class Command:
    """What a service is asked to do."""

    service: str
    path: str
    body: Json
    version: int | None
    idempotency_key: str
    method: str = "POST"


class Owners:
    """Clients of the four services; one per process."""

    def __init__(self, parts: UiParts) -> None:
        self._mint = parts.mint_token
        self._clients = {name: service_client(parts.addresses[name]) for name in SERVICES}

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def read(self, staff: Staff, service: str, path: str, params: Mapping[str, str] | None = None) -> Part:
        """GET; a service that fails or does not answer is down, what it does not have is nothing."""
        try:
            response = await self._clients[service].get(path, params=params, headers=self._headers(staff, service))
        except httpx.HTTPError as error:
            _log.warning("part_unavailable", service=service, error=type(error).__name__)
            return Part(is_down=True)
        if response.status_code >= 500:
            return Part(is_down=True)
        return Part(response.json() if response.is_success else None)

    async def ask(self, staff: Staff, service: str, path: str, body: Json) -> Part:
        """A question whose values must not be in an address, sent by POST."""
        try:
            headers = self._headers(staff, service)
            response = await self._clients[service].post(path, json=dict(body), headers=headers)
        except httpx.HTTPError as error:
            _log.warning("part_unavailable", service=service, error=type(error).__name__)
            return Part(is_down=True)
        return Part(response.json() if response.is_success else None, is_down=response.status_code >= 500)

    async def command(self, staff: Staff, command: Command) -> Done | Refused:
        """Send it with the version that was seen and the form's token, so that a repeat does nothing."""
        headers = self._headers(staff, command.service) | {"Idempotency-Key": command.idempotency_key}
        if command.version is not None:
            headers["If-Match"] = f'"{command.version}"'
        try:
            client = self._clients[command.service]
            response = await client.request(command.method, command.path, json=dict(command.body), headers=headers)
        except httpx.HTTPError as error:
            _log.warning("command_unanswered", service=command.service, error=type(error).__name__)
            return Refused(503)
        if response.is_success:
            sent = response.headers.get("Homeward-Events", "")
            body = response.json() if response.content else {}
            return Done(tuple(UUID(text) for text in sent.split(",") if text), body)
        return _refused(response)

    def _headers(self, staff: Staff, service: str) -> dict[str, str]:
        token = self._mint(f"staff/{staff.staff_id}", staff.role, staff.organisation, service)
        return {"Authorization": f"Bearer {token}"}


def _refused(response: httpx.Response) -> Refused:
    try:
        problem = response.json()
    except json.JSONDecodeError:
        problem = {}
    return Refused(
        status=response.status_code,
        detail=str(problem.get("detail", "")),
        code=str(problem.get("type", "")).rpartition(":")[2],
        reason=str(problem.get("reason", "")),
        current_version=problem.get("current_version"),
        pointers={str(error["pointer"]): str(error["detail"]) for error in problem.get("errors", [])},
        trace_id=problem.get("trace_id"),
    )
