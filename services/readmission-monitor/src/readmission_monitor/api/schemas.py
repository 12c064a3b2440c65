"""What GET /watches answers."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import RowMapping

from readmission_monitor.domain.watch import VoidReason, WatchState


class ReadmissionView(BaseModel):
    stay_id: UUID
    admitted_at: datetime
    admission_method: str
    days_since_discharge: int


class WatchView(BaseModel):
    watch_id: UUID
    stay_id: UUID
    patient_key: UUID
    referral_id: UUID
    state: WatchState
    version: int
    discharged_at: datetime
    window_ends_at: datetime
    readmission: ReadmissionView | None
    ended_at: datetime | None
    void_reason: VoidReason | None
    pathway: int | None  # the last decided before the discharge
    care_started_at: datetime | None

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        readmission = None
        if row["readmission_stay_id"] is not None:
            readmission = ReadmissionView(
                stay_id=row["readmission_stay_id"],
                admitted_at=row["readmitted_at"],
                admission_method=row["readmission_method"],
                days_since_discharge=row["days_since_discharge"],
            )
        return cls.model_validate({**row, "readmission": readmission})


class WatchList(BaseModel):
    items: list[WatchView]
    next: UUID | None  # give it as `after` for the next page
