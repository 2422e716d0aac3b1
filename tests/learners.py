"""A learner as the site meets one: a browser's cookie and the requests that our pages send, over loopback, from one event loop."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

CONNECTIONS = 6
"""A browser's limit for one host."""
REQUEST_SECONDS = 60.0

_FORM = re.compile(
    r'action="(?P<action>/lessons/[^/"]+/items/(?P<item>[^/"]+)/responses[^"]*)"[^>]*>\s*'
    r'<input type="hidden" name="attempt" value="(?P<attempt>\d+)">\s*'
    r'<input type="hidden" name="shown" value="(?P<shown>[0-9a-f]+)">'
)
_ANSWERED = re.compile(r'id="item-([\w-]+)" data-state="answered"')


@dataclass(frozen=True, slots=True)
class Form:
    """An open item as its page shows it."""

    action: str
    item: str
    attempt: str
    shown: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.text)
        return told


class Learner:
    """Made by `learner_at`, or of a token that a learner had before."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self.token = token
        self._session = session
        self._url = url

    async def get(self, path: str) -> Answer:
        return await self._ask("GET", path)

    async def press(
        self, lesson: str, lab: str, variant: str, *, requests: int | None = None, **parameters: float
    ) -> Answer:
        """Press Run, as the page's script does; what is to be predicted first is skipped."""
        asked: dict[str, Any] = {"lesson": lesson, "lab": lab, "variant": variant, "parameters": parameters}
        if requests is not None:
            asked["requests"] = requests
        answer = await self._ask("POST", "/runs", json=asked, headers={"Accept": "application/json"})
        if answer.status == 409 and "predict" in answer.json()["detail"]:
            await self._ask("POST", f"/lessons/{lesson}/labs/{lab}/skips")
            return await self.press(lesson, lab, variant, requests=requests, **parameters)
        return answer

    async def run(self, url: str) -> dict[str, Any]:
        """The run as it is now."""
        answer = await self._ask("GET", url, headers={"Accept": "application/json"})
        assert answer.status == 200, answer.text
        return answer.json()

    async def stop(self, url: str) -> Answer:
        return await self._ask("DELETE", url)

    async def messages(self, events: str) -> AsyncGenerator[dict[str, Any], None]:
        """The messages of a run as they come; ends with its stream, or where the site ends."""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=REQUEST_SECONDS)
        async with self._session.get(self._url + events, timeout=timeout) as stream:
            assert stream.status == 200, stream.status
            async for line in stream.content:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

    async def forms(self, page: str) -> list[Form]:
        """The items of a page that are still open."""
        html = (await self.get(page)).text
        return [Form(**found.groupdict()) for found in _FORM.finditer(html)]

    async def answered(self, page: str) -> set[str]:
        """The items of a page that are answered."""
        return set(_ANSWERED.findall((await self.get(page)).text))

    async def respond(self, form: Form, option: str, *, key: str) -> Answer:
        fields = {"attempt": form.attempt, "shown": form.shown, "key": key, "option": option}
        return await self._ask("POST", form.action, data=fields, headers={"Interleave-Fragment": "1"})

    async def send(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        return await self._ask("POST", path, data=fields)

    async def _ask(self, method: str, path: str, **given: Any) -> Answer:
        async with self._session.request(method, self._url + path, allow_redirects=False, **given) as answer:
            return Answer(answer.status, answer.headers, await answer.text())


@asynccontextmanager
async def learner_at(url: str, token: str | None = None) -> AsyncIterator[Learner]:
    """A new learner, or the one of a token, with connections of their own."""
    token = token or secrets.token_urlsafe(32)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Cookie": f"interleave={token}", "Sec-Fetch-Site": "same-origin"},
        timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        read_bufsize=1 << 22,
    ) as session:
        yield Learner(session, url, token)
