"""A caller of the running stack: HTTP only, with tokens of the demo issuer."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from .config import Config
from .errors import StackError
from .local_http import local_http
from .state import require_running

AWAY = {httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE}
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.2


def demo_token(issuer: str, role: str, **claims: str | None) -> str:
    """A token of the demo issuer for a role."""
    asked = {"role": role, **{name: value for name, value in claims.items() if value}}
    try:
        answer = local_http().post(f"{issuer}/token", json=asked)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise StackError(
            f"The demo issuer at {issuer} gave no token ({type(error).__name__}): `homeward status` shows why."
        ) from error
    return str(answer.json()["access_token"])


def operator_headers(issuer: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {demo_token(issuer, 'operator')}"}


@dataclass
class StackClient:
    """Requests to the four services of one stack in the name of a role."""

    services: dict[str, str]
    issuer: str
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_running(cls, config: Config) -> Self:
        state = require_running(config)
        return cls(services=state["services"], issuer=state["issuer"])

    def get(self, service: str, path: str, role: str, **query: str) -> Any:  # the service's JSON
        return self._send("GET", service, path, role, params=query).json()

    def one(self, service: str, resources: str, role: str, referral_id: str) -> Any:  # as get
        """The whole of a service's newest resource (cases, packages) of a referral."""
        found = self.get(service, f"/api/v1/{resources}", role, referral_id=referral_id)["items"]
        if not found:
            raise StackError(f"{service} has none of the {resources} of referral {referral_id} yet.")
        identifier = found[-1][f"{resources.removesuffix('s')}_id"]
        return self.get(service, f"/api/v1/{resources}/{identifier}", role)

    def find(self, service: str, path: str, role: str) -> Any | None:  # as get
        """As `get`, but nothing when there is no such thing (yet)."""
        answer = self._request("GET", service, path, role)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _checked(answer).json()

    def post(self, service: str, path: str, role: str, body: Any) -> Any:  # JSON both ways
        return self._send("POST", service, path, role, json=body).json()

    def command(self, service: str, path: str, role: str, body: Any, version: int) -> Any:  # as post
        """A command on an aggregate of the version given."""
        return self._send("POST", service, path, role, json=body, headers={"If-Match": f'"{version}"'}).json()

    def post_raw(self, service: str, path: str, role: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return self._send("POST", service, path, role, content=body, headers=headers)

    def _send(self, method: str, service: str, path: str, role: str, **parts: Any) -> httpx.Response:
        return _checked(self._request(method, service, path, role, **parts))

    def _request(self, method: str, service: str, path: str, role: str, **parts: Any) -> httpx.Response:
        """Send; a service that is away (it may be starting again) is asked once more with the same key."""
        if role not in self.tokens:
            self.tokens[role] = demo_token(self.issuer, role)
        headers = {"Authorization": f"Bearer {self.tokens[role]}", **parts.pop("headers", {})}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        url = self.services[service] + path
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = local_http().request(method, url, headers=headers, **parts)
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise StackError(
                        f"{service} did not answer ({type(error).__name__}): `homeward status` shows how it is."
                    ) from error
            else:
                if answer.status_code not in AWAY or time.monotonic() > deadline:
                    return answer
            time.sleep(PAUSE_SECONDS)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    detail = problem.get("detail") or problem.get("title") or problem
    faults = ", ".join(f"{fault['pointer']} {fault['code']}" for fault in problem.get("errors") or [])
    where = f"{answer.request.method} {answer.request.url.path}"
    raise StackError(f"{where} was refused ({answer.status_code}): {detail}{f' ({faults})' if faults else ''}")
