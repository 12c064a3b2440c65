"""A message bundle as sent: read from bytes, checked to be FHIR, its resources found by type and by reference."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import pydantic_core
from pydantic import ValidationError

from homeward_kit.values import LONDON
from spa_intake.adapters.fhir import resources
from spa_intake.adapters.fhir.outcome import MOST_ISSUES, FhirRefusal, Issue, Json, bad_request
from spa_intake.adapters.fhir.structure import MOST_ENTRIES, Structure

YEARS = range(1900, 2101)
R = TypeVar("R", bound=resources.Resource)


class Entry(NamedTuple):
    """A resource as sent, to be read by the model of its own type, and the address it has in the message."""

    full_url: str | None
    resource: Json | None


class Message:
    """A structurally valid bundle and the look-ups that a receiver needs."""

    def __init__(self, raw: Json) -> None:
        self.bundle = _read(resources.Bundle, raw)
        self.entries = [_entry(each) for each in raw.get("entry", ())]
        self._by_address: dict[str, Json] = {}
        self._by_type: dict[str, list[Json]] = {}
        self._urls: dict[str, list[str]] = {}  # by type
        self._models: dict[int, resources.Resource] = {}  # by the id of the resource as sent: each is read once
        # Any: of each type its own models
        self._all: dict[type[resources.Resource], list[Any]] = {}
        for entry in self.entries:
            if entry.resource:
                resource_type: str = entry.resource["resourceType"]
                self._by_type.setdefault(resource_type, []).append(entry.resource)
                self._urls.setdefault(resource_type, []).append(entry.full_url or "")
                self._by_address[f"{resource_type}/{entry.resource.get('id')}"] = entry.resource
                self._by_address[entry.full_url or ""] = entry.resource

    def all(self, model: type[R]) -> Sequence[R]:
        found = self._all.get(model)
        if found is None:
            found = [self._model(model, resource) for resource in self._by_type.get(model.__name__, ())]
            self._all[model] = found
        return found

    def only(self, model: type[R]) -> R:
        """The one resource of its type; the cardinalities have been checked before."""
        return self.all(model)[0]

    def find(self, model: type[R], reference: resources.Reference | None) -> R | None:
        """The resource a reference points at, if it is in the message and of this type."""
        found = self._pointed_at(reference)
        return self._model(model, found) if found and found["resourceType"] == model.__name__ else None

    def has(self, model: type[R], reference: resources.Reference | None) -> bool:
        """Whether a reference points at a resource of this type in the message."""
        found = self._pointed_at(reference)
        return found is not None and found["resourceType"] == model.__name__

    def urls_of(self, resource_type: str) -> Sequence[str]:
        """The full addresses of the resources of a type, for references in the answer."""
        return self._urls.get(resource_type, ())

    def url_of(self, resource_type: str) -> str:
        """That of the first."""
        return self.urls_of(resource_type)[0]

    def counts(self) -> Counter[str]:
        return Counter({resource_type: len(sent) for resource_type, sent in self._by_type.items()})

    def _pointed_at(self, reference: resources.Reference | None) -> Json | None:
        return self._by_address.get(reference.reference) if reference and reference.reference else None

    def _model(self, model: type[R], resource: Json) -> R:
        known = self._models.get(id(resource))
        if not isinstance(known, model):
            known = self._models[id(resource)] = _read(model, resource)
        return known


def read_message(body: bytes, structure: Structure) -> Message:
    """Bytes → a bundle that is FHIR R4, or a refusal that names every place where it is not."""
    raw = _read_json(body)
    if not isinstance(raw, dict) or raw.get("resourceType") != "Bundle":
        raise bad_request("structure", "The body must be a FHIR Bundle in JSON.", "Bundle")
    entries = raw.get("entry")
    if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
        raise bad_request("too-costly", f"A message holds {MOST_ENTRIES} entries at most.", "Bundle.entry")
    faults = list(islice(structure.faults(raw, "Bundle"), MOST_ISSUES))
    if faults:
        raise FhirRefusal(400, "REC_BAD_REQUEST", faults)
    return Message(raw)


def _entry(sent: object) -> Entry:
    if not isinstance(sent, dict):  # which HL7's schema lets through
        raise bad_request("structure", "The value has not the form FHIR R4 asks for.", "Bundle.entry")
    return Entry(sent.get("fullUrl"), sent.get("resource"))


def _read(model: type[R], resource: Json) -> R:
    try:
        return model.model_validate(resource)
    except ValidationError as error:  # HL7's schema lets some numbers through that FHIR forbids
        steps = [str(step) for step in error.errors(include_input=False)[0]["loc"]]
        at = ".".join([str(resource["resourceType"]), *(step for step in steps if not step.isdigit())])
        raise bad_request("structure", "The value has not the form FHIR R4 asks for.", at) from None


def _read_json(body: bytes) -> object:
    if b"\x00" in body or (b"\\" in body and b"\\u0000" in body):
        raise bad_request("invalid", "The body holds the character U+0000, which no FHIR text may hold.", "Bundle")
    try:
        # The words of a message are its keys: values are hardly ever twice the same.
        return pydantic_core.from_json(body.removeprefix(b"\xef\xbb\xbf"), allow_inf_nan=False, cache_strings="keys")
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
