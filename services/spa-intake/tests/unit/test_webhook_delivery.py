from datetime import timedelta
from uuid import uuid4

import pytest
from intake_builders import MONDAY

from spa_intake.domain.delivery import LIFETIME, Health, after_failure, next_try
from spa_intake.domain.errors import SubscriptionStopped
from spa_intake.domain.subscription import (
    MESSAGE_TYPES,
    TRANSITIONS,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    SubscriptionStep,
    move,
    with_new_secret,
)
from spa_intake.entrypoints.worker import HANDLERS

SECONDS = timedelta(seconds=1)


def subscription(state: SubscriptionState = SubscriptionState.ACTIVE) -> Subscription:
    return Subscription(
        subscription_id=SubscriptionId(uuid4()),
        organisation="RJZ",
        url="https://pas.example.nhs.uk/in",
        event_types=(),
        secret="whsec_b25l",
        state=state,
        version=1,
        created_at=MONDAY,
        created_by="client/test",
    )


def test_the_tries_are_those_of_the_schedule() -> None:
    now, tries = MONDAY, []
    while (due_at := next_try(MONDAY, now, lambda: 0.0)) is not None:
        tries.append((due_at - MONDAY) / SECONDS)
        now = due_at
    assert tries == [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]


@pytest.mark.parametrize(
    ("after", "random", "asked", "expected"),
    [
        (0, 0.0, None, 5),
        (0, 0.99, None, 5.495),
        (5, 0.5, None, 314.75),  # half of a tenth of what is to be waited
        (0, 0.0, 60, 60),  # the target asked for a minute
        (0, 0.0, 100_000, 3_600),  # and gets an hour at most
        (7_000, 0.0, 1, 7_200),
        (80_000, 1.0, None, 86_400),  # never after its day
        (90_000, 0.0, None, None),
        (86_400, 0.0, None, None),
    ],
)
def test_when_a_message_is_tried_again(
    after: float, random: float, asked: float | None, expected: float | None
) -> None:
    wait = None if asked is None else timedelta(seconds=asked)
    due_at = next_try(MONDAY, MONDAY + timedelta(seconds=after), lambda: random, wait)
    assert (None if due_at is None else (due_at - MONDAY) / SECONDS) == expected


def test_a_message_that_was_never_tried_in_its_day_is_tried_once() -> None:
    """The first failure decides: a worker that was down for two days does not lose what nobody has tried."""
    assert next_try(MONDAY, MONDAY + 2 * LIFETIME, lambda: 0.0) is None


def test_a_target_is_left_alone_longer_each_time() -> None:
    health, rests = Health(), []
    for number in range(12):
        now = MONDAY + timedelta(minutes=number)
        health = after_failure(health, "timeout", now)
        rests.append(None if health.next_try_at is None else (health.next_try_at - now) / SECONDS)
    assert rests == [None] * 4 + [30, 60, 120, 240, 480, 600, 600, 600]
    assert (health.failing_since, health.failures, health.is_left_alone) == (MONDAY, 12, True)


@pytest.mark.parametrize("step", SubscriptionStep)
@pytest.mark.parametrize("state", SubscriptionState)
def test_every_step_from_every_state(state: SubscriptionState, step: SubscriptionStep) -> None:
    allowed_from, to = TRANSITIONS[step]
    before = subscription(state)
    if state is to:
        assert move(before, step) == before
    elif state in allowed_from:
        assert (move(before, step).state, move(before, step).version) == (to, 2)
    else:
        with pytest.raises(SubscriptionStopped):
            move(before, step)


def test_for_a_day_messages_are_signed_with_both_secrets() -> None:
    rotated = with_new_secret(subscription(), "whsec_dHdv", MONDAY)
    assert rotated.secrets(MONDAY + timedelta(hours=23)) == ("whsec_dHdv", "whsec_b25l")
    assert rotated.secrets(MONDAY + timedelta(hours=24)) == ("whsec_dHdv",)


def test_what_the_others_say_is_told_unless_it_is_no_news_to_a_ward() -> None:
    heard = {model.type.removeprefix("discharge.").removesuffix(".v1") for model in HANDLERS}
    assert heard - set(MESSAGE_TYPES) == {"assessment.recorded"}
    others = {name for name in MESSAGE_TYPES if not name.startswith(("referral.", "patient."))}
    assert others - heard == {"discharge.cancelled"}
