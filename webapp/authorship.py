"""Whether a request comes from an author: who may run programs of their own with the rights of the site's user.

Being an author is the option `own_code` (later a role as well) and never just that a socket is loopback. Who is kept out, by what:

- **Another machine**: the option holds only while the site listens on loopback, and a request that a proxy handed on tells so
  by a header. uvicorn takes X-Forwarded-For for the client's address but leaves the header, so it is seen here.
- **A page of another name that resolves to this machine** (DNS rebinding): Host must be `localhost` or a loopback address.
- **A page of another site in the author's browser**, by fetch, form, script or frame: it can send, and it can not read. So it
  never learns the token, made anew at each start, without which nothing is run; and Origin or Sec-Fetch-Site, which
  no page can set, says whose it is. A request that has neither was sent by no browser of today and runs nothing.
- **A process of another user on this machine**: it can write every header. Linux says whose socket is at the other end of a
  connection; it must be this user's, or root's, from whom nothing could be kept. Where the system does not say it (macOS), the
  token is no part of a page until the browser has brought it: it stands in an address that only the terminal shows.

Not kept out: whatever runs as this user already (it needs no site for it), an extension of the author's browser, a tunnel
that the author's own user opens without a header (`ssh -R`, `socat`). Where the system does not tell the user: another user's
server under the same host name that the author's browser visits, because browsers keep no cookies apart by port.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable

from starlette.requests import HTTPConnection

from webapp import peer
from webapp.addresses import hostname, is_loopback
from webapp.settings import Settings

TOKEN_BYTES = 32
COOKIE = "interleave-author"
FORWARDING = re.compile(
    r"forwarded|via|x-forwarded.*|x-original-.*|x-real-ip|x-host|x-client-ip|x-cluster-client-ip|x-proxyuser-ip|x-envoy-.*|x-arr-.*"
    r"|client-ip|true-client-ip|fastly-.*|cf-.*|cdn-loop|tailscale-.*|ngrok-.*"
)
"""Names of headers that say that somebody handed the request on."""
ROOT = 0

OFF = "This site runs no programs but those of its course."
NOT_LOOPBACK = "Programs of your own run only while the site listens on this machine alone."
FORWARDED = "This request was handed on by a proxy: programs of your own run only without one."
OTHER_HOST = "Programs of your own run only at localhost or a loopback address."
OTHER_USER = "Programs of your own run only for the user who started the site."
OTHER_PAGE = "Programs of your own run only from a page of this site."
NO_TOKEN = "This page is from before the site's last start: load it again."  # noqa: S105  # a sentence


class Authorship:
    """Made with the site at each start, and its token with it."""

    def __init__(
        self, settings: Settings, *, told_by_system: bool | None = None, users: Iterable[int] | None = None
    ) -> None:
        """`users`: whose processes may be an author's, where the system tells; this process's user and root."""
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.users = frozenset((os.getuid(), ROOT) if users is None else users)
        self._off = None if settings.own_code else OFF
        if settings.own_code and not is_loopback(settings.host):
            self._off = NOT_LOOPBACK
        if told_by_system is None:
            told_by_system = self._off is None and peer.can_be_told()
        self.told_by_system = told_by_system

    @property
    def needs_key(self) -> bool:
        """Whether a browser must bring the token once, from the terminal, before it is an author's."""
        return self._off is None and not self.told_by_system

    def is_author(self, request: HTTPConnection) -> bool:
        """Whether this reader may be shown what is an author's. Asks the kernel one question, in microseconds."""
        return self._stranger(request) is None

    def token_for(self, request: HTTPConnection) -> str | None:
        """What a page for this reader carries so that its forms are taken; None for everybody but an author."""
        return self.token if self.is_author(request) else None

    def refusal(self, request: HTTPConnection, token: str | None) -> str | None:
        """Why a program that came with this request is not run, as a sentence; None where it is."""
        if (stranger := self._stranger(request)) is not None:
            return stranger
        if not _from_own_page(request):
            return OTHER_PAGE
        return None if self.is_token(token) else NO_TOKEN

    def is_token(self, given: str | None) -> bool:
        return given is not None and secrets.compare_digest(given.encode(errors="replace"), self.token.encode())

    def _stranger(self, request: HTTPConnection) -> str | None:
        if self._off is not None:
            return self._off
        names = [name.decode("latin-1").lower() for name, _ in request.scope["headers"]]
        if any(FORWARDING.fullmatch(name) for name in names):
            return FORWARDED
        if not _is_local(request.scope.get("server")) or not _is_local(request.scope.get("client")):
            return NOT_LOOPBACK
        if not is_loopback(hostname(_only(request, "host") or "")):
            return OTHER_HOST
        if not _asks_for_itself(request):
            return OTHER_PAGE
        return None if self._is_operator(request) else OTHER_USER

    def _is_operator(self, request: HTTPConnection) -> bool:
        if not self.told_by_system:
            return self.is_token(request.cookies.get(COOKIE))
        client, server = request.scope["client"], request.scope["server"]
        return peer.owner((client[0], client[1]), (server[0], server[1])) in self.users


def _is_local(endpoint: Iterable[object] | None) -> bool:
    return endpoint is not None and is_loopback(str(next(iter(endpoint), "")))


def _only(request: HTTPConnection, name: str) -> str | None:
    """The header's value; None where it is missing or is there twice, which no browser does."""
    values = request.headers.getlist(name)
    return values[0] if len(values) == 1 else None


def _asks_for_itself(request: HTTPConnection) -> bool:
    """False for what another site's page asks for itself; a link that leads here opens a page of ours."""
    elsewhere = request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    return not elsewhere or (request.scope["method"] == "GET" and request.headers.get("sec-fetch-dest") == "document")


def _from_own_page(request: HTTPConnection) -> bool:
    """Whether the browser says that a page of this very site sent the request."""
    site, origin = request.headers.getlist("sec-fetch-site"), request.headers.getlist("origin")
    if not site and not origin:
        return False
    own = f"http://{request.headers['host']}".lower()
    return set(site) <= {"same-origin"} and all(value.lower() == own for value in origin)
