"""Is it FHIR R4 at all? HL7's own JSON Schema, cut by resource type because its one large choice is slow and vague."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from spa_intake.adapters.fhir.outcome import Issue, Json

MOST_ENTRIES = 500
_NAME = "urn:hl7:fhir:r4"  # what the schema is called among the compiled ones
READ_TYPES = (
    "Bundle", "MessageHeader", "ServiceRequest", "Patient", "Encounter", "CarePlan", "HealthcareService",
    "Organization", "Practitioner", "PractitionerRole", "Consent", "Location", "Observation", "Flag",
    "MedicationStatement", "AllergyIntolerance", "Questionnaire", "QuestionnaireResponse", "Condition", "Task",
    "Communication", "Procedure", "CapabilityStatement", "OperationOutcome",
)  # fmt: skip


class SchemaMissingError(RuntimeError):
    """The FHIR schema is not among the built assets, so no message could be checked."""


class Structure:
    """HL7's R4 JSON Schema, ready to check resources of every type."""

    def __init__(self, schema: Json) -> None:
        definitions = dict(schema["definitions"])
        # Resources inside others are checked by their own type in `faults`, so here anything goes.
        definitions["ResourceList"] = {}
        # Read once for all types: handed over with each of the 24, it cost a second of every start.
        self._registry = jsonschema_rs.Registry([(_NAME, {"$schema": schema["$schema"], "definitions": definitions})])
        self._types = frozenset(schema["discriminator"]["mapping"])
        self._validator = lru_cache(maxsize=None)(self._compile)
        for resource_type in READ_TYPES:
            self._validator(resource_type)

    @classmethod
    def load(cls, path: Path) -> "Structure":
        """Read `fhir.schema.json`; without it the service must not start: it could not tell a message from noise."""
        try:
            schema = json.loads(path.read_text(encoding="utf-8"))
        except OSError:
            raise SchemaMissingError(
                "The FHIR R4 schema (fhir.schema.json) is not in the assets folder. "
                "Run `make assets`, or set HOMEWARD_ASSETS to the folder that holds it."
            ) from None
        return cls(schema)

    def faults(self, resource: Json, at: str) -> Iterator[Issue]:
        """Every fault of a resource and of those inside it, each with its FHIRPath."""
        resource_type = resource.get("resourceType")
        if not isinstance(resource_type, str) or resource_type not in self._types:
            yield Issue("structure", "The resource has no resourceType that FHIR R4 knows.", f"{at}.resourceType")
            return
        validator = self._validator(resource_type)
        if not validator.is_valid(resource):  # cheaper than looking for what is wrong
            for error in validator.iter_errors(resource):
                yield Issue("structure", _sentence(error), at + _fhir_path(error.instance_path))
        for inner, where in _inner(resource, at):
            if isinstance(inner, dict):
                yield from self.faults(inner, where)
            else:
                yield Issue("structure", "A resource must be a JSON object.", where)

    def _compile(self, resource_type: str) -> jsonschema_rs.Draft6Validator:
        # RegexOptions: matching in linear time, so that no text can hang the check.
        return jsonschema_rs.Draft6Validator(
            {"$ref": f"{_NAME}#/definitions/{resource_type}"},
            pattern_options=jsonschema_rs.RegexOptions(),
            registry=self._registry,
        )


def _inner(resource: Json, at: str) -> Iterator[tuple[Any, str]]:
    # Any: nothing is known yet about what a sender put there.
    for name, path in (("contained", "contained"), ("entry", "entry")):
        values = resource.get(name)
        if not isinstance(values, list):
            continue
        for number, value in enumerate(values[:MOST_ENTRIES]):
            if name == "contained":
                yield value, f"{at}.{path}[{number}]"
            elif resource["resourceType"] == "Bundle" and isinstance(value, dict) and "resource" in value:
                yield value["resource"], f"{at}.{path}[{number}].resource"


def _fhir_path(path: list[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _sentence(error: jsonschema_rs.ValidationError) -> str:
    kind = type(error.kind).__name__
    return {
        "AdditionalProperties": "The element holds a property that FHIR R4 does not know.",
        "Required": "The element lacks a property that FHIR R4 requires.",
        "Type": "The value has the wrong JSON type.",
        "Pattern": "The value has not the form FHIR R4 asks for.",
        "Enum": "The code is not one of those FHIR R4 allows here.",
        "Constant": "The value is not the one FHIR R4 fixes here.",
    }.get(kind, "The element does not conform to FHIR R4.")
