"""Code systems and codes of BaRS messages, and the local ones this service adds (docs/integrate/fhir.md)."""

import re

MESSAGE_EVENTS = "https://fhir.nhs.uk/CodeSystem/message-events-bars"
MESSAGE_REASONS = "https://fhir.nhs.uk/CodeSystem/message-reason-bars"
MESSAGE_CATEGORIES = "https://fhir.nhs.uk/CodeSystem/message-category-servicerequest"
USE_CASES = "https://fhir.nhs.uk/CodeSystem/usecases-categories-bars"
# Capital C, lower-case s: as NHS England publishes it.
ERROR_CODES = "https://fhir.nhs.uk/Codesystem/http-error-codes"
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
# Published messages write "id" and "Id", so this one is compared without case.
ODS_CODE = "https://fhir.nhs.uk/id/ods-organization-code"
VERIFICATION_STATUS = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
CONTACT_RANK = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-ContactRank"

REFERRAL_PROFILE = "https://fhir.nhs.uk/StructureDefinition/BARSServiceRequest-request-referral"
BUNDLE_PROFILE = "https://fhir.nhs.uk/StructureDefinition/BARSBundleMessage"
RESPONSE_HEADER_PROFILE = "https://fhir.nhs.uk/StructureDefinition/BARSMessageHeader-servicerequest-response"
ENCOUNTER_PROFILE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Encounter"
ORGANIZATION_PROFILE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Organization"
OUTCOME_PROFILE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-OperationOutcome"
REFERRAL_DEFINITION = "https://fhir.nhs.uk/MessageDefinition/bars-message-servicerequest-request-referral"
CANCELLATION_DEFINITION = "https://fhir.nhs.uk/MessageDefinition/bars-message-servicerequest-request-cancelled"
RESPONSE_DEFINITION = "https://fhir.nhs.uk/MessageDefinition/bars-message-servicerequest-request-response-short"

# LOCAL TO HOMEWARD: BaRS has no use case for leaving hospital, so this code stands in its place until it has one.
LOCAL_USE_CASE = "hw-d1"
LOCAL_USE_CASE_DISPLAY = "Hospital discharge (local to Homeward)"
SUPPORTED_USE_CASES = frozenset({LOCAL_USE_CASE})

# LOCAL TO HOMEWARD: what an Observation of such a message is about; values are the codes of the JSON interface.
DISCHARGE_FACTS = "https://homeward.example/fhir/CodeSystem/discharge-facts"
FACTS = frozenset(
    {
        "criterion-to-reside", "need", "living-situation", "existing-care", "mobility", "cognition",
        "clinical-frailty-scale", "expected-discharge", "discharge-ready", "ability-washing", "ability-dressing",
        "ability-toileting", "ability-continence", "ability-eating-drinking", "ability-transfers", "ability-walking",
        "ability-stairs", "ability-communicating", "existing-care-visits-per-day", "existing-care-carers-per-visit",
        "existing-care-can-restart", "safeguarding-concern", "objection", "interpreter-needed", "isolation-needed",
        "mental-capacity", "consent-to-referral", "consent-to-share", "legal-plan", "consulted",
        "continuing-healthcare", "safeguarding", "communication-need", "infection", "equipment-needed",
        "equipment-in-place", "isolation-ends", "comorbidity", "emergency-admission", "oncology-service",
        "procedure-done", "length-of-stay-days", "emergency-visits-6-months", "admissions-12-months",
        "frailty-deficits", "haemoglobin", "sodium", "clinical-summary", "wishes", "home-and-access", "risks",
        "medicines",
    }
)  # fmt: skip
# LOCAL TO HOMEWARD: what a Flag about a person's safety says.
SAFEGUARDING = "https://homeward.example/fhir/CodeSystem/safeguarding"
# LOCAL TO HOMEWARD: identifiers of wards (by the hospital's own code) and of referrals.
WARD_ID = "https://homeward.example/Id/ward"
REFERRAL_ID = "https://homeward.example/Id/referral"
# LOCAL TO HOMEWARD: a hospital's own number of a person, in searches.
HOSPITAL_NUMBER = "https://homeward.example/Id/hospital-number"
# LOCAL TO HOMEWARD: why a referral is withdrawn (ServiceRequest.reasonCode of a cancellation).
WITHDRAW_REASONS = "https://homeward.example/fhir/CodeSystem/withdraw-reason"
# LOCAL TO HOMEWARD: where the work on a referral stands (Task.businessStatus), and what is asked of the ward.
WORK_STATES = "https://homeward.example/fhir/CodeSystem/work-state"
MISSING_ITEMS = "https://homeward.example/fhir/CodeSystem/missing-item"
END_REASONS = "https://homeward.example/fhir/CodeSystem/end-reason"
ADVICE = "https://homeward.example/fhir/CodeSystem/advice"

# UK Core renamed these codes; published messages still carry the words.
VERIFICATION_BY_WORD = {
    "number-present-and-verified": "01",
    "number-present-but-not-traced": "02",
    "trace-required": "03",
    "trace-attempted-no-match-or-multiple-match-found": "04",
    "trace-needs-to-be-resolved": "05",
    "trace-in-progress": "06",
    "number-not-present-and-trace-not-required": "07",
    "trace-postponed-baby-under-six-weeks-old": "08",
}

# Shapes a code may have and still be named in an answer: anything else could be a person's data.
_USE_CASE = re.compile(r"[a-z]{1,3}-?[a-z]?[0-9]{1,2}(t[0-9]{1,2})?")


def named(use_case: str | None) -> str:
    """A use case as an answer may name it."""
    return use_case if use_case and _USE_CASE.fullmatch(use_case) else "of the message"
