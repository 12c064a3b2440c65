"""What must hold wherever everything is delivered: architecture.md, section 7, read from intake's own books."""

from collections import Counter
from uuid import UUID

from care_package.domain import steps
from care_package.domain.facts import Hold
from care_package.domain.ids import ReferralId
from care_package.domain.line import NOT_STARTED, Line, LineState
from care_package.domain.package import Package
from readmission_monitor.adapters.events.published import ReadmissionDetected, ReadmissionRetracted
from readmission_monitor.domain.readmission import find_readmission
from readmission_monitor.domain.stay import Stay as MonitoredStay
from readmission_monitor.domain.stay import StayId
from readmission_monitor.domain.watch import WatchState
from spa_intake.adapters.events import telling
from spa_intake.adapters.events.published import StayEvent
from spa_intake.domain.codes import DIED, CloseReason
from spa_intake.domain.referral import Referral, ReferralState
from spa_intake.domain.stay_history import Stay
from triage.domain.case import CaseState
from triage.domain.reconcile import case_id_of

from .bus import Bus
from .world import World

ENDS_CARE = {ReferralState.WITHDRAWN, ReferralState.DECLINED}


def check(world: World) -> None:
    for referral in world.intake.referrals.values():
        check_case(world, referral)
        check_packages(world, referral)
        check_closing(world, referral)
    assert set(world.triage.cases) <= set(world.intake.referrals)
    assert set(world.packages.packages) <= set(world.intake.referrals)
    check_watches(world)
    check_readmissions(world)
    check_detections(world)


def ends_started_care(referral: Referral) -> bool:
    return referral.state in ENDS_CARE or referral.ended_reason == CloseReason.DIED


def check_case(world: World, referral: Referral) -> None:
    """One case per accepted referral; closed with it; each mark as its cause stands."""
    assert not (world.intake.people[referral.patient_key].has_died and referral.is_live), (
        "a live referral of somebody who died"
    )
    case = world.triage.cases.get(referral.referral_id)
    assert (case is not None) is referral.was_accepted, "one case for each accepted referral, none for another"
    if case is None:
        return
    assert case.case_id == case_id_of(referral.referral_id)
    assert (case.state is CaseState.CLOSED) is not referral.is_live, "a case and its referral end together"
    if referral.is_live:
        assert case.is_paused is not referral.facts.is_ready
        assert case.is_returned is (referral.state is ReferralState.QUERIED)


def check_packages(world: World, referral: Referral) -> None:
    packages = world.packages.packages.get(ReferralId(referral.referral_id), ())
    live = [package for package in packages if package.is_live]
    assert len(live) <= 1, "one live package per referral"
    assert live in ([], [*packages[-1:]]), "only the newest package is live"
    assert referral.was_accepted or not packages
    case = world.triage.cases.get(referral.referral_id)
    decisions = [decision for decision in (case.decisions if case else ()) if decision.lines]
    if referral.is_live and decisions and case is not None and decisions[-1] is case.decisions[-1]:
        assert packages, "a decision with lines opens a package"
        assert packages[-1].decision == decisions[-1].number, "the package follows the newest decision"
    for package in live:
        check_lines(world, referral, package)


def check_lines(world: World, referral: Referral, package: Package) -> None:
    states = {line.state for line in package.lines if line.is_open}
    if not referral.is_live:
        allowed = set() if ends_started_care(referral) else {LineState.STARTED}
        assert states <= allowed, "live work for a stopped referral"
    holds = set()
    if not referral.facts.is_ready and states & NOT_STARTED:
        holds.add(Hold.NOT_READY)
    if is_back_in_hospital(world, referral):
        holds.add(Hold.IN_HOSPITAL)
    assert package.holds == holds, "the holds are those of the facts"
    for line in package.lines:
        check_line(package, line)


def check_line(package: Package, line: Line) -> None:
    """At most one agreed and one open offer, none while held; whoever waits can be helped on."""
    assert len(line.open_offers) <= 1
    assert not (line.open_offers and (package.is_held or not line.is_open))
    assert (line.agreed_offer is not None) or line.state not in {LineState.AGREED, LineState.STARTED}
    if not line.is_open or package.is_held:
        return
    assert not line.needs_offer, "nobody is asked"
    if line.state is LineState.UNFILLED:
        assert steps.resume_line(package, line.line_id).package.line(line.line_id).needs_offer


def is_back_in_hospital(world: World, referral: Referral) -> bool:
    """The linked stay reopened, or a later stay open after its discharge."""
    stays = {stay.stay_id: stay for stay in world.intake.stays_of(referral.patient_key)}
    linked = stays.get(referral.stay_id) if referral.stay_id else None
    if linked is None or linked.content.is_cancelled:
        return False
    left_at = linked.content.discharged_at
    if left_at is None:
        return linked.stay_id in ever_discharged(world.bus)
    return any(stay.content.is_open and stay.content.admitted_at >= left_at for stay in stays.values())


def ever_discharged(bus: Bus) -> set[UUID]:
    """By what was published."""
    told = (event.stay for event in bus.told if isinstance(event, StayEvent))
    return {stay.stay_id for stay in told if stay.discharged_at is not None}


def check_closing(world: World, referral: Referral) -> None:
    """What the thirty days end, ends: at once, or a day after a readmission by a timer."""
    if not (referral.is_live and referral.was_accepted and referral.stay_id):
        return
    watch = world.monitor.live.get(StayId(referral.stay_id))
    state = watch.state if watch else None
    assert state is not WatchState.COMPLETED, "thirty days are over and the referral lives on"
    is_closing = referral.referral_id in world.intake.closing
    assert is_closing is (state is WatchState.READMITTED), "a readmission closes the referral a day later"


def check_watches(world: World) -> None:
    """One watch for each live discharge of an accepted referral not withdrawn before it."""
    expected = {
        stay.stay_id
        for stay in world.intake.stays
        for referral in world.intake.referrals.values()
        if referral.stay_id == stay.stay_id and referral.was_accepted and is_watched(stay, referral)
    }
    assert set(world.monitor.live) == expected, "one watch per live discharge of an accepted referral"


def check_readmissions(world: World) -> None:
    """Pairs are of one person, under whichever of their keys each stay was filed."""
    for key, watch in world.monitor.live.items():
        (index,) = [stay for stay in world.intake.stays if stay.stay_id == key]
        theirs = [_as_monitored(stay) for stay in world.intake.stays_of(index.patient_key)]
        found = find_readmission(_as_monitored(index), theirs, window_days=30)
        assert watch.readmission == found, "the readmission is the person's next emergency admission"


def _as_monitored(stay: Stay) -> MonitoredStay:
    told = telling.stay_facts(stay).model_dump(exclude={"hospital", "ward"})
    return MonitoredStay(**told)


def is_watched(stay: Stay, referral: Referral) -> bool:
    content = stay.content
    if content.is_cancelled or content.discharge_method == DIED or content.discharged_at is None:
        return False
    is_withdrawn = referral.state is ReferralState.WITHDRAWN and referral.ended_at is not None
    return not (is_withdrawn and referral.ended_at is not None and referral.ended_at < content.discharged_at)


def check_detections(world: World) -> None:
    """Detected less retracted: one for each watch now readmitted; no admission counts twice."""
    standing: Counter[tuple[UUID, UUID]] = Counter()
    for event in world.bus.told:
        if isinstance(event, ReadmissionDetected):
            standing[event.stay_id, event.readmission_stay_id] += 1
        elif isinstance(event, ReadmissionRetracted):
            standing[event.stay_id, event.readmission_stay_id] -= 1
    found = {pair for pair, number in standing.items() if number}
    assert all(standing[pair] == 1 for pair in found), "one standing detection per readmission"
    assert found == {(key, watch.readmission.stay_id) for key, watch in world.monitor.live.items() if watch.readmission}
    assert len({readmission for _, readmission in found}) == len(found), "an admission counts once"
