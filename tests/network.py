"""A bad network between a browser and the site: a proxy on loopback that can be cut, that falls silent, or that loses answers."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

State = Literal["sound", "cut", "silent", "losing-answers"]
CHUNK = 65_536
TICK_SECONDS = 0.05


class Network:
    """Made by `network`. One thread moves bytes between each caller and the site, as `state` lets it."""

    def __init__(self, listener: socket.socket, site: tuple[str, int]) -> None:
        self.url = "http://{}:{}".format(*listener.getsockname())
        self.state: State = "sound"
        """`cut`: every connection breaks. `silent`: they stay, and nothing passes. `losing-answers`: the site gets what is sent,
        and its answer is lost."""
        self.asked: list[str] = []
        """The first line of each request that came, where it came in one piece."""
        self.closed = False
        self._listener = listener
        self._site = site
        self._other: dict[socket.socket, socket.socket] = {}
        self._callers: set[socket.socket] = set()
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)

    def carry(self) -> None:
        while not self.closed:
            if self.state == "cut":
                for caller in list(self._callers):
                    self._drop(caller)
            ready = self._selector.select(TICK_SECONDS)
            for key, _ in ready:
                self._serve(key.fileobj)  # type: ignore[arg-type]
            if ready and self.state == "silent":
                threading.Event().wait(TICK_SECONDS)
        for caller in list(self._callers):
            self._drop(caller)
        self._selector.close()

    def _serve(self, ready: socket.socket) -> None:
        if ready is self._listener:
            self._accept()
        elif ready in self._other and self.state != "silent":
            self._pass_on(ready)

    def _accept(self) -> None:
        caller, _ = self._listener.accept()
        if self.state == "cut":
            caller.close()
            return
        site = socket.create_connection(self._site)
        self._other |= {caller: site, site: caller}
        self._callers.add(caller)
        for end in (caller, site):
            self._selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end: socket.socket) -> None:
        try:
            told = end.recv(CHUNK)
            if end in self._callers:
                self.asked.append(told.split(b"\r\n", 1)[0].decode("latin-1"))
            if told and not (self.state == "losing-answers" and end not in self._callers):
                self._other[end].sendall(told)
                return
        except OSError:
            pass
        self._drop(end)

    def _drop(self, end: socket.socket) -> None:
        other = self._other.pop(end)
        del self._other[other]
        for closing in (end, other):
            self._callers.discard(closing)
            self._selector.unregister(closing)
            closing.close()


@contextmanager
def network(url: str) -> Iterator[Network]:
    """A network before the site at this URL; sound at first."""
    parts = urlsplit(url)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        between = Network(listener, (parts.hostname or "", parts.port or 80))
        thread = threading.Thread(target=between.carry, daemon=True)
        thread.start()
        try:
            yield between
        finally:
            between.closed = True
            thread.join(5)
