"""Codes of the referral's content in plain words."""

ABILITIES = {
    "independent": "Independent",
    "with_aid": "With an aid",
    "prompting": "With prompting",
    "one_person": "Help of one person",
    "two_people": "Help of two people",
    "unable": "Unable",
}
ACTIVITIES = {
    "washing": "Washing",
    "dressing": "Dressing",
    "toileting": "Using the toilet",
    "continence": "Continence",
    "eating_drinking": "Eating and drinking",
    "transfers": "Getting in and out of bed or chair",
    "walking": "Walking",
    "stairs": "Stairs",
    "communicating": "Communicating",
}
CAPACITY = {
    "has_capacity": "Has capacity",
    "lacks_capacity": "Lacks capacity",
    "fluctuates": "Fluctuates",
    "not_assessed": "Not assessed",
}
CONSENT = {
    "given": "Given",
    "best_interests": "Best interests decision",
    "refused": "Refused",
    "not_sought": "Not asked for",
}
PLANS = {
    "lpa_health": "Lasting power of attorney for health",
    "lpa_property": "Lasting power of attorney for property",
    "deputy": "Court-appointed deputy",
    "advance_decision": "Advance decision to refuse treatment",
    "dnacpr": "DNACPR",
    "respect_form": "ReSPECT form",
    "deprivation_of_liberty": "Deprivation of liberty authorised",
}
CONSULTED = {"person": "The person", "carer": "A carer", "advocate": "An advocate"}
CONTINUING_HEALTHCARE = {
    "not_considered": "Not considered",
    "not_indicated": "Considered, not indicated",
    "checklist_positive": "Checklist positive",
    "fast_track": "Fast Track",
}
SAFEGUARDING = {
    "adult_concern_raised": "Adult safeguarding concern raised",
    "enquiry_open": "Safeguarding enquiry open",
    "domestic_abuse": "Domestic abuse",
    "self_neglect": "Self-neglect",
    "child_in_household": "Child in the household",
    "risk_to_staff": "Risk to staff",
}
COMMUNICATION = {
    "hearing": "Hearing",
    "sight": "Sight",
    "speech": "Speech",
    "sign_language": "British Sign Language",
    "easy_read": "Easy read",
    "large_print": "Large print",
    "learning_disability": "Learning disability",
}
# those spoken most in South East London; another is shown by its code
LANGUAGES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "gu": "Gujarati",
    "it": "Italian",
    "ne": "Nepali",
    "pa": "Panjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "so": "Somali",
    "ta": "Tamil",
    "tr": "Turkish",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "yo": "Yoruba",
    "zh": "Chinese",
}
ORGANISMS = {
    "covid_19": "COVID-19",
    "influenza": "Influenza",
    "norovirus": "Norovirus",
    "clostridioides_difficile": "Clostridioides difficile (C. diff)",
    "mrsa": "MRSA",
    "cpe": "CPE",
    "tuberculosis": "Tuberculosis",
    "scabies": "Scabies",
    "other": "Another infection",
}
EQUIPMENT = {
    "hospital_bed": "Hospital bed",
    "bed_rails": "Bed rails",
    "pressure_mattress": "Pressure mattress",
    "hoist": "Hoist",
    "slide_sheet": "Slide sheet",
    "transfer_aid": "Transfer aid",
    "commode": "Commode",
    "raised_toilet_seat": "Raised toilet seat",
    "grab_rails": "Grab rails",
    "walking_aid": "Walking aid",
    "wheelchair": "Wheelchair",
    "oxygen": "Oxygen",
    "pendant_alarm": "Pendant alarm",
    "key_safe": "Key safe",
    "other": "Other equipment",
}
RELATIONSHIPS = {
    "spouse_partner": "Spouse or partner",
    "child": "Son or daughter",
    "parent": "Parent",
    "sibling": "Brother or sister",
    "other_family": "Other family",
    "friend_neighbour": "Friend or neighbour",
    "paid_carer": "Paid carer",
    "care_home": "Care home",
    "social_worker": "Social worker",
    "advocate": "Advocate",
    "other": "Other contact",
}
CONTACT_ROLES = {
    "next_of_kin": "Next of kin",
    "main_contact": "Main contact",
    "unpaid_carer": "Unpaid carer",
    "attorney": "Attorney",
    "key_holder": "Holds a key",
    "emergency": "Emergency contact",
}
REFERRERS = {
    "ward": "Ward",
    "gp_practice": "GP practice",
    "nhs_111": "NHS 111",
    "ambulance": "Ambulance service",
    "care_home": "Care home",
}
RESPONSES = {"two_hours": "Within 2 hours", "two_days": "Within 2 days"}
TEXTS = {
    "clinical_summary": "Clinical summary",
    "wishes": "What the person and family want",
    "home_and_access": "Home and how to get in",
    "risks": "Risks",
    "medicines": "Medicines",
}
SCORES = {
    "lace": "LACE",
    "hospital": "HOSPITAL",
    "frailty_index": "Electronic frailty index",
    "clinical_frailty": "Clinical Frailty Scale",
}
SCORE_PARTS = {
    "length_of_stay": "Days in hospital",
    "acute_admission": "Emergency admission",
    "comorbidity": "Other illnesses",
    "emergency_visits": "Emergency department visits in 6 months",
    "haemoglobin": "Haemoglobin",
    "oncology": "Cancer service",
    "sodium": "Sodium",
    "procedure": "Procedure",
    "index_type": "Emergency admission",
    "admissions": "Admissions in 12 months",
    "deficits": "Deficits",
    "scale": "Scale",
}
