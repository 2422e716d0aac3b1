"""What every answer carries and every request must pass, in pure ASGI around the whole application, error pages included.

Hosts: a page of another name that resolves to this machine (DNS rebinding) must not reach it, so the Host header has to be
an address, this machine's own name, or a name that the operator gave. Origins: a request that changes something must come
from a page of this site, told by Sec-Fetch-Site (sent to https and loopback only) or by Origin.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.addresses import hostname, is_address, is_loopback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"interleave", b"1"),
)
"""The last one tells our scripts that this site answered, and not a proxy or the login page of a Wi-Fi."""
ISOLATION = (b"cross-origin-opener-policy", b"same-origin")
"""Chromium logs an error for it in an insecure context, so it goes to https and loopback alone."""


class Security:
    """The outermost layer. `names`: further host names under which the site is reached.

    Below an `open` path nothing of the site can be changed, so a request that no page sent may come with a cookie there.
    """

    def __init__(self, app: ASGIApp, *, names: Iterable[str] = (), open: tuple[str, ...] = ()) -> None:
        self.app = app
        self.open = open
        self.names = frozenset({"localhost", socket.gethostname().lower(), *names})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
        headers = self._headers(scope, asked)
        refusal = self._refusal(scope, asked)
        if refusal is not None:
            await _refuse(*refusal, headers, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(header for header in headers if header[0] not in own)]
            await send(message)

        await self.app(scope, receive, answer)

    def _headers(self, scope: Scope, asked: dict[bytes, str]) -> tuple[tuple[bytes, bytes], ...]:
        isolated = scope["scheme"] == "https" or is_loopback(hostname(asked.get(b"host", "")))
        return (*HEADERS, ISOLATION) if isolated else HEADERS

    def _refusal(self, scope: Scope, asked: dict[bytes, str]) -> tuple[int, str] | None:
        name = hostname(asked.get(b"host", ""))
        if name not in self.names and not is_address(name):
            return 400, (
                f"This site does not answer to the name {name[:100]!r}. Its host can allow the name with INTERLEAVE_HOSTS."
            )
        if scope["method"] not in SAFE_METHODS and not same_origin(asked, open=scope["path"].startswith(self.open)):
            return 403, "This request came from a page of another site and was refused."
        return None


def same_origin(asked: dict[bytes, str], *, open: bool = False) -> bool:
    """Whether a request that changes something was sent by this site's own page, or by no page and without a cookie."""
    site, origin = asked.get(b"sec-fetch-site"), asked.get(b"origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is not None:
        return origin != "null" and _netloc(origin) == asked.get(b"host", "").lower()
    return open or b"cookie" not in asked


def _netloc(origin: str) -> str | None:
    """Host and port; None of what no browser sends."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


async def _refuse(status: int, text: str, headers: Iterable[tuple[bytes, bytes]], send: Send) -> None:
    body = text.encode()
    own = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})
