"""Which admissions count as a readmission, case by case."""

from dataclasses import replace
from datetime import timedelta

import monitor_builders as a
import pytest

from readmission_monitor.domain.readmission import find_readmission
from readmission_monitor.domain.spell import continues_spell
from readmission_monitor.domain.stay import EMERGENCY_METHODS, Stay

INDEX = a.stay("A")


def found(*others: Stay, index: Stay = INDEX) -> int | None:
    readmission = find_readmission(index, {index, *others}, window_days=30)
    return readmission.days_since_discharge if readmission else None


@pytest.mark.parametrize(("days", "counts"), [(0, 0), (1, 1), (29, 29), (30, None), (31, None)])
def test_day_29_is_in_and_day_30_is_out(days: int, counts: int | None) -> None:
    assert found(a.readmission(days=days)) == counts


@pytest.mark.parametrize("method", sorted(EMERGENCY_METHODS - {"2B"}))
def test_every_emergency_method_counts(method: str) -> None:
    assert found(a.readmission(days=1, method=method)) == 1


@pytest.mark.parametrize("method", ["11", "12", "13", "31", "32", "81", "82", "83", "98", "99", None])
def test_no_other_method_counts(method: str | None) -> None:
    assert found(a.readmission(days=1, method=method)) is None


@pytest.mark.parametrize(("days", "expected"), [(0, None), (2, None), (3, 3)])
def test_a_transfer_is_the_same_spell_for_two_days_only(days: int, expected: int | None) -> None:
    assert found(a.readmission(days=days, method="2B")) == expected


def test_a_cancelled_admission_does_not_count() -> None:
    assert found(replace(a.readmission(), is_cancelled=True)) is None


def test_only_the_next_admission_is_asked() -> None:
    planned = a.readmission("B", days=3, method="11")
    assert found(planned, a.readmission("C", days=7)) is None


def test_an_admission_counts_against_the_last_discharge_before_it() -> None:
    between = replace(a.readmission("B", days=3, method="11"), discharged_at=a.DISCHARGED_AT + timedelta(days=4))
    again = a.readmission("C", days=7)
    assert found(between, again) is None
    assert found(INDEX, again, index=between) == 3


def test_an_admission_before_the_discharge_does_not_count() -> None:
    overlapping = replace(a.readmission("B"), admitted_at=a.DISCHARGED_AT - timedelta(hours=1))
    assert found(overlapping) is None


def test_a_stay_that_ends_as_it_begins_is_not_its_own_readmission() -> None:
    momentary = replace(INDEX, admitted_at=a.DISCHARGED_AT)
    assert found(index=momentary) is None


@pytest.mark.parametrize(
    ("destination", "source", "method", "joined"),
    [
        ("51", "19", "21", True),
        ("84", "19", "21", True),
        ("19", "87", "21", True),
        ("19", "19", "2B", True),
        ("19", "19", "81", True),
        ("19", "51", "21", False),
        ("19", "51", "22", True),
        ("19", "19", "21", False),
        ("19", "84", "21", False),
        ("87", "19", "21", False),
    ],
)
def test_stays_are_joined_by_the_published_rule(destination: str, source: str, method: str, *, joined: bool) -> None:
    previous = replace(INDEX, discharge_destination=destination)
    following = replace(a.readmission(days=1, method=method), admission_source=source)
    assert continues_spell(previous, following) is joined


def test_an_open_stay_is_continued_by_nothing() -> None:
    assert not continues_spell(replace(INDEX, discharged_at=None), a.readmission(days=1, method="2B"))
