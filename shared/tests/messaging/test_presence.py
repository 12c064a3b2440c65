"""A member that was killed is out of its group at once; one that lives stays, whatever becomes of its lock."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka.errors import GroupCoordinatorNotAvailableError

from homeward_kit.database import Database
from homeward_kit.testing.tcp_proxy import TcpProxy
from sample_service.things import ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import EFFECTS, Flow, until
from sample_testing.process import SampleService
from sample_testing.servers import OwnServer
from sample_testing.topics import member_ids

KEYS = tuple(f"key-{number}" for number in range(12))
SESSION_SECONDS = 5.5  # at the least, from a kill until the broker misses the member by itself
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4712 AND granted"
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'member'"
LOOKS_SECONDS = 3.0  # time for several looks


async def _members(flow: Flow, number: int) -> set[str]:
    """The members, as soon as there are so many."""
    found: set[str] = set()

    async def are_that_many() -> bool:
        nonlocal found
        with suppress(GroupCoordinatorNotAvailableError):  # a new broker, and its first group
            found = await member_ids(flow.bootstrap, flow.group)
        return len(found) == number

    await until(are_that_many, 60, f"the group does not come to have {number} members")
    return found


async def _stay(flow: Flow, members: set[str]) -> None:
    """For the time of several looks the group has these members."""
    end = asyncio.get_running_loop().time() + LOOKS_SECONDS

    async def is_over() -> bool:
        assert await member_ids(flow.bootstrap, flow.group) == members
        return asyncio.get_running_loop().time() > end

    await until(is_over, 60, "time stands still")


@pytest.mark.parametrize("is_there_before", [True, False])
async def test_a_killed_members_partitions_do_not_wait_for_the_end_of_its_session(
    database: Database, kafka_broker: str, topics: None, tmp_path: Path, *, is_there_before: bool
) -> None:
    """Whether another was in the group already or comes afterwards."""
    service = SampleService(database.address, kafka_broker, tmp_path)
    flow = Flow(database, kafka_broker, group=service.name)
    flow.start_relay()
    if is_there_before:
        flow.start_runner({ThingMadeIn: record_effect})
    async with service.running("worker") as killed:
        await _members(flow, 2 if is_there_before else 1)
        await killed.kill()
        killed_at = asyncio.get_running_loop().time()
        if not is_there_before:
            flow.start_runner({ThingMadeIn: record_effect})
        await flow.publish(*((key, ThingMade(number=1)) for key in KEYS))
        await flow.wait_for(EFFECTS, len(KEYS))
        assert asyncio.get_running_loop().time() - killed_at < SESSION_SECONDS
    await flow.stop()


async def test_members_whose_connections_are_cut_stay(flow: Flow) -> None:
    flow.start_relay()
    for _ in range(2):
        flow.start_runner({ThingMadeIn: record_effect}, flow.another_process())
    members = await _members(flow, 2)
    assert await flow.rows(LOCKS) == [(2,)]
    assert await flow.rows(CUT) == [(2,)]
    await _stay(flow, members)
    assert await flow.rows(LOCKS) == [(2,)]


async def test_members_whose_database_restarts_stay(
    own_postgres: OwnServer, own_database: Database, kafka_broker: str, topics: None
) -> None:
    flow = Flow(own_database, kafka_broker)
    for _ in range(2):
        flow.start_runner({ThingMadeIn: record_effect}, flow.another_process())
    members = await _members(flow, 2)
    own_postgres.kill()
    await own_postgres.start_again()
    await _stay(flow, members)
    assert await flow.rows(LOCKS) == [(2,)]
    await flow.stop()


async def test_a_member_that_is_cut_off_from_the_database_is_taken_for_dead_once(
    flow: Flow, far_database: Database, proxy: TcpProxy
) -> None:
    """Nobody can tell; it comes again, is left alone, and goes on when it has its database back."""
    flow.start_relay()
    flow.start_runner({ThingMadeIn: record_effect})
    flow.start_runner({ThingMadeIn: record_effect}, far_database)
    before = await _members(flow, 2)
    proxy.cut(refuse=True)

    async def is_replaced() -> bool:
        return len(before & await member_ids(flow.bootstrap, flow.group)) == 1

    await until(is_replaced, 30, "it is not missed")
    await _stay(flow, await _members(flow, 2))
    await flow.publish(*((key, ThingMade(number=1)) for key in KEYS))
    proxy.accept()
    await flow.wait_for(EFFECTS, len(KEYS))
    effects = await flow.rows("SELECT key FROM effects ORDER BY key")
    assert effects == [(key,) for key in sorted(KEYS)]
