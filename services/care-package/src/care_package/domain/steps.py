"""What people do to a package: providers answer, brokers start, hand back, end, resume and cancel lines."""

from dataclasses import replace
from datetime import datetime

from care_package.domain.errors import (
    AwaitingReconfirmation,
    OfferDeadlinePassed,
    PackageIsHeld,
    StartInFuture,
)
from care_package.domain.ids import LineId, OfferId
from care_package.domain.line import Line, LineState, Step
from care_package.domain.offer import Answer, OfferState
from care_package.domain.package import Change, EventKind, Package


def accept_offer(package: Package, offer_id: OfferId, answer: Answer) -> Change:
    """The provider takes the line, or confirms after a hold that it still does."""
    change = Change(package)
    line, offer = package.offer(offer_id)
    if offer.state is OfferState.ACCEPTED:
        return change
    accepted = offer.becomes(OfferState.ACCEPTED, answer.at)
    if answer.at > offer.respond_by:
        raise OfferDeadlinePassed
    line = change.put_offer(line, accepted, start_on=answer.start_on)
    agreed = line if offer.is_reconfirmation else line.takes(Step.AGREE)
    start_on = answer.start_on or line.start_on
    agreed = replace(
        agreed,
        agreed_offer_id=offer_id,
        agreed_at=line.agreed_at or answer.at,
        is_confirmed=True,
        start_on=start_on,
        left_by=None,
        reason=None,
    )
    change.put(agreed)
    change.tell_of(agreed, EventKind.PACKAGE_AGREED, start_on=start_on)
    return change


def decline_offer(package: Package, offer_id: OfferId, answer: Answer) -> Change:
    """The provider does not take the line; the next one is asked."""
    change = Change(package)
    line, offer = package.offer(offer_id)
    if offer.state is OfferState.DECLINED:
        return change
    line = change.put_offer(line, offer.becomes(OfferState.DECLINED, answer.at, answer.reason))
    if offer.is_reconfirmation:
        give_up(change, line, answer.reason or "declined")
    return change


def start_line(package: Package, line_id: LineId, started_at: datetime, now: datetime) -> Change:
    """Care begins."""
    change = Change(package)
    line = package.line(line_id)
    if line.state is LineState.STARTED:
        return change
    started = replace(line.takes(Step.START), started_at=started_at)
    if package.is_held:
        raise PackageIsHeld(holds=sorted(package.holds))
    if line.needs_reconfirmation:
        raise AwaitingReconfirmation
    if started_at > now:
        raise StartInFuture
    change.put(started)
    change.tell_of(started, EventKind.PACKAGE_STARTED, at=started_at)
    return change


def fall_through(package: Package, line_id: LineId, reason: str, now: datetime) -> Change:
    """The agreed provider does not take the line after all; it is brokered again, the others stay agreed."""
    change = Change(package)
    line = package.line(line_id)
    line.takes(Step.FALL_THROUGH)
    give_up(change, change.withdraw_offers(line, reason, now), reason)
    return change


def give_up(change: Change, line: Line, reason: str) -> None:
    """An agreed line loses its provider: it is brokered again, or cancelled if no longer decided."""
    if line.wanted is None:
        cancelled = line.takes(Step.CANCEL, reason)
        change.put(cancelled)
        change.tell_of(cancelled, EventKind.PACKAGE_CANCELLED)
        return
    again = line.brokered_again(Step.FALL_THROUGH, reason)
    change.put(again)
    change.tell_of(again, EventKind.PACKAGE_REOPENED)


def hand_back(package: Package, line_id: LineId, reason: str, *, is_stopped: bool) -> Change:
    """The provider gives back care it had started; where it is no longer wanted, the line ends."""
    change = Change(package)
    line = package.line(line_id)
    if is_stopped or line.wanted is None:
        ended = line.takes(Step.END, reason)
        change.put(ended)
        change.tell_of(ended, EventKind.PACKAGE_HANDED_BACK)
        change.tell_of(ended, EventKind.PACKAGE_ENDED)
        return change
    again = line.brokered_again(Step.HAND_BACK, reason)
    change.put(again)
    change.tell_of(again, EventKind.PACKAGE_HANDED_BACK)
    return change


def end_line(package: Package, line_id: LineId, reason: str) -> Change:
    """Care that had started is over."""
    change = Change(package)
    line = package.line(line_id)
    if line.state is LineState.ENDED:
        return change
    ended = line.takes(Step.END, reason)
    change.put(ended)
    change.tell_of(ended, EventKind.PACKAGE_ENDED)
    return change


def resume_line(package: Package, line_id: LineId) -> Change:
    """Ask everyone again for a line that nobody took."""
    change = Change(package)
    line = package.line(line_id)
    if line.state is LineState.BROKERING:
        return change
    resumed = replace(line.takes(Step.RESUME, "resumed"), round=line.round + 1, left_by=None)
    if package.is_held:
        raise PackageIsHeld(holds=sorted(package.holds))
    change.put(resumed)
    change.tell_of(resumed, EventKind.PACKAGE_REOPENED)
    return change


def cancel_line(package: Package, line_id: LineId, reason: str, now: datetime) -> Change:
    """The line is not needed any more and has not started."""
    change = Change(package)
    line = package.line(line_id)
    if line.state is LineState.CANCELLED:
        return change
    line.takes(Step.CANCEL)
    line = change.withdraw_offers(line, reason, now)
    cancelled = line.takes(Step.CANCEL, reason)
    change.put(cancelled)
    change.tell_of(cancelled, EventKind.PACKAGE_CANCELLED)
    return change
