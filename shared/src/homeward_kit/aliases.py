"""Keys that are one person's: what was last said about each two of them, and who belongs together by it.

Nothing changes its key: an alias is only used when locking, matching and reading (docs/adr/0013). `Tx.lock` takes the
locks of all keys of a person at once.
"""

from collections.abc import Iterable
from uuid import UUID

from homeward_kit.database import Group, Tx


def groups_by(keys: Iterable[UUID], pairs: Iterable[tuple[UUID, UUID]]) -> list[Group]:
    """Who belongs together when these pairs are one person each: chains and circles are one group."""
    group_of = {key: {key} for key in keys}
    for one, other in pairs:
        joined = group_of.setdefault(one, {one}) | group_of.setdefault(other, {other})
        group_of |= dict.fromkeys(joined, joined)
    return sorted({frozenset(group) for group in group_of.values()}, key=sorted)


async def keys_of(tx: Tx, *keys: UUID) -> Group:
    """All keys of these people. For keys that are locked nothing is asked of the database."""
    return frozenset(keys).union(*(await _members(tx, keys)).values())


async def hear(tx: Tx, one: UUID, other: UUID, *, is_merged: bool, version: int) -> list[Group]:
    """Keep the newest word about two keys; returns the groups of everybody concerned as they are now, all locked.

    `version` counts what was said about these two, whichever is named first; a repeat or an older word changes nothing.
    """
    await tx.lock(one, other)
    concerned = await keys_of(tx, one, other)
    first, second = sorted((one, other))
    if first != second:
        kept = await tx.execute(
            """
            INSERT INTO alias_pairs (first, second, is_merged, version) VALUES (:first, :second, :is_merged, :version)
            ON CONFLICT (first, second) DO UPDATE SET is_merged = excluded.is_merged, version = excluded.version
            WHERE alias_pairs.version < excluded.version
            """,
            {"first": first, "second": second, "is_merged": is_merged, "version": version},
        )
        if kept.rowcount:
            return await _regroup(tx, concerned)
    return sorted({await keys_of(tx, key) for key in concerned}, key=sorted)


async def _regroup(tx: Tx, concerned: Group) -> list[Group]:
    """Work out anew who of these belongs together; no pair reaches beyond them."""
    values = {"keys": list(concerned)}
    pairs = await tx.execute(
        "SELECT first, second FROM alias_pairs WHERE is_merged AND (first = ANY(:keys) OR second = ANY(:keys))", values
    )
    groups = groups_by(concerned, [(pair.first, pair.second) for pair in pairs])
    await tx.execute("DELETE FROM alias_groups WHERE key = ANY(:keys)", values)
    rows = [
        {"key": key, "member": member, "lock": tx.lock_of(key), "member_lock": tx.lock_of(member)}
        for group in groups
        for key in sorted(group)
        for member in sorted(group - {key})
    ]
    if rows:
        await tx.execute(
            "INSERT INTO alias_groups (key, member, lock, member_lock) VALUES (:key, :member, :lock, :member_lock)",
            rows,
        )
    tx.groups |= {key: group for group in groups for key in group}
    return groups


async def _members(tx: Tx, keys: Iterable[UUID]) -> dict[UUID, Group]:
    wanted = set(keys)
    known = {key: tx.groups[key] for key in wanted & tx.groups.keys()}
    unknown = wanted - known.keys()
    return known | await tx.look_up_groups(unknown) if unknown else known
