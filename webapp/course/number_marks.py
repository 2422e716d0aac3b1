"""Bound numbers in a text: taken out before Markdown reads it, and their marks put into the HTML."""

from __future__ import annotations

import re

from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor

_NUMBER = r"(?<!\\)\{\{([^{}\n\x00]*)\}\}"
_QUOTED_TAG = re.compile(r"""(<(?:"[^"]*"|[^">])*>)""")
_PRESSED = ("a", "summary", "button")


class NumberMarks(InlineProcessor):
    """Takes bound numbers out of the text before anything else reads them, and puts their marks in at the end."""

    def __init__(self, markdown: Markdown) -> None:
        super().__init__(_NUMBER, markdown)
        self.begin("")

    def begin(self, mark: str) -> None:
        self.found: list[str] = []
        self._mark = mark
        self._token = re.compile(rf"{mark}n(\d+)n")

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]
        self.found.append(" ".join(m[1].split()))
        return f"{self._mark}n{len(self.found) - 1}n", m.start(0), m.end(0)

    def without(self, text: str) -> str:
        """A text that becomes an attribute, an anchor or an entry of a list: no number can stand there."""
        return self._token.sub("…", text) if self.found else text

    def marked(self, html: str) -> str:
        if not self.found:
            return html
        parts, inside = [], 0
        for part in _QUOTED_TAG.split(html):
            if part.startswith("<"):
                name = part.strip("</>").split(maxsplit=1)[:1]
                if name and name[0] in _PRESSED:
                    inside += -1 if part.startswith("</") else 1
                parts.append(self.without(part))
            else:
                kind = "plain" if inside else "number"
                parts.append(self._token.sub(lambda token: f"\x00{kind}:{self.found[int(token[1])]}\x00", part))  # noqa: B023
        return "".join(parts)
