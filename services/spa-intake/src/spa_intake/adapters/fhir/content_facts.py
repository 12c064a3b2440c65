"""The coded groups after the PRSB headings, as a message carries them: Observations, Flags, Consents, languages."""

from collections.abc import Mapping
from typing import TypeVar

from spa_intake.adapters.fhir import codes, resources
from spa_intake.adapters.fhir.message import Message
from spa_intake.adapters.fhir.observations import Stated
from spa_intake.domain.content import Communication, Equipment, ExistingCareDetail, Infection, Legal
from spa_intake.domain.content_codes import (
    Ability,
    Activity,
    CommunicationNeed,
    Consent,
    Consulted,
    ContinuingHealthcare,
    EquipmentItem,
    LegalPlan,
    MentalCapacity,
    Organism,
    SafeguardingFlag,
)
from spa_intake.domain.scores import Comorbidity, RiskInputs

# What HL7's codes of a Consent's rule say of sharing; that care is implied says nothing of what was asked.
CONSENT_RULES = {"OPTIN": Consent.GIVEN, "OPTOUT": Consent.REFUSED}
G = TypeVar("G")

# The facts of each group: where a message states none of them, the group is not looked for.
ABILITIES = {f"ability-{each.value.replace('_', '-')}": each for each in Activity}
EXISTING_CARE = frozenset(
    {"existing-care-visits-per-day", "existing-care-carers-per-visit", "existing-care-can-restart"}
)
LEGAL = frozenset(
    {
        "mental-capacity", "consent-to-referral", "consent-to-share", "legal-plan", "consulted", "objection",
        "continuing-healthcare",
    }
)  # fmt: skip
COMMUNICATION = frozenset({"interpreter-needed", "communication-need"})
INFECTION = frozenset({"infection", "isolation-needed", "isolation-ends"})
EQUIPMENT = frozenset({"equipment-needed", "equipment-in-place"})
RISK = frozenset(
    {
        "length-of-stay-days", "emergency-admission", "comorbidity", "emergency-visits-6-months",
        "admissions-12-months", "haemoglobin", "sodium", "oncology-service", "procedure-done", "frailty-deficits",
    }
)  # fmt: skip


def _unless_empty(group: G) -> G | None:
    """A group that says nothing is not there."""
    return None if group == type(group)() else group


def abilities(stated: Stated) -> Mapping[Activity, Ability]:
    """One fact for each activity: `ability-washing`, `ability-eating-drinking` …"""
    if not stated.mentions(ABILITIES.keys()):
        return {}
    said = {activity: stated.one(fact, Ability) for fact, activity in ABILITIES.items()}
    return {activity: ability for activity, ability in said.items() if ability is not None}


def existing_care_detail(stated: Stated) -> ExistingCareDetail | None:
    if not stated.mentions(EXISTING_CARE):
        return None
    return _unless_empty(
        ExistingCareDetail(
            visits_per_day=stated.number("existing-care-visits-per-day", 0, 24),
            carers_per_visit=stated.number("existing-care-carers-per-visit", 0, 4),
            can_restart=stated.is_so("existing-care-can-restart"),
        )
    )


def safeguarding(message: Message, stated: Stated) -> tuple[SafeguardingFlag, ...]:
    """Flags in our code system, and Observations of the same codes; other Flags are of other matters."""
    flags = [
        flag.code
        for flag in message.all(resources.Flag)
        if flag.status == "active" and flag.code and flag.code.code(codes.SAFEGUARDING)
    ]
    found = [code for each in flags if (code := stated.code(each, SafeguardingFlag, codes.SAFEGUARDING))]
    return tuple(dict.fromkeys([*found, *stated.several("safeguarding", SafeguardingFlag)]))


def legal(message: Message, stated: Stated) -> Legal | None:
    consent = _consent(message)
    if consent is None and not stated.mentions(LEGAL):
        return None
    return _unless_empty(
        Legal(
            mental_capacity=stated.one("mental-capacity", MentalCapacity),
            mental_capacity_assessed_on=stated.effective_on("mental-capacity"),
            consent_to_referral=stated.one("consent-to-referral", Consent),
            consent_to_share=stated.one("consent-to-share", Consent) or consent,
            plans=stated.several("legal-plan", LegalPlan),
            consulted=stated.several("consulted", Consulted),
            has_objection=stated.is_so("objection"),
            continuing_healthcare=stated.one("continuing-healthcare", ContinuingHealthcare),
        )
    )


def _consent(message: Message) -> Consent | None:
    """What the message's Consents say of sharing: refused, where any of them does."""
    said = set()
    for each in message.all(resources.Consent):
        rules = each.policy_rule.coding if each.policy_rule else []
        said |= {CONSENT_RULES[rule.code] for rule in rules if rule.code in CONSENT_RULES}
        if each.provision.type == "deny" or each.status == "rejected":
            said.add(Consent.REFUSED)
    return next((each for each in (Consent.REFUSED, Consent.GIVEN) if each in said), None)


def communication(patient: resources.Patient, stated: Stated) -> Communication | None:
    language = _language(patient)
    if language is None and not stated.mentions(COMMUNICATION):
        return None
    return _unless_empty(
        Communication(
            language=language,
            needs_interpreter=stated.is_so("interpreter-needed"),
            needs=stated.several("communication-need", CommunicationNeed),
        )
    )


def _language(patient: resources.Patient) -> str | None:
    """The preferred language, else the first: the first part of its tag ("pl" of "pl-PL")."""
    spoken = sorted(patient.communication, key=lambda each: not each.preferred)
    tags = [coding.code for each in spoken if each.language for coding in each.language.coding if coding.code]
    languages = (tag.partition("-")[0].lower() for tag in tags)
    return next((each for each in languages if len(each) == 2 and each.isascii() and each.isalpha()), None)


def infection(stated: Stated) -> Infection | None:
    if not stated.mentions(INFECTION):
        return None
    return _unless_empty(
        Infection(
            organisms=stated.several("infection", Organism),
            needs_isolation=stated.is_so("isolation-needed"),
            isolation_ends_on=stated.on("isolation-ends"),
        )
    )


def equipment(stated: Stated) -> Equipment | None:
    if not stated.mentions(EQUIPMENT):
        return None
    return _unless_empty(
        Equipment(
            needed=stated.several("equipment-needed", EquipmentItem),
            in_place=stated.several("equipment-in-place", EquipmentItem),
        )
    )


def risk(stated: Stated) -> RiskInputs | None:
    """What LACE, HOSPITAL and the frailty index are computed from."""
    if not stated.mentions(RISK):
        return None
    return _unless_empty(
        RiskInputs(
            length_of_stay_days=stated.number("length-of-stay-days", 0, 999),
            is_emergency_admission=stated.is_so("emergency-admission"),
            comorbidities=stated.several("comorbidity", Comorbidity) if stated.about("comorbidity") else None,
            ed_visits_6_months=stated.number("emergency-visits-6-months", 0, 999),
            admissions_12_months=stated.number("admissions-12-months", 0, 999),
            haemoglobin_g_per_l=stated.amount("haemoglobin", 10, 300),
            sodium_mmol_per_l=stated.amount("sodium", 80, 200),
            was_on_oncology=stated.is_so("oncology-service"),
            had_procedure=stated.is_so("procedure-done"),
            frailty_deficits=stated.number("frailty-deficits", 0, 36),
        )
    )
