"""From messages to watches, on a real database."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from monitor_service import NOW, Monitor, stay

REFERRALS = "discharge-referrals"
ACTIVITY = "discharge-hospital-activity"


async def accept(monitor: Monitor, referral_id: UUID) -> None:
    accepted = {
        "referral_id": referral_id,
        "kind": "hospital_discharge",
        "accepted_at": NOW - timedelta(days=2),
        "stay_id": None,
    }
    await monitor.receive(REFERRALS, "referral.accepted", accepted, version=3)


async def link(monitor: Monitor, referral_id: UUID, to: dict[str, Any]) -> None:
    await monitor.receive(REFERRALS, "referral.stay_linked", {"referral_id": referral_id, "stay": to}, version=2)


async def discharged(monitor: Monitor) -> UUID:
    """A person with an accepted referral goes home; returns the stay."""
    stay_id, referral_id = uuid4(), uuid4()
    await link(monitor, referral_id, stay(stay_id, discharged=None))
    await accept(monitor, referral_id)
    await monitor.receive(ACTIVITY, "patient.discharged", {"stay": stay(stay_id, revision=2)})
    return stay_id


async def test_a_discharge_starts_a_watch_with_a_timer(monitor: Monitor) -> None:
    stay_id = await discharged(monitor)
    [watch] = await monitor.rows("SELECT * FROM watches")
    assert (watch["state"], watch["stay_id"], watch["version"]) == ("open", stay_id, 1)
    [timer] = await monitor.rows("SELECT * FROM timers")
    assert timer["due_at"] == watch["window_ends_at"]
    assert await monitor.told() == [("watch.started.v1", 1)]
    [audited] = await monitor.rows("SELECT action, outcome, patient_key FROM audit_log")
    assert audited == {"action": "keep_watch", "outcome": "open", "patient_key": monitor.patient_key}


async def test_the_topics_in_the_other_order_leave_the_same_watch(monitor: Monitor) -> None:
    stay_id, referral_id = uuid4(), uuid4()
    await monitor.receive(ACTIVITY, "patient.discharged", {"stay": stay(stay_id, revision=2)})
    await accept(monitor, referral_id)
    await link(monitor, referral_id, stay(stay_id, discharged=None))
    assert await monitor.told() == [("watch.started.v1", 1)]


async def test_a_readmission_is_detected_once_however_often_it_is_told(monitor: Monitor) -> None:
    await discharged(monitor)
    admitted = {"stay": stay(uuid4(), admitted=4, discharged=None)}
    record = await monitor.receive(ACTIVITY, "patient.admitted", admitted)
    await monitor.handle(record)
    await monitor.receive(ACTIVITY, "stay.corrected", admitted)
    assert await monitor.told() == [("watch.started.v1", 1), ("readmission.detected.v1", 2)]
    assert await monitor.rows("SELECT * FROM timers") == []
    await monitor.pass_days(31)
    [watch] = await monitor.rows("SELECT state, days_since_discharge FROM watches")
    assert watch == {"state": "readmitted", "days_since_discharge": 4}


async def test_a_cancelled_readmission_after_day_30_completes_the_watch(monitor: Monitor) -> None:
    await discharged(monitor)
    readmission = stay(uuid4(), admitted=4, discharged=None)
    await monitor.receive(ACTIVITY, "patient.admitted", {"stay": readmission})
    await monitor.pass_days(40)
    await monitor.receive(
        ACTIVITY, "admission.cancelled", {"stay": readmission | {"revision": 2, "is_cancelled": True}}
    )
    assert await monitor.told() == [
        ("watch.started.v1", 1),
        ("readmission.detected.v1", 2),
        ("readmission.retracted.v1", 3),
        ("watch.completed.v1", 4),
    ]


async def test_day_30_completes_the_watch(monitor: Monitor) -> None:
    await discharged(monitor)
    await monitor.pass_days(29)
    assert await monitor.told() == [("watch.started.v1", 1)]
    await monitor.pass_days(1)
    assert await monitor.told() == [("watch.started.v1", 1), ("watch.completed.v1", 2)]


async def test_a_cancelled_discharge_voids_the_watch_until_it_is_made_again(monitor: Monitor) -> None:
    stay_id = await discharged(monitor)
    await monitor.receive(ACTIVITY, "discharge.cancelled", {"stay": stay(stay_id, revision=3, discharged=None)})
    assert await monitor.rows("SELECT state, void_reason FROM watches") == [
        {"state": "void", "void_reason": "discharge_cancelled"}
    ]
    assert await monitor.rows("SELECT * FROM timers") == []
    await monitor.receive(ACTIVITY, "patient.discharged", {"stay": stay(stay_id, revision=4)})
    assert [event for event, _ in await monitor.told()] == ["watch.started.v1", "watch.voided.v1", "watch.started.v1"]


async def test_a_death_ends_the_watch_and_its_correction_opens_it(monitor: Monitor) -> None:
    await discharged(monitor)
    await monitor.receive(ACTIVITY, "patient.died", {"revision": 1, "died_at": NOW + timedelta(days=1)})
    await monitor.receive(ACTIVITY, "patient.death_corrected", {"revision": 2})
    assert [event for event, _ in await monitor.told()] == ["watch.started.v1", "watch.ended.v1", "watch.started.v1"]
    assert len(await monitor.rows("SELECT * FROM timers")) == 1


async def test_a_message_without_a_person_is_a_dead_letter(monitor: Monitor) -> None:
    monitor.patient_key = "nobody"
    await monitor.receive(ACTIVITY, "patient.died", {"revision": 1, "died_at": NOW})
    assert await monitor.rows("SELECT error_code FROM dead_letters") == [{"error_code": "key_is_no_patient"}]


async def test_a_merge_counts_the_other_key_s_admission_and_its_undoing_retracts_it(monitor: Monitor) -> None:
    """The admission, the merge and its undoing are told under the other key, and one of them twice."""
    await discharged(monitor)
    watched, monitor.patient_key = monitor.patient_key, uuid4()
    await monitor.receive(ACTIVITY, "patient.admitted", {"stay": stay(uuid4(), admitted=4, discharged=None)})
    assert await monitor.told() == [("watch.started.v1", 1)]
    both = {"retired_key": watched, "merged_at": NOW, "said_by": "hospital"}
    await monitor.receive(ACTIVITY, "patient.merged", both | {"revision": 1})
    apart = {"retired_key": watched, "unmerged_at": NOW, "revision": 2}
    await monitor.receive(ACTIVITY, "patient.unmerged", apart)
    await monitor.receive(ACTIVITY, "patient.merged", both | {"revision": 1})
    assert await monitor.told() == [
        ("watch.started.v1", 1),
        ("readmission.detected.v1", 2),
        ("readmission.retracted.v1", 3),
    ]
    [watch] = await monitor.rows("SELECT state, patient_key FROM watches")
    assert watch == {"state": "open", "patient_key": watched}


async def test_a_death_under_the_other_key_ends_the_watch(monitor: Monitor) -> None:
    await discharged(monitor)
    watched, monitor.patient_key = monitor.patient_key, uuid4()
    both = {"retired_key": watched, "merged_at": NOW, "said_by": "staff", "revision": 1}
    await monitor.receive(ACTIVITY, "patient.merged", both)
    await monitor.receive(ACTIVITY, "patient.died", {"revision": 1, "died_at": NOW + timedelta(days=1)})
    assert [watch["state"] for watch in await monitor.rows("SELECT state FROM watches")] == ["died"]
