"""Every request of docs/integrate/rest.md is sent to a running service, and its answer is the one the page shows."""

import json
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from intake_process import Worker

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.assets import ensure_assets

from .pages import compare, new_key

PAGE = (Path(__file__).parents[2] / "docs" / "integrate" / "rest.md").read_text()
BLOCK = re.compile(r"^```(http(?: answer| coordinator)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Reader:
    """Who works through the page: remembers what answers gave for the requests after them."""

    client: httpx.AsyncClient
    issuer: TokenIssuer
    known: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        for name, value in self.known.items():
            text = text.replace(f"${name}", value)
        return text

    async def send(self, block: str, role: Role) -> httpx.Response:
        head, _, body = self.filled(block).partition("\n\n")
        (method, path), *lines = [line.split(None, 1) for line in head.splitlines()]
        sent = {name.rstrip(":"): value for name, value in lines}
        given = self.issuer.headers(role, subject=f"client/{role}", org="RJZ")
        content = json.dumps(json.loads(body)) if body.strip() else None
        headers = {**sent, **given, **({"Content-Type": "application/json"} if content else {})}
        answer = await self.client.request(method, path, content=content, headers=headers)
        self._remember(answer)
        return answer

    def _remember(self, answer: httpx.Response) -> None:
        if answer.status_code == 201:
            self.known.setdefault("REFERRAL", answer.json()["referral_id"])
        if answer.is_success and answer.json().get("resume"):
            self.known["RESUME"] = answer.json()["resume"]


def blocks() -> Iterator[tuple[str, str]]:
    return ((found[1], found[2]) for found in BLOCK.finditer(PAGE))


async def test_the_page_says_what_happens(
    make_database: Callable[[str], Database], token_issuer: TokenIssuer, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    new_key(key)
    api = Worker(make_database("spa_intake").address, "127.0.0.1:1", token_issuer, key, role="api")
    keys = f"test:{b64encode(os.urandom(32)).decode()}"
    async with api.running(HOMEWARD_ASSETS=str(ensure_assets(print)), ADT_MESSAGE_KEYS=keys) as running:
        reader = Reader(running.client, token_issuer)
        answer: httpx.Response | None = None
        compared = 0
        for kind, block in blocks():
            if kind == "http answer":
                assert answer is not None
                compare(reader.filled(block), answer)
                compared += 1
                continue
            role = Role.COORDINATOR if kind == "http coordinator" else Role.WARD_SYSTEM
            answer = await reader.send(block, role)
        assert compared == len([kind for kind, _ in blocks() if kind == "http"])
