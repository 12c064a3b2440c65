"""The checker: what was lost, repeated or put out of order, by what the clients saw and what is stored."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from .evidence import Evidence, Logged
from .history import History, Outcome


class Fault(StrEnum):
    """The three promises that can be broken."""

    LOST = "lost"
    REPEATED = "repeated"
    REORDERED = "reordered"


@dataclass(frozen=True)
class Finding:
    """One broken promise."""

    fault: Fault
    what: str
    which: str


Findings = Iterator[Finding]
Place = tuple[str, str]  # topic and key
ONCE = {
    f"discharge.{name}.v1"
    for name in (
        *("referral.received", "referral.accepted", "patient.admitted", "patient.discharged", "case.opened"),
        *("pathway.decided", "package.opened", "watch.started", "readmission.detected"),
    )
}
# A package's version also counts changes that nobody is told of; a provider is no part of a journey.
EVERY_VERSION_IS_TOLD = {"referral", "stay", "case", "watch"}
AGREED = {"agreed", "started", "ended"}


def check(history: History, evidence: Evidence) -> list[Finding]:
    """Everything that is wrong; nothing, if every promise was kept."""
    checks = (_submits, _commands, _journeys, _effects, _shown, _events, _repeats, _deliveries, _versions, _waiting)
    return [finding for each in checks for finding in each(history, evidence)]


def _expect(what: str, which: object, found: int, expected: int) -> Findings:
    if found < expected:
        yield Finding(Fault.LOST, what, str(which))
    if found > expected:
        yield Finding(Fault.REPEATED, what, str(which))


def _submits(history: History, evidence: Evidence) -> Findings:
    """An acknowledged submit is one referral, in the read model too; one nobody answered is one or none."""
    found = Counter(row["nhs_number"] for row in evidence.rows["referrals"])
    stored = {str(row["referral_id"]) for row in evidence.rows["referrals"]}
    for submit in history.submits:
        number = found[submit.nhs_number]
        if submit.outcome is Outcome.OK:
            yield from _expect("referral of an acknowledged submit", submit.referral_id, number, 1)
            if submit.referral_id not in stored:
                yield Finding(Fault.LOST, "acknowledged referral", str(submit.referral_id))
        elif number > 1:
            yield Finding(Fault.REPEATED, f"referral of a submit that was {submit.outcome}", str(number))
    shown = {str(row["referral_id"]) for row in evidence.rows["shown"]}
    for referral_id in stored ^ shown:
        yield Finding(Fault.LOST, "referral in the read model", referral_id)


def _commands(history: History, evidence: Evidence) -> Findings:
    """Every event that an answer named is in that service's log."""
    logged = {(event.service, event.id) for event in evidence.logged}
    for service, event_ids in history.acknowledged_events.items():
        for event_id in event_ids:
            if (service, event_id) not in logged:
                yield Finding(Fault.LOST, f"acknowledged event of {service}", event_id)


def _journeys(history: History, _evidence: Evidence) -> Findings:
    """Every journey came to its end."""
    for journey in history.journeys:
        if not journey.is_finished:
            yield Finding(Fault.LOST, f"journey after {journey.reached!r}", journey.trouble or "no end")


def _effects(_history: History, evidence: Evidence) -> Findings:
    """One of each thing that an event brings about, and none without its cause."""
    rows = evidence.rows
    accepted = {row["referral_id"] for row in rows["referrals"] if row["accepted_at"]}
    cases = Counter(row["referral_id"] for row in rows["cases"])
    for referral_id in accepted | set(cases):
        yield from _expect(
            "case of an accepted referral", referral_id, cases[referral_id], int(referral_id in accepted)
        )
    decided = Counter(row["referral_id"] for row in rows["decisions"] if row["lines"])
    packages = Counter(row["referral_id"] for row in rows["packages"])
    for referral_id in decided | packages:
        yield from _expect("package of a decision", referral_id, packages[referral_id], decided[referral_id])
    for line in rows["lines"]:
        yield from _expect("accepted offer of a line", line["line_id"], line["accepted"], int(line["state"] in AGREED))
    left = {row["stay_id"] for row in rows["stays"] if row["discharged_at"]}
    watched = {row["stay_id"] for row in rows["referrals"] if row["accepted_at"] and row["stay_id"] in left}
    watches = Counter(row["stay_id"] for row in rows["watches"])
    for stay_id in watched | set(watches):
        yield from _expect("watch of a discharge", stay_id, watches[stay_id], int(stay_id in watched))
    yield from _readmissions(evidence, left)


def _readmissions(evidence: Evidence, left: set[object]) -> Findings:
    """Who was discharged and admitted again has one readmission detected, others none."""
    stays = Counter(row["patient_key"] for row in evidence.rows["stays"])
    people = {row["stay_id"]: row["patient_key"] for row in evidence.rows["stays"]}
    detected = Counter(event.subject for event in evidence.logged if event.type == "discharge.readmission.detected.v1")
    for watch in evidence.rows["watches"]:
        expected = int(stays[people.get(watch["stay_id"])] > 1 and watch["stay_id"] in left)
        subject = f"watch/{watch['watch_id']}"
        yield from _expect("detection of a readmission", subject, detected[subject], expected)


def _shown(_history: History, evidence: Evidence) -> Findings:
    """What spa-intake shows of the others is what they have."""
    states = {
        name: {row["referral_id"]: row["state"] for row in evidence.rows[name]}
        for name in ("referrals", "cases", "packages", "watches")
    }
    for row in evidence.rows["shown"]:
        if row["referral_state"] != states["referrals"].get(row["referral_id"]):
            yield Finding(Fault.LOST, "referral's newest state in the read model", str(row["referral_id"]))
    progress = {row["referral_id"]: row for row in evidence.rows["progress"]}
    for name, column in (("cases", "case_state"), ("packages", "package_state"), ("watches", "watch_state")):
        for referral_id, state in states[name].items():
            if referral_id not in progress or progress[referral_id][column] != state:
                yield Finding(Fault.LOST, f"newest state of {name} in spa-intake", str(referral_id))


def _events(_history: History, evidence: Evidence) -> Findings:
    """Logs and topics hold the same events, in the same order for each key of each topic."""
    logged: dict[Place, list[str]] = defaultdict(list)
    for event in evidence.logged:
        logged[event.topic, event.key].append(event.id)
    sent: dict[Place, dict[str, None]] = defaultdict(dict)  # ids in the order of their first occurrence
    for record in evidence.records:
        sent[record.topic, record.key].setdefault(record.id)
    for place in logged.keys() | sent.keys():
        yield from _same(place, logged[place], list(sent[place]))


def _same(place: Place, wanted: list[str], found: list[str]) -> Findings:
    for event_id in set(wanted) - set(found):
        yield Finding(Fault.LOST, f"event in {place[0]}", event_id)
    for event_id in set(found) - set(wanted):
        yield Finding(Fault.LOST, f"event of {place[0]} in its log", event_id)
    in_both = set(wanted) & set(found)
    if [one for one in wanted if one in in_both] != [one for one in found if one in in_both]:
        yield Finding(Fault.REORDERED, f"events in {place[0]}", place[1])


def _repeats(_history: History, evidence: Evidence) -> Findings:
    """What happens to a thing once is told once, and every event is in one log once."""
    for (subject, kind), count in Counter((event.subject, event.type) for event in evidence.logged).items():
        if kind in ONCE and count > 1:
            yield Finding(Fault.REPEATED, kind, subject)
    for event_id, count in Counter(event.id for event in evidence.logged).items():
        if count > 1:
            yield Finding(Fault.REPEATED, "event in the logs", event_id)


def _deliveries(_history: History, evidence: Evidence) -> Findings:
    """Every group that handles a type has had each event of it."""
    for event in evidence.logged:
        for group in evidence.consumers.get(event.type, ()):
            if event.id not in evidence.seen.get(group, set()):
                yield Finding(Fault.LOST, f"{event.type} for {group}", event.id)


def _versions(_history: History, evidence: Evidence) -> Findings:
    """The versions of each aggregate rise, by one where every change is told."""
    versions: dict[tuple[str, str], list[Logged]] = defaultdict(list)
    for event in evidence.logged:
        versions[event.service, event.subject].append(event)
    for (service, subject), events in versions.items():
        for before, after in pairwise(events):
            if after.version <= before.version:
                yield Finding(Fault.REORDERED, f"version in {service}", f"{subject} {before.version} {after.version}")
            elif after.version > before.version + 1 and subject.partition("/")[0] in EVERY_VERSION_IS_TOLD:
                yield Finding(Fault.LOST, f"version in {service}", f"{subject} {before.version} {after.version}")


def _waiting(_history: History, evidence: Evidence) -> Findings:
    """Nothing is stuck: no unsent event, no open dead letter, nothing parked."""
    for what, count in evidence.waiting.items():
        if count:
            yield Finding(Fault.LOST, what, str(count))
