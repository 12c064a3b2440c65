"""Contacts and words of referrals: identity and free text, kept beside the referral and read on their own."""

from uuid import UUID

from pydantic import TypeAdapter

from homeward_kit.database import Tx
from spa_intake.domain.content import ReferralContent

_content = TypeAdapter(ReferralContent)


def add(tx: Tx, referral_id: UUID, content: ReferralContent) -> None:
    """Of a new referral; one without contacts and words has no row."""
    if not content.is_empty:
        tx.add_row("referral_contents", _row(tx, referral_id, content))


async def get(tx: Tx, referral_id: UUID) -> ReferralContent:
    found = await tx.execute("SELECT content::text FROM referral_contents WHERE referral_id = :id", {"id": referral_id})
    stored = found.scalar_one_or_none()
    return _content.validate_json(stored) if stored else ReferralContent()


async def save(tx: Tx, referral_id: UUID, content: ReferralContent) -> None:
    await tx.execute(
        """
        INSERT INTO referral_contents (referral_id, content, changed_at, actor)
        VALUES (:referral_id, CAST(:content AS jsonb), :changed_at, :actor)
        ON CONFLICT (referral_id) DO UPDATE
        SET content = excluded.content, changed_at = excluded.changed_at, actor = excluded.actor
        """,
        _row(tx, referral_id, content),
    )


def _row(tx: Tx, referral_id: UUID, content: ReferralContent) -> dict[str, object]:
    return {
        "referral_id": referral_id,
        "content": _content.dump_json(content).decode(),
        "changed_at": tx.now,
        "actor": tx.actor,
    }
