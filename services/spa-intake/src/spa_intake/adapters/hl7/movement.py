"""An ADT message as a movement: who, where, when, and the NHS codes wherever this feed puts them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from homeward_kit.values import is_ods_code
from spa_intake.adapters.hl7.message import Hl7Message, each_person
from spa_intake.adapters.hl7.refusal import Condition, in_error, rejected
from spa_intake.adapters.hl7.times import hl7_day, hl7_time
from spa_intake.domain.codes import (
    ADMISSION_METHODS,
    ADMISSION_SOURCES,
    DISCHARGE_DESTINATIONS,
    DISCHARGE_METHODS,
    Gender,
    Trigger,
    VerificationStatus,
)
from spa_intake.domain.inputs import MergeIn, MovementIn, PersonIn
from spa_intake.domain.policy import PRODUCTION

LONGEST = {"name": 100, "identifier": 50, "line": 100, "postcode": 10, "phone": 30, "ward": 20}
MOST_IDENTIFIERS = 10
AHEAD = timedelta(days=1)  # more than any time zone or summer time that was forgotten
LONGEST_CONTROL_ID = 199  # HL7 2.7 and later
NHS_AUTHORITIES = frozenset({"NHS", "NHSNBR", "NHSNMBR"})
NHS_NUMBER_TYPES = frozenset({"NH", "NHS", "NNGBR"})
# Triggers about a stay; the others are about the person alone or about what is only planned, and need no PV1.
ABOUT_A_STAY = frozenset(Trigger) - {Trigger.ADD_PERSON, Trigger.UPDATE_PERSON, Trigger.PRE_ADMIT}
MERGE = "A40"
_EVENT = re.compile(r"A[0-9]{2}")
_SEQUENCE = re.compile(r"[0-9]{1,15}")
GENDERS = {
    "F": Gender.FEMALE, "M": Gender.MALE, "O": Gender.OTHER, "A": Gender.OTHER, "U": Gender.UNKNOWN, "N": Gender.OTHER,
    "2": Gender.FEMALE, "1": Gender.MALE, "9": Gender.OTHER, "0": Gender.UNKNOWN,  # NHS person gender code
}  # fmt: skip
YES_NO = {"Y": True, "N": False}
E = TypeVar("E", bound=StrEnum)


def event_of(message: Hl7Message) -> str:
    """Which ADT event a message is, by MSH-9; also one that is only noted. Refuses what is no ADT and has no name."""
    kind, event = message.kind
    if kind != "ADT":
        raise rejected(Condition.UNSUPPORTED_MESSAGE_TYPE, "Only ADT messages are taken here.", "MSH-9.1")
    if event is None or not _EVENT.fullmatch(event):
        raise rejected(Condition.UNSUPPORTED_TRIGGER, "MSH-9.2 must name an ADT event, A01 for example.", "MSH-9.2")
    control_id = message.get("MSH", 10)
    if control_id is None or len(control_id) > LONGEST_CONTROL_ID:
        raise rejected(Condition.FIELD_MISSING, "MSH-10 must hold a message control id.", "MSH-10")
    return event


def require_processing(message: Hl7Message, wanted: frozenset[str]) -> None:
    """Refuses what is sent for training (T) or debugging (D) where it would be taken for somebody's care (MSH-11)."""
    if (message.get("MSH", 11) or PRODUCTION).upper() not in wanted:
        raise rejected(
            Condition.UNSUPPORTED_PROCESSING_ID, f"Only messages with {', '.join(sorted(wanted))} are taken.", "MSH-11"
        )


def sending_system(message: Hl7Message) -> str:
    """MSH-3 and MSH-4: control ids are unique within it."""
    return "|".join(message.get("MSH", field) or "" for field in (3, 4))[:200]


def read_movement(message: Hl7Message, hospital: str, received_at: datetime) -> MovementIn:
    """The movement a message reports of a hospital (ODS code)."""
    trigger = Trigger(event_of(message))
    if not message.has("PID"):
        raise in_error(Condition.SEGMENT_MISSING, "The message has no PID segment.", "PID")
    if trigger in ABOUT_A_STAY and not message.has("PV1"):
        raise in_error(Condition.SEGMENT_MISSING, "A message about a stay needs a PV1 segment.", "PV1")
    admitted_at, discharged_at = hl7_time(message.get("PV1", 44)), hl7_time(message.get("PV1", 45))
    sent_at = _sent_at(message, received_at)
    happened = {Trigger.ADMIT: admitted_at, Trigger.DISCHARGE: discharged_at}.get(trigger)
    reported = hl7_time(message.get("EVN", 6)) or hl7_time(message.get("EVN", 2))
    sequence = message.get("MSH", 13)
    return MovementIn(
        sending_system=sending_system(message),
        control_id=message.get("MSH", 10) or "",
        trigger=trigger,
        person=read_person(message, hospital),
        hospital=hospital,
        occurred_at=happened or reported or sent_at,
        sent_at=sent_at,
        visit_number=_cut(message.get("PV1", 19), "identifier"),
        ward=_ward(message, hospital),
        patient_class=_cut(message.get("PV1", 2), "postcode"),
        admitted_at=admitted_at,
        admission_method=_coded(message, ADMISSION_METHODS, 4),
        admission_source=_coded(message, ADMISSION_SOURCES, 14),
        discharged_at=discharged_at,
        # The sets have no code in common, so either field may hold either (domain.md 2.7).
        discharge_destination=_coded(message, DISCHARGE_DESTINATIONS, 36, 37),
        discharge_method=_coded(message, DISCHARGE_METHODS, 36, 37),
        is_dead=_is_dead(message),
        died_at=hl7_time(message.get("PID", 29)),
        sequence=int(sequence) if sequence and _SEQUENCE.fullmatch(sequence) else None,
    )


def _sent_at(message: Hl7Message, received_at: datetime) -> datetime:
    """MSH-7; that of a clock that is a day ahead or more would stand before all that is said until then."""
    sent_at = hl7_time(message.get("MSH", 7))
    return sent_at if sent_at is not None and sent_at - received_at < AHEAD else received_at


def _is_dead(message: Hl7Message) -> bool | None:
    """PID-30; without it a time of death says so, and a death that is deleted (null) that it was an error."""
    said = YES_NO.get(message.get("PID", 30) or "")
    if said is None and hl7_time(message.get("PID", 29)):
        return True
    if said is None and (message.is_null("PID", 30) or message.is_null("PID", 29)):
        return False
    return said


def read_merges(message: Hl7Message, hospital: str, received_at: datetime) -> list[MergeIn]:
    """The pairs of records that an A40 says are one person: the first stays, the second is no longer used."""
    if not message.has("PID"):
        raise in_error(Condition.SEGMENT_MISSING, "The message has no PID segment.", "PID")
    return [_merge(pair, hospital, received_at) for pair in each_person(message)]


def _merge(pair: Hl7Message, hospital: str, received_at: datetime) -> MergeIn:
    if not pair.has("MRG"):
        raise in_error(Condition.SEGMENT_MISSING, "A merge needs an MRG segment for each PID.", "MRG")
    nhs_number, own_number = _identifiers(pair, "MRG", 1)
    if own_number is None:
        raise in_error(Condition.FIELD_MISSING, "MRG-1 must hold the number that is no longer used.", "MRG-1")
    retired = PersonIn(
        hospital=hospital,
        hospital_number=own_number,
        family_name=None,
        given_name=None,
        born_on=None,
        nhs_number=nhs_number,
    )
    sent_at = _sent_at(pair, received_at)
    return MergeIn(hospital=hospital, survivor=read_person(pair, hospital), retired=retired, sent_at=sent_at)


def read_person(message: Hl7Message, hospital: str) -> PersonIn:
    nhs_number, own_number = _identifiers(message, "PID", 3)
    lines = [message.get("PID", 11, component) for component in (1, 2, 3, 4)]
    practice = message.get("PD1", 3, 3)
    return PersonIn(
        hospital=hospital,
        hospital_number=own_number,
        family_name=_cut(message.get("PID", 5, 1), "name"),
        given_name=_cut(message.get("PID", 5, 2), "name"),
        born_on=hl7_day(message.get("PID", 7)),
        nhs_number=nhs_number,
        verification_status=_verification(message),
        gender=GENDERS.get(message.get("PID", 8) or ""),
        address_lines=tuple(line[: LONGEST["line"]] for line in lines if line),
        postcode=_cut(message.get("PID", 11, 5), "postcode"),
        phone=_cut(message.get("PID", 13), "phone"),
        gp_practice=practice if practice and is_ods_code(practice) else None,
    )


def _identifiers(message: Hl7Message, segment: str, field: int) -> tuple[str | None, str | None]:
    """The NHS number and the hospital's own number.

    A hospital that sends nothing but an NHS number knows its patients by it: then that is its own number too, which
    ties its messages together without making the number a verified one.
    """
    found = list(_numbers(message, segment, field))
    nhs_number = next((number for number, is_nhs in found if is_nhs), None)
    own_number = next((number for number, is_nhs in found if not is_nhs), nhs_number)
    return nhs_number, own_number


def _numbers(message: Hl7Message, segment: str, field: int) -> Iterator[tuple[str, bool]]:
    for repeat in range(1, min(message.repeats(segment, field), MOST_IDENTIFIERS) + 1):
        number = _cut(message.get(segment, field, 1, repeat), "identifier")
        authority = (message.get(segment, field, 4, repeat) or "").upper()
        kind = (message.get(segment, field, 5, repeat) or "").upper()
        if number:
            yield number, authority in NHS_AUTHORITIES or kind in NHS_NUMBER_TYPES


def _verification(message: Hl7Message) -> VerificationStatus | None:
    """PID-32 when it holds a code of the NHS list; other identity reliability codes say nothing of the NHS number."""
    said = message.get("PID", 32)
    return VerificationStatus(said) if said in set(VerificationStatus) else None


def _ward(message: Hl7Message, hospital: str) -> str | None:
    """PV1-3: point of care, or the room where the feed puts its organisation first (NHS ITK)."""
    point_of_care, room = message.get("PV1", 3, 1), message.get("PV1", 3, 2)
    return room if point_of_care == hospital and room else point_of_care


def _coded(message: Hl7Message, codes: frozenset[str], *fields: int) -> str | None:
    return next((code for field in fields if (code := message.get("PV1", field)) in codes), None)


def _cut(text: str | None, what: str) -> str | None:
    return text[: LONGEST[what]] if text else None
