"""The row of one journey, computed from all facts known of its person; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from homeward_kit.values import LONDON

from .projected import Coded, FactKind
from .states import Case, Hold, Mark, Package, Place, Referral, Stage, States, Stay, WaitingFor, Watch, place

LIVE = frozenset({Referral.RECEIVED, Referral.QUERIED, Referral.ACCEPTED})
ABOUT_A_STAY = "hospital_discharge"
DUE_AT_TARGET = frozenset({Stage.TO_CHECK, Stage.WITH_WARD, Stage.IN_TRIAGE, Stage.FINDING_CARE, Stage.ARRANGED})


@dataclass(frozen=True)
class Known:
    """A stored fact."""

    kind: FactKind
    id: UUID
    referral_id: UUID | None
    data: Coded


@dataclass(frozen=True)
class Journey:
    """A row of the worklist: coded facts only, the person is known by their key."""

    referral_id: UUID
    patient_key: UUID
    kind: str
    referral_state: str
    stage: str
    waiting_for: str
    pathway: int | None
    hospital: str
    ward: str | None
    assignee: UUID | None
    is_ready: bool
    criteria_assessed_at: datetime | None
    target_on: date | None
    due_on: date | None
    due_at: datetime | None  # where a response is awaited to the hour
    answer_by: datetime | None
    received_at: datetime
    left_at: datetime | None
    flags: tuple[str, ...]


def journeys(patient_key: UUID, facts: Sequence[Known]) -> list[Journey]:
    """Every journey of a person; a referral whose `received` has not come yet has no row."""
    return [_journey(patient_key, referral, facts) for referral in _received(facts)]


def places(facts: Sequence[Known]) -> dict[UUID, Place]:
    """Where every journey of a person stands."""
    return {referral.id: place(_states(referral, facts)) for referral in _received(facts)}


def _received(facts: Sequence[Known]) -> list[Known]:
    return [fact for fact in facts if fact.kind is FactKind.REFERRAL and "received_at" in fact.data]


def _journey(patient_key: UUID, referral: Known, facts: Sequence[Known]) -> Journey:
    case = _newest(FactKind.CASE, referral, facts)
    stay = _linked_stay(referral, facts)
    states = _states(referral, facts)
    where = place(states)
    target_on = _date(case.get("target_on")) or _date(referral.data.get("expected_discharge_on"))
    due_on = _due_on(where, target_on, referral, facts)
    return Journey(
        referral_id=referral.id,
        patient_key=patient_key,
        kind=referral.data["kind"],
        referral_state=referral.data["state"],
        stage=where.stage,
        waiting_for=where.waiting_for,
        pathway=case.get("pathway"),
        hospital=stay.get("hospital") or referral.data["hospital"],
        ward=stay.get("ward") or referral.data["ward"],
        assignee=_uuid(referral.data.get("assignee")),
        is_ready=bool(referral.data["is_ready"]),
        criteria_assessed_at=_time(referral.data.get("criteria_assessed_at")),
        target_on=target_on,
        due_on=due_on,
        due_at=_due_at(case, due_on),
        answer_by=_answer_by(referral, facts),
        received_at=datetime.fromisoformat(referral.data["received_at"]),
        left_at=_time(stay.get("discharged_at")),
        flags=_flags(referral, states, facts),
    )


def _states(referral: Known, facts: Sequence[Known]) -> States:
    case = _newest(FactKind.CASE, referral, facts)
    package = _newest(FactKind.PACKAGE, referral, facts)
    return States(
        referral=Referral(referral.data["state"]),
        case=Case(case.get("state", Case.NONE)),
        mark=_mark(case),
        package=_package(case, package),
        hold=_hold(package),
        stay=_stay(_linked_stay(referral, facts), facts) if _is_about_a_stay(referral) else Stay.NOT_ABOUT_ONE,
        watch=Watch(_watch(referral, facts).get("state", Watch.NONE)),
    )


def _mark(case: Coded) -> Mark:
    if case.get("is_returned"):
        return Mark.RETURNED
    return Mark.PAUSED if case.get("is_paused") else Mark.NONE


def _package(case: Coded, package: Coded) -> Package:
    if package:
        return Package(package["state"])
    return Package.NOT_NEEDED if case.get("lines") == [] else Package.NONE


def _hold(package: Coded) -> Hold:
    holds = package.get("holds", [])
    return next((hold for hold in (Hold.IN_HOSPITAL, Hold.NOT_READY) if hold in holds), Hold.NONE)


def _is_about_a_stay(referral: Known) -> bool:
    return bool(referral.data["kind"] == ABOUT_A_STAY)


def _stay(linked: Coded, facts: Sequence[Known]) -> Stay:
    if not linked or linked["is_cancelled"]:
        return Stay.NONE
    left_at = _time(linked["discharged_at"])
    if left_at is None:
        return Stay.IN_HOSPITAL
    return (
        Stay.BACK
        if any(_is_open_since(fact.data, left_at) for fact in facts if fact.kind is FactKind.STAY)
        else Stay.LEFT
    )


def _is_open_since(stay: Coded, left_at: datetime) -> bool:
    return (
        not stay["is_cancelled"]
        and stay["discharged_at"] is None
        and datetime.fromisoformat(stay["admitted_at"]) >= left_at
    )


def _linked_stay(referral: Known, facts: Sequence[Known]) -> Coded:
    stay_id = _uuid(referral.data.get("stay_id"))
    return next((fact.data for fact in facts if fact.kind is FactKind.STAY and fact.id == stay_id), {})


def _watch(referral: Known, facts: Sequence[Known]) -> Coded:
    """The watch of the last discharge that still stands; a void one only when there is no other."""
    watches = [fact.data for fact in _of(FactKind.WATCH, referral, facts) if "discharged_at" in fact.data]
    return max(watches, key=lambda watch: (watch["state"] != Watch.VOID, watch["discharged_at"]), default={})


def _newest(kind: FactKind, referral: Known, facts: Sequence[Known]) -> Coded:
    """A referral has one case; of its packages the one of the newest decision counts."""
    return max((fact.data for fact in _of(kind, referral, facts)), key=lambda data: data.get("decision", 0), default={})


def _of(kind: FactKind, referral: Known, facts: Sequence[Known]) -> list[Known]:
    return [fact for fact in facts if fact.kind is kind and fact.referral_id == referral.id]


def _due_on(where: Place, target_on: date | None, referral: Known, facts: Sequence[Known]) -> date | None:
    """The day the list counts down to: target date, last of the thirty days, or the day of a readmission to review."""
    if where.stage in DUE_AT_TARGET or where.waiting_for is WaitingFor.RETURN_HOME:
        return target_on
    watch = _watch(referral, facts)
    if where.waiting_for is WaitingFor.READMISSION_REVIEW:
        return _london_day(watch.get("admitted_at"))
    last = _london_day(watch.get("window_ends_at"))
    return last - timedelta(days=1) if where.stage is Stage.AT_HOME and last else None


def _due_at(case: Coded, due_on: date | None) -> datetime | None:
    """A response is given by the first assessment or decision; afterwards only the day counts."""
    is_awaited = case.get("state") == Case.OPEN and due_on is not None and due_on == _london_day(case.get("respond_by"))
    return _time(case.get("respond_by")) if is_awaited else None


def _london_day(text: str | None) -> date | None:
    moment = _time(text)
    return moment.astimezone(LONDON).date() if moment else None


def _answer_by(referral: Known, facts: Sequence[Known]) -> datetime | None:
    offers = (fact.data for fact in _of(FactKind.OFFER, referral, facts))
    return min(
        (datetime.fromisoformat(offer["respond_by"]) for offer in offers if offer.get("state") == "sent"), default=None
    )


def _flags(referral: Known, states: States, facts: Sequence[Known]) -> tuple[str, ...]:
    is_live = states.referral in LIVE
    is_settled = states.package is Package.STARTED
    flags: Mapping[str, Any] = {  # Any: truth values of several types
        "died": any(fact.data.get("died_at") for fact in facts if fact.kind is FactKind.PERSON),
        "back_in_hospital": states.watch is Watch.READMITTED
        or states.stay is Stay.BACK
        or states.hold is Hold.IN_HOSPITAL,
        "not_ready": is_live and not is_settled and states.stay is not Stay.LEFT and not referral.data["is_ready"],
        "returned": is_live and states.mark is Mark.RETURNED,
        "unfilled": is_live and states.package is Package.UNFILLED,
        "safeguarding": referral.data["safeguarding_concern"],
    }
    return tuple(name for name, holds in flags.items() if holds)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None
