"""What is asked for each thing that a query can ask of a ward."""

from collections.abc import Mapping, Sequence

from spa_intake.ui.presenters import content_words, words

from .fields import Choice, Field, Kind, choices

_LEAVE = Choice("", "Leave as it is")
_YES_NO = {"yes": "Yes", "no": "No"}
_DATE = "Enter a real date, such as 27 3 2027"
_SITUATION: Mapping[str, tuple[str, ...]] = {
    "living_situation": ("alone", "with_others", "with_carer", "sheltered_housing", "care_home", "no_fixed_abode"),
    "existing_care": ("none", "informal", "package_of_care", "care_home"),
    "mobility": ("independent", "one_person", "two_people", "hoist", "bed_bound"),
    "cognition": ("no_concern", "mild_impairment", "moderate_severe_impairment", "delirium"),
}


def _select(name: str, label: str, known: Mapping[str, str], codes: Sequence[str] | None = None) -> Field:
    return Field(name, label, Kind.SELECT, "Select an answer", (_LEAVE, *choices(known, codes)))


def _boxes(name: str, label: str, known: Mapping[str, str]) -> Field:
    return Field(name, label, Kind.CHECKBOXES, "Select an answer", choices(known))


def _date(name: str, label: str) -> Field:
    return Field(name, label, Kind.DATE, _DATE)


def _text(name: str, label: str, error: str, hint: str | None = None) -> Field:
    return Field(name, label, Kind.TEXT, error, hint=hint)


ITEMS: Mapping[str, tuple[Field, ...]] = {
    "ward": (_text("ward", "Ward", "Enter the name of the ward, up to 20 letters and numbers"),),
    "criteria_to_reside": (
        Field(
            "criteria_to_reside",
            "Which criteria to reside does the person meet now?",
            Kind.CHECKBOXES,
            "Select the criteria, or that none of them is met",
            (*choices(words.CRITERIA), Choice("none", "None of these: ready to leave hospital")),
            "It is recorded as an assessment of now. Leave empty if the ward did not say",
        ),
    ),
    "discharge_ready_date": (_date("discharge_ready_on", "Since when is the person ready to leave?"),),
    "expected_discharge_date": (_date("expected_discharge_on", "Expected discharge date"),),
    "response_time": (_select("response_within", "How soon must somebody come?", content_words.RESPONSES),),
    "needs": (_boxes("needs", "What does the person need help with?", words.NEEDS),),
    "mobility": (_select("mobility", "Mobility", words.SITUATION, _SITUATION["mobility"]),),
    "cognition": (_select("cognition", "Memory and thinking", words.SITUATION, _SITUATION["cognition"]),),
    "abilities": tuple(
        _select(activity, f"{title}: what can the person do?", content_words.ABILITIES)
        for activity, title in content_words.ACTIVITIES.items()
    ),
    "medication_support": (
        Field(
            "medicines",
            "What help with medicines does the person need?",
            Kind.TEXTAREA,
            "Enter up to 4,000 characters",
        ),
    ),
    "equipment": (
        _boxes("equipment_needed", "Which equipment is needed?", content_words.EQUIPMENT),
        _boxes("equipment_in_place", "Which equipment is in place?", content_words.EQUIPMENT),
    ),
    "clinical_frailty": (
        Field(
            "clinical_frailty_scale",
            "Clinical Frailty Scale",
            Kind.SELECT,
            "Select a number from 1 to 9",
            (_LEAVE, *(Choice(str(number), str(number)) for number in range(1, 10))),
            "From 1, very fit, to 9, terminally ill",
        ),
    ),
    "living_situation": (
        _select("living_situation", "Living situation", words.SITUATION, _SITUATION["living_situation"]),
    ),
    "existing_care": (
        _select("existing_care", "Care before the admission", words.SITUATION, _SITUATION["existing_care"]),
        _text("visits_per_day", "Visits a day before", "Enter a number from 0 to 24"),
        _text("carers_per_visit", "Carers at a visit before", "Enter a number from 0 to 4"),
        _select("can_restart", "Can that care start again?", _YES_NO),
    ),
    "mental_capacity": (
        _select("mental_capacity", "Mental capacity for leaving and care", content_words.CAPACITY),
        _date("mental_capacity_assessed_on", "When was the capacity assessed?"),
    ),
    "consent": (
        _select("consent_to_referral", "Consent to the referral", content_words.CONSENT),
        _select("consent_to_share", "Consent to share with those who give the care", content_words.CONSENT),
    ),
    "safeguarding": (
        _select("safeguarding_concern", "Is there a safeguarding concern?", _YES_NO),
        _boxes("safeguarding", "Which one?", content_words.SAFEGUARDING),
    ),
    "infection": (
        _boxes("organisms", "Which infection?", content_words.ORGANISMS),
        _select("needs_isolation", "Does the person need isolation?", _YES_NO),
        _date("isolation_ends_on", "When does the isolation end?"),
    ),
    "communication": (
        _select("language", "Language", content_words.LANGUAGES),
        _select("needs_interpreter", "Is an interpreter needed?", _YES_NO),
        _boxes("communication_needs", "Needs support with", content_words.COMMUNICATION),
    ),
    "contact_details": (
        Field(
            "address_lines",
            "Address",
            Kind.TEXTAREA,
            "Enter the address on up to five lines",
            hint="Without the postcode, on up to five lines",
        ),
        _text("postcode", "Postcode", "Enter a postcode, such as BR1 1AA"),
        _text("phone", "Phone number", "Enter a phone number, such as 020 7946 0001"),
    ),
    "gp_practice": (
        _text("gp_practice", "GP practice", "Enter the ODS code of the practice, such as G84001", "Its ODS code"),
    ),
    "next_of_kin": (
        _text("contact_name", "Name of the next of kin or other contact", "Enter a name of up to 120 characters"),
        _select("contact_relationship", "What are they to the person?", content_words.RELATIONSHIPS),
        _text("contact_phone", "Their phone number", "Enter a phone number, such as 020 7946 0001"),
        _boxes("contact_roles", "They are", content_words.CONTACT_ROLES),
    ),
    "therapy_report": (
        Field(
            "therapy_report",
            "What does the therapy report say?",
            Kind.TEXTAREA,
            "Enter up to 4,000 characters",
            hint="It is kept as a note for your colleagues",
        ),
    ),
}
FIELDS = tuple(field for fields in ITEMS.values() for field in fields)
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Leaving hospital": (
        "ward",
        "criteria_to_reside",
        "discharge_ready_date",
        "expected_discharge_date",
        "response_time",
    ),
    "Needs and abilities": (
        "needs",
        "mobility",
        "cognition",
        "abilities",
        "medication_support",
        "equipment",
        "clinical_frailty",
        "therapy_report",
    ),
    "Home and care before": ("living_situation", "existing_care"),
    "Capacity, consent and safety": ("mental_capacity", "consent", "safeguarding", "infection", "communication"),
    "How to reach people": ("contact_details", "gp_practice", "next_of_kin"),
}
STAY_ITEMS = frozenset({"ward", "criteria_to_reside", "discharge_ready_date", "expected_discharge_date"})
GROUPS: Mapping[str, Mapping[str, str]] = {  # groups of the referral: field of the form → name in the group
    "existing_care_detail": {name: name for name in ("visits_per_day", "carers_per_visit", "can_restart")},
    "abilities": {activity: activity for activity in content_words.ACTIVITIES},
    "legal": {
        name: name
        for name in ("mental_capacity", "mental_capacity_assessed_on", "consent_to_referral", "consent_to_share")
    },
    "communication": {
        "language": "language",
        "needs_interpreter": "needs_interpreter",
        "communication_needs": "needs",
    },
    "infection": {name: name for name in ("organisms", "needs_isolation", "isolation_ends_on")},
    "equipment": {"equipment_needed": "needed", "equipment_in_place": "in_place"},
    "texts": {"medicines": "medicines"},
}
