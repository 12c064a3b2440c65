"""The coded answers that triage knows: what staff choose from, never free text."""

from enum import StrEnum


class Role(StrEnum):
    """Members of the multi-disciplinary team (MDT)."""

    NURSE = "nurse"
    OCCUPATIONAL_THERAPIST = "occupational_therapist"
    PHYSIOTHERAPIST = "physiotherapist"
    SOCIAL_WORKER = "social_worker"
    PHARMACIST = "pharmacist"
    COMMUNITY_MATRON = "community_matron"


class Need(StrEnum):
    """What the ward says that the person needs; an assessment may add to it."""

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


class Judgement(StrEnum):
    """What an assessor concludes beyond single needs."""

    NO_NEW_NEEDS = "no_new_needs"
    NEEDS_INCREASED = "needs_increased"
    REABLEMENT_POTENTIAL = "reablement_potential"
    NEEDS_24_HOUR_CARE = "needs_24_hour_care"


FINDINGS = frozenset(need.value for need in Need) | frozenset(judgement.value for judgement in Judgement)


class Service(StrEnum):
    """The kinds of line that a package can have."""

    HOME_CARE = "home_care"
    REABLEMENT = "reablement"
    COMMUNITY_NURSING = "community_nursing"
    THERAPY = "therapy"
    EQUIPMENT = "equipment"
    VOLUNTARY_SECTOR = "voluntary_sector"
    BED = "bed"


class DiffersReason(StrEnum):
    """Why the MDT decided on another pathway than the suggested one."""

    PERSON_CHOICE = "person_choice"
    FAMILY_SUPPORT = "family_support"
    CLINICAL_JUDGEMENT = "clinical_judgement"
    SAFEGUARDING = "safeguarding"
    HOME_NOT_SUITABLE = "home_not_suitable"
    NO_CAPACITY = "no_capacity"


class ReopenReason(StrEnum):
    """Why a decided case goes back to the MDT."""

    PACKAGE_UNFILLED = "package_unfilled"
    PACKAGE_HANDED_BACK = "package_handed_back"
    BACK_IN_HOSPITAL = "back_in_hospital"
    NEEDS_CHANGED = "needs_changed"
    PERSON_CHOICE = "person_choice"
    DECIDED_IN_ERROR = "decided_in_error"


class CloseReason(StrEnum):
    """Why staff close a case themselves; spa-intake closes the referral after it."""

    NOT_SUITABLE = "not_suitable"


class TargetReason(StrEnum):
    """Why the MDT moves the target date."""

    MEDICAL = "medical"
    AWAITING_ASSESSMENT = "awaiting_assessment"
    AWAITING_CARE = "awaiting_care"
    PERSON_CHOICE = "person_choice"
    EARLIER_POSSIBLE = "earlier_possible"


class Missing(StrEnum):
    """What the ward can be asked for; spa-intake's own codes."""

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


WARD_CHANGED_DATE = "ward_changed_expected_date"
DIED = "died"
