"""The typed identifiers of intake."""

from typing import NewType
from uuid import UUID

PatientKey = NewType("PatientKey", UUID)
AttendanceId = NewType("AttendanceId", UUID)
ReferralId = NewType("ReferralId", UUID)
StayId = NewType("StayId", UUID)
NoteId = NewType("NoteId", UUID)
