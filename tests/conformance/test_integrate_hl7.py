"""Everything in docs/integrate/hl7.md that can be run: messages and their answers, the Python, the shell."""

import asyncio
import json
import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from door_builders import assets
from hl7.client import MLLPClient
from intake_process import Worker

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.ports import free_port

from .pages import new_key

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrate" / "hl7.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def exchanges() -> Iterator[tuple[str, str]]:
    """Messages with the answers below them."""
    return zip(blocks("hl7"), blocks("hl7 answer"), strict=True)


def without_the_moment(answer: bytes) -> str:
    """With a star for the answer's own time and number."""
    lines = answer.strip(b"\x0b\x1c\r").decode().split("\r")
    header = lines[0].split("|")
    header[6] = header[9] = "*"
    return "\n".join(["|".join(header), *lines[1:]]) + "\n"


def send(port: int, message: str) -> bytes:
    with MLLPClient("127.0.0.1", port) as client:
        answer: bytes = client.send_message(message.encode())
    return answer


def run_python(code: str) -> None:
    exec(compile(code, "hl7.md", "exec"), {})  # noqa: S102 — the page's own lines


def run_shell(command: str, token: str) -> str:
    """With a `homeward` that prints the token."""
    script = f'homeward() {{ echo "{token}"; }}\n{command}'
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


async def test_the_page_says_what_happens(
    make_database: Callable[[str], Database], token_issuer: TokenIssuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    key = tmp_path / "key.pem"
    new_key(key)
    mllp = free_port()
    (clients,) = blocks("json")
    settings = {
        "HOMEWARD_ASSETS": str(assets()),
        "ADT_MESSAGE_KEYS": f"test:{b64encode(os.urandom(32)).decode()}",
        "MLLP_PORT": str(mllp),
        "CLIENTS": clients,
    }
    api = Worker(make_database("spa_intake").address, "127.0.0.1:1", token_issuer, key, role="api")
    async with api.running(**settings) as running:
        health = (await running.client.get("/health/ready")).json()
        assert health["parts"]["mllp"].startswith(f"listening on port {mllp}")
        for code in blocks("python"):
            await asyncio.to_thread(run_python, code.replace("8008", str(mllp)))
        for message, answer in exchanges():
            assert without_the_moment(await asyncio.to_thread(send, mllp, message)) == answer
        kings = next(one for one in blocks("hl7") if "|DOC-2|" in one).replace("|RJZ|HOMEWARD", "|KINGS|HOMEWARD")
        assert b"MSA|AA|" in await asyncio.to_thread(send, mllp, kings)
        token = token_issuer.token(Role.WARD_SYSTEM, subject="client/page")
        for command in blocks("sh"):
            address = str(running.client.base_url).rstrip("/")
            said = await asyncio.to_thread(run_shell, command.replace("http://127.0.0.1:8000", address), token)
            assert "MSA|AA|HW-A03-0001" in said
    assert json.loads(clients)[0]["scopes"] == ["hl7"]
