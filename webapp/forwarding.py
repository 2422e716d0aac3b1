"""Hand a request on to a program on this machine, and its answer back: which headers pass, in which size, and how a redirect reads.

What passes to the program is named; everything else stays here, so that no header of the site, of a proxy before it or of a log-in
ever reaches a program. What comes back is the program's own, but for what would act on the site's origin. Knows no room, no lesson.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

import aiohttp
from yarl import URL

SILENCE_SECONDS = 60.0
"""So long a program may say nothing, before its answer or in the middle of it."""
ANSWER_SECONDS = 300.0
ANSWER_BYTES = 8 << 20
"""An answer is cut off here: the connection ends, so that nobody takes it for whole."""
CONNECT_SECONDS = 5.0

PASSED = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-encoding",
        "content-language",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "last-event-id",
        "pragma",
        "prefer",
        "range",
        "user-agent",
        "x-request-id",
    }
)
"""Headers of a request that a program is given."""
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Of one connection only (RFC 9110, 7.6.1), with what the Connection header names besides."""
SITES_OWN = frozenset(
    {
        "cache-control",
        "content-security-policy",
        "content-security-policy-report-only",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "date",
        "permissions-policy",
        "referrer-policy",
        "x-content-type-options",
    }
)
"""What the site says itself of every answer, and no program may say otherwise."""
BEYOND_THE_ANSWER = frozenset(
    {
        "accept-ch",
        "alt-svc",
        "clear-site-data",
        "critical-ch",
        "nel",
        "origin-agent-cluster",
        "proxy-authenticate",
        "proxy-authentication-info",
        "refresh",
        "report-to",
        "reporting-endpoints",
        "service-worker-allowed",
        "set-cookie",
        "set-cookie2",
        "speculation-rules",
        "strict-transport-security",
        "www-authenticate",
        "x-accel-buffering",
        "x-accel-charset",
        "x-accel-expires",
        "x-accel-limit-rate",
        "x-accel-redirect",
        "x-sendfile",
    }
)
"""What would act on the whole origin in a browser, which is the site's, or on a proxy before the site."""
KEPT_BACK = HOP_BY_HOP | SITES_OWN | BEYOND_THE_ANSWER
SAFE_IN_TARGET = "".join(map(chr, range(0x21, 0x7F)))


class NoAnswer(Exception):
    """The program gave no answer. `late`: it was waited for long enough; `absent`: nobody listened any more."""

    def __init__(self, message: str, *, late: bool = False, absent: bool = False) -> None:
        self.late = late
        self.absent = absent
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the program is to get it. `target` is its path and query, still encoded."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer:
    """An answer whose body is still to come."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.status = answer.status

    def headers(self, base: str) -> list[tuple[str, str]]:
        """What is passed on of its headers. `base` is the path under which the program is reached here."""
        named = {name.strip().lower() for name in self._answer.headers.get("connection", "").split(",")}
        passed = []
        for raw_name, raw_value in self._answer.raw_headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name in KEPT_BACK or name in named:
                continue
            if name in ("location", "content-location"):
                inside = within(base, self._answer.url, value)
                if inside is None:
                    continue
                value = inside
            passed.append((name, value))
        return passed

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises NoAnswer where it stays away or is too long."""
        left = ANSWER_BYTES
        try:
            async for chunk in self._answer.content.iter_any():
                left -= len(chunk)
                if left < 0:
                    raise NoAnswer("The answer was too long.")
                yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _no_answer(error) from error


class Forwarding:
    """Connections to programs: as many as are wanted, none kept, so that waiting is the program's doing alone."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def ask(self, address: tuple[str, int], asked: Asked) -> AsyncIterator[Answer]:
        """The answer's beginning. Raises NoAnswer."""
        host, port = address
        url = URL(f"http://{host}:{port}{asked.target}", encoded=True)
        asking = self._open().request(
            asked.method, url, headers=asked.headers, data=asked.body or None, allow_redirects=False
        )
        try:
            answer = await asking
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _no_answer(error) from error
        async with answer:
            yield Answer(answer)

    def _open(self) -> aiohttp.ClientSession:
        """The session, made on the loop where it is used."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                middlewares=(_once,),
                skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
                timeout=aiohttp.ClientTimeout(
                    total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
                ),
            )
        return self._session


def passed(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Of a request's headers those that a program is given."""
    told = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return {name: value for name, value in told if name in PASSED}


def target(raw_path: bytes, segments: int, query: bytes) -> str:
    """Path and query behind the first segments of a path, as they were sent. Raises ValueError where these hide a slash."""
    parts = raw_path.split(b"/", segments + 1)
    if len(parts) != segments + 2 or any(b"%2f" in part.lower() or b"%5c" in part.lower() for part in parts[:-1]):
        raise ValueError("no path behind so many segments")
    text = b"/" + parts[-1] + (b"?" + query if query else b"")
    return quote(text, safe=SAFE_IN_TARGET)


def within(base: str, here: URL, location: str) -> str | None:
    """A program's redirect as an address below `base`; None where it leads away from the program, in whatever way it is spelt."""
    spelt = location.strip()
    if "\\" in spelt or not spelt.isprintable():
        return None
    led = urlsplit(urljoin(str(here), spelt))
    if (led.scheme, led.netloc) != (here.scheme, f"{here.host}:{here.port}"):
        return None
    if any(unquote(unquote(part)).strip() in (".", "..") for part in led.path.split("/")):
        return None
    inside = base.rstrip("/") + "/" + led.path.lstrip("/")
    return inside + (f"?{led.query}" if led.query else "") + (f"#{led.fragment}" if led.fragment else "")


async def _once(request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """The client would ask again by itself when a connection breaks: then one request of a reader's would be two."""
    try:
        return await ask(request)
    except aiohttp.ClientError as error:
        raise _no_answer(error) from error


def _no_answer(error: Exception) -> NoAnswer:
    if isinstance(error, aiohttp.ClientConnectorError):
        return NoAnswer("Nobody listened any more.", absent=True)
    if isinstance(error, TimeoutError):
        return NoAnswer(f"The program said nothing for {SILENCE_SECONDS:g} s.", late=True)
    return NoAnswer("The program ended, or broke off, before it had answered.")
