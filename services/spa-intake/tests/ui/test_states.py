"""The one table of stages: total, without a dead line, and right for the journeys staff know."""

from dataclasses import fields
from itertools import product

import pytest

from spa_intake.read_model.states import (
    TABLE,
    Case,
    Hold,
    Mark,
    Package,
    Place,
    Referral,
    Stage,
    States,
    Stay,
    WaitingFor,
    Watch,
    place,
)

EVERY_STATE = [States(*states) for states in product(Referral, Case, Mark, Package, Hold, Stay, Watch)]


def test_every_combination_has_a_place() -> None:
    assert all(isinstance(place(states), Place) for states in EVERY_STATE)


def test_every_line_of_the_table_is_the_first_to_fit_something() -> None:
    reached = {next(line for line in TABLE if line.fits(states)) for states in EVERY_STATE}
    assert [line for line in TABLE if line not in reached] == []


def test_every_stage_and_every_wait_is_used() -> None:
    assert {line.stage for line in TABLE} == set(Stage)
    assert {line.waiting_for for line in TABLE} == set(WaitingFor)


def test_every_column_of_the_table_is_a_state() -> None:
    assert {column.name for column in fields(States)} == {column.name for column in fields(TABLE[0])} - {
        "stage",
        "waiting_for",
    }


ACCEPTED, DECIDED = Referral.ACCEPTED, Case.DECIDED


@pytest.mark.parametrize(
    ("states", "stage", "waiting_for"),
    [
        (States(Referral.RECEIVED), Stage.TO_CHECK, WaitingFor.COORDINATOR_CHECK),
        (States(Referral.QUERIED), Stage.WITH_WARD, WaitingFor.WARD_ANSWER),
        (States(ACCEPTED), Stage.IN_TRIAGE, WaitingFor.HANDOVER),
        (States(ACCEPTED, Case.OPEN), Stage.IN_TRIAGE, WaitingFor.MDT_DECISION),
        (States(ACCEPTED, Case.ASSESSING, Mark.PAUSED), Stage.IN_TRIAGE, WaitingFor.READINESS),
        (States(ACCEPTED, Case.OPEN, Mark.RETURNED), Stage.WITH_WARD, WaitingFor.WARD_ANSWER),
        (States(ACCEPTED, DECIDED), Stage.FINDING_CARE, WaitingFor.HANDOVER),
        (States(ACCEPTED, DECIDED, package=Package.NOT_NEEDED), Stage.ARRANGED, WaitingFor.DISCHARGE),
        (States(ACCEPTED, DECIDED, package=Package.BROKERING), Stage.FINDING_CARE, WaitingFor.PROVIDER_ANSWER),
        (States(ACCEPTED, DECIDED, package=Package.UNFILLED), Stage.FINDING_CARE, WaitingFor.BROKER),
        (
            States(ACCEPTED, DECIDED, package=Package.BROKERING, hold=Hold.NOT_READY),
            Stage.FINDING_CARE,
            WaitingFor.READINESS,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.AGREED, stay=Stay.IN_HOSPITAL),
            Stage.ARRANGED,
            WaitingFor.DISCHARGE,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.AGREED, stay=Stay.LEFT, watch=Watch.OPEN),
            Stage.AT_HOME,
            WaitingFor.CARE_START,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.STARTED, stay=Stay.LEFT, watch=Watch.OPEN),
            Stage.AT_HOME,
            WaitingFor.THIRTY_DAYS,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.STARTED, stay=Stay.BACK, watch=Watch.READMITTED),
            Stage.BACK_IN_HOSPITAL,
            WaitingFor.READMISSION_REVIEW,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.STARTED, stay=Stay.BACK, watch=Watch.OPEN),
            Stage.BACK_IN_HOSPITAL,
            WaitingFor.RETURN_HOME,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.AGREED, stay=Stay.NOT_ABOUT_ONE),
            Stage.AT_HOME,
            WaitingFor.CARE_START,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.STARTED, stay=Stay.NOT_ABOUT_ONE),
            Stage.AT_HOME,
            WaitingFor.SUPPORT,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.NOT_NEEDED, stay=Stay.NOT_ABOUT_ONE),
            Stage.AT_HOME,
            WaitingFor.COORDINATOR_CLOSE,
        ),
        (
            States(ACCEPTED, DECIDED, package=Package.ENDED, stay=Stay.NOT_ABOUT_ONE),
            Stage.AT_HOME,
            WaitingFor.COORDINATOR_CLOSE,
        ),
        (States(Referral.WITHDRAWN, Case.OPEN), Stage.FINISHED, WaitingFor.NOBODY),
        (States(Referral.CLOSED, watch=Watch.COMPLETED), Stage.FINISHED, WaitingFor.NOBODY),
    ],
)
def test_a_journey_stands_where_staff_would_say(states: States, stage: Stage, waiting_for: WaitingFor) -> None:
    assert place(states) == Place(stage, waiting_for)
