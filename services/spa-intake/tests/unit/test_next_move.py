from itertools import product
from typing import Any

import pytest

from spa_intake.domain.next_move import NextMove, Standing, next_move
from spa_intake.domain.referral import LIVE, ReferralState

RECEIVED = Standing(ReferralState.RECEIVED, is_ready=True, has_left=False)


def accepted(*, is_ready: bool = True, has_left: bool = False, **fields: Any) -> Standing:  # Any: any field of it
    return Standing(ReferralState.ACCEPTED, is_ready, has_left, **fields)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (RECEIVED, NextMove.COORDINATOR),
        (Standing(ReferralState.QUERIED, is_ready=True, has_left=False), NextMove.WARD),
        (Standing(ReferralState.DECLINED, is_ready=True, has_left=False), NextMove.NOBODY),
        (accepted(), NextMove.MDT),
        (accepted(case_state="assessing"), NextMove.MDT),
        (accepted(is_ready=False, case_state="assessing"), NextMove.WARD),
        (accepted(is_returned=True, case_state="assessing"), NextMove.WARD),
        (accepted(case_state="decided", package_state="brokering"), NextMove.PROVIDER),
        (accepted(case_state="decided", package_state="unfilled"), NextMove.BROKER),
        (accepted(case_state="decided", package_state="agreed"), NextMove.WARD),
        (accepted(case_state="decided"), NextMove.WARD),  # pathway 0: home without a service
        (accepted(case_state="decided", package_state="agreed", has_left=True), NextMove.PROVIDER),
        (accepted(case_state="decided", package_state="started", has_left=True), NextMove.FOLLOW_UP),
        (accepted(case_state="decided", package_state="agreed", is_about_a_stay=False), NextMove.PROVIDER),
        (accepted(case_state="decided", package_state="started", is_about_a_stay=False), NextMove.COORDINATOR),
        (accepted(case_state="decided", is_about_a_stay=False), NextMove.COORDINATOR),
        (accepted(case_state="decided", package_state="started", is_back_in_hospital=True), NextMove.WARD),
    ],
)
def test_who_has_the_next_move(standing: Standing, expected: NextMove) -> None:
    assert next_move(standing) is expected


def test_while_a_referral_lives_somebody_has_the_next_move() -> None:
    cases = (None, "open", "assessing", "decided", "closed", "a new one")
    packages = (None, "brokering", "unfilled", "agreed", "started", "ended", "cancelled", "a new one")
    flags = (True, False)
    for state, ready, left, returned, case, package in product(LIVE, flags, flags, flags, cases, packages):
        standing = Standing(state, ready, left, returned, case, package)
        assert next_move(standing) is not NextMove.NOBODY
