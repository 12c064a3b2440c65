"""The place in a list as one opaque word."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from homeward_kit.problems import Pointer, Problem
from spa_intake.adapters.db.referral_views import PageEnd

_SNAPSHOT = re.compile(r"[1-9][0-9]{0,17}:[1-9][0-9]{0,17}:(?:[1-9][0-9]{0,17}(?:,[1-9][0-9]{0,17})*)?")


def cursor_of(end: PageEnd) -> str:
    return urlsafe_b64encode(f"{end.changed_at.isoformat()}|{end.referral_id}|{end.seen}".encode()).decode()


def place_of(cursor: str | None) -> PageEnd | None:
    """Back again; 422 for a word that is not one of ours."""
    if cursor is None:
        return None
    try:
        changed_at, referral_id, seen = urlsafe_b64decode(cursor).decode().split("|")
        place = PageEnd(datetime.fromisoformat(changed_at), UUID(referral_id), seen)
    except ValueError:
        place = None
    if place is None or not _is_moment(place.changed_at) or not _is_snapshot(place.seen):
        raise Problem(
            422,
            "invalid_request",
            "Fields to correct",
            "Use the value of `next` or `resume` from the page before.",
            pointers=[Pointer("/after", "cursor", "This is not a place in the list.")],
        )
    return place


def _is_moment(value: datetime) -> bool:
    return value.tzinfo is not None and 1900 <= value.year <= 2200


def _is_snapshot(text: str) -> bool:
    """As PostgreSQL writes one: xmin:xmax:xip,… with each xip between the two, rising."""
    if not _SNAPSHOT.fullmatch(text):
        return False
    first, end, running = text.split(":")
    numbers = [int(number) for number in running.split(",") if number]
    return (
        int(first) <= int(end)
        and numbers == sorted(set(numbers))
        and all(int(first) <= number < int(end) for number in numbers)
    )
