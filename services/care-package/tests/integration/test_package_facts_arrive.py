"""Facts from the other services arrive, in any order and more than once, on a real database."""

from uuid import uuid4

import pytest
from package_service import NOW, Caller, CarePackage

from homeward_kit.dead_letters import Record


async def _agreed(care: CarePackage, broker: Caller, *, is_started: bool = False) -> None:
    await broker.provider("Abbey Care")
    await care.accepted()
    await care.decided()
    (package,) = (await broker.get("/api/v1/packages"))["items"]
    line = package["lines"][0]
    answer = await broker.post(f"/api/v1/offers/{line['offers'][0]['offer_id']}/accept", {}, package["version"])
    if is_started:
        path = f"/api/v1/packages/{package['package_id']}/lines/{line['line_id']}/start"
        answer = await broker.post(path, {}, answer.json()["version"])
    assert answer.status_code == 200, answer.text


async def _state(care: CarePackage) -> tuple[str, list[str]]:
    (row,) = await care.rows("SELECT state, holds FROM packages")
    return row["state"], row["holds"]


async def test_a_decision_that_comes_first_opens_a_package_which_the_referral_then_holds(
    care: CarePackage, broker: Caller
) -> None:
    await broker.provider("Abbey Care")
    await care.decided()
    assert await _state(care) == ("brokering", [])
    await care.referral("accepted", facts={"criteria_to_reside": ["itu_hdu"]}, accepted_at=NOW)
    assert await _state(care) == ("brokering", ["not_ready"])
    assert (await care.told())[-2:] == ["offer.withdrawn", "package.held"]


async def test_a_decision_after_a_stop_opens_nothing_and_the_audit_says_why(care: CarePackage) -> None:
    await care.accepted()
    await care.referral("withdrawn", state="withdrawn", reason="other", withdrawn_at=NOW)
    await care.decided()
    assert await care.rows("SELECT * FROM packages") == []
    (row,) = await care.rows("SELECT outcome FROM audit_log WHERE action = 'note_decision'")
    assert row["outcome"] == "referral_withdrawn"


async def test_a_repeat_changes_nothing_and_tells_nothing(care: CarePackage, broker: Caller) -> None:
    await broker.provider("Abbey Care")
    records: list[Record] = [await care.accepted(), await care.decided()]
    told = await care.told()
    for record in [*records, *reversed(records)]:
        await care.handle(record)
    assert await care.told() == told


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("withdrawn", {"state": "withdrawn"}),
        ("declined", {"state": "declined"}),
        ("closed", {"state": "closed", "reason": "superseded"}),
        ("closed", {"state": "closed", "reason": "died"}),
    ],
)
async def test_a_stop_cancels_what_is_agreed(
    care: CarePackage, broker: Caller, event: str, fields: dict[str, str]
) -> None:
    await _agreed(care, broker)
    await care.referral(event, **fields)
    assert (await _state(care))[0] == "cancelled"
    assert (await care.told())[-1] == "package.cancelled"


async def test_a_death_ends_what_has_started_and_its_correction_does_not_bring_it_back(
    care: CarePackage, broker: Caller
) -> None:
    await _agreed(care, broker, is_started=True)
    died = {"patient_key": care.patient_key, "revision": 1, "died_at": NOW}
    await care.receive("discharge-hospital-activity", "patient.died", died)
    assert (await _state(care))[0] == "ended"
    corrected = {"patient_key": care.patient_key, "revision": 2}
    await care.receive("discharge-hospital-activity", "patient.death_corrected", corrected)
    assert (await _state(care))[0] == "ended"
    assert (await care.told())[-1] == "package.ended"


async def test_back_in_hospital_holds_care_and_ends_it_after_24_hours(care: CarePackage, broker: Caller) -> None:
    await _agreed(care, broker, is_started=True)
    await care.referral("stay_linked", stay=care.stay(1, discharged=False))
    await care.hospital("patient.discharged", care.stay(2, discharged=True))
    assert await _state(care) == ("started", [])
    later = care.stay(1, discharged=False, stay_id=uuid4(), admitted_days_ago=0)
    await care.hospital("patient.admitted", later)
    assert await _state(care) == ("started", ["in_hospital"])
    await care.pass_hours(23.9)
    assert (await _state(care))[0] == "started"
    await care.pass_hours(0.2)
    assert await _state(care) == ("ended", [])
    (reason,) = await care.rows("SELECT reason FROM package_lines")
    assert reason["reason"] == "in_hospital"


async def test_home_again_in_time_keeps_the_care(care: CarePackage, broker: Caller) -> None:
    await _agreed(care, broker, is_started=True)
    await care.referral("stay_linked", stay=care.stay(2, discharged=True))
    await care.hospital("discharge.cancelled", care.stay(3, discharged=False))
    assert await _state(care) == ("started", ["in_hospital"])
    await care.hospital("patient.discharged", care.stay(4, discharged=True))
    await care.pass_hours(48)
    assert await _state(care) == ("started", [])


async def test_after_a_hold_the_provider_confirms_again_or_the_line_passes_on(
    care: CarePackage, broker: Caller
) -> None:
    await _agreed(care, broker)
    await care.referral("readiness_changed", criteria_to_reside=["iv_fluids"], is_ready=False, assessed_at=NOW)
    await care.referral("readiness_changed", criteria_to_reside=[], is_ready=True, assessed_at=NOW)
    assert (await care.told())[-3:] == ["package.held", "package.resumed", "offer.sent"]
    await care.pass_hours(2)
    assert (await care.told())[-3:] == ["offer.expired", "package.reopened", "package.unfilled"]


async def test_a_newer_decision_is_followed_and_the_broker_asked(care: CarePackage, broker: Caller) -> None:
    await _agreed(care, broker)
    await care.decided(2, "home_care", visits=4)
    (package,) = (await broker.get("/api/v1/packages"))["items"]
    assert [ask["question"] for ask in package["asks"]] == ["decided_differently"]
    assert package["lines"][0]["visits_per_day"] == 2
    target = {"referral_id": care.referral_id, "patient_key": care.patient_key, "target_on": "2026-03-12"}
    await care.receive("discharge-triage", "case.target_set", target, version=9)
    (row,) = await care.rows("SELECT target_on FROM packages")
    assert row["target_on"].isoformat() == "2026-03-12"


async def test_a_message_without_a_version_is_a_dead_letter(care: CarePackage) -> None:
    payload = {"referral_id": care.referral_id, "patient_key": care.patient_key, "state": "withdrawn"}
    await care.receive("discharge-referrals", "referral.withdrawn", payload, version=None)
    (letter,) = await care.rows("SELECT error_code FROM dead_letters")
    assert letter["error_code"] == "aggregate_version_missing"


async def test_a_stay_of_another_key_of_the_person_holds_the_package_until_the_merge_is_taken_back(
    care: CarePackage, broker: Caller
) -> None:
    await _agreed(care, broker)
    await care.referral("stay_linked", stay=care.stay(1, discharged=True))
    referred, care.patient_key = care.patient_key, uuid4()
    back = care.stay(1, discharged=False, stay_id=uuid4(), admitted_days_ago=0)
    await care.hospital("patient.admitted", back)
    assert await _state(care) == ("agreed", [])
    both = {"patient_key": referred, "retired_key": care.patient_key}
    merged = both | {"revision": 1, "merged_at": NOW, "said_by": "staff"}
    await care.receive("discharge-hospital-activity", "patient.merged", merged)
    assert await _state(care) == ("agreed", ["in_hospital"])
    unmerged = both | {"revision": 2, "unmerged_at": NOW}
    await care.receive("discharge-hospital-activity", "patient.unmerged", unmerged)
    assert await _state(care) == ("agreed", [])
