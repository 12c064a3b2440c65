"""What was said about two records, and which two are to be looked at."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from homeward_kit.database import Tx
from spa_intake.domain.codes import NhsNumberStatus
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.merging import Because, Decision, Merge, Said, SaidBy, likeness_of
from spa_intake.domain.person import Person

MOST_AT_ONCE = 500  # questions raised in one transaction
MOST_ALIKE = 20  # records that more are like are made up, and every two of them would be a question


async def get(tx: Tx, said: Said) -> Merge | None:
    """What counts so far about the two records of a word."""
    first, second = said.pair
    found = await tx.execute(
        "SELECT * FROM merges WHERE first = :first AND second = :second", {"first": first, "second": second}
    )
    row = found.one_or_none()
    return Merge(_said(row), row.revision) if row else None


async def save(tx: Tx, merge: Merge) -> None:
    said = merge.said
    first, second = said.pair
    await tx.execute(
        """
        INSERT INTO merges (first, second, survivor, is_merged, revision, said_at, said_by)
        VALUES (:first, :second, :survivor, :is_merged, :revision, :said_at, :said_by)
        ON CONFLICT (first, second) DO UPDATE SET survivor = excluded.survivor, is_merged = excluded.is_merged,
            revision = excluded.revision, said_at = excluded.said_at, said_by = excluded.said_by
        """,
        {
            "first": first,
            "second": second,
            "survivor": said.survivor,
            "is_merged": said.is_merged,
            "revision": merge.revision,
            "said_at": said.said_at,
            "said_by": said.said_by,
        },
    )


async def among(tx: Tx, keys: Collection[UUID]) -> list[Said]:
    """What was said about any two of these records."""
    found = await tx.execute(
        "SELECT * FROM merges WHERE first = ANY(:keys) AND second = ANY(:keys)", {"keys": list(keys)}
    )
    return [_said(row) for row in found]


@dataclass(frozen=True)
class PossibleDuplicate:
    """Two records that may be one person's, and what was decided."""

    duplicate_id: UUID
    first: PatientKey
    second: PatientKey
    because: Because
    raised_at: datetime
    version: int
    decision: Decision | None
    reason: str | None
    decided_at: datetime | None
    decided_by: str | None


async def raise_duplicates(tx: Tx, named: Iterable[tuple[PatientKey, PatientKey]], changed: Sequence[Person]) -> None:
    """Ask a coordinator about two records that one message named, and about those changed that are like another."""
    rows = [_raised(tx, pair, Because.IDENTIFIERS) for pair in named]
    rows += [_raised(tx, pair, Because.DETAILS) for pair in await _look_alikes(tx, changed)]
    if rows:
        await tx.flush()  # the people whom the rows name
        await tx.execute(
            "INSERT INTO possible_duplicates (duplicate_id, first, second, because, raised_at, version)"
            " VALUES (:id, :first, :second, :because, :now, 1) ON CONFLICT DO NOTHING",
            rows,
        )


async def _look_alikes(tx: Tx, people: Sequence[Person]) -> list[tuple[PatientKey, PatientKey]]:
    """Each of these with one other who is like them, unless it was asked before or they are one already.

    Two verified NHS numbers are two people's. One other is enough: the next is found with the next message.
    """
    likenesses = [(person, likeness) for person in people if (likeness := likeness_of(person))]
    if not likenesses:
        return []
    found = await tx.execute(
        _LOOK_ALIKES,
        {
            "keys": [person.patient_key for person, _ in likenesses],
            "likenesses": [likeness for _, likeness in likenesses],
            "statuses": [person.nhs_number_status for person, _ in likenesses],
        },
    )
    return [(PatientKey(row.one), PatientKey(row.other)) for row in found] + _alike(likenesses)


async def is_first_to_look(tx: Tx) -> bool:
    """Whether no other process looks for records that are alike; until the end of the transaction."""
    found = await tx.execute("SELECT pg_try_advisory_xact_lock(:number)", {"number": tx.lock_of("look-alikes")})
    return bool(found.scalar_one())


async def raise_unseen(tx: Tx) -> list[UUID]:
    """Ask about every two records that are alike and that no message has brought together; the questions.

    One scan of an index, and a look at the few that it finds (OFFSET 0 keeps the planner from reading the table).
    Where one of them waits for a decision already, that comes first.
    """
    found = await tx.execute(_UNSEEN, {"now": tx.now, "most": MOST_AT_ONCE, "alike": MOST_ALIKE})
    return list(found.scalars())


def _alike(likenesses: Iterable[tuple[Person, str]]) -> list[tuple[PatientKey, PatientKey]]:
    """Those alike who came together, which the database does not have yet."""
    seen: dict[str, Person] = {}
    pairs = []
    for person, likeness in likenesses:
        other = seen.setdefault(likeness, person)
        both = {person.nhs_number_status, other.nhs_number_status}
        if other is not person and both != {NhsNumberStatus.VERIFIED}:
            pairs.append((other.patient_key, person.patient_key))
    return pairs


async def note_merge_by_hospital(tx: Tx, said: Said) -> None:
    """A hospital answered what was asked, or what nobody had; it stands among the decisions and may be taken back."""
    await tx.execute(
        """
        INSERT INTO possible_duplicates (duplicate_id, first, second, because, raised_at, version, decision, reason,
            decided_at, decided_by)
        VALUES (:id, :first, :second, 'hospital', :now, 1, 'same', 'hospital_merged', :now, :actor)
        ON CONFLICT (first, second) DO UPDATE SET decision = 'same', reason = 'hospital_merged',
            decided_at = excluded.decided_at, decided_by = excluded.decided_by,
            version = possible_duplicates.version + 1
        WHERE possible_duplicates.decision IS DISTINCT FROM 'same'
        """,
        _raised(tx, said.pair, Because.HOSPITAL) | {"actor": tx.actor},
    )


async def duplicate(tx: Tx, duplicate_id: UUID) -> PossibleDuplicate | None:
    found = await tx.execute("SELECT * FROM possible_duplicates WHERE duplicate_id = :id", {"id": duplicate_id})
    row = found.one_or_none()
    return _duplicate(row) if row else None


async def decide(tx: Tx, duplicate_id: UUID, decision: Decision, reason: str) -> None:
    """Note a coordinator's decision; an earlier one is replaced (the audit keeps it)."""
    await tx.execute(
        """
        UPDATE possible_duplicates SET decision = :decision, reason = :reason, decided_at = :now, decided_by = :actor,
            version = version + 1 WHERE duplicate_id = :id
        """,
        {"id": duplicate_id, "decision": decision, "reason": reason, "now": tx.now, "actor": tx.actor},
    )


async def duplicates(tx: Tx, *, is_decided: bool, limit: int, after: UUID | None = None) -> Sequence[PossibleDuplicate]:
    """Those that wait for a decision, or those decided, in the order they were raised, from the one after `after`."""
    found = await tx.execute(
        """
        SELECT * FROM possible_duplicates
        WHERE (decision IS NOT NULL) = :is_decided
          AND (CAST(:after AS uuid) IS NULL OR (raised_at, duplicate_id) >
               (SELECT seen.raised_at, seen.duplicate_id FROM possible_duplicates AS seen
                WHERE seen.duplicate_id = :after))
        ORDER BY raised_at, duplicate_id LIMIT :limit
        """,
        {"is_decided": is_decided, "after": after, "limit": limit},
    )
    return [_duplicate(row) for row in found]


async def count_undecided(tx: Tx) -> int:
    """How many wait for a decision."""
    found = await tx.execute("SELECT count(*) FROM possible_duplicates WHERE decision IS NULL")
    return int(found.scalar_one())


_LOOK_ALIKES = """
SELECT one.patient_key AS one, other.patient_key AS other
FROM unnest(CAST(:keys AS uuid[]), CAST(:likenesses AS text[]), CAST(:statuses AS text[]))
    AS one (patient_key, likeness, status)
CROSS JOIN LATERAL (
    SELECT people.patient_key FROM people
    WHERE people.likeness = one.likeness AND people.patient_key <> one.patient_key
      AND people.nhs_number_status = ANY(CASE one.status WHEN 'verified' THEN ARRAY['unverified', 'absent']
                                         ELSE ARRAY['verified', 'unverified', 'absent'] END)
      AND NOT EXISTS (SELECT FROM alias_groups g WHERE g.key = one.patient_key AND g.member = people.patient_key)
      AND NOT EXISTS (SELECT FROM possible_duplicates d WHERE d.first = least(one.patient_key, people.patient_key)
                        AND d.second = greatest(one.patient_key, people.patient_key))
    LIMIT 1) AS other
"""


_UNSEEN = """
WITH shared AS (
    SELECT likeness FROM people WHERE likeness IS NOT NULL
    GROUP BY likeness HAVING count(*) BETWEEN 2 AND :alike),
asked AS (
    SELECT first AS patient_key FROM possible_duplicates WHERE decision IS NULL
    UNION ALL SELECT second FROM possible_duplicates WHERE decision IS NULL),
pairs AS (
    SELECT DISTINCT ON (one.patient_key) one.patient_key AS one, other.patient_key AS other
    FROM shared
    CROSS JOIN LATERAL (SELECT * FROM people WHERE people.likeness = shared.likeness OFFSET 0) AS one
    CROSS JOIN LATERAL (SELECT * FROM people WHERE people.likeness = shared.likeness OFFSET 0) AS other
    WHERE one.patient_key < other.patient_key
      AND NOT (one.nhs_number_status = 'verified' AND other.nhs_number_status = 'verified')
      AND NOT EXISTS (SELECT FROM asked WHERE asked.patient_key = one.patient_key)
      AND NOT EXISTS (SELECT FROM asked WHERE asked.patient_key = other.patient_key)
      AND NOT EXISTS (SELECT FROM alias_groups g WHERE g.key = one.patient_key AND g.member = other.patient_key)
      AND NOT EXISTS (SELECT FROM possible_duplicates d
                      WHERE d.first = one.patient_key AND d.second = other.patient_key)
    ORDER BY one.patient_key, other.patient_key
    LIMIT :most)
INSERT INTO possible_duplicates (duplicate_id, first, second, because, raised_at, version)
SELECT gen_random_uuid(), one, other, 'details', :now, 1 FROM pairs
ON CONFLICT DO NOTHING RETURNING duplicate_id
"""


def _raised(tx: Tx, pair: tuple[PatientKey, PatientKey], because: Because) -> dict[str, Any]:  # Any: bound values
    first, second = sorted(pair)
    return {"id": uuid4(), "first": first, "second": second, "because": because, "now": tx.now}


def _said(row: Row[Any]) -> Said:  # Any: the row's columns
    retired = row.second if row.survivor == row.first else row.first
    return Said(PatientKey(row.survivor), PatientKey(retired), row.is_merged, row.said_at, SaidBy(row.said_by))


def _duplicate(row: Row[Any]) -> PossibleDuplicate:  # Any: as above
    return PossibleDuplicate(
        duplicate_id=row.duplicate_id,
        first=PatientKey(row.first),
        second=PatientKey(row.second),
        because=Because(row.because),
        raised_at=row.raised_at,
        version=row.version,
        decision=Decision(row.decision) if row.decision else None,
        reason=row.reason,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
