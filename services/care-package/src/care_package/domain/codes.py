"""Coded answers: what providers and brokers may say, so that no free text about a person is kept here."""

from enum import StrEnum


class ServiceCode(StrEnum):
    HOME_CARE = "home_care"
    REABLEMENT = "reablement"
    COMMUNITY_NURSING = "community_nursing"
    THERAPY = "therapy"
    EQUIPMENT = "equipment"
    VOLUNTARY_SECTOR = "voluntary_sector"
    BED = "bed"


class DeclineReason(StrEnum):
    NO_CAPACITY = "no_capacity"
    OUTSIDE_AREA = "outside_area"
    NEEDS_TOO_COMPLEX = "needs_too_complex"
    CANNOT_START_IN_TIME = "cannot_start_in_time"
    OTHER = "other"


class FallThroughReason(StrEnum):
    NO_CAPACITY = "no_capacity"
    CANNOT_START_IN_TIME = "cannot_start_in_time"
    NEEDS_CHANGED = "needs_changed"
    PERSON_DECLINED_PROVIDER = "person_declined_provider"
    OTHER = "other"


class HandBackReason(StrEnum):
    NO_CAPACITY = "no_capacity"
    NEEDS_CHANGED = "needs_changed"
    PERSON_DECLINED_PROVIDER = "person_declined_provider"
    PROVIDER_CLOSING = "provider_closing"
    OTHER = "other"


class EndReason(StrEnum):
    INDEPENDENT = "independent"
    NEEDS_LESS = "needs_less"
    LONG_TERM_CARE_BEGAN = "long_term_care_began"
    MOVED_AWAY = "moved_away"
    PERSON_DECLINED = "person_declined"
    OTHER = "other"


class CancelReason(StrEnum):
    NOT_NEEDED = "not_needed"
    FAMILY_PROVIDES = "family_provides"
    ARRANGED_ELSEWHERE = "arranged_elsewhere"
    PERSON_DECLINED = "person_declined"
    OTHER = "other"
