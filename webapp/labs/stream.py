"""The numbered messages that carry a run to whoever follows it, from wherever they left off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

HEARTBEAT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a run's stream; `data` is its JSON text. Numbers go from 1 without a gap."""

    number: int
    data: str


class Stream:
    """Used on one event loop."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._news = asyncio.Event()

    def say(self, told: Mapping[str, Any]) -> None:
        self._messages.append(Message(len(self._messages) + 1, json.dumps(told, separators=(",", ":"))))
        self._news.set()
        self._news = asyncio.Event()

    async def follow(self, after: int, is_over: Callable[[], bool]) -> AsyncIterator[Message | None]:
        """Messages after that number, then as they come; None as a heartbeat. Ends after the last one."""
        number = max(0, after)
        while True:
            news = self._news
            while number < len(self._messages):
                yield self._messages[number]
                number += 1
            if is_over():
                return
            if news.is_set():
                continue
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await news.wait()
            except TimeoutError:
                yield None
