"""A stay in hospital as the monitor knows it: the newest revision that spa-intake published."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

StayId = NewType("StayId", UUID)
ReferralId = NewType("ReferralId", UUID)
PatientKey = NewType("PatientKey", UUID)

EMERGENCY_METHODS = frozenset({"21", "22", "23", "24", "25", "2A", "2B", "2C", "2D", "28"})
"""Admission methods that are emergencies (domain.md §3.1: I02040 v3, CCGOIS 3.2)."""

DIED = "4"
"""Discharge method "patient died" (NHS data dictionary, domain.md §2.6)."""


@dataclass(frozen=True)
class Stay:
    stay_id: StayId
    patient_key: PatientKey  # the one it was filed under; the person may have others
    revision: int
    admitted_at: datetime
    admission_method: str | None
    admission_source: str | None
    discharged_at: datetime | None
    discharge_destination: str | None
    discharge_method: str | None
    is_cancelled: bool

    @property
    def is_emergency(self) -> bool:
        return self.admission_method in EMERGENCY_METHODS

    @property
    def is_discharge_by_death(self) -> bool:
        return self.discharge_method == DIED

    @property
    def live_discharge_at(self) -> datetime | None:
        """When the person left this stay alive; None while in hospital, when cancelled or on death."""
        return None if self.is_cancelled or self.is_discharge_by_death else self.discharged_at
