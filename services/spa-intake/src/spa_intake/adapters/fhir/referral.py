"""A BaRS referral as our own: who, from where, and the coded facts it holds. What is not there stays absent."""

from enum import StrEnum
from typing import TypeVar

from homeward_kit.values import is_ods_code
from spa_intake.adapters.fhir import codes, resources
from spa_intake.adapters.fhir.content_words import read_content
from spa_intake.adapters.fhir.discharge_facts import read_facts
from spa_intake.adapters.fhir.message import Message, day, first_value
from spa_intake.adapters.fhir.observations import Stated
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue
from spa_intake.domain.codes import Gender, Kind, Source, VerificationStatus
from spa_intake.domain.inputs import PersonIn, ReferralIn

LONGEST_TEXT = 10_000
LONGEST_NAME = 100
LONGEST_IDENTIFIER = 50
MOST_ADDRESS_LINES = 6
E_ = TypeVar("E_", bound=StrEnum)


def sender_of(message: Message) -> str | None:
    """The ODS code of the organisation that sends, where the message names one."""
    return _ods(message, message.only(resources.MessageHeader).sender)


def read_referral(message: Message, organisation: str) -> ReferralIn:
    """The referral of a message that has passed every rule; `organisation` is the ODS code of the hospital."""
    faults: list[Issue] = []
    stated = Stated(message, faults)
    encounter = message.only(resources.Encounter)
    referral = ReferralIn(
        kind=Kind.HOSPITAL_DISCHARGE,
        source=Source.FHIR,
        person=_person(message, organisation, faults),
        facts=read_facts(message, stated, organisation, _ward(message, encounter) or "", faults),
        visit_number=_short(encounter.identifier[0].value) if encounter.identifier else None,
        reason_text=_reason(message),
        content=read_content(message, stated),
    )
    if faults:
        raise FhirRefusal(400, "REC_BAD_REQUEST", faults)
    return referral


def _person(message: Message, hospital: str, faults: list[Issue]) -> PersonIn:
    patient = message.only(resources.Patient)
    number = first_value(patient.identifier, codes.NHS_NUMBER)
    name = _usual(patient.name, "official") or resources.Name()
    address = _usual(patient.address, "home") or resources.Address()
    lines = [*address.line, address.city, address.district]
    practice = patient.general_practitioner[0] if patient.general_practitioner else None
    return PersonIn(
        hospital=hospital,
        hospital_number=_hospital_number(patient),
        family_name=_text(name.family or name.text, LONGEST_NAME),
        given_name=_text(" ".join(name.given), LONGEST_NAME),
        born_on=day(patient.birth_date, "Patient.birthDate", faults),
        nhs_number=_short(number.value) if number else None,
        verification_status=_verification(number) if number else None,
        gender=_one_of(Gender, patient.gender),
        address_lines=tuple(line[:LONGEST_NAME] for line in lines if line)[:MOST_ADDRESS_LINES],
        postcode=_text(address.postal_code, 10),
        phone=_phone(patient),
        gp_practice=_ods(message, practice),
    )


def _hospital_number(patient: resources.Patient) -> str | None:
    others = (each for each in patient.identifier if each.value and each.system != codes.NHS_NUMBER)
    return next((number for each in others if (number := _short(each.value))), None)


def _verification(number: resources.Identifier) -> VerificationStatus | None:
    concepts = (
        extension.value_codeable_concept
        for extension in number.extension
        if extension.url == codes.VERIFICATION_STATUS and extension.value_codeable_concept
    )
    said = next((coding.code for concept in concepts for coding in concept.coding if coding.code), None)
    return _one_of(VerificationStatus, codes.VERIFICATION_BY_WORD.get(said, said)) if said else None


def _phone(patient: resources.Patient) -> str | None:
    own = [
        contact
        for contact in patient.contact
        if any(coding.code == "ONESELF" for concept in contact.relationship for coding in concept.coding)
    ]
    telecoms = [*patient.telecom, *(telecom for contact in own for telecom in contact.telecom)]
    phones = [telecom for telecom in telecoms if telecom.system == "phone" and telecom.value]
    best = min(phones, key=lambda telecom: telecom.rank or 99, default=None)
    return _text(best.value, 30) if best else None


def _ods(message: Message, reference: resources.Reference | None) -> str | None:
    organisation = message.find(resources.Organization, reference)
    found = first_value(organisation.identifier, codes.ODS_CODE) if organisation else None
    return found.value if found and found.value and is_ods_code(found.value) else None


def _ward(message: Message, encounter: resources.Encounter) -> str | None:
    for place in encounter.location:
        location = message.find(resources.Location, place.location)
        found = first_value(location.identifier, codes.WARD_ID) if location else None
        if found:
            return _text(found.value, 20)
    return None


def _reason(message: Message) -> str | None:
    """What the sender wrote, for a note: conditions, and what came of the assessment."""
    conditions = [condition.code.words() for condition in message.all(resources.Condition) if condition.code]
    outcomes = [
        outcome.words()
        for activity in message.only(resources.CarePlan).activity
        for outcome in activity.outcome_codeable_concept
    ]
    return _text("\n".join(text for text in [*conditions, *outcomes] if text), LONGEST_TEXT)


T = TypeVar("T", resources.Name, resources.Address)


def _usual(choices: list[T], use: str) -> T | None:
    return next((each for each in choices if each.use == use), choices[0] if choices else None)


def _one_of(codes_: type[E_], text: str | None) -> E_ | None:
    return codes_(text) if text is not None and text in codes_.__members__.values() else None


def _text(text: str | None, longest: int) -> str | None:
    return (text or "").strip()[:longest] or None


def _short(text: str | None) -> str | None:
    return _text(text, LONGEST_IDENTIFIER)
