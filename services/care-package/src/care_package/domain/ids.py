"""Typed identifiers of the service."""

from typing import NewType
from uuid import UUID

PatientKey = NewType("PatientKey", UUID)
ReferralId = NewType("ReferralId", UUID)
StayId = NewType("StayId", UUID)
PackageId = NewType("PackageId", UUID)
LineId = NewType("LineId", UUID)
OfferId = NewType("OfferId", UUID)
ProviderId = NewType("ProviderId", UUID)
