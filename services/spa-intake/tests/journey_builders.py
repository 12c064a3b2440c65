"""Facts and rows of a journey with sensible defaults."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from spa_intake.read_model.journey import Known
from spa_intake.read_model.projected import FactKind
from spa_intake.read_model.states import Stage, WaitingFor
from spa_intake.read_model.worklist import JourneyRow

NOW = datetime(2026, 11, 24, 9, 42, tzinfo=UTC)
REFERRAL = UUID("00000000-0000-4000-8000-000000000001")
PERSON = UUID("00000000-0000-4000-8000-000000000002")
STAY = UUID("00000000-0000-4000-8000-000000000003")


def referral(**changes: object) -> Known:
    data: dict[str, Any] = {
        "kind": "hospital_discharge",
        "state": "accepted",
        "hospital": "RJZ",
        "ward": "4B",
        "criteria_to_reside": [],
        "is_ready": True,
        "criteria_assessed_at": "2026-11-24T08:00:00+00:00",
        "expected_discharge_on": "2026-11-26",
        "safeguarding_concern": False,
        "received_at": "2026-11-24T08:30:00+00:00",
    }
    return Known(FactKind.REFERRAL, REFERRAL, REFERRAL, data | changes)


def fact(kind: FactKind, **data: object) -> Known:
    return Known(kind, UUID(int=len(kind)), REFERRAL, data)


def stay(identifier: UUID = STAY, **changes: object) -> Known:
    data: Mapping[str, Any] = {
        "hospital": "RJZ",
        "ward": "5A",
        "admitted_at": "2026-11-20T10:00:00+00:00",
        "admission_method": "21",
        "discharged_at": None,
        "is_cancelled": False,
    }
    return Known(FactKind.STAY, identifier, None, {**data, **changes})


def row(**changes: object) -> JourneyRow:
    data: dict[str, Any] = {
        "referral_id": REFERRAL,
        "patient_key": PERSON,
        "kind": "hospital_discharge",
        "referral_state": "accepted",
        "stage": Stage.IN_TRIAGE,
        "waiting_for": WaitingFor.MDT_DECISION,
        "waiting_since": NOW,
        "pathway": None,
        "hospital": "RJZ",
        "ward": "4B",
        "assignee": None,
        "is_ready": True,
        "criteria_assessed_at": NOW,
        "target_on": date(2026, 11, 26),
        "due_on": date(2026, 11, 26),
        "due_at": None,
        "answer_by": None,
        "received_at": NOW,
        "left_at": None,
        "flags": frozenset(),
        "updated_at": NOW,
        "change_number": 1,
    }
    return JourneyRow(**(data | changes))
