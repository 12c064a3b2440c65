"""Every request of docs/integrate/fhir.md is sent to a running service, and its answer is the one the page shows."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from door_builders import assets
from intake_process import Worker

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer

from .pages import compare, new_key

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrate" / "fhir.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(http(?: answer)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def exchanges() -> Iterator[tuple[str, str]]:
    """Requests with the answers below them."""
    found = [(kind, text) for kind, text in BLOCK.findall(PAGE)]
    assert [kind for kind, _ in found] == ["http", "http answer"] * (len(found) // 2)
    return zip([text for _, text in found[::2]], [text for _, text in found[1::2]], strict=True)


async def ask(client: httpx.AsyncClient, block: str) -> httpx.Response:
    """Send a request as the page writes it; "< file" is the content of a file."""
    head, _, body = block.partition("\n\n")
    (method, path), *lines = [line.split(None, 1) for line in head.splitlines()]
    headers = {name.rstrip(":"): value for name, value in lines if name != "Authorization:"}
    content = (ROOT / body[2:].strip()).read_bytes() if body.startswith("< ") else body.strip().encode()
    return await client.request(method, path, headers=headers, content=content or None)


async def test_the_page_says_what_happens(
    make_database: Callable[[str], Database], token_issuer: TokenIssuer, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    new_key(key)
    api = Worker(make_database("spa_intake").address, "127.0.0.1:1", token_issuer, key, role="api")
    known: dict[str, str] = {}
    async with api.running(HOMEWARD_ASSETS=str(assets())) as running:
        running.client.headers.update(token_issuer.headers(Role.WARD_SYSTEM, org="RJZ"))
        for request, shown in exchanges():
            answer = await ask(running.client, filled(request, known))
            if place := answer.headers.get("Location"):
                known["REFERRAL"] = place.rpartition("/")[2]
            compare(filled(shown, known), answer)
    assert known


def filled(text: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"${name}", value)
    return text
