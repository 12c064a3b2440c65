"""Messages for the tests of the FHIR and HL7 doors: the examples of this service, changed where a test asks."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from homeward_local.assets import ensure_assets
from spa_intake.adapters.fhir.structure import Structure

EXAMPLES = Path(__file__).parent.parent / "examples"
NHS_NUMBER = "9990001219"  # in every example; synthetic (999 range)

# Any: FHIR resources are JSON of many shapes.
Json = dict[str, Any]
Change = Callable[[Json], None]


@cache
def assets() -> Path:
    """The folder of the built assets, which holds HL7's schema."""
    return ensure_assets(lambda _: None)


@cache
def structure() -> Structure:
    return Structure.load(assets() / "fhir.schema.json")


def bars(*changes: Change) -> Json:
    """The hospital discharge message, changed."""
    bundle: Json = json.loads((EXAMPLES / "bars-hospital-discharge.json").read_text(encoding="utf-8"))
    for change in changes:
        change(bundle)
    return bundle


def resource(bundle: Json, resource_type: str) -> Json:
    """The first resource of a type."""
    return next(each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == resource_type)


def setting(resource_type: str, name: str, value: object) -> Change:
    """A change that sets (None: removes) a property of the first resource of a type."""

    def change(bundle: Json) -> None:
        target = bundle if resource_type == "Bundle" else resource(bundle, resource_type)
        if value is None:
            target.pop(name, None)
        else:
            target[name] = value

    return change


def without(resource_type: str) -> Change:
    """A change that removes every resource of a type."""

    def change(bundle: Json) -> None:
        bundle["entry"] = [each for each in bundle["entry"] if each["resource"]["resourceType"] != resource_type]

    return change


def use_case(code: str) -> Change:
    """A change of the use case's code alone, as the published messages are turned into ours."""

    def change(bundle: Json) -> None:
        for concept in resource(bundle, "ServiceRequest")["category"]:
            for coding in concept["coding"]:
                if coding["system"].endswith("usecases-categories-bars"):
                    coding["code"] = code

    return change


def adt(name: str = "a01-admission", /, **fields: str | None) -> bytes:
    """An ADT example with fields set, named like "PV1_44"; None drops a whole segment ("EVN=None")."""
    text = (EXAMPLES / f"adt-{name}.hl7").read_bytes().decode()
    lines = [line.split("|") for line in text.split("\r") if line]
    for place, value in fields.items():
        segment, _, number = place.partition("_")
        if value is None:
            lines = [line for line in lines if line[0] != segment]
            continue
        # MSH-1 is the separator itself, so its fields stand one place earlier.
        index = int(number) - (1 if segment == "MSH" else 0)
        line = next(line for line in lines if line[0] == segment)
        line.extend([""] * (index + 1 - len(line)))
        line[index] = value
    return "".join("|".join(line) + "\r" for line in lines).encode()


def reason(code: str) -> Change:
    """A change of what the message is for: new, update or delete."""
    system = "https://fhir.nhs.uk/CodeSystem/message-reason-bars"
    return setting("MessageHeader", "reason", {"coding": [{"system": system, "code": code}]})


def sent_on(moment: str) -> Change:
    """A change of when the message was written, by its sender's clock."""

    def change(bundle: Json) -> None:
        bundle["timestamp"] = bundle["meta"]["lastUpdated"] = moment

    return change


def cancelling(status: str = "revoked") -> tuple[Change, ...]:
    """The message as a cancellation: no more than its MessageDefinition asks for."""
    kept = {"MessageHeader", "ServiceRequest", "Patient", "Organization"}

    def change(bundle: Json) -> None:
        bundle["entry"] = [each for each in bundle["entry"] if each["resource"]["resourceType"] in kept]

    return reason("update"), setting("ServiceRequest", "status", status), change
