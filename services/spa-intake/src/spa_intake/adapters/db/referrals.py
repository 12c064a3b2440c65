"""Referrals as aggregates: loaded whole, saved whole, never over a newer version."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row

from homeward_kit import aliases
from homeward_kit.database import Tx
from spa_intake.domain.acceptance import Standing
from spa_intake.domain.codes import Advice, Kind, Source
from spa_intake.domain.criteria import first_assessment
from spa_intake.domain.ids import PatientKey, ReferralId, StayId
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.referral import Referral, ReferralState

from . import assessments

_facts = TypeAdapter(ReferralFacts)
_COLUMNS = """referral_id, patient_key, kind, source, state, version, facts::text AS facts, received_at, visit_number,
    queried_from, missing, accepted_at, ended_at, ended_reason, redirected_to, advice, stay_id, assignee"""


class StaleReferralError(Exception):
    """The row changed since it was loaded: a write came without the person's lock. A fault of ours."""


async def patient_key_of(tx: Tx, referral_id: UUID) -> PatientKey | None:
    """Whose referral it is: what to lock before it is loaded."""
    found = await tx.execute("SELECT patient_key FROM referrals WHERE referral_id = :id", {"id": referral_id})
    key = found.scalar_one_or_none()
    return PatientKey(key) if key else None


async def get(tx: Tx, referral_id: UUID) -> Referral | None:
    row = (
        await tx.execute(f"SELECT {_COLUMNS} FROM referrals WHERE referral_id = :id", {"id": referral_id})  # noqa: S608
    ).one_or_none()
    return _referral(row) if row else None


async def of_person(tx: Tx, patient_key: PatientKey) -> list[Referral]:
    """A person's referrals, whichever of their keys each is filed under."""
    rows = await tx.execute(
        f"SELECT {_COLUMNS} FROM referrals WHERE patient_key = ANY(:keys) ORDER BY received_at, referral_id",  # noqa: S608
        {"keys": list(await aliases.keys_of(tx, patient_key))},
    )
    return [_referral(row) for row in rows]


async def standing_of(tx: Tx, patient_keys: Collection[PatientKey]) -> dict[PatientKey, list[Standing]]:
    """These people's referrals with when each one's stay ended."""
    standing: dict[PatientKey, list[Standing]] = defaultdict(list)
    if not patient_keys:
        return standing
    rows = await tx.execute(
        f"""
        SELECT {_COLUMNS}, (SELECT discharged_at FROM stays s
                            WHERE s.stay_id = referrals.stay_id AND NOT s.is_cancelled) AS left_at
        FROM referrals WHERE patient_key = ANY(:keys) ORDER BY received_at, referral_id
        """,  # noqa: S608 — our own words
        {"keys": list(patient_keys)},
    )
    for row in rows:
        standing[PatientKey(row.patient_key)].append(Standing(_referral(row), row.left_at))
    return standing


def add(tx: Tx, referral: Referral) -> None:
    """A new referral, with the assessment of the criteria to reside that it came with."""
    tx.add_row(
        "referrals",
        {
            "patient_key": referral.patient_key,
            "kind": referral.kind,
            "source": referral.source,
            "organisation": referral.facts.referring_organisation,
            "received_at": referral.received_at,
            "visit_number": referral.visit_number,
        }
        | _changing(tx, referral),
    )
    if assessment := first_assessment(referral.facts, referral.received_at):
        assessments.add_first(tx, referral.referral_id, assessment)


async def update(tx: Tx, referral: Referral) -> None:
    """Save the version after the one in the database; StaleReferralError where that is another."""
    saved = await tx.execute(
        """
        UPDATE referrals SET state = :state, version = :version, facts = CAST(:facts AS jsonb),
            queried_from = :queried_from, missing = :missing, accepted_at = :accepted_at, ended_at = :ended_at,
            ended_reason = :ended_reason, redirected_to = :redirected_to, advice = :advice, stay_id = :stay_id,
            assignee = :assignee, changed_at = :changed_at
        WHERE referral_id = :referral_id AND version = :version - 1
        """,
        _changing(tx, referral),
    )
    if saved.rowcount != 1:
        raise StaleReferralError


def _changing(tx: Tx, referral: Referral) -> dict[str, Any]:  # Any: bound values
    return {
        "referral_id": referral.referral_id,
        "state": referral.state,
        "version": referral.version,
        "facts": _facts.dump_json(referral.facts).decode(),
        "queried_from": referral.queried_from,
        "missing": list(referral.missing),
        "accepted_at": referral.accepted_at,
        "ended_at": referral.ended_at,
        "ended_reason": referral.ended_reason,
        "redirected_to": referral.redirected_to,
        "advice": list(referral.advice),
        "stay_id": referral.stay_id,
        "assignee": referral.assignee,
        "changed_at": tx.now,
    }


def fields_of(facts: ReferralFacts) -> dict[str, Any]:  # Any: the facts' fields
    """The coded facts with all their parts as dictionaries; as `asdict`, in a fifth of the time."""
    found: dict[str, Any] = _facts.dump_python(facts)
    return found


def facts_of(stored: str) -> ReferralFacts:
    """The coded facts as they are kept in the row."""
    return _facts.validate_json(stored)


def _referral(row: Row[Any]) -> Referral:  # Any: the row's columns
    return Referral(
        referral_id=ReferralId(row.referral_id),
        patient_key=PatientKey(row.patient_key),
        kind=Kind(row.kind),
        source=Source(row.source),
        state=ReferralState(row.state),
        version=row.version,
        facts=facts_of(row.facts),
        received_at=row.received_at,
        visit_number=row.visit_number,
        queried_from=ReferralState(row.queried_from) if row.queried_from else None,
        missing=tuple(row.missing),
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        ended_reason=row.ended_reason,
        redirected_to=row.redirected_to,
        advice=tuple(Advice(code) for code in row.advice),
        stay_id=StayId(row.stay_id) if row.stay_id else None,
        assignee=row.assignee,
    )
