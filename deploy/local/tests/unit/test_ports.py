import socket

import pytest

from homeward_local.config import HOST, config_from_environment
from homeward_local.errors import StackError
from homeward_local.ports import free_port_base, is_free, require_free_ports


def test_a_port_in_use_is_named_with_its_part_and_the_setting_that_moves_it() -> None:
    base = free_port_base()
    config = config_from_environment({"HOMEWARD_PORT_BASE": str(base)})
    with socket.create_server((HOST, base + 6)):
        with pytest.raises(StackError) as refusal:
            require_free_ports(config)

        assert f"{base + 6} (Kafka)" in str(refusal.value)
        assert "HOMEWARD_PORT_BASE=" in str(refusal.value)
        assert f"HOMEWARD_PORT_BASE={base} " not in str(refusal.value)
    require_free_ports(config)


def test_a_port_that_listens_on_every_address_is_not_free() -> None:
    with socket.create_server(("", 0)) as server:
        assert not is_free(server.getsockname()[1])
