"""Whom to talk to about a person, and what is said in words: kept in spa-intake, in no event."""

from spa_intake.adapters.fhir import resources
from spa_intake.adapters.fhir.message import Message
from spa_intake.adapters.fhir.observations import Stated
from spa_intake.domain.content import Contact, Liaison, ReferralContent, Texts
from spa_intake.domain.content_codes import ContactRole, Relationship

MOST_CONTACTS = 10
LONGEST_NAME = 120
LONGEST_PHONE = 20
# HL7's codes of relationship (v3-RoleCode, v2-0131) as ours.
RELATIONSHIPS = {
    **dict.fromkeys(("SPS", "HUSB", "WIFE", "DOMPART", "SIGOTHR"), Relationship.SPOUSE_PARTNER),
    **dict.fromkeys(("CHILD", "SON", "DAU", "NCHILD", "SONC", "DAUC", "CHLDINLAW"), Relationship.CHILD),
    **dict.fromkeys(("PRN", "MTH", "FTH"), Relationship.PARENT),
    **dict.fromkeys(("SIB", "BRO", "SIS"), Relationship.SIBLING),
    **dict.fromkeys(("FAMMEMB", "EXT", "GRNDCHILD", "NIENEPH", "COUSN", "AUNT", "UNCLE"), Relationship.OTHER_FAMILY),
    **dict.fromkeys(("FRND", "NBOR"), Relationship.FRIEND_NEIGHBOUR),
}
ROLES = {
    "N": ContactRole.NEXT_OF_KIN,
    "C": ContactRole.EMERGENCY,
    "POWATT": ContactRole.ATTORNEY,
    "HPOWATT": ContactRole.ATTORNEY,
    "DPOWATT": ContactRole.ATTORNEY,
}
ONESELF = "ONESELF"


def read_content(message: Message, stated: Stated) -> ReferralContent:
    """Contacts, who at the hospital answers questions, and the words."""
    return ReferralContent(
        contacts=_contacts(message.only(resources.Patient)),
        liaison=_liaison(message),
        texts=Texts(
            clinical_summary=stated.text("clinical-summary"),
            wishes=stated.text("wishes"),
            home_and_access=stated.text("home-and-access"),
            risks=stated.text("risks"),
            medicines=stated.text("medicines"),
        ),
    )


def _contacts(patient: resources.Patient) -> tuple[Contact, ...]:
    found = []
    for each in patient.contact:
        said = {coding.code for concept in each.relationship for coding in concept.coding if coding.code}
        name = _words(each.name)
        if name is None or ONESELF in said:
            continue
        found.append(
            Contact(
                name=name,
                relationship=next(
                    (RELATIONSHIPS[code] for code in sorted(said & RELATIONSHIPS.keys())), Relationship.OTHER
                ),
                phone=_phone(each.telecom),
                roles=tuple(dict.fromkeys(ROLES[code] for code in sorted(said & ROLES.keys()))),
            )
        )
    return tuple(found[:MOST_CONTACTS])


def _liaison(message: Message) -> Liaison | None:
    """The practitioner who asks, with a telephone of the person or of the role."""
    asks = message.only(resources.ServiceRequest).requester
    role = message.find(resources.PractitionerRole, asks)
    person = message.find(resources.Practitioner, role.practitioner if role else asks)
    name = _words(person.name[0]) if person and person.name else None
    if person is None or name is None:
        return None
    return Liaison(name, _phone([*(role.telecom if role else []), *person.telecom]))


def _words(name: resources.Name | None) -> str | None:
    if name is None:
        return None
    parts = " ".join([*name.given, name.family or ""]).strip()
    return (name.text or parts).strip()[:LONGEST_NAME] or None


def _phone(telecoms: list[resources.Telecom]) -> str | None:
    phones = [each for each in telecoms if each.system == "phone" and each.value]
    best = min(phones, key=lambda each: each.rank or 99, default=None)
    return (best.value or "").strip()[:LONGEST_PHONE] or None if best else None
