"""The doors of spa-intake that a referral can come in by."""

from enum import StrEnum


class Way(StrEnum):
    REST = "rest"
    FHIR = "fhir"
    HL7 = "hl7"  # a message about the stay; the referral itself follows as JSON
