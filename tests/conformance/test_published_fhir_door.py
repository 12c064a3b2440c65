"""Every published FHIR example, posted to the door: what is ours is taken, the rest is refused with its coding."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from door_builders import Json, resource, use_case
from door_service import Door, coding, open_door, send
from published_examples import EXAMPLES, files, needs_examples

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer

pytestmark = needs_examples
NEW = EXAMPLES / "fhir" / "bars-refreq03-new-gp-to-pharmacy.json"
CANCEL = EXAMPLES / "fhir" / "bars-servreq01-cancel-revoked.json"
NOT_SUPPORTED = (422, "REC_UNPROCESSABLE_ENTITY", "not-supported")
NO_MESSAGE = (400, "REC_BAD_REQUEST", "structure")
INVARIANT = (400, "REC_BAD_REQUEST", "invariant")
# What is not a message of another use case (those are not supported): no Bundle, or a Bundle that is no message.
OTHERS = {
    "barsapi-capability-statement.json": NO_MESSAGE,
    "barsapi-message-definition.json": INVARIANT,
    "barsapi-oo-400-invariant.json": NO_MESSAGE,
    "barsapi-oo-409-duplicate.json": NO_MESSAGE,
    "barsapi-oo-422-not-supported.json": NO_MESSAGE,
    "barsapi-servicerequest-patch.json": NO_MESSAGE,
    "barsapi-servicerequest-searchset.json": NO_MESSAGE,
    "pds-patient-minimal.json": NO_MESSAGE,
    "pds-patient-sensitive.json": NO_MESSAGE,
    "pds-patient.json": NO_MESSAGE,
    "pds-relatedperson-bundle.json": INVARIANT,
}


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


def load(path: Path) -> Any:  # Any: JSON
    return json.loads(path.read_text(encoding="utf-8"))


async def test_every_published_example_is_refused_for_what_it_is(door: Door) -> None:
    examples = files("fhir/*.json")
    assert len(examples) >= len(OTHERS)
    for path in examples:
        answer = await send(door, path.read_bytes())
        assert coding(answer) == OTHERS.get(path.name, NOT_SUPPORTED), path.name
    assert await door.rows("SELECT 1 FROM referrals") == []


async def test_the_published_triage_examples_of_an_older_fhir_are_refused(door: Door) -> None:
    for path in files("fhir/ers-stu3-triage/*.json"):
        assert (await send(door, path.read_bytes()))["status"] in {400, 422}, path.name


async def test_the_published_journey_under_our_use_case_ends_withdrawn(door: Door) -> None:
    sender = door.issuer.headers(Role.WARD_SYSTEM, org="RND")
    new, cancellation = load(NEW), load(CANCEL)
    use_case("hw-d1")(new)
    assert (await send(door, new, **sender))["status"] == 200
    assert coding(await send(door, ours(cancellation), **sender)) == (404, "REC_NOT_FOUND", "not-found")
    cancellation["id"] = new["id"]  # "retained in subsequent messages"
    assert coding(await send(door, cancellation, **sender)) == (409, "REC_CONFLICT", "conflict")  # written in 2021
    cancellation["meta"]["lastUpdated"] = new["meta"]["lastUpdated"]
    answer = await send(door, cancellation, **sender)
    assert (answer["status"], resource(answer, "ServiceRequest")["status"]) == (200, "revoked")
    (row,) = await door.rows("SELECT state FROM referrals")
    assert row.state == "withdrawn"


def ours(cancellation: Json) -> Json:
    """The published cancellation of a validation, as that of a referral in our use case."""
    use_case("hw-d1")(cancellation)
    for concept in resource(cancellation, "ServiceRequest")["category"]:
        for code in concept["coding"]:
            if code["code"] == "validation":
                code["code"] = "referral"
    return cancellation
