"""Every request of docs/integrate/fhir.md is sent to a running service, and its answer is the one the page shows."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from door_builders import assets
from intake_process import Worker

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer

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


def compare(shown: str, answer: httpx.Response) -> None:
    head, _, body = shown.partition("\n\n")
    status, *lines = head.splitlines()
    assert answer.status_code == int(status), answer.text
    for line in lines:
        name, _, value = line.partition(": ")
        assert re.fullmatch(re.escape(value).replace(r"\*", ".+"), answer.headers[name]), line
    fits(json.loads(body), answer.json(), "")


def fits(shown: Any, given: Any, place: str) -> None:  # Any: JSON
    """All that is shown is there; a star stands for any value."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert name in given, f"{place}.{name}"
            fits(value, given[name], f"{place}.{name}")
    elif isinstance(shown, list):
        assert len(shown) == len(given), place
        for number, (one, other) in enumerate(zip(shown, given, strict=True)):
            fits(one, other, f"{place}[{number}]")
    else:
        assert shown in ("*", given), place


async def test_the_page_says_what_happens(
    make_database: Callable[[str], Database], token_issuer: TokenIssuer, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    private = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
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
