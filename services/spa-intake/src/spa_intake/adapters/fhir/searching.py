"""What a search asks for, and the Bundle it is answered with; an address of ours never holds a person's number."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl
from uuid import UUID

from spa_intake.adapters.fhir import codes
from spa_intake.adapters.fhir.headers import is_identifier
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue, Json, bad_request

MOST_PARAMETERS = 20
MOST_ON_A_PAGE = 50
USUAL_ON_A_PAGE = 20
BY_PATIENT = ("patient:identifier", "patient.identifier", "subject:identifier", "subject.identifier")
ABOUT = ("focus", "based-on", "focus:ServiceRequest", "based-on:ServiceRequest")
COUNT = re.compile(r"[0-9]{1,4}")
# The systems a patient is searched by, and the scheme of the numbers held here.
NHS_SCHEME, HOSPITAL_SCHEME = "nhs", "hospital"
SCHEMES = {codes.NHS_NUMBER.casefold(): NHS_SCHEME, codes.HOSPITAL_NUMBER.casefold(): HOSPITAL_SCHEME}


@dataclass(frozen=True, repr=False)
class PatientNumber:
    """A number of a person; never shown in a log."""

    scheme: str
    value: str


@dataclass(frozen=True)
class Search:
    """One way of three to name what is searched for, and the page that is wanted."""

    patient: PatientNumber | None = None
    referral_ids: Sequence[UUID] | None = None
    after: UUID | None = None  # the last referral of the page before, of the same person
    count: int = USUAL_ON_A_PAGE


def parameters(text: str) -> dict[str, str]:
    """The parameters of a query or a form; each once."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError:
        raise bad_request("value", "The search parameters cannot be read.") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise bad_request("value", "Each search parameter may be given once.")
    return found


def service_request_search(given: Mapping[str, str]) -> Search:
    """By the patient's identifier, by _id, or the page after another."""
    _refuse_unknown(given, {*BY_PATIENT, "_id", "_after"})
    numbers = [given[name] for name in BY_PATIENT if name in given]
    wanted = [*numbers, *(given[name] for name in ("_id", "_after") if name in given)]
    if len(wanted) != 1:
        sentence = "Search by one of patient:identifier (system|value), _id, or the address of the next page."
        raise bad_request("required", sentence)
    if numbers:
        return Search(patient=_patient_number(numbers[0]), count=_count(given))
    if "_after" in given:
        return Search(after=_id(given["_after"]), count=_count(given))
    return Search(referral_ids=_ids(given["_id"]), count=_count(given))


def task_search(given: Mapping[str, str]) -> Search:
    """By the ServiceRequest that the work is about, or by _id, which is the same number."""
    _refuse_unknown(given, {*ABOUT, "_id"})
    wanted = [given[name] for name in (*ABOUT, "_id") if name in given]
    if len(wanted) != 1:
        raise bad_request("required", "Search by one of focus, based-on (ServiceRequest/id) or _id.")
    return Search(referral_ids=_ids(wanted[0]), count=_count(given))


def searchset(address: str, resources: Sequence[Json], next_page: str | None = None, total: int | None = None) -> Json:
    """The answer; its own address is given without what was searched for."""
    links = [{"relation": "self", "url": address}]
    if next_page is not None:
        links.append({"relation": "next", "url": f"{address}?{next_page}"})
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": links,
    }
    if total is not None:
        bundle["total"] = total
    if resources:
        bundle["entry"] = [
            {"fullUrl": f"{address}/{each['id']}", "resource": each, "search": {"mode": "match"}} for each in resources
        ]
    return bundle


def _refuse_unknown(given: Mapping[str, str], known: set[str]) -> None:
    """An unknown condition left out would answer more than was asked for."""
    if given.keys() - known - {"_count", "_format", "_pretty"}:
        raise bad_request("not-supported", f"The search parameters known here are {', '.join(sorted(known))}, _count.")
    if "json" not in given.get("_format", "json"):
        raise FhirRefusal(
            406, "REC_NOT_ACCEPTABLE", [Issue("processing", "Answers are given as application/fhir+json only.")]
        )


def _patient_number(text: str) -> PatientNumber:
    system, separator, value = text.partition("|")
    scheme = SCHEMES.get(system.casefold())
    number = "".join(value.split())
    if not separator or scheme is None or not 1 <= len(number) <= 50 or "\x00" in number:
        sentence = f"patient:identifier must be system|value with one of the systems {codes.NHS_NUMBER} and "
        raise bad_request("value", sentence + codes.HOSPITAL_NUMBER + ".")
    return PatientNumber(scheme, number)


def _ids(text: str) -> list[UUID]:
    """Ids, alone or as references; what is not one of ours names nothing."""
    found = [each.rpartition("/")[2] for each in text.split(",")[:MOST_ON_A_PAGE]]
    return [UUID(each) for each in found if is_identifier(each)]


def _id(text: str) -> UUID:
    if not is_identifier(text):
        raise bad_request("value", "The next page has the address that the page before gave.")
    return UUID(text)


def _count(given: Mapping[str, str]) -> int:
    text = given.get("_count")
    if text is None:
        return USUAL_ON_A_PAGE
    if COUNT.fullmatch(text) is None:
        raise bad_request("value", "_count must be a whole number.")
    return min(int(text), MOST_ON_A_PAGE)
