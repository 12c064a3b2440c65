"""The four pure domains together, in memory: the same live work under every order, and none that nobody wants.

HOMEWARD_EXAMPLES_COUNT=5000 plays longer, with other journeys each time.
"""

import os
from datetime import timedelta

from hypothesis import HealthCheck, settings

from care_package.domain.facts import Hold
from readmission_monitor.domain.watch import WatchState
from triage.adapters.events.published import CaseClosed
from triage.domain.case import CaseState

from .hospital import HOSPITALS
from .machine import Journeys

COUNT = int(os.environ.get("HOMEWARD_EXAMPLES_COUNT", "0"))

TestJourneys = Journeys.TestCase
TestJourneys.settings = settings(
    max_examples=COUNT or 120,
    stateful_step_count=50,
    deadline=None,
    derandomize=not COUNT,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_an_admission_under_the_other_record_counts_while_the_two_are_one_person() -> None:
    """What random journeys seldom reach: care has begun, and the person comes back under the other number."""
    journey = Journeys()
    journey.begin(stage=5, is_delivered=True, is_one=True, lines="one")
    journey.world.pass_time(timedelta(hours=1), with_delivery=True)
    journey.hospitals.admit(number="H2")
    journey.settle(1)
    (package,) = (package for packages in journey.world.packages.packages.values() for package in packages)
    assert package.holds == {Hold.IN_HOSPITAL}
    assert [watch.state for watch in journey.world.monitor.live.values()] == [WatchState.READMITTED]
    journey.hospitals.merge("H2", is_merged=False)
    journey.teardown()


def test_a_death_long_corrected_that_is_heard_late_leaves_a_newer_referral_alone() -> None:
    """The MDT has decided about the newer one before triage hears of the death at all."""
    journey = Journeys()
    journey.begin(stage=3, is_delivered=False, is_one=False, lines="one")
    journey.hospitals.die()
    journey.hospitals.correct_death()
    journey.refer(HOSPITALS[0], is_ready=True, is_named=False, number="H1")
    journey.accept(0)
    for _ in range(9):
        journey.world.deliver("triage", "discharge-referrals")
    assert [case.closed_reason for case in journey.world.triage.cases.values()] == ["died", None]
    (case,) = journey.staff.cases()
    assert journey.staff.decide(case)
    journey.settle(1)
    closed = [event.referral_id for event in journey.world.bus.told if isinstance(event, CaseClosed)]
    assert len(closed) == 1
    assert case.referral_id not in closed
    assert [case.state for case in journey.staff.cases()] == [CaseState.DECIDED]
    journey.teardown()
