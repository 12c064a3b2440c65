import json
from typing import Any

from door_builders import NHS_NUMBER, Json, bars, structure
from hypothesis import given, settings
from hypothesis import strategies as st

from spa_intake.adapters.fhir.message import read_message
from spa_intake.adapters.fhir.outcome import FhirRefusal, operation_outcome
from spa_intake.adapters.fhir.referral import read_referral
from spa_intake.adapters.fhir.rules import check_message

SECRETS = (NHS_NUMBER, "Example", "Sample Road", "1941-03-09", "H7700121", "02079460121")

ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30),
    st.sampled_from([NHS_NUMBER, [], {}, [None], [{}], {"reference": "urn:uuid:5a"}, "9" * 5000, "2026-02-30"]),
)  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # Any: JSON
    """The paths of every part of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, part in inner for place in places(part, (*path, key))]


PLACES = places(bars())


def refusal_of(body: bytes) -> FhirRefusal | None:
    try:
        message = read_message(body, structure())
        check_message(message)
        read_referral(message, "RJZ")
    except FhirRefusal as refusal:
        return refusal
    return None


def assert_taken_or_refused(body: bytes) -> None:
    refusal = refusal_of(body)
    if refusal is None:
        return
    assert 400 <= refusal.status < 500
    outcome = json.dumps(operation_outcome(refusal.error, refusal.issues))
    assert not any(secret in outcome for secret in SECRETS)


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["set", "drop", "rename"]), ODD_VALUES), max_size=4))
def test_a_mutated_message_is_taken_or_refused(changes: list[tuple[tuple[str | int, ...], str, Any]]) -> None:
    bundle = bars()
    for path, how, value in changes:
        mutate(bundle, path, how, value)
    assert_taken_or_refused(json.dumps(bundle).encode())


def mutate(bundle: Json, path: tuple[str | int, ...], how: str, value: Any) -> None:  # Any: JSON
    target: Any = bundle  # Any: JSON
    try:
        for step in path[:-1]:
            target = target[step]
        if how == "set":
            target[path[-1]] = value
        elif how == "drop":
            del target[path[-1]]
        elif isinstance(target, dict):
            target[NHS_NUMBER] = target.pop(path[-1])
    except (LookupError, TypeError):
        return  # an earlier change took this place away


@settings(max_examples=200, deadline=2000)
@given(st.integers(0, 20_000), st.binary(max_size=8), st.integers(0, 200))
def test_cut_and_broken_bytes_are_taken_or_refused(at: int, inserted: bytes, removed: int) -> None:
    body = json.dumps(bars()).encode()
    assert_taken_or_refused(body[:at] + inserted + body[at + removed :])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(body: bytes) -> None:
    assert_taken_or_refused(body)
