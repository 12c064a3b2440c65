"""Keys of one person are locked together, and what is said of two of them counts by its version alone."""

import asyncio
from itertools import permutations
from uuid import UUID, uuid4

import pytest

from homeward_kit import aliases
from homeward_kit.database import Database, Tx, lock_number
from homeward_kit.problems import is_outage

A, B, C, D = (UUID(int=number) for number in range(1, 5))
Pairs = list[tuple[UUID, UUID]]


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        ([], [{A}, {B}, {C}, {D}]),
        ([(A, B)], [{A, B}, {C}, {D}]),
        ([(A, B), (B, C)], [{A, B, C}, {D}]),
        ([(B, C), (A, B)], [{A, B, C}, {D}]),
        ([(A, B), (B, A)], [{A, B}, {C}, {D}]),
        ([(A, B), (A, B)], [{A, B}, {C}, {D}]),
        ([(A, B), (B, C), (C, A)], [{A, B, C}, {D}]),
        ([(A, A)], [{A}, {B}, {C}, {D}]),
        ([(A, B), (C, D)], [{A, B}, {C, D}]),
        ([(A, B), (C, D), (B, C)], [{A, B, C, D}]),
    ],
)
def test_pairs_make_groups(pairs: Pairs, groups: list[set[UUID]]) -> None:
    assert aliases.groups_by([A, B, C, D], pairs) == groups


async def _group(tx: Tx, key: UUID) -> set[UUID]:
    return set(await aliases.keys_of(tx, key))


async def test_any_order_of_what_is_said_ends_in_the_same_groups(database: Database) -> None:
    """A and B are merged and taken apart again; B and C are merged twice over."""
    for number, order in enumerate(permutations([("ab", True, 1), ("ab", False, 2), ("bc", True, 1), ("bc", True, 1)])):
        keys = {name: UUID(int=16 * number + place) for place, name in enumerate("abc", start=1)}
        for pair, is_merged, version in order:
            async with database.transaction() as tx:
                await aliases.hear(tx, keys[pair[0]], keys[pair[1]], is_merged=is_merged, version=version)
        async with database.transaction() as tx:
            assert await _group(tx, keys["a"]) == {keys["a"]}
            assert await _group(tx, keys["b"]) == {keys["b"], keys["c"]}


async def test_a_word_tells_all_whom_it_concerns(database: Database) -> None:
    a, b, c = sorted(uuid4() for _ in range(3))
    async with database.transaction() as tx:
        assert await aliases.hear(tx, a, b, is_merged=True, version=1) == [{a, b}]
        assert await aliases.hear(tx, c, b, is_merged=True, version=1) == [{a, b, c}]
        assert await aliases.hear(tx, b, a, is_merged=False, version=2) == [{a}, {b, c}]
        assert await aliases.hear(tx, a, b, is_merged=True, version=1) == [{a}, {b, c}]
        assert await aliases.hear(tx, a, a, is_merged=True, version=1) == [{a}]


async def test_a_lock_on_one_key_keeps_others_from_every_key_of_the_person(database: Database) -> None:
    a, b, c = (uuid4() for _ in range(3))
    async with database.transaction() as tx:
        await aliases.hear(tx, a, b, is_merged=True, version=1)
        await aliases.hear(tx, b, c, is_merged=True, version=1)
    order: list[str] = []

    async def come_later(began: asyncio.Event) -> None:
        async with database.transaction() as tx:
            began.set()
            await tx.lock(str(c))
            order.append("later")

    async with database.transaction() as tx:
        await tx.lock(a)
        assert tx.groups[a] == {a, b, c}
        began = asyncio.Event()
        waiting = asyncio.create_task(come_later(began))
        await began.wait()
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
        order.append("first")
    await waiting
    assert order == ["first", "later"]


async def test_a_merge_committed_while_a_lock_was_waited_for_is_seen(database: Database) -> None:
    a, b = (uuid4() for _ in range(2))
    seen: list[set[UUID]] = []

    async def wait_for_lock(began: asyncio.Event) -> None:
        async with database.transaction() as tx:
            began.set()
            await tx.lock(a)
            seen.append(set(tx.groups[a]))

    async with database.transaction() as tx:
        await tx.lock(a, b)
        began = asyncio.Event()
        waiting = asyncio.create_task(wait_for_lock(began))
        await began.wait()
        await asyncio.wait([waiting], timeout=0.2)
        await aliases.hear(tx, a, b, is_merged=True, version=1)
    await waiting
    assert seen == [{a, b}]


async def test_two_that_lock_crosswise_after_a_merge_end_as_an_outage_for_one_of_them(database: Database) -> None:
    """Each holds one key when it learns that the other's is the same person's."""
    a, b = sorted((uuid4() for _ in range(2)), key=lambda key: lock_number(str(key)))
    both_hold = asyncio.Barrier(2)

    async def go(first: UUID, second: UUID) -> None:
        async with database.transaction() as tx:
            await tx.lock(first)
            await both_hold.wait()
            await tx.lock(second)

    ends = await asyncio.gather(go(a, b), go(b, a), return_exceptions=True)
    (failed,) = [end for end in ends if isinstance(end, BaseException)]
    assert is_outage(failed)
