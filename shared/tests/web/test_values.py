"""Values of the field: NHS numbers, postcodes, ages and organisation codes."""

from datetime import date

import pytest

from homeward_kit import values


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("9434765919", True),
        ("943 476 5919", True),
        ("943-476-5919", True),
        ("9434765918", False),
        ("3478526985", False),  # in a published example; fails the check digit
        ("0000000000", False),
        ("1111111111", False),
        ("943476591", False),
        ("94347659190", False),
        ("943476591X", False),
        ("", False),
    ],
)
def test_an_nhs_number_has_ten_digits_and_the_right_check_digit(text: str, *, is_valid: bool) -> None:
    assert values.is_valid_nhs_number(text) is is_valid


def test_an_nhs_number_is_shown_in_groups() -> None:
    assert values.format_nhs_number("9434765919") == "943 476 5919"
    with pytest.raises(ValueError, match="ten digits"):
        values.format_nhs_number("943")


@pytest.mark.parametrize(
    ("text", "outward"),
    [
        ("BR1 3AB", "BR1"),
        ("br13ab", "BR1"),
        (" SW1A 1AA ", "SW1A"),
        ("BR12 3AB", "BR12"),
        ("BR1", "BR1"),
        ("ZZ99 3VZ", "ZZ99"),
        ("12 High Street", None),
        ("", None),
        (None, None),
    ],
)
def test_the_outward_postcode_is_the_area(text: str | None, outward: str | None) -> None:
    assert values.outward_postcode(text) == outward


@pytest.mark.parametrize(
    ("born_on", "on", "age", "band"),
    [
        (date(1940, 6, 2), date(2026, 6, 1), 85, "85-94"),
        (date(1940, 6, 2), date(2026, 6, 2), 86, "85-94"),
        (date(1931, 1, 1), date(2026, 1, 1), 95, "95+"),
        (date(2008, 3, 1), date(2026, 2, 28), 17, "0-17"),
        (date(2008, 2, 29), date(2026, 2, 28), 17, "0-17"),
        (date(2008, 2, 29), date(2026, 3, 1), 18, "18-64"),
        (date(1961, 1, 1), date(2026, 1, 1), 65, "65-74"),
        (date(1951, 1, 1), date(2026, 1, 1), 75, "75-84"),
    ],
)
def test_an_age_is_told_in_years_and_bands(born_on: date, on: date, age: int, band: str) -> None:
    assert values.age_in_years(born_on, on) == age
    assert values.age_band(born_on, on) == band


@pytest.mark.parametrize(("text", "is_code"), [("RJZ", True), ("G85001", True), ("rjz", False), ("R J", False)])
def test_an_ods_code_is_capitals_and_digits(text: str, *, is_code: bool) -> None:
    assert values.is_ods_code(text) is is_code
