"""Whose process is at the other end of a connection from this machine, where the system tells: on Linux, over netlink.

One question of `sock_diag(7)` names a socket by its two addresses and is answered with its state and the user who made it. The
socket of the *other* end has our two addresses the other way round. The kernel looks up this one socket in 40 microseconds;
/proc/net/tcp, which says the same, lists all of them (50 ms with three thousand). Only an established connection counts: the
socket of a process that has closed it, or is gone, may be shown as root's.
"""

from __future__ import annotations

import os
import socket
import struct
import sys

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST = 1
EVERY_STATE = 0xFFFFFFFF
NO_COOKIE = 0xFFFFFFFF
ESTABLISHED = 1

HEADER = struct.Struct("=IHHII")
"""Length, type, flags, number, port."""
QUESTION = struct.Struct("=BBBBI")
"""Family, protocol, extensions, padding, states; the socket follows."""
SOCKET = struct.Struct("!HH16s16s")
"""Its own port, its peer's, both addresses; interface and cookie follow, as `REST`."""
REST = struct.Struct("=III")
ANSWER = struct.Struct("=BBBB48xIIIII")
"""Family, state, timer, retransmissions, (the socket), expiry, both queues, user, inode."""
ANSWER_BYTES = 1024
SECONDS = 1.0

Endpoint = tuple[str, int]


def can_be_told() -> bool:
    """Whether this system says to whom a connection belongs: asked of a connection to ourselves."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        return owner(client.getsockname(), listening.getsockname()) == os.geteuid()


def owner(client: Endpoint, server: Endpoint) -> int | None:
    """The user id of the process that connected from `client` to `server`; None where no such connection stands."""
    if sys.platform != "linux":
        return None
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(SECONDS)
            wanted = _named(client, server)
            family = socket.AF_INET6 if ":" in client[0] else socket.AF_INET
            question = QUESTION.pack(family, socket.IPPROTO_TCP, 0, 0, EVERY_STATE) + wanted
            kernel.send(HEADER.pack(HEADER.size + len(question), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0) + question)
            return _user(kernel.recv(ANSWER_BYTES), wanted)
    except (OSError, struct.error):
        return None


def _named(client: Endpoint, server: Endpoint) -> bytes:
    family = socket.AF_INET6 if ":" in client[0] else socket.AF_INET
    own, peer = (socket.inet_pton(family, end[0]).ljust(16, b"\0") for end in (client, server))
    return SOCKET.pack(client[1], server[1], own, peer) + REST.pack(0, NO_COOKIE, NO_COOKIE)


def _user(answer: bytes, wanted: bytes) -> int | None:
    """The user in an answer, if it is of this very socket and that is established; an error has another type."""
    if HEADER.unpack_from(answer)[1] != SOCK_DIAG_BY_FAMILY:
        return None
    _, state, _, _, _, _, _, user, _ = ANSWER.unpack_from(answer, HEADER.size)
    begins = HEADER.size + 4
    same = answer[begins : begins + SOCKET.size] == wanted[: SOCKET.size]
    return int(user) if same and state == ESTABLISHED else None
