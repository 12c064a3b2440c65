import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from door_builders import NHS_NUMBER, Json, bars, cancelling, reason, structure, use_case
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from published_examples import EXAMPLES

from homeward_kit.web import MAX_BODY_BYTES
from spa_intake.adapters.fhir.journey import original_of, reason_words, sent_at, withdraw_reason
from spa_intake.adapters.fhir.message import Message, read_message
from spa_intake.adapters.fhir.outcome import FhirRefusal, operation_outcome
from spa_intake.adapters.fhir.referral import read_referral, sender_of
from spa_intake.adapters.fhir.rules import Asked, check_message

SECRETS = (NHS_NUMBER, "Example", "Sample Road", "1941-03-09", "H7700121", "02079460121")
PUBLISHED = (
    "bars-refreq03-new-gp-to-pharmacy.json",
    "bars-refreq08a-initial.json",
    "bars-servreq01-cancel-revoked.json",
)

ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30),
    st.sampled_from([NHS_NUMBER, [], {}, [None], [{}], {"reference": "urn:uuid:5a"}, "9" * 5000, "2026-02-30"]),
)  # fmt: skip
WAYS = ("set", "drop", "rename", "repeat", "move", "nest", "swell")


@pytest.fixture(autouse=True, scope="module")
def _schema_is_read() -> None:
    """Once, outside any measured time."""
    structure()


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # Any: JSON
    """The paths of every part of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if path:
        yield path
    for key, part in inner:
        yield from places(part, (*path, key))


@cache
def messages() -> tuple[Json, ...]:
    """What is mutated: our example as each kind of message, and the published ones under our use case."""
    ours = [bars(), bars(reason("update")), bars(*cancelling())]
    for name in PUBLISHED:
        if (EXAMPLES / "fhir" / name).is_file():
            published = json.loads((EXAMPLES / "fhir" / name).read_text(encoding="utf-8"))
            use_case("hw-d1")(published)
            ours.append(published)
    return tuple(ours)


@cache
def places_of(number: int) -> list[tuple[str | int, ...]]:
    return list(places(messages()[number]))


def read_all(message: Message, asked: Asked) -> None:
    """Everything that is read of a message, whatever it asks for."""
    sender_of(message)
    if asked is Asked.CANCEL:
        withdraw_reason(message)
        reason_words(message)
    else:
        read_referral(message, "RJZ")
    original_of(message)
    sent_at(message)


def refusal_of(body: bytes) -> FhirRefusal | None:
    try:
        message = read_message(body, structure())
        asked = check_message(message)
        read_all(message, asked)
    except FhirRefusal as refusal:
        return refusal
    return None


def assert_taken_or_refused(body: bytes) -> None:
    refusal = refusal_of(body)
    if refusal is None:
        return
    assert 400 <= refusal.status < 500
    assert all(issue.expression for issue in refusal.issues)
    outcome = operation_outcome(refusal.error, refusal.issues)
    assert list(structure().faults(outcome, "OperationOutcome")) == []
    assert not any(secret in json.dumps(outcome) for secret in SECRETS)


@settings(max_examples=300, deadline=5000)
@given(data=st.data())
def test_a_mutated_message_is_taken_or_refused(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(messages()) - 1))
    bundle = copy.deepcopy(messages()[number])
    for how in data.draw(st.lists(st.sampled_from(WAYS), min_size=1, max_size=4, unique=True)):
        mutate(bundle, data.draw(st.sampled_from(places_of(number))), how, data)
    body = json.dumps(bundle).encode()
    assume(len(body) <= MAX_BODY_BYTES)
    assert_taken_or_refused(body)


def mutate(bundle: Json, path: tuple[str | int, ...], how: str, data: st.DataObject) -> None:
    """Change one place in one way."""
    target: Any = bundle  # Any: JSON
    try:
        for step in path[:-1]:
            target = target[step]
        value = target[path[-1]]
        if how == "drop":
            del target[path[-1]]
        elif how == "rename" and isinstance(target, dict):
            target[NHS_NUMBER] = target.pop(path[-1])
        elif how == "repeat" and isinstance(target, list):
            target.append(value)
        else:
            target[path[-1]] = changed(value, how, bundle, data)
    except (LookupError, TypeError):
        return  # an earlier change took this place away


def changed(value: Any, how: str, bundle: Json, data: st.DataObject) -> Any:  # Any: JSON
    """Another value; "move" takes one from elsewhere in the message, so that references lead astray."""
    if how == "swell":
        return [value] * 300 if isinstance(value, dict | list) else str(value) * 1000
    if how == "nest":
        for _ in range(data.draw(st.sampled_from([1, 10, 150, 400]))):
            value = {"extension": [value]} if isinstance(value, dict) else [value]
        return value
    if how == "move":
        elsewhere: Any = bundle  # Any: JSON
        for step in data.draw(st.sampled_from(list(places(bundle)))):
            elsewhere = elsewhere[step]
        return copy.deepcopy(elsewhere)
    return data.draw(ODD_VALUES)


@pytest.mark.parametrize("number", range(3))
def test_references_in_a_circle_end(number: int) -> None:
    """Every resource points at the next and the last at the first: nothing follows them without end."""
    bundle = copy.deepcopy(messages()[number])
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    following = dict(zip(urls, urls[1:] + urls[:1], strict=True))
    text = json.dumps(bundle)
    for url in urls:
        text = text.replace(f'"reference": "{url}"', f'"reference": "{following[url]}"')
    assert_taken_or_refused(text.encode())


@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_what_is_nested_without_end_is_refused(depth: int, opening: str) -> None:
    body = json.dumps(bars()).encode()
    nested = opening.encode() * depth
    assert_taken_or_refused(nested)
    assert_taken_or_refused(body.replace(b'"Bundle"', b'"Bundle", "x": ' + nested, 1))


def test_resources_contained_in_each_other_are_all_checked() -> None:
    bundle = bars()
    patient = next(each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient")
    inner: Json = {"resourceType": "Patient", "gender": "nonsense"}
    for _ in range(40):
        inner = {"resourceType": "Patient", "contained": [inner]}
    patient["contained"] = [inner]
    refusal = refusal_of(json.dumps(bundle).encode())
    assert refusal is not None
    assert (refusal.issues[0].expression or "").endswith("gender")


def test_too_many_entries_are_refused_at_once() -> None:
    bundle = bars()
    bundle["entry"] *= 100
    refusal = refusal_of(json.dumps(bundle).encode())
    assert refusal is not None
    assert refusal.issues[0].code == "too-costly"


@settings(max_examples=200, deadline=5000)
@given(st.integers(0, 20_000), st.binary(max_size=8), st.integers(0, 200))
def test_cut_and_broken_bytes_are_taken_or_refused(at: int, inserted: bytes, removed: int) -> None:
    body = json.dumps(bars()).encode()
    assert_taken_or_refused(body[:at] + inserted + body[at + removed :])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(body: bytes) -> None:
    assert_taken_or_refused(body)
