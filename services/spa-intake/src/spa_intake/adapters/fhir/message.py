"""A message bundle as sent: read from bytes, checked to be FHIR, its resources found by type and by reference."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import TypeVar

import pydantic_core
from pydantic import ValidationError

from homeward_kit.values import LONDON
from spa_intake.adapters.fhir import resources
from spa_intake.adapters.fhir.outcome import MOST_ISSUES, FhirRefusal, Issue, Json, bad_request
from spa_intake.adapters.fhir.structure import MOST_ENTRIES, Structure

YEARS = range(1900, 2101)
R = TypeVar("R", bound=resources.Resource)


class Message:
    """A structurally valid bundle and the look-ups that a receiver needs."""

    def __init__(self, raw: Json) -> None:
        self.bundle = _read(resources.Bundle, raw)
        self._by_address: dict[str, Json] = {}
        for entry in self.bundle.entry:
            if entry.resource:
                self._by_address[f"{entry.resource['resourceType']}/{entry.resource.get('id')}"] = entry.resource
                self._by_address[entry.full_url or ""] = entry.resource

    def sent(self, resource_type: str) -> list[Json]:
        """The resources of a type, as sent."""
        found = [entry.resource for entry in self.bundle.entry if entry.resource]
        return [resource for resource in found if resource["resourceType"] == resource_type]

    def all(self, model: type[R]) -> list[R]:
        return [_read(model, resource) for resource in self.sent(model.__name__)]

    def only(self, model: type[R]) -> R:
        """The one resource of its type; the cardinalities have been checked before."""
        return self.all(model)[0]

    def find(self, model: type[R], reference: resources.Reference | None) -> R | None:
        """The resource a reference points at, if it is in the message and of this type."""
        address = reference.reference if reference else None
        found = self._by_address.get(address) if address else None
        return _read(model, found) if found and found["resourceType"] == model.__name__ else None

    def url_of(self, resource_type: str) -> str:
        """The full address of the first resource of a type, for references in the answer."""
        return next(
            entry.full_url or ""
            for entry in self.bundle.entry
            if entry.resource and entry.resource["resourceType"] == resource_type
        )

    def counts(self) -> Counter[str]:
        return Counter(str(entry.resource["resourceType"]) for entry in self.bundle.entry if entry.resource)


def read_message(body: bytes, structure: Structure) -> Message:
    """Bytes → a bundle that is FHIR R4, or a refusal that names every place where it is not."""
    raw = _read_json(body)
    if not isinstance(raw, dict) or raw.get("resourceType") != "Bundle":
        raise bad_request("structure", "The body must be a FHIR Bundle in JSON.", "Bundle")
    entries = raw.get("entry")
    if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
        raise bad_request("too-costly", f"A message holds {MOST_ENTRIES} entries at most.", "Bundle.entry")
    faults = [fault for fault, _ in zip(structure.faults(raw, "Bundle"), range(MOST_ISSUES), strict=False)]
    if faults:
        raise FhirRefusal(400, "REC_BAD_REQUEST", faults)
    return Message(raw)


def _read(model: type[R], resource: Json) -> R:
    try:
        return model.model_validate(resource)
    except ValidationError as error:  # HL7's schema lets some numbers through that FHIR forbids
        steps = [str(step) for step in error.errors(include_input=False)[0]["loc"]]
        at = ".".join([str(resource["resourceType"]), *(step for step in steps if not step.isdigit())])
        raise bad_request("structure", "The value has not the form FHIR R4 asks for.", at) from None


def _read_json(body: bytes) -> object:
    if b"\\u0000" in body or b"\x00" in body:
        raise bad_request("invalid", "The body holds the character U+0000, which no FHIR text may hold.", "Bundle")
    try:
        return pydantic_core.from_json(body.removeprefix(b"\xef\xbb\xbf"), allow_inf_nan=False)
    except ValueError:
        raise bad_request("structure", "The body is not JSON.", "Bundle") from None


def instant(text: str | None, at: str, faults: list[Issue]) -> datetime | None:
    """A FHIR dateTime as aware UTC; fractions beyond microseconds are cut, a bare day begins at midnight in London.

    A year or a month alone is too vague to be a time: None. An impossible day is noted as a fault.
    """
    if text is None or len(text) < len("2023-06-26"):
        return None
    try:
        if "T" not in text:
            return datetime.combine(_checked(date.fromisoformat(text)), time(), LONDON).astimezone(UTC)
        # A leap second is written :60, which Python does not know.
        return _checked(datetime.fromisoformat(text.replace(":60", ":59"))).astimezone(UTC)
    except (ValueError, OverflowError):
        faults.append(Issue("value", "The date and time do not exist.", at))
        return None


def day(text: str | None, at: str, faults: list[Issue]) -> date | None:
    """A FHIR date; only a whole one counts."""
    if text is None or len(text) < len("2023-06-26"):
        return None
    try:
        return _checked(date.fromisoformat(text[:10]))
    except ValueError:
        faults.append(Issue("value", "The date does not exist.", at))
        return None


D = TypeVar("D", bound=date)


def _checked(moment: D) -> D:
    if moment.year not in YEARS:
        raise ValueError("no date of a living person's record")
    return moment


def first_value(identifiers: Sequence[resources.Identifier], system: str) -> resources.Identifier | None:
    """The first identifier of a system that has a value."""
    wanted = system.casefold()
    return next((each for each in identifiers if (each.system or "").casefold() == wanted and each.value), None)
