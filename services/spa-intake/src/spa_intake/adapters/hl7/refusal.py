"""Why an HL7 message is not taken, in the codes of its own acknowledgement."""

from enum import StrEnum


class Acknowledgement(StrEnum):
    """MSA-1 (HL7 table 0008): what became of a message; the last three of its receipt alone, in enhanced mode."""

    ACCEPTED = "AA"
    ERROR = "AE"  # the message was understood and something in it is wrong: correct it and send it again
    REJECTED = "AR"  # it cannot be taken as it is: of another type, version or form
    COMMIT_ACCEPTED = "CA"  # it is stored; what became of it, the other acknowledgement says
    COMMIT_ERROR = "CE"
    COMMIT_REJECTED = "CR"


class Condition(StrEnum):
    """ERR-3 (HL7 table 0357)."""

    SEGMENT_MISSING = "100"
    FIELD_MISSING = "101"
    DATA_TYPE = "102"
    TABLE_VALUE = "103"
    UNSUPPORTED_MESSAGE_TYPE = "200"
    UNSUPPORTED_TRIGGER = "201"
    UNSUPPORTED_PROCESSING_ID = "202"
    UNKNOWN_KEY = "204"
    INTERNAL = "207"


class Hl7Refusal(Exception):  # noqa: N818 — a refusal is an answer, not an error
    """The message is not taken; the reason is a sentence of ours and `location` a segment and field ("PV1-44")."""

    def __init__(
        self, acknowledgement: Acknowledgement, condition: Condition, reason: str, location: str | None = None
    ) -> None:
        super().__init__(condition.name)
        self.acknowledgement = acknowledgement
        self.condition = condition
        self.reason = reason
        self.location = location


def rejected(condition: Condition, reason: str, location: str | None = None) -> Hl7Refusal:
    return Hl7Refusal(Acknowledgement.REJECTED, condition, reason, location)


def in_error(condition: Condition, reason: str, location: str | None = None) -> Hl7Refusal:
    return Hl7Refusal(Acknowledgement.ERROR, condition, reason, location)
