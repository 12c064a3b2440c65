"""The broker loses everything in the middle of traffic: the topics are refilled, and every journey completes."""

import asyncio
import random
import time

import asyncpg
import pytest
import yaml

from homeward_local.client import StackClient
from homeward_local.topics import CATALOGUE, ensure_topics

from .caller import Caller
from .checks import check
from .evidence import gather
from .history import History
from .load import Load, distinct_people, load_providers
from .soak import Finder, keep_logs, settle
from .stage import BY_NAME, KAFKA, Stage, running_stage
from .waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.slow]

TRAFFIC_SECONDS = 15.0
PATIENCE_SECONDS = 120.0


async def test_a_wiped_broker_is_refilled_and_every_journey_completes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")  # the clients' own libraries speak of every lost connection
    async with running_stage(nodes=1) as stage:
        history, client = History(), stage.client
        await asyncio.to_thread(load_providers, client, 1)
        caller = Caller(client, history)
        finder = Finder(stage.database_url("spa-intake"))
        load = Load(caller, distinct_people(random.Random(11)), finder.referral_of, seed=11)
        arriving = asyncio.create_task(load.arrive(60))
        try:
            await asyncio.sleep(TRAFFIC_SECONDS)
            await _lose_everything(stage)
            accepted_before = len(history.submits)
            await asyncio.to_thread(ensure_topics, stage.config.bootstrap_servers)
            assert await until(lambda: _all_have_noticed(stage), seconds=PATIENCE_SECONDS)
            await asyncio.to_thread(_refill, client)
            await asyncio.sleep(TRAFFIC_SECONDS / 2)
            arriving.cancel()
            caller.give_up_at = time.monotonic() + PATIENCE_SECONDS
            await load.finish()
            await settle(stage)
            assert check(history, await gather(stage)) == []
            assert len(history.submits) > accepted_before  # referrals were taken all the time
            assert {"started", "readmitted"} <= {journey.reached for journey in history.journeys}
        finally:
            arriving.cancel()
            await caller.close()
            keep_logs(stage)


async def _lose_everything(stage: Stage) -> None:
    await asyncio.to_thread(stage.servers.wipe_kafka)
    assert await until(lambda: stage.is_back(KAFKA), seconds=PATIENCE_SECONDS)


async def _all_have_noticed(stage: Stage) -> bool:
    """Whether each service says that the topics it has sent to hold nothing any more."""
    for service in BY_NAME:
        connection = await asyncpg.connect(stage.database_url(service))
        sent = {row["topic"] for row in await connection.fetch("SELECT topic FROM topics_sent")}
        await connection.close()
        report = await asyncio.to_thread(stage.client.get, service, "/ops/lag", "operator")
        if set(report["emptied_topics"]) != sent:
            return False
    return True


def _refill(client: StackClient) -> None:
    """What an operator does: ask each service to send again what it has ever published."""
    topics = yaml.safe_load(CATALOGUE.read_text())["topics"]
    publishers = {(each["publisher"], name) for name, topic in topics.items() for each in topic["types"].values()}
    for publisher, topic in sorted(publishers):
        for service in [publisher] if publisher in BY_NAME else BY_NAME:
            client.post(service, "/ops/republish", "operator", {"topic": topic})
