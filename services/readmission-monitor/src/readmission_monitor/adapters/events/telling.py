"""Events of the domain as they are published."""

from datetime import datetime
from typing import Any

from homeward_kit.database import Tx
from homeward_kit.envelope import PublishedEvent
from readmission_monitor.adapters.events import published
from readmission_monitor.domain.readmission import Readmission
from readmission_monitor.domain.reconcile import Change
from readmission_monitor.domain.watch import WatchEvent, WatchEventKind


async def publish_change(tx: Tx, change: Change) -> None:
    """Put the events of a change into the outbox; each has a version of its own, the last the watch's."""
    watch = change.watch
    for version, event in enumerate(change.events, start=watch.version - len(change.events) + 1):
        await tx.publish(
            published_event(event),
            key=watch.patient_key,
            subject=f"watch/{watch.watch_id}",
            version=version,
            referral_id=watch.referral_id,
        )


def published_event(event: WatchEvent) -> PublishedEvent:
    """The payload that tells this event."""
    watch = event.watch
    about: dict[str, Any] = {  # Any: fields of the payload, checked by it
        "watch_id": watch.watch_id,
        "stay_id": watch.stay_id,
        "patient_key": watch.patient_key,
        "referral_id": watch.referral_id,
        "state": event.state.value,
    }
    match event.kind:
        case WatchEventKind.STARTED:
            times = {"discharged_at": watch.discharged_at, "window_ends_at": watch.window_ends_at}
            return published.WatchStarted(**about, **times)
        case WatchEventKind.DETECTED:
            return _detected(about, _readmission(event))
        case WatchEventKind.RETRACTED:
            stay_id = _readmission(event).stay_id
            return published.ReadmissionRetracted(**about, readmission_stay_id=stay_id, reason=_reason(event))
        case WatchEventKind.COMPLETED:
            return published.WatchCompleted(**about, completed_at=_ended_at(event))
        case WatchEventKind.ENDED:
            return published.WatchEnded(**about, died_at=_ended_at(event))
        case WatchEventKind.VOIDED:
            return published.WatchVoided(**about, reason=_reason(event))


def _detected(about: dict[str, Any], readmission: Readmission) -> PublishedEvent:  # Any: as above
    return published.ReadmissionDetected(
        **about,
        readmission_stay_id=readmission.stay_id,
        admitted_at=readmission.admitted_at,
        admission_method=readmission.admission_method,
        days_since_discharge=readmission.days_since_discharge,
    )


def _readmission(event: WatchEvent) -> Readmission:
    if event.readmission is None:
        raise ValueError(f"{event.kind} without a readmission")
    return event.readmission


def _reason(event: WatchEvent) -> str:
    if event.reason is None:
        raise ValueError(f"{event.kind} without a reason")
    return event.reason


def _ended_at(event: WatchEvent) -> datetime:
    if event.watch.ended_at is None:
        raise ValueError(f"{event.kind} without a time")
    return event.watch.ended_at
