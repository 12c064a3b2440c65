"""Synthetic people: invented names, addresses of nobody, NHS numbers that are never issued (999…)."""

import random
import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

GIVEN_NAMES = {
    "female": ("Ada", "Beryl", "Constance", "Doreen", "Edith", "Florence", "Gwendoline", "Hilda", "Iris", "Joyce"),
    "male": ("Albert", "Bernard", "Cyril", "Desmond", "Ernest", "Frank", "Gordon", "Harold", "Ivor", "Kenneth"),
}
FAMILY_NAMES = (
    *("Ashdown", "Barrowclough", "Castleton", "Dunmore", "Eastwick", "Fairhurst", "Greenhalgh", "Hartwell"),
    *("Inglewood", "Jessop", "Kirkbride", "Lockwood", "Marlow", "Netherby", "Oakshott", "Penhallow"),
)
STREETS = ("Synthetic Street", "Example Road", "Specimen Avenue", "Sample Close")
# Postcode districts of the borough; the inward part 9ZZ is given to no address.
DISTRICTS = ("BR1", "BR2", "BR3", "BR5", "BR6", "BR7", "SE20")
WARDS = ("Churchill", "Darwin", "Farnborough", "Medical 4")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist, on a ward."""

    given_name: str
    family_name: str
    gender: str
    born_on: date
    nhs_number: str
    hospital_number: str
    visit_number: str
    address_line: str
    postcode: str
    phone: str
    ward: str

    @property
    def town(self) -> str:
        return "Bromley"

    def on_another_visit(self) -> Self:
        """The same person in another stay."""
        return replace(self, visit_number=f"V{uuid.uuid4().int % 10**8:08d}")


def nhs_number_of(six_digits: int) -> str | None:
    """999, the six digits and the check digit (modulus 11); nothing where the remainder is 10."""
    nine = f"999{six_digits:06d}"
    remainder = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    check = (11 - remainder) % 11
    return None if check == 10 else f"{nine}{check}"


def synthetic_person(chooser: random.Random, today: date) -> Person:
    """A person made up from the lists; the same chooser makes the same people."""
    number = None
    while number is None:
        number = nhs_number_of(chooser.randrange(1_000_000))
    gender = chooser.choice(tuple(GIVEN_NAMES))
    return Person(
        given_name=chooser.choice(GIVEN_NAMES[gender]),
        family_name=chooser.choice(FAMILY_NAMES),
        gender=gender,
        born_on=today - timedelta(days=chooser.randrange(70 * 365, 96 * 365)),
        nhs_number=number,
        hospital_number=f"H{chooser.randrange(10**7):07d}",
        visit_number=f"V{chooser.randrange(10**8):08d}",
        address_line=f"{chooser.randrange(1, 200)} {chooser.choice(STREETS)}",
        postcode=f"{chooser.choice(DISTRICTS)} 9ZZ",
        phone=f"07700 900{chooser.randrange(1000):03d}",
        ward=chooser.choice(WARDS),
    )
