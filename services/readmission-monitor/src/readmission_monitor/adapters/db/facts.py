"""What is known of a person under all their keys, in four tables: read whole, written where it changed."""

from collections.abc import Hashable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from homeward_kit import aliases
from homeward_kit.database import Group, Tx
from readmission_monitor.domain.facts import DeathKnown, PathwayChosen, PersonFacts, Referral
from readmission_monitor.domain.reconcile import WindowDays
from readmission_monitor.domain.stay import PatientKey, Stay

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_SAVE_STAY = """
INSERT INTO stay_facts (stay_id, patient_key, revision, admitted_at, admission_method, admission_source,
                        discharged_at, discharge_destination, discharge_method, is_cancelled)
VALUES (:stay_id, :patient_key, :revision, :admitted_at, :admission_method, :admission_source,
        :discharged_at, :discharge_destination, :discharge_method, :is_cancelled)
ON CONFLICT (stay_id) DO UPDATE
SET revision = excluded.revision, admitted_at = excluded.admitted_at, admission_method = excluded.admission_method,
    admission_source = excluded.admission_source, discharged_at = excluded.discharged_at,
    discharge_destination = excluded.discharge_destination, discharge_method = excluded.discharge_method,
    is_cancelled = excluded.is_cancelled
WHERE stay_facts.revision < excluded.revision
"""  # the condition: a link may bring a stay of a key whose lock is not held

_SAVE_REFERRAL = """
INSERT INTO referral_facts (referral_id, patient_key, kind, accepted_at, withdrawn_at, stay_id, link_version,
                            care_started_at)
VALUES (:referral_id, :patient_key, :kind, :accepted_at, :withdrawn_at, :stay_id, :link_version, :care_started_at)
ON CONFLICT (referral_id) DO UPDATE
SET kind = excluded.kind, accepted_at = excluded.accepted_at, withdrawn_at = excluded.withdrawn_at,
    stay_id = excluded.stay_id, link_version = excluded.link_version, care_started_at = excluded.care_started_at
"""

_SAVE_DECISION = """
INSERT INTO pathway_facts (referral_id, decision, patient_key, pathway, decided_at)
VALUES (:referral_id, :decision, :patient_key, :pathway, :decided_at)
"""

_SAVE_DEATH = """
INSERT INTO death_facts (patient_key, revision, died_at) VALUES (:patient_key, :revision, :died_at)
ON CONFLICT (patient_key) DO UPDATE SET revision = excluded.revision, died_at = excluded.died_at
"""


async def load_facts(tx: Tx, patient_key: PatientKey) -> PersonFacts:
    """Everything known of the person; nothing known is an empty answer."""
    keys = await aliases.keys_of(tx, patient_key)
    stays = [Stay(**row) for row in await _rows(tx, "stay_facts", keys)]
    referrals = [Referral(**_of_nobody(row)) for row in await _rows(tx, "referral_facts", keys)]
    decisions = [PathwayChosen(**_of_nobody(row)) for row in await _rows(tx, "pathway_facts", keys)]
    deaths = [DeathKnown(**row) for row in await _rows(tx, "death_facts", keys)]
    return PersonFacts(
        patient_key,
        frozenset(PatientKey(key) for key in keys),
        stays={stay.stay_id: stay for stay in stays},
        referrals={referral.referral_id: referral for referral in referrals},
        decisions={(decision.referral_id, decision.decision): decision for decision in decisions},
        deaths={death.patient_key: death for death in deaths},
    )


async def save_facts(tx: Tx, before: PersonFacts, after: PersonFacts) -> None:
    """Write what is new or changed."""
    person = {"patient_key": after.patient_key}
    for stay in _changed(before.stays, after.stays):
        await tx.execute(_SAVE_STAY, asdict(stay))
    for referral in _changed(before.referrals, after.referrals):
        await tx.execute(_SAVE_REFERRAL, person | asdict(referral))
    for decision in _changed(before.decisions, after.decisions):
        await tx.execute(_SAVE_DECISION, person | asdict(decision))
    for death in _changed(before.deaths, after.deaths):
        await tx.execute(_SAVE_DEATH, asdict(death))


async def load_windows(tx: Tx) -> WindowDays:
    """The days watched, by kind of referral."""
    rows = await tx.execute("SELECT kind, window_days FROM kind_policy")
    return {row.kind: row.window_days for row in rows}


async def _rows(tx: Tx, table: str, keys: Group) -> list[dict[str, Any]]:  # Any: values of columns
    found = await tx.execute(
        f"SELECT * FROM {table} WHERE patient_key = ANY(:keys)",  # noqa: S608 — a name of ours
        {"keys": list(keys)},
    )
    return [dict(row) for row in found.mappings()]


def _of_nobody(row: dict[str, Any]) -> dict[str, Any]:  # Any: as above
    """Without the key that the row is filed under."""
    return {name: value for name, value in row.items() if name != "patient_key"}


def _changed(before: Mapping[K, V], after: Mapping[K, V]) -> list[V]:
    return [value for key, value in after.items() if before.get(key) != value]
