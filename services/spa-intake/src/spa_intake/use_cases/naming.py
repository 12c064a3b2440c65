"""The numbers that a later message names a person by: kept where nobody else has them, else a question for staff."""

from collections.abc import Callable
from dataclasses import dataclass

from homeward_kit.database import Tx
from spa_intake.adapters.db import merges, people
from spa_intake.adapters.db.recognition import named
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.inputs import PersonIn, ReferralFacts
from spa_intake.domain.person import Identity, Person, check_nhs_number, identify, numbered, require_same_number
from spa_intake.domain.policy import Policy

# how a message names the person of a referral: a hospital's number means nothing outside that hospital
Naming = Callable[[ReferralFacts], Identity]


@dataclass(frozen=True)
class Named:
    """The person with the NHS number, if it was taken, and who else has one of the numbers."""

    person: Person
    others: tuple[PatientKey, ...] = ()
    is_new: bool = False  # a number was kept that the person did not have


def naming(details: PersonIn, policy: Policy) -> Naming | None:
    """None: the message names no number. The naming refuses with NhsNumberInvalid."""
    if not (details.nhs_number or details.hospital_number):
        return None

    def name(facts: ReferralFacts) -> Identity:
        sent = PersonIn(
            hospital=facts.hospital,
            hospital_number=details.hospital_number,
            family_name=None,
            given_name=None,
            born_on=None,
            nhs_number=details.nhs_number,
            verification_status=details.verification_status,
        )
        identity = identify(sent, facts.referring_organisation, policy)
        check_nhs_number(identity, policy)
        return identity

    return name


async def take_numbers(tx: Tx, person: Person, identity: Identity) -> Named:
    """The numbers are locked, and so is the person. Refuses with PatientDiffers: they have another NHS number.

    Where one of the numbers is somebody else's, none is taken: whose they are is a question for a person.
    """
    require_same_number(person, identity.nhs_number)
    key = person.patient_key
    owners = await people.find(tx, named(identity))
    others = set(owners.values()) - {PatientKey(one) for one in tx.groups.get(key, {key})}
    if others:
        return Named(person, tuple(sorted(others)))
    is_ours = owners.get((people.NHS, identity.verified_nhs_number or ""), key) == key
    after = numbered(person, identity, tx.now) if is_ours else person
    new = {identifier: key for identifier in named(identity) if identifier not in owners}
    await people.add_identifiers(tx, new, {key})
    return Named(after, is_new=bool(new))


async def ask_about(tx: Tx, person: Person, others: tuple[PatientKey, ...]) -> None:
    """Raise possible duplicates: those who have one of the person's numbers, and one who is like them now."""
    await merges.raise_duplicates(tx, [(person.patient_key, other) for other in others], [person])
