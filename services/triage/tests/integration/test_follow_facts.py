"""From messages to cases, on a real database."""

from datetime import timedelta
from uuid import uuid4

from triage_service import ACTIVITY, NOW, PACKAGES, REFERRALS, Triage, facts, referral_payload, stay


async def test_an_acceptance_opens_a_case_with_a_timer(triage: Triage) -> None:
    await triage.accepted()
    case = await triage.case()
    assert (case["state"], case["version"], case["patient_key"]) == ("open", 1, triage.patient_key)
    assert await triage.told() == [("case.opened", 1)]
    assert len(await triage.rows("SELECT * FROM timers")) == 1
    [audited] = await triage.rows("SELECT action, outcome FROM audit_log")
    assert audited == {"action": "follow_facts", "outcome": "open"}


async def test_a_message_told_twice_or_out_of_date_changes_nothing(triage: Triage) -> None:
    await triage.accepted()
    record = await triage.referral("readiness_changed", 3, criteria_to_reside=["iv_fluids"], is_ready=False)
    await triage.handle(record)
    await triage.accepted()  # another message of an older version
    assert await triage.told() == [("case.opened", 1), ("case.paused", 2)]
    assert (await triage.case())["is_paused"]


async def test_the_case_follows_readiness_queries_and_answers(triage: Triage) -> None:
    await triage.accepted(criteria_to_reside=["iv_fluids"])
    await triage.referral("readiness_changed", 3, criteria_to_reside=[], is_ready=True)
    await triage.referral("queried", 4, "queried", missing=["needs"], queried_from="accepted")
    assert (await triage.last_payload())["asked_by"] == "spa_intake"
    later = (NOW + timedelta(days=9)).date()
    await triage.referral("answered", 5, facts=facts(expected_discharge_on=later))
    assert [event for event, _ in await triage.told()] == [
        "case.opened",
        "case.paused",
        "case.resumed",
        "case.returned",
        "case.resumed",
        "case.target_set",
    ]
    assert (await triage.case())["target_on"] == later


async def test_a_death_heard_before_the_acceptance_of_somebody_then_alive_closes_the_case(triage: Triage) -> None:
    await triage.receive(ACTIVITY, "patient.died", {"patient_key": triage.patient_key, "revision": 1, "died_at": NOW})
    await triage.accepted()
    assert (await triage.case())["closed_reason"] == "died"
    assert [event for event, _ in await triage.told()] == ["case.opened", "case.closed"]
    assert await triage.rows("SELECT * FROM timers") == []


async def test_a_death_recorded_before_the_acceptance_and_heard_after_it_closes_nothing(triage: Triage) -> None:
    await triage.accepted(at=NOW + timedelta(minutes=1))
    await triage.receive(ACTIVITY, "patient.died", {"patient_key": triage.patient_key, "revision": 1, "died_at": NOW})
    assert await triage.told() == [("case.opened", 1)]


async def test_a_missed_target_is_told_once_and_not_after_the_person_left(triage: Triage) -> None:
    await triage.accepted()
    await triage.pass_days(2)
    assert await triage.told() == [("case.opened", 1)]
    await triage.pass_days(1)
    await triage.pass_days(1)
    assert await triage.told() == [("case.opened", 1), ("case.overdue", 2)]


async def test_who_has_left_hospital_is_not_late(triage: Triage) -> None:
    await triage.accepted()
    at_hospital = stay(uuid4(), triage.patient_key)
    await triage.referral("stay_linked", 3, stay=at_hospital)
    assert len(await triage.rows("SELECT * FROM timers")) == 1
    home = at_hospital | {"revision": 2, "discharged_at": NOW}
    await triage.receive(ACTIVITY, "patient.discharged", {"stay": home, "occurred_at": NOW})
    assert await triage.rows("SELECT * FROM timers") == []
    back = at_hospital | {"revision": 3}
    await triage.receive(ACTIVITY, "discharge.cancelled", {"stay": back, "occurred_at": NOW})
    await triage.referral("stay_unlinked", 4, stay_id=at_hospital["stay_id"])
    assert len(await triage.rows("SELECT * FROM timers")) == 1


async def test_a_package_event_is_kept_as_a_fact(triage: Triage) -> None:
    line_id, package_id = uuid4(), uuid4()
    package = {
        "package_id": package_id,
        "referral_id": triage.referral_id,
        "patient_key": triage.patient_key,
        "state": "brokering",
        "holds": [],
        "lines": [{"line_id": line_id, "service": "home_care", "state": "brokering"}],
        "concerns": [line_id],
    }
    await triage.receive(PACKAGES, "package.handed_back", package | {"reason": "staff_shortage"}, version=7)
    await triage.receive(PACKAGES, "package.unfilled", package, version=6)
    [row] = await triage.rows("SELECT version, handed_back, lines FROM package_facts")
    assert (row["version"], row["handed_back"]) == (7, [line_id])


async def test_a_message_that_is_no_referral_is_a_dead_letter(triage: Triage) -> None:
    await triage.referral("accepted", 2, facts={}, accepted_at=NOW, stay_id=None)
    [letter] = await triage.rows("SELECT error_code FROM dead_letters")
    assert "facts.needs:missing" in letter["error_code"]


async def test_a_case_follows_the_linked_stay_of_another_key_of_the_person(triage: Triage) -> None:
    await triage.accepted()
    referred, triage.patient_key = triage.patient_key, uuid4()
    theirs = stay(uuid4(), triage.patient_key)
    linked = referral_payload(triage.referral_id, referred, "accepted", stay=theirs)
    both = {"patient_key": triage.patient_key, "retired_key": referred, "revision": 1}
    await triage.receive(ACTIVITY, "patient.merged", both | {"merged_at": NOW, "said_by": "hospital"})
    triage.patient_key = referred
    await triage.receive(REFERRALS, "referral.stay_linked", linked, version=3)
    assert len(await triage.rows("SELECT * FROM timers")) == 1
    triage.patient_key = theirs["patient_key"]
    home = theirs | {"revision": 2, "discharged_at": NOW}
    await triage.receive(ACTIVITY, "patient.discharged", {"stay": home, "occurred_at": NOW})
    assert await triage.rows("SELECT * FROM timers") == []


async def test_a_death_told_of_another_key_stops_nothing_of_this_one(triage: Triage) -> None:
    """Intake tells it under each key of the person; the merge may have been taken back meanwhile."""
    await triage.accepted()
    referred, triage.patient_key = triage.patient_key, uuid4()
    both = {"patient_key": triage.patient_key, "retired_key": referred, "revision": 1}
    await triage.receive(ACTIVITY, "patient.merged", both | {"merged_at": NOW, "said_by": "hospital"})
    died = {"patient_key": triage.patient_key, "revision": 1, "died_at": NOW}
    await triage.receive(ACTIVITY, "patient.died", died)
    assert (await triage.case())["state"] == "open"
    triage.patient_key = referred
    await triage.receive(ACTIVITY, "patient.died", died | {"patient_key": referred})
    assert (await triage.case())["closed_reason"] == "died"
