"""What a referral of its kind lacks, as an answer of each door with a place for each: the same is asked at both."""

from datetime import datetime

from homeward_kit.problems import Pointer, Problem
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue
from spa_intake.domain.inputs import ReferralIn
from spa_intake.domain.kinds import faults_of

_SENTENCES = {
    "missing": "This is needed for a referral of this kind.",
    "not_for_this_kind": "This does not belong to a referral of this kind.",
    "in_future": "This lies in the future. Check the time of the assessment.",
    "later_than_assessment": "A criterion cannot have begun after the assessment that found it.",
    "criterion_not_met": "This names a criterion that criteria_to_reside does not.",
}
# where a message holds what a fault points to
_EXPRESSIONS = {
    "/person/hospital_number": "Patient.identifier",
    "/person/nhs_number": "Patient.identifier",
    "/criteria_assessed_at": "Observation.effective",
    "/criteria_since": "Observation.effective",
}


def check_content(asked: ReferralIn, now: datetime) -> None:
    """Refuse what the kind's policy does not let in."""
    if faults := faults_of(asked, now):
        raise Problem(
            422,
            "invalid_request",
            "Fields to correct",
            "Correct the fields named in errors and send it again.",
            pointers=[Pointer(fault.pointer, fault.code, _SENTENCES[fault.code]) for fault in faults],
        )


def check_message(asked: ReferralIn, now: datetime) -> None:
    """The same of a referral that came as a FHIR message."""
    if faults := faults_of(asked, now):
        issues = [
            Issue(
                "required" if fault.code == "missing" else "value",
                _SENTENCES[fault.code],
                _EXPRESSIONS.get(fault.pointer, "Bundle.entry"),
            )
            for fault in faults
        ]
        raise FhirRefusal(400, "REC_BAD_REQUEST", issues)
