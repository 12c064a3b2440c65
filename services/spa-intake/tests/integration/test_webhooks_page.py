"""Every request, message and line of Python of docs/integrate/webhooks.md, as it stands there."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import openapi_spec_validator
import pytest
from webhook_sending import Names

from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.adapters.webhooks.message import WardMessage
from spa_intake.adapters.webhooks.posting import Letter
from spa_intake.adapters.webhooks.resolving import Guard
from spa_intake.adapters.webhooks.secrets import new_secret
from spa_intake.domain.subscription import MESSAGE_TYPES
from spa_intake.domain.target import TargetRules

PAGE = (Path(__file__).parents[4] / "docs/integrate/webhooks.md").read_text(encoding="utf-8")
REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<path>\S+)\n(?P<headers>(?:[\w-]+: .+\n)*)(?:\n(?P<body>.+\n))?")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


async def test_the_requests(api: httpx.AsyncClient, token_issuer: TokenIssuer) -> None:
    application: Any = api._transport  # Any: the application behind the client
    application.app.state.webhook_guard = Guard(TargetRules(), Names([["93.184.216.34"]]).resolve)
    subscription = ""
    statuses = []
    for block in blocks("http"):
        request = REQUEST.fullmatch(block)
        assert request is not None, block
        named = dict(line.split(": ", 1) for line in request["headers"].splitlines())
        answer = await api.request(
            request["method"],
            request["path"].replace("$SUBSCRIPTION", subscription),
            headers=token_issuer.headers("ward_system") | named,
            json=json.loads(request["body"]) if request["body"] else None,
        )
        assert answer.is_success, (block, answer.text)
        statuses.append(answer.status_code)
        subscription = subscription or answer.json()["subscription_id"]
    assert statuses == [201, 202, 200, 202, 200, 200, 200, 200, 204]


def test_the_message() -> None:
    (example,) = blocks("json")
    message = WardMessage.model_validate_json(example)
    assert json.loads(message.model_dump_json()) == json.loads(example)


async def test_the_message_is_in_the_openapi_document(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    body = document["webhooks"]["ward-message"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/WardMessage"}
    openapi_spec_validator.validate(document)


def test_every_type_is_named() -> None:
    named = set()
    for cell in re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE):
        family = ""
        for name in re.findall(r"`([a-z_.]+)`", cell):
            family = name.partition(".")[0] or family
            named.add(f"{family}.{name.partition('.')[2]}")
    assert named == set(MESSAGE_TYPES)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 204),
        ({"body": b'{"type": "referral.closed"}'}, 401),
        ({"webhook-id": "msg_other"}, 401),
        ({"webhook-timestamp": str(int(time.time()) - 600)}, 401),
        ({"webhook-signature": "v1,AAAA"}, 401),
    ],
)
def test_the_receiver(change: dict[str, Any], status: int) -> None:
    receiver: dict[str, Any] = {}  # Any: what the page defines
    exec("\n".join(blocks("python")), receiver)  # noqa: S102 — it is our own page

    secret, other = new_secret(), new_secret()
    letter = Letter("msg_1", '{"type": "referral.queried"}', (other, secret))
    headers = {str(name): str(value) for name, value in letter.headers(datetime.now(UTC)).items()}
    changed = {name: value for name, value in change.items() if name != "body"}
    body = change.get("body", letter.body.encode())
    assert receiver["take"](secret, headers | changed, body) == status
