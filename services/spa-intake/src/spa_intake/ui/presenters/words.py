"""Codes in plain words; a code without words of its own is shown as readable text."""

from collections.abc import Mapping

STAGES = {
    "to_check": "To check",
    "with_ward": "With the ward",
    "in_triage": "In triage",
    "finding_care": "Finding care",
    "arranged": "Ready to leave",
    "at_home": "Left hospital",
    "back_in_hospital": "Back in hospital",
    "finished": "Finished",
}
WAITING_FOR = {
    "coordinator_check": "A coordinator to check it",
    "ward_answer": "The ward to answer",
    "handover": "The next team to receive it",
    "readiness": "The person to be ready to leave",
    "mdt_decision": "The team to decide the pathway",
    "provider_answer": "A provider to answer",
    "broker": "A broker to find another provider",
    "discharge": "The ward to discharge the person",
    "care_start": "The care to start",
    "thirty_days": "The 30 days after leaving hospital",
    "return_home": "The person to leave hospital again",
    "readmission_review": "A review of the readmission",
    "support": "The support to come to its end",
    "coordinator_close": "A coordinator to close it",
    "nobody": "Nothing",
}
KINDS = {
    "hospital_discharge": "Hospital discharge",
    "proactive_care": "Proactive care",
    "admission_avoidance": "Admission avoidance",
    "care_home": "Care home",
}
ABOUT_A_STAY = "hospital_discharge"
ROLES = {
    "coordinator": "Coordinator",
    "nurse": "Nurse",
    "occupational_therapist": "Occupational therapist",
    "physiotherapist": "Physiotherapist",
    "social_worker": "Social worker",
    "pharmacist": "Pharmacist",
    "community_matron": "Community matron",
    "broker": "Care broker",
    "readmission_nurse": "Readmission nurse",
    "manager": "Manager",
}
FLAGS = {
    "died": "Has died",
    "back_in_hospital": "Back in hospital",
    "not_ready": "Not ready to leave",
    "returned": "Sent back to the ward",
    "unfilled": "No provider found",
    "safeguarding": "Safeguarding concern",
    "other_referral": "Has another open referral",
}
CRITERIA = {
    "itu_hdu": "Needs intensive or high dependency care",
    "oxygen_niv": "Needs oxygen or non-invasive ventilation",
    "iv_fluids": "Needs intravenous fluids",
    "news2_over_3": "NEWS2 score is more than 3",
    "reduced_consciousness": "Reduced level of consciousness where recovery is realistic",
    "acute_functional_impairment": "Acute functional impairment beyond what home or community care can give",
    "last_hours": "Last hours of life",
    "iv_medication": "Needs intravenous medication more than twice a day",
    "lower_limb_surgery_48h": "Lower limb surgery in the last 48 hours",
    "trunk_surgery_72h": "Chest, abdominal or pelvic surgery in the last 72 hours",
    "invasive_procedure_24h": "Invasive procedure in the last 24 hours",
}
NEEDS = {
    "washing_dressing": "Washing and dressing",
    "toileting": "Using the toilet",
    "meals": "Meals",
    "medication_support": "Help with medicines",
    "moving_handling": "Moving and handling",
    "night_care": "Care at night",
    "wound_care": "Wound care",
    "catheter_care": "Catheter care",
    "therapy": "Therapy",
    "equipment": "Equipment",
    "shopping_social": "Shopping and company",
    "cognition_support": "Support with memory and thinking",
    "end_of_life_care": "End of life care",
    "bed_based_rehabilitation": "Rehabilitation in a community bed",
    "care_home_placement": "A place in a care home",
}
JUDGEMENTS = {
    "no_new_needs": "No new needs",
    "needs_increased": "Needs more help than before",
    "reablement_potential": "Could regain independence with reablement",
    "needs_24_hour_care": "Needs care around the clock",
}
MISSING = {
    "contact_details": "Contact details",
    "criteria_to_reside": "Criteria to reside",
    "expected_discharge_date": "Expected discharge date",
    "needs": "Needs",
    "mobility": "Mobility",
    "cognition": "Memory and thinking",
    "living_situation": "Living situation",
    "existing_care": "Care before the admission",
    "medication_support": "Help with medicines",
    "consent": "Consent",
    "therapy_report": "Therapy report",
    "discharge_ready_date": "Discharge ready date",
    "clinical_frailty": "Clinical frailty scale",
    "abilities": "What the person can do in a day",
    "mental_capacity": "Mental capacity",
    "safeguarding": "Safeguarding",
    "communication": "Language and communication",
    "infection": "Infection",
    "equipment": "Equipment",
    "response_time": "How soon somebody must come",
    "gp_practice": "GP practice",
    "next_of_kin": "Next of kin or other contact",
    "ward": "Which ward the person is on",
}
ADVICE = {
    "send_again_complete": "Send it again with what was missing",
    "send_again_when_ready": "Send it again when the person is ready to leave",
    "refer_to_home_area": "Refer to the service where the person lives",
    "contact_social_services": "Contact social services",
    "contact_gp": "Contact the person's GP practice",
    "contact_hospital_therapy": "Ask the hospital's therapy team first",
    "call_us": "Call us to talk it over",
}
SITUATION = {
    "alone": "Lives alone",
    "with_others": "Lives with others",
    "with_carer": "Lives with a carer",
    "sheltered_housing": "Sheltered housing",
    "no_fixed_abode": "No fixed address",
    "care_home": "Care home",
    "none": "None",
    "informal": "Family or friends",
    "package_of_care": "Package of care",
    "independent": "Independent",
    "one_person": "Help of one person",
    "two_people": "Help of two people",
    "hoist": "Hoist",
    "bed_bound": "Cared for in bed",
    "no_concern": "No concern",
    "mild_impairment": "Mild impairment",
    "moderate_severe_impairment": "Moderate or severe impairment",
    "delirium": "Delirium",
}
SERVICES = {
    "home_care": "Home care",
    "reablement": "Reablement",
    "community_nursing": "Community nursing",
    "therapy": "Therapy",
    "equipment": "Equipment",
    "voluntary_sector": "Voluntary sector",
    "bed": "Community or care home bed",
}
PATHWAYS = {
    0: "Pathway 0: home, no new support",
    1: "Pathway 1: home with support",
    2: "Pathway 2: short stay in a community bed",
    3: "Pathway 3: 24-hour care, likely long term",
}
RULES = {
    "no_new_needs": "No new needs",
    "returns_to_care_home": "Returns to the care home they came from",
    "package_restarts_unchanged": "The package of care restarts unchanged",
    "new_personal_care": "New personal care",
    "new_health_care": "New health care",
    "needs_increased": "Needs have increased",
    "bed_based_rehabilitation": "Rehabilitation in a bed",
    "new_care_home": "A new place in a care home",
    "needs_24_hour_care": "Needs care around the clock",
}
REASONS = {
    "not_eligible": "Does not meet the criteria of this service",
    "out_of_area": "Lives outside the area",
    "insufficient_information": "Not enough information",
    "duplicate": "The same referral came twice",
    "redirected": "Another service is right for the person",
    "no_longer_needed": "No longer needed",
    "person_declined": "The person does not want it",
    "condition_changed": "The person's condition changed",
    "self_discharged": "The person discharged themselves",
    "transferred": "Moved to another hospital",
    "entered_in_error": "Entered by mistake",
    "discharged_without_message": "Left hospital, but no discharge message came",
    "moved_away": "Moved away",
    "support_ended": "The support has ended, or runs on without us",
    "died": "The person died",
    "superseded": "A newer referral was accepted",
    "watch_completed": "The 30 days are over",
    "not_suitable": "Not suitable for this service",
    "readmitted": "Readmitted to hospital",
    "person_choice": "The person's choice",
    "family_support": "Support by family or friends",
    "clinical_judgement": "Clinical judgement",
    "safeguarding": "Safeguarding",
    "home_not_suitable": "The home is not suitable",
    "no_capacity": "No capacity",
    "package_unfilled": "No provider could be found",
    "package_handed_back": "The provider handed the care back",
    "back_in_hospital": "Back in hospital",
    "needs_changed": "Needs have changed",
    "decided_in_error": "Decided by mistake",
    "outside_area": "Outside the provider's area",
    "needs_too_complex": "The needs are too complex for the provider",
    "cannot_start_in_time": "Cannot start in time",
    "person_declined_provider": "The person does not want this provider",
    "provider_closing": "The provider is closing",
    "independent": "The person manages alone",
    "needs_less": "The person needs less help",
    "long_term_care_began": "Long-term care began",
    "not_needed": "Not needed",
    "family_provides": "The family does it",
    "arranged_elsewhere": "Arranged elsewhere",
    "other": "Another reason",
    "offer_deadline": "Not answered in time",
    "referral_withdrawn": "The referral was withdrawn",
    "referral_declined": "The referral was declined",
    "referral_closed": "The referral was closed",
    "discharge_cancelled": "The discharge was cancelled",
    "admission_cancelled": "The admission was cancelled",
    "death_corrected": "The record of death was a mistake",
    "not_ready": "Not ready to leave hospital",
    "in_hospital": "In hospital",
}
OFFER_STATES = {
    "sent": "Waiting for an answer",
    "accepted": "Accepted",
    "declined": "Declined",
    "expired": "Not answered in time",
    "withdrawn": "Withdrawn",
}
LINE_STATES = {
    "brokering": "Finding a provider",
    "agreed": "Agreed",
    "started": "Started",
    "ended": "Ended",
    "unfilled": "No provider found",
    "cancelled": "Cancelled",
}
SERVICE_NAMES = {
    "spa-intake": "Intake",
    "triage": "Triage",
    "care-package": "Care package",
    "readmission-monitor": "30-day follow-up",
}


def of_kind(text: str, kind: str) -> str:
    """What is said of a referral: one that is not about a stay comes from no ward."""
    if kind == ABOUT_A_STAY:
        return text
    for ward, referrer in (("Left hospital", "At home"), ("he ward", "he referrer")):
        text = text.replace(ward, referrer)
    return text


def say(words: Mapping[str, str], code: str | None, otherwise: str = "Not recorded") -> str:
    """The words of a code."""
    if code is None:
        return otherwise
    return words.get(code) or code.replace("_", " ").capitalize()


def listed(words: Mapping[str, str], codes: list[str]) -> str:
    """Several codes in one sentence part: "meals, equipment"."""
    return ", ".join(_lower_first(say(words, code)) for code in codes)


def _lower_first(text: str) -> str:
    return text if text[:2].isupper() or text.startswith("NEWS2") else text[:1].lower() + text[1:]
