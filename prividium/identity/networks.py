"""Where a machine may call from: networks in CIDR notation (RFC 4632), none of them wide."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from prividium.errors import InvalidInput

IPV4_PREFIX_MIN: Final = 16
IPV6_PREFIX_MIN: Final = 32


def parse_network(text: str) -> str:
    """The canonical form of an address or network.

    Raises InvalidInput("network_invalid", "network_too_wide"): the latter for less than /16 (IPv4) or /32 (IPv6).
    """
    try:
        network = ip_network(text)
    except ValueError:
        raise InvalidInput(
            "network_invalid", "give an IP address, or a network in CIDR notation without bits beyond its prefix"
        ) from None
    if isinstance(network, IPv6Network):
        network = _plain(network)
    if network.prefixlen < (IPV4_PREFIX_MIN if isinstance(network, IPv4Network) else IPV6_PREFIX_MIN):
        text = f"the network is too wide: at least /{IPV4_PREFIX_MIN} for IPv4 and /{IPV6_PREFIX_MIN} for IPv6"
        raise InvalidInput("network_too_wide", text)
    return str(network)


def lies_in(address: str, networks: Iterable[str]) -> bool:
    """Is the address in one of the networks? Never for what is no address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return any(_holds(ip_network(network), found) for network in networks)


def _holds(network: IPv4Network | IPv6Network, address: IPv4Address | IPv6Address) -> bool:
    return network.version == address.version and address in network


def _plain(network: IPv6Network) -> IPv4Network | IPv6Network:
    """An IPv4 network written as IPv6 (RFC 4291 §2.5.5.2) is judged by the width it really has."""
    mapped = network.network_address.ipv4_mapped
    if mapped is None or network.prefixlen < 96:
        return network
    return IPv4Network(f"{mapped}/{network.prefixlen - 96}")
