"""From what happened in the domain to the events the others read, put into the outbox of the transaction."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from homeward_kit.database import Tx
from homeward_kit.envelope import PublishedEvent
from spa_intake.adapters.db.referrals import fields_of
from spa_intake.domain.attendance import Attendance
from spa_intake.domain.codes import ReadinessReason
from spa_intake.domain.ids import ReferralId
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.merging import Merge
from spa_intake.domain.person import Person
from spa_intake.domain.referral import Happened, Referral, ReferralFact
from spa_intake.domain.stay_history import Stay, StayChange, StayFact

from . import published as out

STAY_EVENTS: dict[StayFact, type[out.StayEvent]] = {
    StayFact.ADMITTED: out.PatientAdmitted,
    StayFact.TRANSFERRED: out.PatientTransferred,
    StayFact.DISCHARGED: out.PatientDischarged,
    StayFact.ADMISSION_CANCELLED: out.AdmissionCancelled,
    StayFact.TRANSFER_CANCELLED: out.TransferCancelled,
    StayFact.DISCHARGE_CANCELLED: out.DischargeCancelled,
    StayFact.CORRECTED: out.StayCorrected,
}
REFERRAL_EVENTS: dict[ReferralFact, type[out.ReferralEvent]] = {
    ReferralFact.RECEIVED: out.ReferralReceived,
    ReferralFact.AMENDED: out.ReferralAmended,
    ReferralFact.QUERIED: out.ReferralQueried,
    ReferralFact.ANSWERED: out.ReferralAnswered,
    ReferralFact.ACCEPTED: out.ReferralAccepted,
    ReferralFact.DECLINED: out.ReferralDeclined,
    ReferralFact.WITHDRAWN: out.ReferralWithdrawn,
    ReferralFact.READINESS_CHANGED: out.ReferralReadinessChanged,
    ReferralFact.STAY_LINKED: out.ReferralStayLinked,
    ReferralFact.STAY_UNLINKED: out.ReferralStayUnlinked,
    ReferralFact.ASSIGNED: out.ReferralAssigned,
    ReferralFact.NOTED: out.ReferralNoted,
    ReferralFact.CLOSED: out.ReferralClosed,
}

# Any: the fields of an event, checked by its model
Fields = dict[str, Any]

_FIELDS: dict[ReferralFact, Callable[[Referral, Happened], Fields]] = {
    ReferralFact.RECEIVED: lambda r, _: {
        "facts": coded_facts(r.facts),
        "received_at": r.received_at,
        "source": r.source.value,
    },
    ReferralFact.AMENDED: lambda r, _: {"facts": coded_facts(r.facts)},
    ReferralFact.QUERIED: lambda r, _: {
        "missing": list(r.missing),
        "queried_from": r.queried_from.value if r.queried_from else None,
    },
    ReferralFact.ANSWERED: lambda r, _: {"facts": coded_facts(r.facts)},
    ReferralFact.ACCEPTED: lambda r, _: {
        "facts": coded_facts(r.facts),
        "accepted_at": r.accepted_at,
        "stay_id": r.stay_id,
        "received_at": r.received_at,
    },
    ReferralFact.DECLINED: lambda r, _: {
        "reason": r.ended_reason,
        "redirected_to": r.redirected_to,
        "declined_at": r.ended_at,
        "advice": [advice.value for advice in r.advice],
    },
    ReferralFact.WITHDRAWN: lambda r, _: {"reason": r.ended_reason, "withdrawn_at": r.ended_at},
    ReferralFact.READINESS_CHANGED: lambda r, happened: {
        "criteria_to_reside": [criterion.value for criterion in r.facts.criteria_to_reside],
        "is_ready": r.facts.is_ready,
        "assessed_at": r.facts.criteria_assessed_at,
        "reason": happened.readiness_reason or ReadinessReason.ASSESSED,
    },
    ReferralFact.STAY_LINKED: lambda _, __: {},  # the stay is given by the caller
    ReferralFact.STAY_UNLINKED: lambda _, happened: {"stay_id": happened.stay_id},
    ReferralFact.ASSIGNED: lambda r, _: {"assignee": r.assignee},
    ReferralFact.NOTED: lambda _, happened: {"note_id": happened.note_id},
    ReferralFact.CLOSED: lambda r, _: {"reason": r.ended_reason, "closed_at": r.ended_at},
}


def referral_event(referral: Referral, happened: Happened, stay: Stay | None) -> out.ReferralEvent:
    """The event of what happened to a referral, as it is afterwards; `stay` is the one it was linked to."""
    fields: Fields = {
        "referral_id": referral.referral_id,
        "patient_key": referral.patient_key,
        "kind": referral.kind.value,
        "state": referral.state.value,
    } | _FIELDS[happened.fact](referral, happened)
    if happened.fact is ReferralFact.STAY_LINKED and stay is not None:
        fields["stay"] = stay_facts(stay)
    return REFERRAL_EVENTS[happened.fact](**fields)


async def tell_referral(tx: Tx, referral: Referral, happened: Happened, stay: Stay | None = None) -> None:
    """Publish what happened to a referral."""
    await tx.publish(
        referral_event(referral, happened, stay),
        key=referral.patient_key,
        subject=f"referral/{referral.referral_id}",
        version=referral.version,
        referral_id=referral.referral_id,
    )


async def tell_stay(tx: Tx, change: StayChange, occurred_at: datetime, referral_id: ReferralId | None) -> None:
    """Publish a new revision of a stay; `referral_id` is the referral linked to it, if there is one."""
    stay = change.stay
    await tx.publish(
        STAY_EVENTS[change.fact](stay=stay_facts(stay), occurred_at=occurred_at),
        key=stay.patient_key,
        subject=f"stay/{stay.stay_id}",
        version=stay.revision,
        referral_id=referral_id,
    )


async def tell_attendance(tx: Tx, attendance: Attendance, occurred_at: datetime) -> None:
    """Publish a new revision of an attendance."""
    await tx.publish(
        attendance_event(attendance, occurred_at),
        key=attendance.patient_key,
        subject=f"attendance/{attendance.attendance_id}",
        version=attendance.revision,
    )


def attendance_event(attendance: Attendance, occurred_at: datetime) -> out.AttendanceEvent:
    """The event of an attendance as now known; the hospital's visit number stays here."""
    facts = {name: value for name, value in vars(attendance).items() if name != "visit_number"}
    kind = out.AttendanceCancelled if attendance.is_cancelled else out.PatientAttended
    return kind(attendance=out.AttendanceFacts(**facts), occurred_at=occurred_at)


async def tell_death(tx: Tx, person: Person) -> None:
    """Publish the person's death, or that it was reported wrongly."""
    key, revision = person.patient_key, person.death_revision
    await tx.publish(death_event(person), key=key, subject=f"person/{key}", version=revision)


def death_event(person: Person) -> PublishedEvent:
    """The event of a death as now known."""
    key, revision = person.patient_key, person.death_revision
    if person.died_at is None:
        return out.PatientDeathCorrected(patient_key=key, revision=revision)
    return out.PatientDied(patient_key=key, revision=revision, died_at=person.died_at)


async def tell_merge(tx: Tx, merge: Merge) -> None:
    """Publish that two keys are one person's, or no longer."""
    subject = "alias/{}/{}".format(*merge.said.pair)
    await tx.publish(merge_event(merge), key=merge.said.survivor, subject=subject, version=merge.revision)


def merge_event(merge: Merge) -> PublishedEvent:
    """The event of a word about two records that changed something."""
    said = merge.said
    keys: Fields = {"patient_key": said.survivor, "retired_key": said.retired, "revision": merge.revision}
    if said.is_merged:
        return out.PatientMerged(**keys, merged_at=said.said_at, said_by=said.said_by.value)
    return out.PatientUnmerged(**keys, unmerged_at=said.said_at)


def coded_facts(facts: ReferralFacts) -> out.CodedFacts:
    """The coded facts of a referral as the others read them."""
    return out.CodedFacts.model_validate(
        fields_of(facts)
        | {
            "safeguarding_concern": facts.has_safeguarding_concern,
            "criteria_since": [{"criterion": code, "since": at} for code, at in facts.criteria_since.items()],
            "abilities": [{"activity": activity, "ability": level} for activity, level in facts.abilities.items()],
        }
    )


def stay_facts(stay: Stay) -> out.StayFacts:
    """The whole stay as now known; the hospital's visit number stays here."""
    content = asdict(stay.content)
    del content["visit_number"]
    return out.StayFacts(stay_id=stay.stay_id, patient_key=stay.patient_key, revision=stay.revision, **content)
