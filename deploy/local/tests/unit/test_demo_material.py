import random
from datetime import UTC, date, datetime, timedelta

import hl7
import pytest

from homeward_kit.values import is_valid_nhs_number, outward_postcode
from homeward_local.demo.clock import parse_duration
from homeward_local.demo.hl7 import admission, discharge
from homeward_local.demo.people import DISTRICTS, Person, nhs_number_of, synthetic_person
from homeward_local.errors import StackError

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


def person(number: int) -> Person:
    return synthetic_person(random.Random(number), NOW.date())


PEOPLE = [person(number) for number in range(200)]


def test_nhs_numbers_are_valid_and_of_the_range_that_is_never_issued() -> None:
    numbers = [number for number in map(nhs_number_of, range(2000)) if number]

    assert all(is_valid_nhs_number(number) and number.startswith("999") for number in numbers)
    assert len(numbers) < 2000  # a remainder of 10 has no check digit


def test_people_live_in_the_borough_at_no_real_address_and_are_old() -> None:
    assert {outward_postcode(person.postcode) for person in PEOPLE} <= set(DISTRICTS)
    assert all(person.postcode.endswith(" 9ZZ") for person in PEOPLE)
    assert all(date(1930, 1, 1) < person.born_on < date(1957, 1, 1) for person in PEOPLE)


def test_the_same_chooser_makes_the_same_person() -> None:
    assert person(7) == PEOPLE[7]


def test_an_admission_carries_both_numbers_the_visit_and_london_time() -> None:
    message = hl7.parse(admission(PEOPLE[0], NOW).decode())

    assert str(message["MSH"][0][9][0][1]) == "A01"
    assert PEOPLE[0].nhs_number in str(message["PID"][0][3])
    assert PEOPLE[0].hospital_number in str(message["PID"][0][3])
    assert str(message["PV1"][0][19][0][0]) == PEOPLE[0].visit_number
    assert str(message["PV1"][0][44]) == "20260701103000"


def test_a_discharge_says_when_and_where_to() -> None:
    message = hl7.parse(discharge(PEOPLE[0], NOW - timedelta(days=2), NOW).decode())

    assert str(message["PV1"][0][36]) == "19"
    assert str(message["PV1"][0][45]) == "20260701103000"


@pytest.mark.parametrize(
    ("text", "duration"),
    [("5d", timedelta(days=5)), ("1d12h", timedelta(hours=36)), ("90m", timedelta(minutes=90))],
)
def test_lengths_of_time_are_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "5", "-1d", "5 d", "5w", "d"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(StackError, match="forward only"):
        parse_duration(text)
