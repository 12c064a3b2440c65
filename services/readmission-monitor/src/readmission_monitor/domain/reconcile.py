"""Computes the watches of a person from the facts, never from the order in which they arrived."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from readmission_monitor.domain.days import start_of_day
from readmission_monitor.domain.facts import PersonFacts, Referral
from readmission_monitor.domain.readmission import find_readmission
from readmission_monitor.domain.stay import Stay, StayId
from readmission_monitor.domain.watch import (
    TRANSITIONS,
    VoidReason,
    Watch,
    WatchEvent,
    WatchEventKind,
    WatchState,
    watch_id_of,
)

WindowDays = Mapping[str, int]
"""Days watched after a discharge, by the kind of the referral; a kind that is not named has no watch."""


@dataclass(frozen=True)
class Change:
    """A watch as it now is, and what to tell of it."""

    watch: Watch  # its version is that of the last event
    events: tuple[WatchEvent, ...]


def reconcile(facts: PersonFacts, watches: Mapping[StayId, Watch], windows: WindowDays, now: datetime) -> list[Change]:
    """The watches that change now, each with its events and its version raised by one for each of them."""
    changes = []
    for stay in sorted(facts.own_stays, key=lambda stay: (stay.admitted_at, str(stay.stay_id))):
        existing = watches.get(stay.stay_id)
        wanted = _wanted(facts, stay, windows, now) or _voided(stay, existing)
        if wanted is None or (existing and replace(wanted, version=existing.version) == existing):
            continue
        events = tuple(_events(existing, wanted, facts))
        version = (existing.version if existing else 0) + len(events)
        changes.append(Change(replace(wanted, version=version), events))
    return changes


def _wanted(facts: PersonFacts, stay: Stay, windows: WindowDays, now: datetime) -> Watch | None:
    discharged_at = stay.live_discharge_at
    referral = _youngest_referral(facts, stay, windows)
    if discharged_at is None or referral is None or referral.kind is None:
        return None
    window_days = windows[referral.kind]
    watch = Watch(
        watch_id=watch_id_of(stay.stay_id),
        stay_id=stay.stay_id,
        patient_key=stay.patient_key,
        referral_id=referral.referral_id,
        state=WatchState.OPEN,
        discharged_at=discharged_at,
        window_ends_at=start_of_day(discharged_at, window_days),
    )
    readmission = find_readmission(stay, facts.own_stays, window_days=window_days)
    died_at = facts.died_at
    if readmission:
        return replace(watch, state=WatchState.READMITTED, readmission=readmission)
    if died_at and died_at < watch.window_ends_at:
        return replace(watch, state=WatchState.DIED, ended_at=died_at)
    if now >= watch.window_ends_at:
        return replace(watch, state=WatchState.COMPLETED, ended_at=watch.window_ends_at)
    return watch


def _youngest_referral(facts: PersonFacts, stay: Stay, windows: WindowDays) -> Referral | None:
    """The referral accepted last of those ever accepted and not withdrawn before the discharge happened."""
    discharged_at = stay.discharged_at
    candidates = [
        (referral.accepted_at, str(referral.referral_id), referral)
        for referral in facts.referrals.values()
        if referral.stay_id == stay.stay_id
        and referral.accepted_at is not None
        and referral.kind in windows
        and not (referral.withdrawn_at and discharged_at and referral.withdrawn_at < discharged_at)
    ]
    return max(candidates, key=lambda candidate: candidate[:2])[2] if candidates else None


def _voided(stay: Stay, existing: Watch | None) -> Watch | None:
    if existing is None or existing.state is WatchState.VOID:
        return existing
    if stay.is_cancelled:
        reason = VoidReason.ADMISSION_CANCELLED
    elif stay.discharged_at is None:
        reason = VoidReason.DISCHARGE_CANCELLED
    elif stay.is_discharge_by_death:
        reason = VoidReason.DISCHARGED_BY_DEATH
    else:
        reason = VoidReason.NO_REFERRAL
    return replace(existing, state=WatchState.VOID, readmission=None, ended_at=None, void_reason=reason)


def _events(old: Watch | None, new: Watch, facts: PersonFacts) -> Iterable[WatchEvent]:
    for kind in TRANSITIONS[old.state if old else WatchState.VOID, new.state]:
        match kind:
            case WatchEventKind.STARTED:
                yield WatchEvent(kind, new, WatchState.OPEN)
            case WatchEventKind.RETRACTED:
                reason = _retraction_reason(old, new, facts)
                yield WatchEvent(kind, new, new.state, old.readmission if old else None, reason)
            case WatchEventKind.DETECTED:
                yield WatchEvent(kind, new, new.state, new.readmission)
            case _:
                yield WatchEvent(kind, new, new.state, reason=new.void_reason)


def _retraction_reason(old: Watch | None, new: Watch, facts: PersonFacts) -> str:
    if new.void_reason:
        return new.void_reason
    readmitted = old.readmission if old else None
    stay = next((stay for stay in facts.own_stays if readmitted and stay.stay_id == readmitted.stay_id), None)
    if stay is None:
        return "other_person"  # a merge was taken back
    return "admission_cancelled" if stay.is_cancelled else "corrected"
