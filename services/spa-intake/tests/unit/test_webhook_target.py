from ipaddress import ip_address, ip_network

import pytest

from spa_intake.domain.errors import TargetRefused
from spa_intake.domain.target import Target, TargetRules

STRICT = TargetRules()


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://pas.example.nhs.uk", Target("https", "pas.example.nhs.uk", 443, "/")),
        ("https://pas.example.nhs.uk/in?key=1", Target("https", "pas.example.nhs.uk", 443, "/in?key=1")),
        ("https://PAS.example.nhs.uk:8443/in", Target("https", "pas.example.nhs.uk", 8443, "/in")),
        ("https://[2606:4700::1111]/in", Target("https", "2606:4700::1111", 443, "/in")),
        ("https://93.184.216.34/", Target("https", "93.184.216.34", 443, "/")),
    ],
)
def test_an_address_is_taken_apart(url: str, target: Target) -> None:
    assert STRICT.read(url) == target


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://pas.example.nhs.uk/", "scheme"),
        ("ftp://pas.example.nhs.uk/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("//pas.example.nhs.uk/", "scheme"),
        ("pas.example.nhs.uk", "scheme"),
        ("https://user@pas.example.nhs.uk/", "user_info"),
        ("https://user:word@pas.example.nhs.uk/", "user_info"),
        ("https://pas.example.nhs.uk@127.0.0.1/", "user_info"),
        ("https://@127.0.0.1/", "user_info"),
        ("https://pas.example.nhs.uk/#part", "fragment"),
        ("https://pas.example.nhs.uk/#", "fragment"),
        ("https:///in", "malformed"),
        ("https://:443/in", "malformed"),
        ("https://pas.example.nhs.uk:0/", "malformed"),
        ("https://pas.example.nhs.uk:99999/", "malformed"),
        ("https://pas.example.nhs.uk:port/", "malformed"),
        ("https://pas example.nhs.uk/", "malformed"),
        ("https://pas.example.nhs.uk\\@127.0.0.1/", "malformed"),
        ("https://pas.example.nhs.uk/\r\nHost: other", "malformed"),
        ("https://pås.example.nhs.uk/", "malformed"),
        ("https://pas.example.nhs.uk%2f@x/", "user_info"),
        ("https://[::1", "malformed"),
        ("https://[fe80::1%25eth0]/", "malformed"),
        ("https://" + "a" * 2_000, "malformed"),
        ("https://127.0.0.1/", "address"),
        ("https://[::1]/", "address"),
        ("https://[::ffff:10.0.0.1]/", "address"),
        ("https://169.254.169.254/latest/meta-data", "address"),
    ],
)
def test_an_address_is_refused(url: str, reason: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        STRICT.read(url)
    assert refused.value.facts["reason"] == reason


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.255",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_a_host_that_is_never_called(address: str) -> None:
    assert not STRICT.allows(ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "172.32.0.1", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_a_host_that_may_be_called(address: str) -> None:
    assert STRICT.allows(ip_address(address))


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [("10.20.0.1", True), ("::ffff:10.20.0.1", True), ("10.21.0.1", False), ("fd12::1", True), ("fd13::1", False)],
)
def test_a_site_allows_a_part_of_its_own_network(address: str, *, is_allowed: bool) -> None:
    rules = TargetRules(allowed_networks=[ip_network("10.20.0.0/16"), ip_network("fd12::/16")])
    assert rules.allows(ip_address(address)) is is_allowed


def test_http_is_taken_where_a_site_allows_it() -> None:
    assert TargetRules(allows_http=True).read("http://pas.example.nhs.uk/in").port == 80
