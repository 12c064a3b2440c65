"""Somebody who calls a service, and in what capacity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    organisations: frozenset[str] = frozenset()  # a system may speak for more than its own
    scopes: frozenset[str] | None = None  # None: its role alone says what it may do
    facilities: Mapping[str, str] = field(default_factory=dict)  # other names in its messages → organisation

    def organisation_named(self, name: str) -> str | None:
        """The organisation that a message names, if the caller speaks for it."""
        organisation = self.facilities.get(name, name)
        return organisation if organisation == self.org or organisation in self.organisations else None
