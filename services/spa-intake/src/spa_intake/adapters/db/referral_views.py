"""Referrals as they are read: with their stay, the person's status and the progress in the other services."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from homeward_kit.database import Tx
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.person import Person
from spa_intake.domain.referral import Referral
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
    missing: tuple[str, ...]
    assignee: UUID | None
    changed_at: datetime
    nhs_number_status: str
    has_died: bool
    stay: StayView | None
    progress: Progress


@dataclass(frozen=True)
class Page:
    """What to list: None leaves a condition out. `after` is the place of the last one seen."""

    organisations: AbstractSet[str] | None = None
    states: Sequence[str] | None = None
    updated_since: datetime | None = None
    after: tuple[datetime, UUID] | None = None
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
    r.accepted_at, r.ended_at, r.ended_reason, r.redirected_to, r.missing, r.assignee, r.changed_at,
    person.nhs_number_status, person.died_at IS NOT NULL AS has_died,
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
    return _view(row) if row else None


def of_new(referral: Referral, person: Person, stay: Stay | None, received_at: datetime) -> ReferralView:
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
        missing=(),
        assignee=None,
        changed_at=received_at,
        nhs_number_status=person.nhs_number_status,
        has_died=person.has_died,
        stay=_stay_of(stay) if stay else None,
        progress=_NOTHING_YET,
    )


async def page(tx: Tx, wanted: Page) -> list[ReferralView]:
    """Referrals in the order of their last change, oldest first."""
    conditions = {
        "r.organisation = ANY(:organisations)": wanted.organisations,
        "r.state = ANY(:states)": None if wanted.states is None else list(wanted.states),
        "r.changed_at >= :updated_since": wanted.updated_since,
        "(r.changed_at, r.referral_id) > (:after_at, :after_id)": wanted.after,
    }
    where = " AND ".join(sql for sql, value in conditions.items() if value is not None) or "true"
    values: dict[str, Any] = {  # Any: bound values
        "organisations": None if wanted.organisations is None else list(wanted.organisations),
        "states": None if wanted.states is None else list(wanted.states),
        "updated_since": wanted.updated_since,
        "after_at": wanted.after[0] if wanted.after else None,
        "after_id": wanted.after[1] if wanted.after else None,
        "limit": wanted.limit,
    }
    used = {name: value for name, value in values.items() if f":{name}" in f"{where} :limit"}
    rows = await tx.execute(f"{_SELECT} WHERE {where} ORDER BY r.changed_at, r.referral_id LIMIT :limit", used)
    return [_view(row) for row in rows]


def _view(row: Row[Any]) -> ReferralView:  # Any: the row's columns
    return ReferralView(
        referral_id=row.referral_id,
        patient_key=row.patient_key,
        kind=row.kind,
        source=row.source,
        state=row.state,
        version=row.version,
        facts=facts_of(row.facts),
        received_at=row.received_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        ended_reason=row.ended_reason,
        redirected_to=row.redirected_to,
        missing=tuple(row.missing),
        assignee=row.assignee,
        changed_at=row.changed_at,
        nhs_number_status=row.nhs_number_status,
        has_died=row.has_died,
        stay=_stay(row) if row.stay_id else None,
        progress=_progress(row),
    )


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
