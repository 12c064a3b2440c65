"""The coded answers of the content after the PRSB headings of a referral to community care (V1.1)."""

from enum import StrEnum


class Referrer(StrEnum):
    """Who refers; which of them refers a kind is in `kinds`."""

    WARD = "ward"
    GP_PRACTICE = "gp_practice"
    NHS_111 = "nhs_111"
    AMBULANCE = "ambulance"
    CARE_HOME = "care_home"


class ResponseWithin(StrEnum):
    """How soon somebody must be there (Bromley rapid access: 2 hours or 2 days)."""

    TWO_HOURS = "two_hours"
    TWO_DAYS = "two_days"


class Activity(StrEnum):
    """What a person does, or needs help with, in a day."""

    WASHING = "washing"
    DRESSING = "dressing"
    TOILETING = "toileting"
    CONTINENCE = "continence"
    EATING_DRINKING = "eating_drinking"
    TRANSFERS = "transfers"
    WALKING = "walking"
    STAIRS = "stairs"
    COMMUNICATING = "communicating"


class Ability(StrEnum):
    INDEPENDENT = "independent"
    WITH_AID = "with_aid"
    PROMPTING = "prompting"
    ONE_PERSON = "one_person"
    TWO_PEOPLE = "two_people"
    UNABLE = "unable"


class MentalCapacity(StrEnum):
    """For the decision about leaving hospital and care (Mental Capacity Act 2005: it is presumed)."""

    HAS_CAPACITY = "has_capacity"
    LACKS_CAPACITY = "lacks_capacity"
    FLUCTUATES = "fluctuates"
    NOT_ASSESSED = "not_assessed"


class Consent(StrEnum):
    GIVEN = "given"
    BEST_INTERESTS = "best_interests"  # decided for a person who lacks capacity
    REFUSED = "refused"
    NOT_SOUGHT = "not_sought"


class LegalPlan(StrEnum):
    """What stands about the person's care, or who may decide for them."""

    LPA_HEALTH = "lpa_health"
    LPA_PROPERTY = "lpa_property"
    DEPUTY = "deputy"
    ADVANCE_DECISION = "advance_decision"
    DNACPR = "dnacpr"
    RESPECT_FORM = "respect_form"
    DOLS = "deprivation_of_liberty"


class Consulted(StrEnum):
    """Who was asked about the referral (SI 2014/2823, regulation 3: the list of fields)."""

    PERSON = "person"
    CARER = "carer"
    ADVOCATE = "advocate"


class ContinuingHealthcare(StrEnum):
    NOT_CONSIDERED = "not_considered"
    NOT_INDICATED = "not_indicated"
    CHECKLIST_POSITIVE = "checklist_positive"
    FAST_TRACK = "fast_track"


class SafeguardingFlag(StrEnum):
    ADULT_CONCERN_RAISED = "adult_concern_raised"
    ENQUIRY_OPEN = "enquiry_open"  # Care Act 2014, section 42
    DOMESTIC_ABUSE = "domestic_abuse"
    SELF_NEGLECT = "self_neglect"
    CHILD_IN_HOUSEHOLD = "child_in_household"
    RISK_TO_STAFF = "risk_to_staff"


class CommunicationNeed(StrEnum):
    HEARING = "hearing"
    SIGHT = "sight"
    SPEECH = "speech"
    SIGN_LANGUAGE = "sign_language"
    EASY_READ = "easy_read"
    LARGE_PRINT = "large_print"
    LEARNING_DISABILITY = "learning_disability"


class Organism(StrEnum):
    COVID_19 = "covid_19"
    INFLUENZA = "influenza"
    NOROVIRUS = "norovirus"
    CLOSTRIDIOIDES_DIFFICILE = "clostridioides_difficile"
    MRSA = "mrsa"
    CPE = "cpe"
    TUBERCULOSIS = "tuberculosis"
    SCABIES = "scabies"
    OTHER = "other"


class EquipmentItem(StrEnum):
    HOSPITAL_BED = "hospital_bed"
    BED_RAILS = "bed_rails"
    PRESSURE_MATTRESS = "pressure_mattress"
    HOIST = "hoist"
    SLIDE_SHEET = "slide_sheet"
    TRANSFER_AID = "transfer_aid"
    COMMODE = "commode"
    RAISED_TOILET_SEAT = "raised_toilet_seat"
    GRAB_RAILS = "grab_rails"
    WALKING_AID = "walking_aid"
    WHEELCHAIR = "wheelchair"
    OXYGEN = "oxygen"
    PENDANT_ALARM = "pendant_alarm"
    KEY_SAFE = "key_safe"
    OTHER = "other"


class Relationship(StrEnum):
    """What a contact is to the person."""

    SPOUSE_PARTNER = "spouse_partner"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    OTHER_FAMILY = "other_family"
    FRIEND_NEIGHBOUR = "friend_neighbour"
    PAID_CARER = "paid_carer"
    CARE_HOME = "care_home"
    SOCIAL_WORKER = "social_worker"
    ADVOCATE = "advocate"
    OTHER = "other"


class ContactRole(StrEnum):
    NEXT_OF_KIN = "next_of_kin"
    MAIN_CONTACT = "main_contact"
    UNPAID_CARER = "unpaid_carer"
    ATTORNEY = "attorney"
    KEY_HOLDER = "key_holder"
    EMERGENCY = "emergency"
