"""A person as a banner and a list name them (ISB 1505: family name in capitals, then given name)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from homeward_kit.values import age_in_years, format_nhs_number

from . import dates, words

GENDERS = {"female": "Female", "male": "Male", "other": "Other", "unknown": "Not known"}
NUMBER_NOTES = {"unverified": "not verified", "absent": ""}


@dataclass(frozen=True)
class PersonView:
    """What a list row and the banner show; None where a part is not known."""

    name: str
    nhs_number: str | None
    nhs_number_note: str
    born: str | None
    age_years: int | None
    age: str | None
    gender: str
    hospital_number: str | None
    died: str | None
    address: str | None
    phone: str | None
    gp_practice: str | None


UNKNOWN = PersonView("Name not available now", None, "", None, None, None, "", None, None, None, None, None)


def person_view(person: Mapping[str, Any] | None, now: datetime) -> PersonView:  # Any: JSON of the intake API
    """The person as spa-intake's own API gives it, or a stand-in when it does not answer."""
    if person is None:
        return UNKNOWN
    today = dates.london_day(now)
    born_on = date.fromisoformat(person["born_on"]) if person.get("born_on") else None
    number = person.get("nhs_number")
    return PersonView(
        name=_name(person),
        nhs_number=_grouped(number) if number else None,
        nhs_number_note=NUMBER_NOTES.get(person.get("nhs_number_status", ""), "") if number else "",
        born=dates.born(born_on) if born_on else None,
        age_years=age_in_years(born_on, today) if born_on else None,
        age=dates.age(born_on, today) if born_on else None,
        gender=words.say(GENDERS, person.get("gender"), "Not known"),
        hospital_number=person.get("hospital_number"),
        died=_died(person, now),
        address=", ".join([*(person.get("address_lines") or []), *filter(None, [person.get("postcode")])]) or None,
        phone=person.get("phone"),
        gp_practice=person.get("gp_practice"),
    )


def _grouped(number: str) -> str:
    """In groups of 3, 3 and 4; a number that has not ten digits as it was given."""
    try:
        return format_nhs_number(number)
    except ValueError:
        return number


def _name(person: Mapping[str, Any]) -> str:
    family, given = person.get("family_name"), person.get("given_name")
    return ", ".join(filter(None, [family.upper() if family else None, given])) or "Name not known"


def _died(person: Mapping[str, Any], now: datetime) -> str | None:
    if not person.get("died_at"):
        return None
    died_at = datetime.fromisoformat(person["died_at"])
    return dates.day(dates.london_day(died_at), dates.london_day(now))
