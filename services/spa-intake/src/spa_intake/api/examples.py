"""Examples of what callers send, shown in the documentation of the API; a test sends each of them."""

from typing import Any

Examples = dict[str, Any]  # Any: OpenAPI's examples by name

_PERSON = {
    "nhs_number": "999 000 0018",
    "nhs_number_verification_status": "01",
    "hospital_number": "H204817",
    "family_name": "Example",
    "given_name": "Ada",
    "born_on": "1941-05-06",
    "gender": "female",
    "address_lines": ["1 Example Road", "Bromley"],
    "postcode": "BR1 1AA",
    "phone": "020 7946 0000",
    "gp_practice": "G85001",
}
_DISCHARGE = {
    "kind": "hospital_discharge",
    "person": _PERSON,
    "hospital": "RJZ",
    "ward": "W7",
    "visit_number": "V88123",
    "expected_discharge_on": "2026-03-06",
    "discharge_ready_on": "2026-03-04",
    "criteria_to_reside": ["lower_limb_surgery_48h"],
    "criteria_assessed_at": "2026-03-04T08:30:00Z",
    "criteria_since": {"lower_limb_surgery_48h": "2026-03-03T14:00:00Z"},
    "needs": ["washing_dressing", "meals", "equipment"],
    "abilities": {"washing": "one_person", "transfers": "with_aid", "stairs": "unable"},
    "living_situation": "alone",
    "existing_care": "package_of_care",
    "existing_care_detail": {"visits_per_day": 2, "carers_per_visit": 1, "can_restart": True},
    "mobility": "one_person",
    "cognition": "mild_impairment",
    "clinical_frailty_scale": 6,
    "legal": {
        "mental_capacity": "has_capacity",
        "mental_capacity_assessed_on": "2026-03-02",
        "consent_to_referral": "given",
        "consent_to_share": "given",
        "plans": ["lpa_health", "respect_form"],
        "consulted": ["person", "carer"],
        "has_objection": False,
        "continuing_healthcare": "not_indicated",
    },
    "safeguarding": [],
    "communication": {"language": "en", "needs_interpreter": False, "needs": ["hearing"]},
    "infection": {"organisms": ["mrsa"], "needs_isolation": False},
    "equipment": {"needed": ["commode", "walking_aid"], "in_place": ["key_safe"]},
    "risk": {
        "length_of_stay_days": 6,
        "is_emergency_admission": True,
        "comorbidities": ["heart_failure", "diabetes"],
        "ed_visits_6_months": 2,
        "admissions_12_months": 2,
        "haemoglobin_g_per_l": 112,
        "sodium_mmol_per_l": 138,
        "was_on_oncology": False,
        "had_procedure": True,
    },
    "contacts": [
        {
            "name": "Grace Example",
            "relationship": "child",
            "phone": "020 7946 0001",
            "roles": ["next_of_kin", "key_holder"],
        }
    ],
    "liaison": {"name": "Discharge lounge W7", "phone": "01689 000000"},
    "texts": {"wishes": "Wants to be back in her own flat.", "home_and_access": "Second floor, lift."},
    "reason_text": "Fall at home, hip fracture repaired. Managed alone before, with two visits a day.",
}
_OTHER = {name: value for name, value in _PERSON.items() if name != "hospital_number"}

REFERRAL: Examples = {
    "the least of a hospital discharge": {
        "value": {
            "kind": "hospital_discharge",
            "person": {
                "hospital_number": "H204818",
                "family_name": "Example",
                "given_name": "Ben",
                "born_on": "1938-02-17",
            },
            "hospital": "RJZ",
            "ward": "W7",
        }
    },
    "a hospital discharge": {"value": _DISCHARGE},
    "proactive care": {
        "value": {
            "kind": "proactive_care",
            "person": _OTHER,
            "needs": ["medication_support"],
            "living_situation": "alone",
            "clinical_frailty_scale": 5,
            "risk": {"frailty_deficits": 11, "admissions_12_months": 3},
        }
    },
    "admission avoidance": {
        "value": {
            "kind": "admission_avoidance",
            "referrer": "nhs_111",
            "response_within": "two_hours",
            "person": _OTHER,
            "needs": ["moving_handling"],
            "mobility": "one_person",
            "texts": {"clinical_summary": "Fall this morning, no head injury, cannot stand alone since."},
        }
    },
    "care home": {
        "value": {
            "kind": "care_home",
            "person": _OTHER,
            "living_situation": "care_home",
            "existing_care": "care_home",
            "needs": ["wound_care"],
            "infection": {"organisms": ["norovirus"], "needs_isolation": True, "isolation_ends_on": "2026-03-08"},
        }
    },
}
AMENDMENT: Examples = {
    "a new date and one thing cleared": {"value": {"expected_discharge_on": "2026-03-07", "mobility": None}},
    "a group as a whole": {
        "value": {"equipment": {"needed": ["hospital_bed", "hoist"], "in_place": ["key_safe"]}, "mobility": "hoist"}
    },
    "how the person is reached": {"value": {"person": {"phone": "020 7946 0002", "gp_practice": None}}},
    "who the person is, corrected": {"value": {"person": {"given_name": "Ada Jane", "postcode": "BR1 1AB"}}},
    "an NHS number that was not known before": {
        "value": {"person": {"nhs_number": "999 000 0018", "nhs_number_verification_status": "01"}}
    },
    "contacts": {"value": {"contacts": [{"name": "Grace Example", "relationship": "child", "roles": ["next_of_kin"]}]}},
}
WITHDRAWAL: Examples = {"no longer needed": {"value": {"reason": "no_longer_needed"}}}
READINESS: Examples = {
    "ready": {"value": {"criteria_to_reside": [], "assessed_at": "2026-03-05T08:30:00Z"}},
    "not ready": {"value": {"criteria_to_reside": ["iv_fluids"], "assessed_at": "2026-03-05T20:00:00Z"}},
}
