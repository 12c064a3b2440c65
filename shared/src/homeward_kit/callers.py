"""Somebody who calls a service, and in what capacity."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """In what capacity somebody calls."""

    WARD_SYSTEM = "ward_system"
    COORDINATOR = "coordinator"
    NURSE = "nurse"
    OCCUPATIONAL_THERAPIST = "occupational_therapist"
    PHYSIOTHERAPIST = "physiotherapist"
    SOCIAL_WORKER = "social_worker"
    PHARMACIST = "pharmacist"
    COMMUNITY_MATRON = "community_matron"
    BROKER = "broker"
    PROVIDER = "provider"
    READMISSION_NURSE = "readmission_nurse"
    MANAGER = "manager"
    OPERATOR = "operator"


STAFF = frozenset(Role) - {Role.WARD_SYSTEM, Role.PROVIDER, Role.OPERATOR}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a checked token speaks for."""

    subject: str  # "staff/<uuid>", "client/<id>", "provider/<uuid>"
    role: Role
    org: str  # ODS or organisation code
    purpose: str
