"""The criteria to reside on a real database: dated, in any order, and ended by the clock with no message coming."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from intake_builders import facts, referral_in
from intake_database import Intake

from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.domain.codes import Criterion, ReadinessReason, WithdrawReason
from spa_intake.domain.criteria import Assessment
from spa_intake.domain.errors import AssessmentInFuture, CriterionBeganLater
from spa_intake.domain.referral import Referral
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.assessing import LAPSE
from spa_intake.use_cases.change_readiness import change_readiness
from spa_intake.use_cases.withdraw_referral import withdraw_referral

FLUIDS, LEG, INVASIVE = Criterion.IV_FLUIDS, Criterion.LOWER_LIMB_SURGERY_48H, Criterion.INVASIVE_PROCEDURE_24H
HOUR = timedelta(hours=1)


async def now_of(intake: Intake) -> datetime:
    async with intake.database.transaction() as tx:
        return tx.now


async def pass_hours(intake: Intake, hours: float) -> int:
    """Let time go by and fire what falls due; how many timers did."""
    intake.database.clock.set_offset(intake.database.clock.offset_seconds + hours * 3600)
    return await intake.fire_timers()


async def assess(
    intake: Intake,
    referral: Referral,
    at: datetime,
    *criteria: Criterion,
    since: dict[Criterion, datetime] | None = None,
) -> Referral:
    assessment = Assessment(at, criteria, since or {})
    return await intake.run(lambda tx: change_readiness(tx, referral.referral_id, assessment, Access()))


async def readiness(intake: Intake) -> list[tuple[list[str], str]]:
    """Each change of readiness that the others were told: the criteria and why."""
    told = [event.payload for event in await intake.told() if event.name == "referral.readiness_changed"]
    assert all(payload["is_ready"] is not bool(payload["criteria_to_reside"]) for payload in told)
    return [(payload["criteria_to_reside"], payload["reason"]) for payload in told]


async def test_the_clock_makes_a_person_ready_with_no_message_coming(intake: Intake) -> None:
    referral = await intake.accept(await intake.receive(referral_in()))
    now = await now_of(intake)
    operated = {LEG: now - 20 * HOUR}
    await assess(intake, referral, now - HOUR, LEG, INVASIVE, since=operated)
    assert await pass_hours(intake, 22.5) == 0
    assert await pass_hours(intake, 1) == 1  # 24 hours after the assessment: nobody said when the procedure was
    assert (await intake.read(referral)).facts.criteria_to_reside == (LEG,)
    assert await pass_hours(intake, 4) == 0
    assert await pass_hours(intake, 1) == 1
    ready = await intake.read(referral)
    assert ready.facts.is_ready
    assert await readiness(intake) == [
        ([LEG, INVASIVE], ReadinessReason.ASSESSED),
        ([LEG], ReadinessReason.LAPSED),
        ([], ReadinessReason.LAPSED),
    ]
    assert await pass_hours(intake, 1000) == 0
    async with intake.database.transaction() as tx:
        actors = await tx.execute(f"SELECT actor FROM audit_log WHERE action = '{LAPSE}'")  # noqa: S608 — our own name
        assert list(actors.scalars()) == ["system", "system"]


async def test_a_referral_that_arrives_with_an_old_operation_is_ready_at_once(intake: Intake) -> None:
    now = await now_of(intake)
    said = facts(criteria_to_reside=(LEG,), criteria_assessed_at=now - HOUR, criteria_since={LEG: now - 50 * HOUR})
    referral = await intake.receive(referral_in(facts=said))
    assert await intake.fire_timers() == 1
    assert (await intake.read(referral)).facts.is_ready
    assert await readiness(intake) == [([], ReadinessReason.LAPSED)]


async def test_a_referral_without_a_time_counts_from_when_it_came(intake: Intake) -> None:
    referral = await intake.receive(referral_in(facts=facts(criteria_to_reside=(INVASIVE,))))
    assert await pass_hours(intake, 23.9) == 0
    assert await pass_hours(intake, 0.2) == 1
    assert (await intake.read(referral)).facts.criteria_assessed_at == referral.received_at


async def test_a_criterion_that_the_clock_does_not_end_stays(intake: Intake) -> None:
    referral = await intake.receive(referral_in())
    await assess(intake, referral, await now_of(intake), FLUIDS, LEG)
    assert await pass_hours(intake, 49) == 1
    assert (await intake.read(referral)).facts.criteria_to_reside == (FLUIDS,)
    assert not (await intake.read(referral)).facts.is_ready


async def test_an_assessment_that_finds_nothing_stops_the_clock(intake: Intake) -> None:
    referral = await intake.receive(referral_in())
    now = await now_of(intake)
    await assess(intake, referral, now - 2 * HOUR, LEG)
    await assess(intake, referral, now - HOUR)
    assert await intake.count("timers") == 0
    assert await readiness(intake) == [([LEG], ReadinessReason.ASSESSED), ([], ReadinessReason.ASSESSED)]


async def test_an_ended_referral_is_left_alone_by_the_clock(intake: Intake) -> None:
    referral = await intake.receive(referral_in())
    await assess(intake, referral, await now_of(intake), LEG)
    reason = WithdrawReason.NO_LONGER_NEEDED
    await intake.run(lambda tx: withdraw_referral(tx, referral.referral_id, reason, Access()))
    assert await pass_hours(intake, 49) == 1
    assert (await intake.names())[-1] == "referral.withdrawn"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1, 2, 0)])
async def test_assessments_in_any_order_with_repeats_end_the_same(intake: Intake, order: Sequence[int]) -> None:
    referral = await intake.receive(referral_in())
    now = await now_of(intake)
    said: list[tuple[datetime, tuple[Criterion, ...], dict[Criterion, datetime]]] = [
        (now - 30 * HOUR, (FLUIDS, LEG), {LEG: now - 40 * HOUR}),
        (now - 20 * HOUR, (FLUIDS, LEG), {}),
        (now - 10 * HOUR, (LEG,), {}),
    ]
    for place in order:
        at, criteria, since = said[place]
        await assess(intake, referral, at, *criteria, since=since)
    known = await intake.read(referral)
    assert known.facts.criteria_to_reside == (LEG,)
    assert known.facts.criteria_assessed_at == now - 10 * HOUR
    assert known.facts.criteria_since == {LEG: now - 40 * HOUR}
    assert await intake.count("readiness") == 3
    async with intake.database.transaction() as tx:
        due_at = (await tx.execute("SELECT due_at FROM timers")).scalar_one()
    assert due_at == now + 8 * HOUR


async def test_what_cannot_be_is_refused(intake: Intake) -> None:
    referral = await intake.receive(referral_in())
    now = await now_of(intake)
    with pytest.raises(AssessmentInFuture):
        await assess(intake, referral, now + HOUR, LEG)
    with pytest.raises(CriterionBeganLater):
        await assess(intake, referral, now - HOUR, LEG, since={LEG: now})
    assert await intake.count("readiness") == 0


PERSON = {"hospital_number": "H1", "family_name": "Test", "given_name": "Person", "born_on": "1941-05-06"}
BODY: dict[str, Any] = {  # Any: JSON
    "kind": "hospital_discharge",
    "person": PERSON,
    "hospital": "RJZ",
    "ward": "W7",
}


async def test_the_series_is_read_by_staff_and_by_the_ward_that_sent_it(
    api: httpx.AsyncClient, intake: Intake, token_issuer: TokenIssuer
) -> None:
    ward, other = token_issuer.headers("ward_system", org="RJZ"), token_issuer.headers("ward_system", org="RJ1")
    sent = (await api.post("/api/v1/referrals", json=BODY, headers=ward)).json()
    place = f"/api/v1/referrals/{sent['referral_id']}"
    now = await now_of(intake)
    version = sent["version"]
    for hours_ago, criteria, since in ((30, [FLUIDS], {}), (10, [FLUIDS, LEG], {LEG: 12})):
        body = {
            "criteria_to_reside": criteria,
            "assessed_at": (now - hours_ago * HOUR).isoformat(),
            "criteria_since": {criterion: (now - ago * HOUR).isoformat() for criterion, ago in since.items()},
        }
        answer = await api.post(f"{place}/readiness", json=body, headers=ward | {"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text
        version = answer.json()["version"]
    for headers in (ward, token_issuer.headers("nurse")):
        found = (await api.get(f"{place}/criteria", headers=headers)).json()
        assert found["is_ready"] is False
        times = [
            (
                one["criterion"],
                datetime.fromisoformat(one["since"]),
                one["lapses_at"] and datetime.fromisoformat(one["lapses_at"]),
            )
            for one in found["met"]
        ]
        assert times == [(FLUIDS, now - 30 * HOUR, None), (LEG, now - 12 * HOUR, now + 36 * HOUR)]
        assert datetime.fromisoformat(found["next_lapse_at"]) == now + 36 * HOUR
        assert [len(item["met"]) for item in found["items"]] == [2, 1]
        assert {item["by"].partition("/")[0] for item in found["items"]} == {"client"}
    assert (await api.get(f"{place}/criteria", headers=other)).status_code == 404
    wrong = {"criteria_to_reside": [LEG], "assessed_at": now.isoformat(), "criteria_since": {LEG: "yesterday"}}
    answer = await api.post(f"{place}/readiness", json=wrong, headers=ward | {"If-Match": f'"{version}"'})
    assert answer.status_code == 422
    assert "yesterday" not in answer.text


async def test_what_was_found_just_now_needs_no_time_and_counts_once_when_it_is_sent_again(
    api: httpx.AsyncClient, intake: Intake, token_issuer: TokenIssuer
) -> None:
    """As a form sends it whose button was pressed twice."""
    coordinator = token_issuer.headers("coordinator")
    sent = (
        await api.post("/api/v1/referrals", json=BODY, headers=token_issuer.headers("ward_system", org="RJZ"))
    ).json()
    place = f"/api/v1/referrals/{sent['referral_id']}"
    headers = coordinator | {"If-Match": f'"{sent["version"]}"', "Idempotency-Key": str(uuid4())}
    before = await now_of(intake)
    first, second = [
        await api.post(f"{place}/readiness", json={"criteria_to_reside": [FLUIDS]}, headers=headers) for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (200, 200), second.text
    assert second.json() == first.json()
    found = (await api.get(f"{place}/criteria", headers=coordinator)).json()
    assert len(found["items"]) == 1
    assert datetime.fromisoformat(found["items"][0]["assessed_at"]) >= before
