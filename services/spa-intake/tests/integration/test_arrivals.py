"""Referrals that are received many in one transaction: as if they had come one after the other."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from intake_builders import referral_in
from intake_database import POLICY, Intake

from homeward_kit.auth import Role
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.domain.codes import Kind
from spa_intake.domain.errors import PersonAlreadyReferred
from spa_intake.use_cases.receive_referral import Taken, receive_referrals

BODY: dict[str, Any] = {  # Any: JSON
    "kind": "hospital_discharge",
    "person": {
        "hospital_number": "H100001",
        "family_name": "Unmistakable",
        "given_name": "Person",
        "born_on": "1941-05-06",
        "postcode": "BR1 1AA",
    },
    "hospital": "RJZ",
    "ward": "W7",
    "needs": ["washing_dressing"],
    "reason_text": "Falls at night",
}


def body(number: int, **fields: Any) -> dict[str, Any]:  # Any: JSON
    """Somebody else's for each number."""
    person = BODY["person"] | {"hospital_number": f"H{number}", "family_name": f"Name{'abcdefghij'[number % 10]}"}
    return BODY | {"person": person} | fields


async def send(api: httpx.AsyncClient, asked: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    return await api.post("/api/v1/referrals", json=asked, headers=headers)


@pytest.fixture
def ward(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers(Role.WARD_SYSTEM)


async def transactions(intake: Intake) -> int:
    async with intake.database.transaction() as tx:
        return int((await tx.execute("SELECT count(DISTINCT xmin::text) FROM referrals")).scalar_one())


async def test_referrals_that_come_at_once_are_each_their_senders_own(
    api: httpx.AsyncClient, intake: Intake, token_issuer: TokenIssuer
) -> None:
    """Audit row, note, events and trace of each are those of the one who sent it."""
    senders = {f"client/ward-{n}": f"{n + 1:032x}" for n in range(30)}
    answers = await asyncio.gather(
        *(
            send(
                api,
                body(n),
                token_issuer.headers(Role.WARD_SYSTEM, subject=subject)
                | {"traceparent": f"00-{trace}-00000000000000a1-01", "Idempotency-Key": str(uuid4())},
            )
            for n, (subject, trace) in enumerate(senders.items())
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert await transactions(intake) <= 5
    async with intake.database.transaction() as tx:
        outbox = (await tx.execute("SELECT id, actor, tracingspancontext, referral_id FROM outbox ORDER BY seq")).all()
        audit = (await tx.execute("SELECT actor, action, subject, trace_id FROM audit_log")).all()
        notes = {row.author: row.referral_id for row in await tx.execute("SELECT author, referral_id FROM notes")}
    for answer, (sender, trace) in zip(answers, senders.items(), strict=True):
        referral_id = answer.json()["referral_id"]
        own = [event for event in outbox if str(event.referral_id) == referral_id]
        assert [str(event.id) for event in own] == answer.headers["homeward-events"].split(",")
        assert {event.actor for event in own} == {sender}
        assert {event.tracingspancontext[3:35] for event in own} == {trace}
        rows = [row for row in audit if row.subject == f"referral/{referral_id}"]
        assert {(row.actor, row.trace_id) for row in rows} == {(sender, trace)}
        assert {row.action for row in rows} >= {"receive_referral", "record_note"}
        assert str(notes[sender]) == referral_id


async def test_the_same_person_twice_at_once_is_referred_once(
    api: httpx.AsyncClient, intake: Intake, ward: dict[str, str]
) -> None:
    others = [send(api, body(n), ward) for n in range(2, 12)]
    first, second, *rest = await asyncio.gather(send(api, body(1), ward), send(api, body(1), ward), *others)
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["referral_id"] == first.json()["referral_id"]
    assert {answer.status_code for answer in rest} == {201}
    assert await intake.count("people") == await intake.count("referrals") == 11


async def test_one_person_for_two_things_at_once_is_one_person(intake: Intake) -> None:
    asked = [referral_in(kind=kind) for kind in (Kind.HOSPITAL_DISCHARGE, Kind.PROACTIVE_CARE, Kind.HOSPITAL_DISCHARGE)]
    first, second, third = await intake.run(lambda tx: receive_referrals(tx, asked, POLICY))
    assert isinstance(first, Taken)
    assert isinstance(second, Taken)
    assert first.person.patient_key == second.person.patient_key
    assert isinstance(third, PersonAlreadyReferred)
    assert (await intake.count("people"), await intake.count("referrals")) == (1, 2)


async def test_somebody_known_and_somebody_new_come_together(
    api: httpx.AsyncClient, intake: Intake, ward: dict[str, str]
) -> None:
    known = await send(api, body(1), ward)
    withdrawn = await api.post(
        f"{known.headers['location']}/withdraw",
        json={"reason": "no_longer_needed"},
        headers=ward | {"If-Match": known.headers["etag"]},
    )
    assert withdrawn.status_code == 200, withdrawn.text
    answers = await asyncio.gather(*(send(api, body(n), ward) for n in range(1, 6)))
    assert {answer.status_code for answer in answers} == {201}
    assert (await intake.count("people"), await intake.count("referrals")) == (5, 6)


async def test_a_repeat_gets_the_first_answer_whatever_it_came_with(
    api: httpx.AsyncClient, intake: Intake, ward: dict[str, str]
) -> None:
    headers = ward | {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(send(api, body(1), headers) for _ in range(10)), send(api, body(2), ward))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers[:10]}) == 1
    assert await intake.count("referrals") == 2
