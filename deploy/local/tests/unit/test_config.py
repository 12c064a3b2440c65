from pathlib import Path

import pytest

from homeward_local.config import REPOSITORY, SERVICES, config_from_environment
from homeward_local.errors import StackError


def test_without_settings_everything_follows_from_port_8000_and_the_repository() -> None:
    config = config_from_environment({})

    assert config.home == REPOSITORY / ".homeward"
    assert [config.url_of(service) for service in SERVICES] == [
        f"http://127.0.0.1:{port}" for port in range(8000, 8004)
    ]
    assert (config.issuer_port, config.postgres_port, config.kafka_port, config.controller_port) == (
        8004,
        8005,
        8006,
        8007,
    )


def test_a_second_copy_has_other_ports_and_another_home_but_shares_what_was_fetched() -> None:
    config = config_from_environment({"HOMEWARD_HOME": "/srv/second", "HOMEWARD_PORT_BASE": "9000"})

    assert config.home == Path("/srv/second")
    assert set(config.ports().values()) == set(range(9000, 9009))
    assert config.cache == config_from_environment({}).cache


def test_servers_of_ones_own_need_no_ports() -> None:
    config = config_from_environment(
        {"KAFKA_BOOTSTRAP_SERVERS": "broker:9092", "DATABASE_URL": "postgresql://admin@db/postgres"}
    )

    assert config.bootstrap_servers == "broker:9092"
    assert set(config.ports().values()) == {8000, 8001, 8002, 8003, 8004, 8008}


@pytest.mark.parametrize("base", ["abc", "80", "65535", "-1"])
def test_a_port_base_that_cannot_be_is_refused_with_the_setting_named(base: str) -> None:
    with pytest.raises(StackError, match="HOMEWARD_PORT_BASE"):
        config_from_environment({"HOMEWARD_PORT_BASE": base})


@pytest.mark.parametrize("prefix", ["Upper_", "semi;colon", "x" * 31, "naïve_"])
def test_a_database_prefix_that_sql_would_need_to_quote_is_refused(prefix: str) -> None:
    with pytest.raises(StackError, match="HOMEWARD_DB_PREFIX"):
        config_from_environment({"HOMEWARD_DB_PREFIX": prefix})
