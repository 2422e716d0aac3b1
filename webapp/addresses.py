"""Names and addresses of hosts, as they stand in options and headers. Resolves nothing: a name is what it says."""

from __future__ import annotations

import ipaddress


def hostname(host: str) -> str:
    """The name in a Host header, without its port and in lower case; brackets of an IPv6 address go too."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(name: str) -> bool:
    """Whether only this machine can be meant. Another name is not, whatever it resolves to: that can change."""
    return name == "localhost" or (is_address(name) and ipaddress.ip_address(name).is_loopback)
