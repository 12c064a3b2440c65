from typing import Any
from uuid import UUID, uuid4

from intake_builders import movement_in, referral_in
from intake_database import Intake

from spa_intake.adapters.db import referral_views
from spa_intake.adapters.db.referral_views import ReferralView
from spa_intake.adapters.events import consumed
from spa_intake.domain.codes import CloseReason, Trigger
from spa_intake.domain.referral import Referral, ReferralState

S = ReferralState


async def accepted(intake: Intake) -> Referral:
    """An accepted referral of somebody who has been discharged since."""
    referral = await intake.receive(referral_in(visit_number="V1"))
    await intake.move(movement_in(Trigger.ADMIT, -50, visit_number="V1"))
    await intake.move(movement_in(Trigger.DISCHARGE, -1, visit_number="V1"))
    return await intake.accept(referral)


def case(referral: Referral, **fields: Any) -> dict[str, Any]:  # Any: fields of any event
    return {
        "referral_id": referral.referral_id,
        "patient_key": referral.patient_key,
        "state": "open",
        "is_paused": False,
        "is_returned": False,
    } | fields


def watch(referral: Referral, state: str, watch_id: UUID) -> dict[str, Any]:  # Any: as above
    return {
        "watch_id": watch_id,
        "stay_id": referral.stay_id,
        "referral_id": referral.referral_id,
        "patient_key": referral.patient_key,
        "state": state,
    }


async def seen(intake: Intake, referral: Referral) -> ReferralView:
    view = await intake.run(lambda tx: referral_views.get(tx, referral.referral_id))
    assert view is not None
    return view


async def test_the_ward_sees_how_the_journey_goes(intake: Intake) -> None:
    referral = await accepted(intake)
    await intake.hear(consumed.CaseOpened(**case(referral), target_on=None), 1)
    decided = case(referral, state="decided")
    await intake.hear(consumed.PathwayDecided(**decided, pathway=1, target_on="2026-11-09"), 3)
    await intake.hear(consumed.CasePaused(**case(referral, state="open", is_paused=True)), 2)
    package = {"package_id": uuid4(), "referral_id": referral.referral_id, "state": "agreed", "holds": ["not_ready"]}
    await intake.hear(consumed.PackageAgreed(**package), 4)
    await intake.hear(consumed.WatchStarted(**watch(referral, "open", uuid4())), 1)
    progress = (await seen(intake, referral)).progress
    assert (progress.case_state, progress.pathway, str(progress.target_on)) == ("decided", 1, "2026-11-09")
    assert (progress.package_state, progress.holds, progress.watch_state) == ("agreed", ("not_ready",), "open")
    assert not progress.is_paused


async def test_a_returned_case_asks_the_ward(intake: Intake) -> None:
    referral = await accepted(intake)
    returned = case(referral, is_returned=True)
    await intake.hear(consumed.CaseReturned(**returned, missing=["mobility"], asked_by="spa_intake"), 2)
    assert (await intake.read(referral)).state is S.ACCEPTED
    await intake.hear(consumed.CaseReturned(**returned, missing=["mobility"], asked_by="mdt"), 3)
    queried = await intake.read(referral)
    assert (queried.state, queried.queried_from, queried.missing) == (S.QUERIED, S.ACCEPTED, ("mobility",))


async def test_a_return_that_comes_too_late_changes_nothing(intake: Intake) -> None:
    referral = await accepted(intake)
    await intake.hear(consumed.CaseClosed(**case(referral), reason="not_suitable"), 2)
    late = consumed.CaseReturned(**case(referral), missing=["mobility"], asked_by="mdt")
    await intake.hear(late, 1)
    closed = await intake.read(referral)
    assert (closed.state, closed.ended_reason) == (S.CLOSED, CloseReason.NOT_SUITABLE)


async def test_a_case_closed_otherwise_does_not_close_the_referral(intake: Intake) -> None:
    referral = await accepted(intake)
    await intake.hear(consumed.CaseClosed(**case(referral), reason="withdrawn"), 2)
    assert (await intake.read(referral)).state is S.ACCEPTED


async def test_a_completed_watch_closes_the_referral(intake: Intake) -> None:
    referral = await accepted(intake)
    await intake.hear(consumed.WatchCompleted(**watch(referral, "completed", uuid4())))
    assert (await intake.read(referral)).ended_reason == CloseReason.WATCH_COMPLETED


async def test_a_readmission_closes_the_referral_a_day_later(intake: Intake) -> None:
    referral = await accepted(intake)
    await intake.hear(consumed.ReadmissionDetected(**watch(referral, "readmitted", uuid4())))
    assert (await intake.read(referral)).state is S.ACCEPTED
    assert await intake.fire_timers() == 1
    assert (await intake.read(referral)).ended_reason == CloseReason.READMITTED


async def test_a_readmission_retracted_in_time_closes_nothing(intake: Intake) -> None:
    referral, watch_id = await accepted(intake), uuid4()
    await intake.hear(consumed.ReadmissionDetected(**watch(referral, "readmitted", watch_id)))
    await intake.hear(consumed.ReadmissionRetracted(**watch(referral, "open", watch_id)), 2)
    assert await intake.fire_timers() == 0
    assert (await intake.read(referral)).state is S.ACCEPTED


async def test_a_readmission_retracted_later_asks_for_a_new_referral(intake: Intake) -> None:
    referral, watch_id = await accepted(intake), uuid4()
    await intake.hear(consumed.ReadmissionDetected(**watch(referral, "readmitted", watch_id)))
    await intake.fire_timers()
    await intake.hear(consumed.ReadmissionRetracted(**watch(referral, "open", watch_id)), 2)
    view = await seen(intake, referral)
    assert (view.state, view.progress.needs_new_referral) == (S.CLOSED, True)


async def test_an_event_about_a_referral_not_known_here_is_kept_for_later(intake: Intake) -> None:
    referral = await accepted(intake)
    stranger = case(referral, referral_id=uuid4())
    await intake.hear(consumed.CaseOpened(**stranger, target_on=None))
    await intake.hear(consumed.CaseClosed(**stranger, reason="not_suitable"), 2)
    assert await intake.count("referral_progress") == 1
