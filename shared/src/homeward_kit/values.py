"""Values that any NHS application needs, and the named refusal; the domain may import only this module."""

import re
from datetime import date
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from nhs_number.validate import is_valid

LONDON = ZoneInfo("Europe/London")

_OUTWARD = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)\s*(?:[0-9][A-Z]{2})?")
_ODS_CODE = re.compile(r"[A-Z0-9]{3,10}")
_BANDS = ((17, "0-17"), (64, "18-64"), (74, "65-74"), (84, "75-84"), (94, "85-94"))

Fact = str | int | bool | list[str] | None


class Refusal(Exception):  # noqa: N818 — a refusal is an answer of the domain, not an error
    """A rule of the domain said no. Subclass it once per rule.

    `code` is stable and lower case with underscores; `message` is a plain sentence that says what to do next
    and carries no value the caller gave. `facts` are public coded facts about the refusal (an id, a state); `pointer`
    is the one field it is about, where it is about one.
    """

    code: ClassVar[str]
    message: ClassVar[str]
    pointer: ClassVar[str | None] = None

    def __init__(self, **facts: Fact) -> None:
        super().__init__(self.code)
        self.facts = facts


@lru_cache(maxsize=1024)  # a number is asked about for its lock, to find its person and to describe them
def is_valid_nhs_number(text: str) -> bool:
    """Ten digits, the last the right check digit (modulus 11, NHS data dictionary); spaces, hyphens allowed.

    0000000000 and other repeated digits pass the check digit's sum but are never issued: refused.
    """
    digits = _digits(text)
    return len(set(digits)) > 1 and is_valid(digits)


def format_nhs_number(text: str) -> str:
    """As people read it, in groups of 3, 3 and 4: "999 123 4567". ValueError unless there are ten digits."""
    digits = _digits(text)
    if re.fullmatch(r"[0-9]{10}", digits) is None:
        raise ValueError("an NHS number has ten digits")
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


def outward_postcode(text: str | None) -> str | None:
    """The part before the space ("BR1 3AB" → "BR1"), the area but not the house; None if malformed."""
    match = _OUTWARD.fullmatch(text.strip().upper()) if text else None
    return match.group(1) if match else None


def age_in_years(born_on: date, on: date) -> int:
    """Whole years of age on a day; 29 February's birthday is 1 March in other years."""
    had_birthday = (on.month, on.day) >= (born_on.month, born_on.day)
    return on.year - born_on.year - (0 if had_birthday else 1)


def age_band(born_on: date, on: date) -> str:
    """The band of an age on a day, coarse enough to name nobody."""
    age = age_in_years(born_on, on)
    return next((name for highest, name in _BANDS if age <= highest), "95+")


def is_ods_code(text: str) -> bool:
    """The form of an Organisation Data Service code (3 to 10 capitals, digits), not whether it is in use."""
    return _ODS_CODE.fullmatch(text) is not None


def _digits(text: str) -> str:
    return re.sub(r"[\s-]", "", text)
