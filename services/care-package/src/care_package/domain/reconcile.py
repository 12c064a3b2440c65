"""What should become of a referral's package, computed from the facts alone, never from the order they came in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from care_package.domain.facts import DecidedLine, Decision, Facts, Hold, LineSpec, Stop
from care_package.domain.ids import LineId
from care_package.domain.line import NOT_STARTED, SOUGHT, Line, LineState, Step
from care_package.domain.offer import OfferState
from care_package.domain.package import Change, EventKind, Package, PackageEvent, package_id
from care_package.domain.policy import Policy
from care_package.domain.steps import give_up

NEW_DECISION = "new_decision"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The package as it should be (None: there is none) and what is to be told."""

    package: Package | None
    events: tuple[PackageEvent, ...] = ()


def reconcile(facts: Facts, package: Package | None, now: datetime, policy: Policy) -> Outcome:
    """Bring the newest package of a referral in line with the facts; the same facts again change nothing.

    Offers are sent afterwards by `offering.send_offers`, which needs the providers.
    """
    if package is None or not package.is_live:
        return _open_if_decided(facts, package, now)
    change = Change(replace(package, target_on=facts.referral.target_on))
    _stop(change, facts.stop, now)
    _expire_offers(change, now)
    _follow(change, facts, now)
    _settle_holds(change, facts, now)
    _end_after_hospital_limit(change, now, policy.hospital_limit)
    return Outcome(change.package, tuple(change.events))


def why_not_opened(facts: Facts, package: Package | None) -> str | None:
    """The coded reason why the newest decision opens nothing, to be recorded; None if it does or did."""
    decision = facts.referral.decision
    if decision is None or (package is not None and decision.number <= package.decision):
        return None
    if facts.stop is not None:
        return facts.stop.value
    return None if decision.lines else "no_lines"


def hospital_deadline(package: Package | None, policy: Policy) -> datetime | None:
    """When care that has started ends because the person is still in hospital."""
    if package is None or package.in_hospital_since is None:
        return None
    is_running = any(line.state is LineState.STARTED for line in package.lines)
    return package.in_hospital_since + policy.hospital_limit if is_running else None


def _open_if_decided(facts: Facts, package: Package | None, now: datetime) -> Outcome:
    decision = facts.referral.decision
    is_followed = decision is None or (package is not None and decision.number <= package.decision)
    if decision is None or is_followed or not decision.lines or facts.stop is not None:
        return Outcome(package)
    opened = Package(
        package_id=package_id(facts.referral.referral_id, decision.number),
        referral_id=facts.referral.referral_id,
        patient_key=facts.referral.patient_key,
        kind=decision.kind,
        opened_decision=decision.number,
        decision=decision.number,
        pathway=decision.pathway,
        target_on=facts.referral.target_on,
        outward_postcode=decision.outward_postcode,
        age_band=decision.age_band,
        opened_at=now,
        lines=tuple(Line(decided.line_id, decided.spec, decided.spec) for decided in decision.lines),
    )
    holds = _holds(facts, opened)
    change = Change(replace(opened, holds=holds, in_hospital_since=now if Hold.IN_HOSPITAL in holds else None))
    change.tell(EventKind.PACKAGE_OPENED, [line.line_id for line in opened.lines])
    return Outcome(change.package, tuple(change.events))


def _stop(change: Change, stop: Stop | None, now: datetime) -> None:
    """Architecture §7, "What stops what": care not started is cancelled, care started ends or runs on."""
    if stop is None:
        return
    cancelled, ended = [], []
    for line in change.package.lines:
        if line.state in NOT_STARTED:
            without_offers = change.withdraw_offers(line, stop.value, now)
            cancelled.append(without_offers.takes(Step.CANCEL, stop.value))
        elif line.state is LineState.STARTED and stop.ends_started_care:
            ended.append(line.takes(Step.END, stop.value))
    _put_and_tell(change, EventKind.PACKAGE_CANCELLED, cancelled, stop.value)
    _put_and_tell(change, EventKind.PACKAGE_ENDED, ended, stop.value)


def _expire_offers(change: Change, now: datetime) -> None:
    for unanswered in change.package.lines:
        line = unanswered
        for offer in line.open_offers:
            if offer.respond_by > now:
                continue
            line = change.put_offer(line, offer.becomes(OfferState.EXPIRED, now, "no_answer"))
            if offer.is_reconfirmation:
                give_up(change, line, "not_confirmed_again")


def _follow(change: Change, facts: Facts, now: datetime) -> None:
    """Lines not yet agreed follow the newest decision at once; about the others the broker is asked.

    After a stop nothing new is brokered; what runs on knows the newest decision all the same, whichever came first.
    """
    package, decision = change.package, facts.referral.decision
    if decision is None or decision.number <= package.decision or not package.is_live:
        return
    has_moved = decision.outward_postcode != package.outward_postcode
    change.package = replace(
        package,
        decision=decision.number,
        pathway=decision.pathway,
        outward_postcode=decision.outward_postcode,
        age_band=decision.age_band,
    )
    wanted, added = _match(package, decision)
    brokered, cancelled = [], []
    for line in package.lines:
        if not line.is_open:
            continue
        spec = wanted.get(line.line_id)
        if line.state not in SOUGHT:
            change.put(replace(line, wanted=spec))
        elif spec is None:
            without_offers = change.withdraw_offers(line, NEW_DECISION, now)
            cancelled.append(replace(without_offers.takes(Step.CANCEL, NEW_DECISION), wanted=None))
        elif spec != line.spec or has_moved:
            without_offers = replace(change.withdraw_offers(line, NEW_DECISION, now), wanted=spec)
            brokered.append(without_offers.brokered_again(Step.FOLLOW, NEW_DECISION))
    if facts.stop is not None:
        added = []
    change.package = replace(change.package, lines=(*change.package.lines, *added))
    _put_and_tell(change, EventKind.PACKAGE_CANCELLED, cancelled, NEW_DECISION)
    _put_and_tell(change, EventKind.PACKAGE_REOPENED, [*brokered, *added], NEW_DECISION)


def _match(package: Package, decision: Decision) -> tuple[dict[LineId, LineSpec], list[Line]]:
    """Which open line each decided line means (the same service, the same id first), and the new lines."""
    free = [line for line in package.lines if line.is_open]
    wanted: dict[LineId, LineSpec] = {}
    unmatched = []
    by_id_first = sorted(decision.lines, key=lambda decided: all(line.line_id != decided.line_id for line in free))
    for decided in by_id_first:
        line = _counterpart(free, decided)
        if line is None:
            unmatched.append(decided)
            continue
        free.remove(line)
        wanted[line.line_id] = decided.spec
    taken = {line.line_id for line in package.lines}
    added = []
    for decided in unmatched:
        line_id = decided.line_id
        if line_id in taken:  # an id of a line that is over names no second one
            line_id = LineId(uuid5(UUID(str(package.package_id)), f"{decision.number}/{decided.line_id}"))
        added.append(Line(line_id, decided.spec, decided.spec))
    return wanted, added


def _counterpart(free: Sequence[Line], decided: DecidedLine) -> Line | None:
    same_service = [line for line in free if line.spec.service == decided.spec.service]
    by_id = [line for line in same_service if line.line_id == decided.line_id]
    return next(iter([*by_id, *same_service]), None)


def _holds(facts: Facts, package: Package) -> frozenset[Hold]:
    """Readiness lost holds what has not started; a return to hospital holds everything (architecture §7)."""
    states = {line.state for line in package.lines if line.is_open}
    holds = set()
    if not facts.referral.is_ready and states & NOT_STARTED:
        holds.add(Hold.NOT_READY)
    if facts.is_back_in_hospital and states:
        holds.add(Hold.IN_HOSPITAL)
    return frozenset(holds)


def _settle_holds(change: Change, facts: Facts, now: datetime) -> None:
    package = change.package
    holds = _holds(facts, package)
    if holds == package.holds:
        return
    since = (package.in_hospital_since or now) if Hold.IN_HOSPITAL in holds else None
    change.package = replace(package, holds=holds, in_hospital_since=since)
    if holds:
        _hold(change, holds, now)
    else:
        _resume(change)


def _hold(change: Change, holds: frozenset[Hold], now: datetime) -> None:
    held = [
        line
        for line in change.package.lines
        if line.state in NOT_STARTED or (line.state is LineState.STARTED and Hold.IN_HOSPITAL in holds)
    ]
    for line in held:
        without_offers = change.withdraw_offers(line, "held", now)
        if line.state is LineState.AGREED:
            change.put(replace(without_offers, is_confirmed=False))
    change.tell(EventKind.PACKAGE_HELD, [line.line_id for line in held])


def _resume(change: Change) -> None:
    resumed = [line for line in change.package.lines if line.is_open]
    for line in resumed:
        if line.state is LineState.UNFILLED:
            change.put(line.takes(Step.RESUME, "hold_over"))
    change.tell(EventKind.PACKAGE_RESUMED, [line.line_id for line in resumed])


def _end_after_hospital_limit(change: Change, now: datetime, limit: timedelta) -> None:
    since = change.package.in_hospital_since
    if since is None or now < since + limit:
        return
    reason = "in_hospital"
    ended = [line.takes(Step.END, reason) for line in change.package.lines if line.state is LineState.STARTED]
    _put_and_tell(change, EventKind.PACKAGE_ENDED, ended, reason)


def _put_and_tell(change: Change, kind: EventKind, lines: Sequence[Line], reason: str) -> None:
    if not lines:
        return
    change.put(*lines)
    change.tell(kind, [line.line_id for line in lines], reason)
