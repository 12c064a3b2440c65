"""Who may be asked for a line, in which order, and why."""

from dataclasses import replace

from package_builders import ABBEY, NOW, a_line, a_provider

from care_package.domain.eligibility import Provider, rank
from care_package.domain.line import Line

LINE = Line(a_line().line_id, a_line().spec, a_line().spec)


def names(*providers: Provider, postcode: str | None = "BR1", line: Line = LINE) -> list[str]:
    return [candidate.provider.name for candidate in rank(providers, line, postcode, NOW)]


def test_only_those_with_the_service_the_area_and_a_place() -> None:
    assert names(
        a_provider("Right"),
        a_provider("Other service", "equipment"),
        a_provider("Other area", areas=("SE26",)),
        a_provider("Full", places=0),
    ) == ["Right"]


def test_fresh_capacity_first_then_by_name() -> None:
    assert names(a_provider("Zebra", days_old=0), a_provider("Apple", days_old=2), a_provider("Able", days_old=0)) == [
        "Able",
        "Zebra",
        "Apple",
    ]


def test_without_a_postcode_every_area_counts() -> None:
    assert names(a_provider("Far", areas=("SE26",)), postcode=None) == ["Far"]


def test_the_one_that_left_the_line_is_not_asked_again() -> None:
    assert names(ABBEY, line=replace(LINE, left_by=ABBEY.provider_id)) == []


def test_the_reasons_are_coded() -> None:
    (candidate,) = rank([a_provider("Right", places=2, days_old=1)], LINE, "BR1", NOW)
    assert candidate.because == ("covers_area", "places_left:2", "declared_days_ago:1")
