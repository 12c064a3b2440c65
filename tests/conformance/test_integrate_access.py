"""Every request of docs/integrate/access.md is sent, with the page's own settings, and answered as the page shows."""

import json
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from door_builders import assets
from intake_process import Worker
from joserfc import jwt
from joserfc.jwk import ECKey

from homeward_kit.certificates import SECRET_HEADER
from homeward_kit.clients import Client
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.child import ChildSpec, end, spawn
from homeward_local.ports import free_port
from homeward_local.waiting import wait_until

from .pages import compare, new_key

PAGE = (Path(__file__).parents[2] / "docs" / "integrate" / "access.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(http(?: answer| token endpoint)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ISSUER = "https://login.example"


def setting(name: str) -> Any:  # Any: JSON
    """A block of the page that is named: settings, and the claims of an assertion."""
    found = re.search(rf"^```json {name}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, name
    return json.loads(found[1])


@dataclass
class Reader:
    """Who works through the page: a system with a key of its own."""

    issuer: str
    key: ECKey
    service: httpx.Client
    tokens: dict[str, str] = field(default_factory=dict)
    used: str = ""

    def assertion(self, client_id: str) -> str:
        named = {"iss": client_id, "sub": client_id, "aud": self.issuer + setting("assertion")["aud"][len(ISSUER) :]}
        fresh = {"jti": str(uuid4()), "exp": int(time.time()) + 300}
        return jwt.encode({"alg": "ES256"}, setting("assertion") | named | fresh, self.key)

    def token(self, client_id: str, scope: str) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.assertion(client_id),
            "scope": scope,
        }
        return str(httpx.post(f"{self.issuer}/oauth2/token", data=form).json()["access_token"])

    def send(self, kind: str, block: str) -> httpx.Response:
        head, _, body = block.partition("\n\n")
        (method, path), *lines = [line.split(None, 1) for line in head.splitlines()]
        headers = {name.rstrip(":"): self._filled(value) for name, value in lines}
        if kind == "http token endpoint":
            return self._ask_for_a_token(path, headers, body.strip())
        return self.service.request(method, path, headers=headers, content=body.strip() or None)

    def _ask_for_a_token(self, path: str, headers: dict[str, str], body: str) -> httpx.Response:
        if "$ASSERTION" in body:
            self.used = self.assertion(setting("assertion")["iss"])
        form = body.replace("$ASSERTION", self.used).replace("$USED", self.used)
        answer = httpx.post(self.issuer + path, headers=headers, content=quote(form, safe="=&"))
        if answer.is_success:
            self.tokens["$TOKEN"] = answer.json()["access_token"]
        return answer

    def _filled(self, text: str) -> str:
        for name, token in self.tokens.items():
            text = text.replace(name, token)
        return text


@asynccontextmanager
async def token_endpoint(folder: Path, clients: list[dict[str, Any]]) -> AsyncIterator[tuple[str, ECKey]]:
    """The demonstration's issuer, knowing the page's clients by one key."""
    key, address = ECKey.import_key(new_key(folder / "client.pem")), f"http://127.0.0.1:{free_port()}"
    new_key(folder / "issuer.pem")
    known = [
        {"client_id": one["client_id"], "scopes": one["scopes"], "jwk": key.as_dict(private=False)} for one in clients
    ]
    environment = {
        "ISSUER_URL": address,
        "PORT": address.rpartition(":")[2],
        "ISSUER_KEY_FILE": str(folder / "issuer.pem"),
        "ISSUER_CLIENTS": json.dumps(known),
    }
    spec = ChildSpec("issuer", [sys.executable, "-m", "homeward_local.issuer"], folder / "issuer.log", environment)
    process = spawn(spec)
    try:
        assert wait_until(lambda: is_up(address), seconds=30), spec.log.read_text()
        yield address, key
    finally:
        end(process, spec)


def is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready").is_success
    except httpx.TransportError:
        return False


async def test_the_page_says_what_happens(
    make_database: Callable[[str], Database], token_issuer: TokenIssuer, tmp_path: Path
) -> None:
    new_key(tmp_path / "ui.pem")
    blocks = BLOCK.findall(PAGE)
    clients = setting("CLIENTS")
    async with token_endpoint(tmp_path, clients) as (address, key):
        trusted = json.loads(json.dumps(setting("TRUSTED_ISSUERS")).replace(ISSUER, address))
        api = Worker(make_database("spa_intake").address, "127.0.0.1:1", token_issuer, tmp_path / "ui.pem", role="api")
        settings = {"TRUSTED_ISSUERS": json.dumps(trusted), "CLIENTS": json.dumps(clients)}
        async with api.running(HOMEWARD_ASSETS=str(assets()), **settings) as running:
            with httpx.Client(base_url=running.client.base_url, trust_env=False) as service:
                reader = Reader(address, key, service)
                reader.tokens["$WRITING"] = reader.token("ward-system", "referrals.write")
                reader.tokens["$SLOW"] = reader.token("night-list", "referrals.read")
                for (kind, request), (answer_kind, shown) in zip(blocks[::2], blocks[1::2], strict=True):
                    assert (kind != "http answer", answer_kind) == (True, "http answer")
                    compare(shown, reader.send(kind, request))


def test_the_page_names_what_the_code_reads() -> None:
    members = re.findall(r"^\| `(\w+)`(?:, `(\w+)`)? \|", PAGE, re.MULTILINE)
    assert {name for pair in members for name in pair if name} == set(Client.model_fields)
    assert f"proxy_set_header {SECRET_HEADER} " in PAGE
