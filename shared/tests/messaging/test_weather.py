"""Slow, cut and half-open connections to the database: nothing is lost, repeated or reordered."""

from homeward_kit.database import Database
from homeward_kit.testing.tcp_proxy import TcpProxy
from sample_service.things import TOPIC, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import OUTBOX, Flow
from sample_testing.topics import first_numbers_by_key

KEYS = ("a", "b", "c")
ROUNDS = 6


async def test_bad_connections_to_the_database_lose_repeat_and_reorder_nothing(
    flow: Flow, far_database: Database, proxy: TcpProxy
) -> None:
    flow.start_relay(far_database)
    flow.start_runner({ThingMadeIn: record_effect}, far_database)
    proxy.latency = 0.005
    for number in range(ROUNDS):
        await flow.publish(*((key, ThingMade(number=10 * number + step)) for step in range(10) for key in KEYS))
        proxy.hear()
        await flow.wait_for("SELECT count(*) > 0 FROM effects", expected=True)
        proxy.cut()
        if number % 2:
            proxy.deafen()  # until the next round has been published
    proxy.hear()
    await flow.wait_for(OUTBOX, 0)
    expected = {key: list(range(10 * ROUNDS)) for key in KEYS}
    assert await first_numbers_by_key(flow.bootstrap, TOPIC) == expected
    await flow.wait_for("SELECT count(*) FROM effects", len(KEYS) * 10 * ROUNDS)
    effects = await flow.rows("SELECT key, array_agg(number ORDER BY position) FROM effects GROUP BY key")
    assert dict(effects) == expected
