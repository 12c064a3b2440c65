"""Facts as rows: each made by whichever event comes first."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from care_package.domain.facts import DecidedLine, Decision, LineSpec, PersonFacts, ReferralFacts, StayFacts
from care_package.domain.ids import LineId, PatientKey, ReferralId, StayId
from homeward_kit import aliases
from homeward_kit.database import Tx

Row = Any  # a row of text SQL: its columns are named in the statement


async def load_referral(tx: Tx, referral_id: ReferralId, patient_key: PatientKey) -> ReferralFacts:
    """What is known of a referral; nothing yet: a row to begin with."""
    found = await tx.execute("SELECT * FROM referral_facts WHERE referral_id = :id", {"id": referral_id})
    row = found.one_or_none()
    return _referral(row) if row else ReferralFacts(referral_id, patient_key)


async def referrals_of(tx: Tx, patient_key: PatientKey) -> list[ReferralFacts]:
    """Every referral of a person, under whichever of their keys, always in the same order."""
    keys = await aliases.keys_of(tx, patient_key)
    found = await tx.execute(
        "SELECT * FROM referral_facts WHERE patient_key = ANY(:keys) ORDER BY referral_id", {"keys": list(keys)}
    )
    return [_referral(row) for row in found]


async def save_referral(tx: Tx, facts: ReferralFacts) -> None:
    """Store a referral's facts."""
    await tx.execute(
        """
        INSERT INTO referral_facts (referral_id, patient_key, version, state, accepted_at, closed_reason, is_ready,
                                    linked_stay_id, decision, target_on, target_version)
        VALUES (:referral_id, :patient_key, :version, :state, :accepted_at, :closed_reason, :is_ready,
                :linked_stay_id, CAST(:decision AS jsonb), :target_on, :target_version)
        ON CONFLICT (referral_id) DO UPDATE
        SET version = excluded.version, state = excluded.state, accepted_at = excluded.accepted_at,
            closed_reason = excluded.closed_reason, is_ready = excluded.is_ready,
            linked_stay_id = excluded.linked_stay_id, decision = excluded.decision,
            target_on = excluded.target_on, target_version = excluded.target_version
        """,
        {
            "referral_id": facts.referral_id,
            "patient_key": facts.patient_key,
            "version": facts.version,
            "state": facts.state,
            "accepted_at": facts.accepted_at,
            "closed_reason": facts.closed_reason,
            "is_ready": facts.is_ready,
            "linked_stay_id": facts.linked_stay_id,
            "decision": json.dumps(asdict(facts.decision), default=str) if facts.decision else None,
            "target_on": facts.target_on,
            "target_version": facts.target_version,
        },
    )


async def stays_of(tx: Tx, patient_key: PatientKey) -> dict[StayId, StayFacts]:
    """Every hospital stay of a person, under whichever of their keys."""
    keys = await aliases.keys_of(tx, patient_key)
    found = await tx.execute("SELECT * FROM stay_facts WHERE patient_key = ANY(:keys)", {"keys": list(keys)})
    return {StayId(row.stay_id): _stay(row) for row in found}


async def merge_stay(tx: Tx, stay: StayFacts) -> None:
    """Store a report of a stay; the highest revision counts."""
    # its row is locked: a link may bring a stay of a key whose lock is not held
    made = await tx.execute(
        """
        INSERT INTO stay_facts
            (stay_id, patient_key, revision, admitted_at, discharged_at, is_cancelled, was_discharged)
        VALUES (:stay_id, :patient_key, :revision, :admitted_at, :discharged_at, :is_cancelled, :was_discharged)
        ON CONFLICT (stay_id) DO NOTHING
        """,
        asdict(stay.merged(None)),
    )
    if made.rowcount:
        return
    found = await tx.execute("SELECT * FROM stay_facts WHERE stay_id = :id FOR UPDATE", {"id": stay.stay_id})
    await tx.execute(
        """
        UPDATE stay_facts SET revision = :revision, admitted_at = :admitted_at, discharged_at = :discharged_at,
            is_cancelled = :is_cancelled, was_discharged = :was_discharged WHERE stay_id = :stay_id
        """,
        asdict(stay.merged(_stay(found.one()))),
    )


async def load_person(tx: Tx, patient_key: PatientKey) -> PersonFacts:
    """What is known of a person under this key."""
    found = await tx.execute(
        "SELECT revision, death_recorded_at FROM person_facts WHERE patient_key = :key", {"key": patient_key}
    )
    row = found.one_or_none()
    return PersonFacts(patient_key, row.revision, row.death_recorded_at) if row else PersonFacts(patient_key)


async def save_person(tx: Tx, facts: PersonFacts) -> None:
    """Store a person's facts."""
    await tx.execute(
        """
        INSERT INTO person_facts (patient_key, revision, death_recorded_at)
        VALUES (:patient_key, :revision, :death_recorded_at)
        ON CONFLICT (patient_key) DO UPDATE
        SET revision = excluded.revision, death_recorded_at = excluded.death_recorded_at
        """,
        asdict(facts),
    )


def _referral(row: Row) -> ReferralFacts:
    return ReferralFacts(
        referral_id=ReferralId(row.referral_id),
        patient_key=PatientKey(row.patient_key),
        version=row.version,
        state=row.state,
        accepted_at=row.accepted_at,
        closed_reason=row.closed_reason,
        is_ready=row.is_ready,
        linked_stay_id=row.linked_stay_id,
        decision=_decision(row.decision),
        target_on=row.target_on,
        target_version=row.target_version,
    )


def _decision(stored: Mapping[str, Any] | None) -> Decision | None:  # Any: JSON
    if stored is None:
        return None
    lines = tuple(DecidedLine(LineId(UUID(line["line_id"])), LineSpec(**line["spec"])) for line in stored["lines"])
    return Decision(**{**stored, "lines": lines})


def _stay(row: Row) -> StayFacts:
    return StayFacts(
        stay_id=StayId(row.stay_id),
        patient_key=PatientKey(row.patient_key),
        revision=row.revision,
        admitted_at=row.admitted_at,
        discharged_at=row.discharged_at,
        is_cancelled=row.is_cancelled,
        was_discharged=row.was_discharged,
    )
