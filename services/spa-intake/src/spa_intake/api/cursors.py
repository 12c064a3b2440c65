"""The place in a list as one opaque word."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from homeward_kit.problems import Pointer, Problem


def cursor_of(changed_at: datetime, referral_id: UUID) -> str:
    return urlsafe_b64encode(f"{changed_at.isoformat()}|{referral_id}".encode()).decode()


def place_of(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Back again; 422 for a word that is not one of ours."""
    if cursor is None:
        return None
    try:
        changed_at, _, referral_id = urlsafe_b64decode(cursor).decode().partition("|")
        place = datetime.fromisoformat(changed_at), UUID(referral_id)
    except ValueError:
        place = None
    if place is None or place[0].tzinfo is None:
        raise Problem(
            422,
            "invalid_request",
            "Fields to correct",
            "Use the value of `next` from the page before.",
            pointers=[Pointer("/after", "cursor", "This is not a place in the list.")],
        )
    return place
