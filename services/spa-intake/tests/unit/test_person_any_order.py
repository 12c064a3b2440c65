"""What is known of a person ends the same in whatever order it was told."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from intake_builders import MONDAY, PATIENT, hours, person_in

from spa_intake.domain.codes import Gender, VerificationStatus
from spa_intake.domain.inputs import PersonIn
from spa_intake.domain.person import Person, described, identify, told
from spa_intake.domain.policy import Policy

Step = Callable[[Person], Person]
NOBODY = {"family_name": None, "given_name": None, "born_on": None, "address_lines": (), "postcode": None}
# Any: values of details
DETAILS: dict[str, st.SearchStrategy[Any]] = {
    "family_name": st.sampled_from([None, "Ash", "Birch"]),
    "given_name": st.sampled_from([None, "Edith", "Edie"]),
    "born_on": st.sampled_from([None, date(1941, 5, 6), date(1941, 6, 5)]),
    "gender": st.sampled_from([None, Gender.FEMALE, Gender.UNKNOWN]),
    "address_lines": st.sampled_from([(), ("1 Test Street",), ("2 Test Street", "Town")]),
    "postcode": st.sampled_from([None, "BR1 1AA", "BR2 2BB"]),
    "phone": st.sampled_from([None, "1", "2"]),
    "gp_practice": st.sampled_from([None, "G1"]),
}
# one that can be verified and two that cannot: a second verified number is another person's (see `match`)
NUMBERS = st.sampled_from([
    (None, None), ("9990000018", VerificationStatus.PRESENT_AND_VERIFIED), ("9990000018", None),
    ("9990000018", VerificationStatus.TRACE_REQUIRED), ("3478526985", None), ("1234567890", None),
])  # fmt: skip


def message(details: PersonIn, at: float) -> Step:
    """An ADT message, a referral by REST, or the survivor of an A40: all say who a person is in the same words."""
    identity = identify(details, "RJZ", Policy())
    return lambda person: described(person, details, identity, MONDAY + hours(at), takes=True)


def amendment(said: dict[str, Any], at: float) -> Step:
    return lambda person: told(person, said, MONDAY + hours(at))


@st.composite
def messages(draw: st.DrawFn) -> Step:
    number, status = draw(NUMBERS)
    said = {name: draw(values) for name, values in DETAILS.items()}
    details = person_in(**NOBODY | said, nhs_number=number, verification_status=status)
    return message(details, draw(st.integers(0, 3)))


@st.composite
def amendments(draw: st.DrawFn) -> Step:
    names = draw(st.sets(st.sampled_from(["address_lines", "postcode", "phone", "gp_practice"]), min_size=1))
    return amendment({name: draw(DETAILS[name]) for name in sorted(names)}, draw(st.integers(0, 3)))


def after(steps: Sequence[Step]) -> Person:
    """A person of whom nothing was known before."""
    return reduce(lambda person, step: step(person), steps, Person(PATIENT, MONDAY - hours(1)))


@given(st.lists(st.one_of(messages(), amendments()), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_and_repeats(steps: list[Step], chance: random.Random) -> None:
    shuffled = [*steps, *chance.choices(steps, k=2)]
    chance.shuffle(shuffled)
    assert after(shuffled) == after(steps)


def test_an_older_word_that_comes_late_counts_where_nothing_newer_was_said() -> None:
    told_name = message(person_in(**NOBODY | {"family_name": "Ash", "phone": "1"}), 1)
    told_nothing = message(person_in(**NOBODY | {"family_name": "Ash"}), 3)
    late = message(person_in(**NOBODY | {"family_name": "Birch", "phone": "2"}), 2)
    person = after([told_name, told_nothing, late])
    assert (person.family_name, person.phone) == ("Ash", "2")
    assert person.told_at == {"phone": MONDAY + hours(2)}


def test_what_a_ward_has_cleared_stays_so_until_it_is_told_again() -> None:
    cleared = amendment({"phone": None}, 2)
    person = after([cleared, message(person_in(phone="1"), 1)])
    assert person.phone is None
    assert message(person_in(phone="2"), 3)(person).phone == "2"


def test_what_is_said_again_is_as_of_the_later_time() -> None:
    person = after([message(person_in(phone="1"), 1), amendment({"phone": "1"}, 3), message(person_in(phone="2"), 2)])
    assert person.phone == "1"


def test_nothing_is_noted_of_what_came_in_order() -> None:
    person = after([message(person_in(), 1), message(replace(person_in(), phone="1"), 2)])
    assert person.told_at == {}
