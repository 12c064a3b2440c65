"""FHIR refusals and the OperationOutcome that carries them: coded as BaRS publishes, without a sender's values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from spa_intake.adapters.fhir import codes

# Any: a FHIR resource is JSON of many shapes.
Json = dict[str, Any]

MOST_ISSUES = 20  # more than a person would read at once


@dataclass(frozen=True)
class Issue:
    """One fault: a FHIR issue type, a sentence free of the sender's values, and where it is."""

    code: str
    diagnostics: str
    expression: str | None = None


class FhirRefusal(Exception):  # noqa: N818 — a refusal is an answer, not an error
    """A message is not taken: HTTP status, the BaRS error code, and one issue or more."""

    def __init__(self, status: int, error: str, issues: Sequence[Issue]) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.issues = tuple(issues)


def bad_request(code: str, diagnostics: str, expression: str | None = None) -> FhirRefusal:
    return FhirRefusal(400, "REC_BAD_REQUEST", [Issue(code, diagnostics, expression)])


def not_supported(diagnostics: str, expression: str | None = None) -> FhirRefusal:
    return FhirRefusal(422, "REC_UNPROCESSABLE_ENTITY", [Issue("not-supported", diagnostics, expression)])


def duplicate() -> FhirRefusal:
    sentence = "The message has been identified as having already been processed."
    return FhirRefusal(409, "REC_CONFLICT", [Issue("duplicate", sentence)])


def too_early() -> FhirRefusal:
    sentence = "The message with this X-Request-Id is still being processed. Send it again later, unchanged."
    return FhirRefusal(425, "REC_TOO_EARLY", [Issue("transient", sentence)])


def not_found(diagnostics: str, expression: str | None = None) -> FhirRefusal:
    return FhirRefusal(404, "REC_NOT_FOUND", [Issue("not-found", diagnostics, expression)])


def not_built(diagnostics: str) -> FhirRefusal:
    return FhirRefusal(501, "REC_NOT_IMPLEMENTED", [Issue("not-supported", diagnostics)])


def operation_outcome(error: str, issues: Sequence[Issue]) -> Json:
    """An OperationOutcome with one coding of BaRS per issue."""
    return {
        "resourceType": "OperationOutcome",
        "id": str(uuid4()),
        "meta": {"profile": [codes.OUTCOME_PROFILE]},
        "issue": [_issue(error, issue) for issue in issues[:MOST_ISSUES]],
    }


def _issue(error: str, issue: Issue) -> Json:
    coded: Json = {
        "severity": "error",
        "code": issue.code,
        "details": {"coding": [{"system": codes.ERROR_CODES, "code": error}]},
        "diagnostics": issue.diagnostics,
    }
    return coded | ({"expression": [issue.expression]} if issue.expression else {})
