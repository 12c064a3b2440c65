"""Where messages may be sent: what the address must look like, and which hosts of a network are never called.

Source of the ranges: OWASP's cheat sheet on server-side request forgery, and the registries of RFC 6890.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from .errors import TargetRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 2_000
_PRINTABLE = re.compile(r"[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
_PORTS = {"https": 443, "http": 80}
_TRANSLATED = IPv6Network("64:ff9b::/96")  # an IPv4 address in its last 32 bits (RFC 6052)
_UNICAST = IPv6Network("2000::/3")  # all that the IPv6 internet uses
# these pass for public ones: clouds' own services, and addresses that hide another one
_NEVER: tuple[Network, ...] = tuple(
    ip_network(each) for each in ("168.63.129.16/32", "192.88.99.0/24", "2001::/32", "2002::/16")
)


@dataclass(frozen=True)
class Target:
    """An address taken apart once, so that nothing that sends reads it in another way than what checked it."""

    scheme: str
    host: str
    port: int
    path: str  # with the query


@dataclass(frozen=True)
class TargetRules:
    """What a site allows beside https to public hosts."""

    allows_http: bool = False
    allowed_networks: Sequence[Network] = ()

    def read(self, url: str) -> Target:
        """The address as a target. Refuses with TargetRefused."""
        if len(url) > LONGEST or not _PRINTABLE.fullmatch(url) or "\\" in url:
            raise TargetRefused(reason="malformed")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise TargetRefused(reason="malformed") from None
        if parts.scheme != "https" and not (parts.scheme == "http" and self.allows_http):
            raise TargetRefused(reason="scheme")
        if "@" in parts.netloc:
            raise TargetRefused(reason="user_info")
        if "#" in url:
            raise TargetRefused(reason="fragment")
        host = parts.hostname or ""
        if not _HOST.fullmatch(host) or port == 0:
            raise TargetRefused(reason="malformed")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        target = Target(parts.scheme, host, port or _PORTS[parts.scheme], path)
        if (literal := literal_of(host)) is not None and not self.allows(literal):
            raise TargetRefused(reason="address")
        return target

    def allows(self, address: Address) -> bool:
        """Whether a host with this address may be called."""
        inner = _unwrapped(address)
        if any(_is_in(each, network) for network in self.allowed_networks for each in (address, inner)):
            return True
        if any(_is_in(inner, network) for network in _NEVER) or (inner.version == 6 and inner not in _UNICAST):
            return False
        is_odd = inner.is_multicast or inner.is_reserved or inner.is_unspecified or inner.is_loopback
        return inner.is_global and not inner.is_private and not inner.is_link_local and not is_odd


def literal_of(host: str) -> Address | None:
    """The address where the host is written as one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
