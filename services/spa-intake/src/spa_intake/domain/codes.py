"""The coded answers of a referral and of a hospital's messages; everything in an event is one of these."""

from enum import StrEnum


class Kind(StrEnum):
    HOSPITAL_DISCHARGE = "hospital_discharge"
    PROACTIVE_CARE = "proactive_care"
    ADMISSION_AVOIDANCE = "admission_avoidance"
    CARE_HOME = "care_home"


class Source(StrEnum):
    """The door a referral came in by."""

    REST = "rest"
    FHIR = "fhir"
    STAFF = "staff"


class Criterion(StrEnum):
    """A reason to stay in hospital (DHSC hospital discharge guidance 2024, Annex A); none of them: ready."""

    ITU_HDU = "itu_hdu"
    OXYGEN_NIV = "oxygen_niv"
    IV_FLUIDS = "iv_fluids"
    NEWS2_OVER_3 = "news2_over_3"
    REDUCED_CONSCIOUSNESS = "reduced_consciousness"
    ACUTE_FUNCTIONAL_IMPAIRMENT = "acute_functional_impairment"
    LAST_HOURS = "last_hours"
    IV_MEDICATION = "iv_medication"
    LOWER_LIMB_SURGERY_48H = "lower_limb_surgery_48h"
    TRUNK_SURGERY_72H = "trunk_surgery_72h"
    INVASIVE_PROCEDURE_24H = "invasive_procedure_24h"


class Need(StrEnum):
    """What the person needs help with; the ward describes needs, it does not prescribe the care."""

    WASHING_DRESSING = "washing_dressing"
    TOILETING = "toileting"
    MEALS = "meals"
    MEDICATION_SUPPORT = "medication_support"
    MOVING_HANDLING = "moving_handling"
    NIGHT_CARE = "night_care"
    WOUND_CARE = "wound_care"
    CATHETER_CARE = "catheter_care"
    THERAPY = "therapy"
    EQUIPMENT = "equipment"
    SHOPPING_SOCIAL = "shopping_social"
    COGNITION_SUPPORT = "cognition_support"
    END_OF_LIFE_CARE = "end_of_life_care"
    BED_BASED_REHABILITATION = "bed_based_rehabilitation"
    CARE_HOME_PLACEMENT = "care_home_placement"


class LivingSituation(StrEnum):
    ALONE = "alone"
    WITH_OTHERS = "with_others"
    WITH_CARER = "with_carer"
    SHELTERED_HOUSING = "sheltered_housing"
    CARE_HOME = "care_home"
    NO_FIXED_ABODE = "no_fixed_abode"


class ExistingCare(StrEnum):
    NONE = "none"
    INFORMAL = "informal"
    PACKAGE_OF_CARE = "package_of_care"
    CARE_HOME = "care_home"


class Mobility(StrEnum):
    INDEPENDENT = "independent"
    ONE_PERSON = "one_person"
    TWO_PEOPLE = "two_people"
    HOIST = "hoist"
    BED_BOUND = "bed_bound"


class Cognition(StrEnum):
    NO_CONCERN = "no_concern"
    MILD_IMPAIRMENT = "mild_impairment"
    MODERATE_SEVERE_IMPAIRMENT = "moderate_severe_impairment"
    DELIRIUM = "delirium"


class Gender(StrEnum):
    """Administrative gender, as in FHIR."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class VerificationStatus(StrEnum):
    """UK Core NHSNumberVerificationStatus."""

    PRESENT_AND_VERIFIED = "01"
    PRESENT_NOT_TRACED = "02"
    TRACE_REQUIRED = "03"
    TRACE_ATTEMPTED_NO_MATCH = "04"
    TRACE_NEEDS_RESOLVING = "05"
    TRACE_IN_PROGRESS = "06"
    NOT_PRESENT_TRACE_NOT_REQUIRED = "07"
    TRACE_POSTPONED = "08"


class NhsNumberStatus(StrEnum):
    """What we make of the NHS number: only a verified one matches people."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    ABSENT = "absent"


class Missing(StrEnum):
    """What a ward is asked for in a query."""

    CONTACT_DETAILS = "contact_details"
    CRITERIA_TO_RESIDE = "criteria_to_reside"
    EXPECTED_DISCHARGE_DATE = "expected_discharge_date"
    NEEDS = "needs"
    MOBILITY = "mobility"
    COGNITION = "cognition"
    LIVING_SITUATION = "living_situation"
    EXISTING_CARE = "existing_care"
    MEDICATION_SUPPORT = "medication_support"
    CONSENT = "consent"
    THERAPY_REPORT = "therapy_report"
    DISCHARGE_READY_DATE = "discharge_ready_date"
    CLINICAL_FRAILTY = "clinical_frailty"
    ABILITIES = "abilities"
    MENTAL_CAPACITY = "mental_capacity"
    SAFEGUARDING = "safeguarding"
    COMMUNICATION = "communication"
    INFECTION = "infection"
    EQUIPMENT = "equipment"
    RESPONSE_TIME = "response_time"
    GP_PRACTICE = "gp_practice"
    NEXT_OF_KIN = "next_of_kin"
    WARD = "ward"


class DeclineReason(StrEnum):
    NOT_ELIGIBLE = "not_eligible"
    OUT_OF_AREA = "out_of_area"
    INSUFFICIENT_INFORMATION = "insufficient_information"
    DUPLICATE = "duplicate"
    REDIRECTED = "redirected"


class Advice(StrEnum):
    """What the ward is advised to do instead, beside the reason of a decline."""

    SEND_AGAIN_COMPLETE = "send_again_complete"
    SEND_AGAIN_WHEN_READY = "send_again_when_ready"
    REFER_TO_HOME_AREA = "refer_to_home_area"
    CONTACT_SOCIAL_SERVICES = "contact_social_services"
    CONTACT_GP = "contact_gp"
    CONTACT_HOSPITAL_THERAPY = "contact_hospital_therapy"
    CALL_US = "call_us"


class ReadinessReason(StrEnum):
    """Why the criteria to reside are now these: somebody assessed the person, or the clock ended one."""

    ASSESSED = "assessed"
    LAPSED = "lapsed"


class WithdrawReason(StrEnum):
    NO_LONGER_NEEDED = "no_longer_needed"
    PERSON_DECLINED = "person_declined"
    CONDITION_CHANGED = "condition_changed"
    SELF_DISCHARGED = "self_discharged"
    TRANSFERRED = "transferred"
    ENTERED_IN_ERROR = "entered_in_error"


class CloseReason(StrEnum):
    """Why a referral was closed: the first five by a fact, the rest by a coordinator."""

    DIED = "died"
    SUPERSEDED = "superseded"
    WATCH_COMPLETED = "watch_completed"
    NOT_SUITABLE = "not_suitable"
    READMITTED = "readmitted"
    DISCHARGED_WITHOUT_MESSAGE = "discharged_without_message"
    NO_LONGER_NEEDED = "no_longer_needed"
    MOVED_AWAY = "moved_away"
    SUPPORT_ENDED = "support_ended"  # a kind that no discharge and no watch ends


COORDINATOR_CLOSE_REASONS = frozenset(
    {
        CloseReason.DISCHARGED_WITHOUT_MESSAGE,
        CloseReason.NO_LONGER_NEEDED,
        CloseReason.MOVED_AWAY,
        CloseReason.SUPPORT_ENDED,
    }
)


class Trigger(StrEnum):
    """The HL7 v2 trigger events that intake records."""

    ADMIT = "A01"
    TRANSFER = "A02"
    DISCHARGE = "A03"
    REGISTER = "A04"
    PRE_ADMIT = "A05"
    UPDATE = "A08"
    CANCEL_ADMIT = "A11"
    CANCEL_TRANSFER = "A12"
    CANCEL_DISCHARGE = "A13"
    ADD_PERSON = "A28"
    UPDATE_PERSON = "A31"


EMERGENCY = "E"  # PV1-2, HL7 table 0004: at an emergency department, not (yet) admitted


def _codes(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# UK Core code systems (domain.md, section 2.6). What a message sends beside these is not passed on.
ADMISSION_METHODS = _codes("11 12 13 21 22 23 24 25 2A 2B 2C 2D 28 31 32 82 83 81 98 99")
EMERGENCY_METHODS = _codes("21 22 23 24 25 2A 2B 2C 2D 28")
ADMISSION_SOURCES = _codes("19 29 37 39 40 42 49 51 52 53 54 55 56 65 66 79 85 87 88 98 99")
DISCHARGE_METHODS = _codes("1 3 4 5 6 7 8 9")
DISCHARGE_DESTINATIONS = _codes("19 29 30 37 38 48 49 50 51 52 53 54 65 66 79 84 85 87 88 98 99")
DIED = "4"  # discharge method
