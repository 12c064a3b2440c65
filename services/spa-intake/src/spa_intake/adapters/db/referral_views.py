"""Referrals as they are read: with their stay, the person's status and the progress in the other services."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from homeward_kit.database import Tx
from homeward_kit.values import LONDON
from spa_intake.domain.acceptance_rules import Candidate
from spa_intake.domain.codes import EMERGENCY_METHODS, Kind
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.person import Person
from spa_intake.domain.referral import Referral
from spa_intake.domain.scores import RiskInputs, with_stay
from spa_intake.domain.stay_history import Stay

from .referrals import facts_of


@dataclass(frozen=True)
class Progress:
    case_state: str | None
    is_paused: bool
    is_returned: bool
    pathway: int | None
    target_on: date | None
    package_state: str | None
    holds: tuple[str, ...]
    watch_state: str | None
    needs_new_referral: bool


@dataclass(frozen=True)
class StayView:
    stay_id: UUID
    hospital: str
    ward: str | None
    admitted_at: datetime
    admission_method: str | None
    discharged_at: datetime | None
    discharge_destination: str | None


@dataclass(frozen=True)
class ReferralView:
    referral_id: UUID
    patient_key: UUID
    kind: str
    source: str
    state: str
    version: int
    facts: ReferralFacts
    received_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    ended_reason: str | None
    redirected_to: str | None
    advice: tuple[str, ...]
    missing: tuple[str, ...]
    assignee: UUID | None
    changed_at: datetime
    nhs_number_status: str
    has_died: bool
    stay: StayView | None
    progress: Progress
    candidate: Candidate
    read_at: datetime


def risk_of(view: ReferralView) -> RiskInputs:
    """What the scores are computed from: what the referrer said, else what the hospital's messages say so far."""
    said = view.facts.risk or RiskInputs()
    if view.stay is None:
        return said
    until = view.stay.discharged_at or view.read_at
    days = (until.astimezone(LONDON).date() - view.stay.admitted_at.astimezone(LONDON).date()).days
    method = view.stay.admission_method
    return with_stay(said, max(days, 0), is_emergency=method in EMERGENCY_METHODS if method else None)


@dataclass(frozen=True)
class PageEnd:
    """The place of the last referral of a page, and which transactions that page has seen (a pg_snapshot)."""

    changed_at: datetime
    referral_id: UUID
    seen: str


@dataclass(frozen=True)
class Page:
    """What to list: None leaves a condition out. `after` is the end of the page before."""

    organisations: AbstractSet[str] | None = None
    kinds: Sequence[str] | None = None
    states: Sequence[str] | None = None
    hospital: str | None = None
    ward: str | None = None
    is_ready: bool | None = None
    updated_since: datetime | None = None
    after: PageEnd | None = None
    limit: int = 50


_NOTHING_YET = Progress(
    case_state=None,
    is_paused=False,
    is_returned=False,
    pathway=None,
    target_on=None,
    package_state=None,
    holds=(),
    watch_state=None,
    needs_new_referral=False,
)
_SELECT = """
SELECT r.referral_id, r.patient_key, r.kind, r.source, r.state, r.version, r.facts::text AS facts, r.received_at,
    r.accepted_at, r.ended_at, r.ended_reason, r.redirected_to, r.advice, r.missing, r.assignee, r.changed_at,
    person.nhs_number_status, person.died_at IS NOT NULL AS has_died, person.born_on, person.gp_practice,
    (person.phone IS NOT NULL OR person.postcode IS NOT NULL OR person.address_lines <> '{}') AS can_be_reached,
    EXISTS (SELECT FROM referral_contents c
            WHERE c.referral_id = r.referral_id AND c.content->'contacts' <> '[]') AS has_next_of_kin,
    s.stay_id, s.hospital, s.ward, s.admitted_at, s.admission_method, s.discharged_at, s.discharge_destination,
    p.case_state, coalesce(p.is_paused, false) AS is_paused, coalesce(p.is_returned, false) AS is_returned,
    p.pathway, p.target_on, p.package_state, coalesce(p.holds, '{}') AS holds, p.watch_state,
    coalesce(p.needs_new_referral, false) AS needs_new_referral
FROM referrals r
JOIN people person USING (patient_key)
LEFT JOIN stays s ON s.stay_id = r.stay_id
LEFT JOIN referral_progress p ON p.referral_id = r.referral_id
"""


async def get(tx: Tx, referral_id: UUID, organisations: AbstractSet[str] | None = None) -> ReferralView | None:
    """One referral, where it is one of these organisations' (None: of any)."""
    row = (
        await tx.execute(
            f"{_SELECT} WHERE r.referral_id = :id AND (CAST(:own AS text[]) IS NULL OR r.organisation = ANY(:own))",
            {"id": referral_id, "own": None if organisations is None else list(organisations)},
        )
    ).one_or_none()
    return _view(row, tx.now) if row else None


async def of_ids(
    tx: Tx, referral_ids: Sequence[UUID], organisations: AbstractSet[str] | None = None
) -> list[ReferralView]:
    """These referrals in the order they were received, where they are one of these organisations'."""
    rows = await tx.execute(
        f"{_SELECT} WHERE r.referral_id = ANY(:ids) AND (CAST(:own AS text[]) IS NULL OR r.organisation = ANY(:own))"
        " ORDER BY r.received_at, r.referral_id",
        {"ids": list(referral_ids), "own": None if organisations is None else list(organisations)},
    )
    return [_view(row, tx.now) for row in rows]


async def last_changed(tx: Tx, limit: int) -> list[ReferralView]:
    """The referrals that were worked on last, the newest change first."""
    order = "ORDER BY r.changed_at DESC, r.referral_id DESC LIMIT :limit"
    return [_view(row, tx.now) for row in await tx.execute(f"{_SELECT} {order}", {"limit": limit})]


def of_new(
    referral: Referral, person: Person, stay: Stay | None, received_at: datetime, *, has_next_of_kin: bool = False
) -> ReferralView:
    """A referral that has just been received, as `get` would give it."""
    return ReferralView(
        referral_id=referral.referral_id,
        patient_key=referral.patient_key,
        kind=referral.kind,
        source=referral.source,
        state=referral.state,
        version=referral.version,
        facts=referral.facts,
        received_at=referral.received_at,
        accepted_at=None,
        ended_at=None,
        ended_reason=None,
        redirected_to=None,
        advice=(),
        missing=(),
        assignee=None,
        changed_at=received_at,
        nhs_number_status=person.nhs_number_status,
        has_died=person.has_died,
        stay=_stay_of(stay) if stay else None,
        progress=_NOTHING_YET,
        candidate=Candidate(
            kind=referral.kind,
            facts=_placed(referral.facts, _stay_of(stay) if stay else None),
            born_on=person.born_on,
            gp_practice=person.gp_practice,
            can_be_reached=bool(person.phone or person.postcode or person.address_lines),
            has_next_of_kin=has_next_of_kin,
        ),
        read_at=received_at,
    )


# A change is dated when its transaction begins and seen when it ends: one that took longer than its neighbours would
# stand before a place that was read already. So a page also gives what lies shortly before that place and was made by
# a transaction that the page before had not seen. The row's xmin has 32 bits; it is widened by the newest number.
_LONGEST_TRANSACTION = timedelta(minutes=5)
_NUMBER = "CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)"
_MADE_BY = f"CAST(CAST({_NUMBER} - (({_NUMBER} - CAST(CAST(r.xmin AS text) AS bigint)) & 4294967295) AS text) AS xid8)"
_AFTER = f"""r.changed_at >= :after_floor AND ((r.changed_at, r.referral_id) > (:after_at, :after_id)
    OR NOT pg_visible_in_snapshot({_MADE_BY}, CAST(CAST(:after_seen AS text) AS pg_snapshot)))"""


async def page(tx: Tx, wanted: Page) -> tuple[list[ReferralView], PageEnd | None]:
    """Referrals in the order of their last change, oldest first, and where the page ends (None: it is empty).

    Read page by page with each one's end as the next one's `after`, no change is left out; one may come twice.
    """
    where, values = _conditions(wanted)
    select = _SELECT.replace("SELECT", "SELECT CAST(pg_current_snapshot() AS text) AS seen,", 1)
    rows = (await tx.execute(f"{select} WHERE {where} ORDER BY r.changed_at, r.referral_id LIMIT :limit", values)).all()
    end = PageEnd(rows[-1].changed_at, rows[-1].referral_id, rows[-1].seen) if rows else None
    return [_view(row, tx.now) for row in rows], end


def _conditions(wanted: Page) -> tuple[str, dict[str, Any]]:  # Any: bound values
    conditions = {
        "r.organisation = ANY(:organisations)": _listed(wanted.organisations),
        "r.kind = ANY(:kinds)": _listed(wanted.kinds),
        "r.state = ANY(:states)": _listed(wanted.states),
        "r.facts->>'hospital' = :hospital": wanted.hospital,
        "coalesce(CASE WHEN s.is_cancelled THEN NULL ELSE s.ward END, r.facts->>'ward') = :ward": wanted.ward,
        "(r.facts->'criteria_to_reside' = '[]') = :is_ready": wanted.is_ready,
        "r.changed_at >= :updated_since": wanted.updated_since,
    }
    used = {sql: value for sql, value in conditions.items() if value is not None}
    values: dict[str, Any] = {sql.rpartition(":")[2].rstrip(")"): value for sql, value in used.items()}
    values["limit"] = wanted.limit
    if wanted.after is None:
        return " AND ".join(used) or "true", values
    after = wanted.after
    values |= {
        "after_at": after.changed_at,
        "after_id": after.referral_id,
        "after_seen": after.seen,
        "after_floor": after.changed_at - _LONGEST_TRANSACTION,
    }
    return " AND ".join([*used, _AFTER]), values


def _listed(codes: Collection[str] | None) -> list[str] | None:
    return None if codes is None else list(codes)


def _view(row: Row[Any], read_at: datetime) -> ReferralView:  # Any: the row's columns
    facts = facts_of(row.facts)
    return ReferralView(
        referral_id=row.referral_id,
        patient_key=row.patient_key,
        kind=row.kind,
        source=row.source,
        state=row.state,
        version=row.version,
        facts=facts,
        received_at=row.received_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        ended_reason=row.ended_reason,
        redirected_to=row.redirected_to,
        advice=tuple(row.advice),
        missing=tuple(row.missing),
        assignee=row.assignee,
        changed_at=row.changed_at,
        nhs_number_status=row.nhs_number_status,
        has_died=row.has_died,
        stay=_stay(row) if row.stay_id else None,
        progress=_progress(row),
        candidate=Candidate(
            kind=Kind(row.kind),
            facts=_placed(facts, _stay(row) if row.stay_id else None),
            born_on=row.born_on,
            gp_practice=row.gp_practice,
            can_be_reached=row.can_be_reached,
            has_next_of_kin=row.has_next_of_kin,
        ),
        read_at=read_at,
    )


def _placed(facts: ReferralFacts, stay: StayView | None) -> ReferralFacts:
    """With the ward that the hospital's messages name, where the referral names none: nobody need be asked for it."""
    return facts if facts.ward or stay is None or not stay.ward else replace(facts, ward=stay.ward)


def _stay_of(stay: Stay) -> StayView:
    content = stay.content
    return StayView(
        stay_id=stay.stay_id,
        hospital=content.hospital,
        ward=content.ward,
        admitted_at=content.admitted_at,
        admission_method=content.admission_method,
        discharged_at=content.discharged_at,
        discharge_destination=content.discharge_destination,
    )


def _stay(row: Row[Any]) -> StayView:  # Any: the row's columns
    return StayView(
        stay_id=row.stay_id,
        hospital=row.hospital,
        ward=row.ward,
        admitted_at=row.admitted_at,
        admission_method=row.admission_method,
        discharged_at=row.discharged_at,
        discharge_destination=row.discharge_destination,
    )


def _progress(row: Row[Any]) -> Progress:  # Any: the row's columns
    return Progress(
        case_state=row.case_state,
        is_paused=row.is_paused,
        is_returned=row.is_returned,
        pathway=row.pathway,
        target_on=row.target_on,
        package_state=row.package_state,
        holds=tuple(row.holds),
        watch_state=row.watch_state,
        needs_new_referral=row.needs_new_referral,
    )
