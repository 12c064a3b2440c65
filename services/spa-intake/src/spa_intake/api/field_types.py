"""The types of what callers send: text, codes and times, each as narrow as its meaning."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StrictStr, StringConstraints
from pydantic_core import PydanticCustomError


def _storable(text: str) -> str:
    """Control characters and half characters are nobody's name, and PostgreSQL does not take them."""
    if not (text.isprintable() or all(one.isprintable() or one in "\n\t" for one in text)):
        raise PydanticCustomError("string_type", "control characters")
    return text


def _written(value: object) -> object:
    """Dates and times are text: a number is not a date."""
    if not isinstance(value, str | date | datetime):
        raise PydanticCustomError("date_type", "text expected")
    return value


def _born(value: date) -> date:
    if not date(1870, 1, 1) <= value <= datetime.now(UTC).date():
        raise PydanticCustomError("date_out_of_range", "birth date")
    return value


def _in_utc(value: datetime) -> datetime:
    if not 1900 <= value.year <= 2200:  # also: the first and last days of the calendar have no time in UTC
        raise PydanticCustomError("date_out_of_range", "time")
    return value.astimezone(UTC)


Line = Annotated[StrictStr, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Name = Annotated[Line, AfterValidator(_storable)]
Text = Annotated[
    StrictStr,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(_storable),
]
OdsCode = Annotated[StrictStr, StringConstraints(pattern=r"^[A-Z0-9]{3,10}$")]
Ward = Annotated[StrictStr, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _./-]{0,19}$")]
Number = Annotated[StrictStr, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$")]
ServiceCode = Annotated[StrictStr, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
Day = Annotated[date, BeforeValidator(_written)]
Postcode = Annotated[StrictStr, StringConstraints(max_length=8), AfterValidator(_storable)]
Phone = Annotated[StrictStr, StringConstraints(pattern=r"^[0-9+() -]{5,20}$")]
BirthDay = Annotated[Day, AfterValidator(_born)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]


class Body(BaseModel):
    """Nothing unknown is let in, and no error repeats what was sent."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
