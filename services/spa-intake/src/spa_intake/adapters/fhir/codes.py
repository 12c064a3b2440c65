"""Code systems and codes of BaRS messages, and the local ones this service adds (documented in its README)."""

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
RESPONSE_DEFINITION = "https://fhir.nhs.uk/MessageDefinition/bars-message-servicerequest-request-response-short"

# LOCAL TO HOMEWARD: BaRS has no use case for leaving hospital, so this code stands in its place until it has one.
LOCAL_USE_CASE = "hw-d1"
LOCAL_USE_CASE_DISPLAY = "Hospital discharge (local to Homeward)"
SUPPORTED_USE_CASES = frozenset({LOCAL_USE_CASE})

# LOCAL TO HOMEWARD: what an Observation of such a message is about; values are the codes of the JSON interface.
DISCHARGE_FACTS = "https://homeward.example/fhir/CodeSystem/discharge-facts"
# LOCAL TO HOMEWARD: identifiers of wards (by the hospital's own code) and of referrals.
WARD_ID = "https://homeward.example/Id/ward"
REFERRAL_ID = "https://homeward.example/Id/referral"

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
