"""The burst set off by "Record decision" is one trace through all four services, with no orphan."""

import pytest

from homeward_local.testing import run_homeward

from .conftest import Stack
from .journeys import a_person, play_to_decision
from .otlp import ReceivedSpan
from .waiting import wait_for

pytestmark = pytest.mark.stack
FOUR = {"spa-intake", "triage", "care-package", "readmission-monitor"}
PROCESSED = {
    ("care-package", "process discharge-triage"),
    ("readmission-monitor", "process discharge-triage"),
    ("spa-intake", "process discharge-triage"),
    ("spa-intake", "process discharge-care-packages"),
    ("triage", "process discharge-care-packages"),
}


def _seen(spans: list[ReceivedSpan]) -> bool:
    return {(span.service, span.name) for span in spans} >= PROCESSED


def test_a_decision_is_one_trace_through_four_services(stack: Stack) -> None:
    referral_id, feed = play_to_decision(stack, a_person(41))
    decided = feed.wait_for("pathway.decided")
    assert decided.trace_id
    trace_id = decided.trace_id
    wait_for(lambda: _seen(stack.spans.of_trace(trace_id)), f"the spans of trace {trace_id}")
    spans = stack.spans.of_trace(trace_id)
    assert {span.service for span in spans} == FOUR
    ids = {span.span_id for span in spans}
    roots = [span for span in spans if not span.parent_id]
    assert [span.service for span in roots] == ["triage"]
    assert [span for span in spans if span.parent_id and span.parent_id not in ids] == []
    about = [span for span in spans if span.name.startswith(("send ", "process "))]
    assert {span.attributes.get("referral.id") for span in about} == {referral_id}
    shown = run_homeward("referral", "trace", referral_id, environment=stack.environment)
    for expected in ("referral.received", "referral.accepted", "case.opened", "pathway.decided", "offer.sent"):
        assert expected in shown


def test_no_span_of_a_journey_is_an_orphan(stack: Stack) -> None:
    """From admission to the first offer: only requests and timers begin a trace."""
    referral_id, _ = play_to_decision(stack, a_person(42))

    def orphans() -> list[ReceivedSpan]:
        spans = list(stack.spans.spans)
        ids = {span.span_id for span in spans}
        about = {span.trace_id for span in spans if span.attributes.get("referral.id") == referral_id}
        return [span for span in spans if span.trace_id in about and span.parent_id and span.parent_id not in ids]

    wait_for(lambda: not orphans(), "the parents of all spans")
