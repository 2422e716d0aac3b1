"""Looking ahead in a lesson: where a code fence, a comment or a block that begins here is closed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from webapp.course.fences import FENCE, is_broken

OURS = ("question", "predict", "lab", "figure")
MARKDOWN_BLOCKS: dict[str, tuple[str, ...]] = {
    "note": (),
    "tip": (),
    "warning": (),
    "danger": (),
    "details": ("open",),
    "tab": ("new", "select"),
}
"""Blocks of pymdown-extensions that a lesson may use, with their options."""

MOST_STEPS = 500_000
"""Lines looked at ahead, for a whole file. An unclosed block looks to the end, so thousands of them would take for ever."""

HEADING = re.compile(r"(#{1,2}) +(\S.*)")
SLASHES = re.compile(r"(?P<lead>[ \t]*(?:(?:>|(?:[-*+]|\d+[.)])[ \t])[ \t]*)*)(?P<slashes>/{3,})(?P<rest>.*)")
_OURS_AT_MARGIN = re.compile(rf"///[ \t]*(?:{'|'.join(OURS)})\b")
_AT_MARGIN = re.compile(rf"///[ \t]*(?:{'|'.join((*OURS, *MARKDOWN_BLOCKS))})[ \t]*(?:\||$)")


class Tangled(Exception):
    """Looking ahead took more steps than any text that a person wrote."""


class Lookahead:
    """Raises Tangled once it has looked at MOST_STEPS lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._steps = 0

    def fence_end(self, index: int, fence: re.Match[str]) -> int | None:
        """The index of the line that closes the fence; None where nothing does, or where it is no fence."""
        if is_broken(fence):
            return None
        quotes, width = fence["lead"].count(">"), len(fence["lead"].expandtabs(4))
        for end in range(index + 1, len(self._lines)):
            self._step()
            line = self._lines[end]
            closing = FENCE.fullmatch(line)
            if (
                closing
                and not closing["info"].strip()
                and closing["fence"].startswith(fence["fence"])
                and closing["lead"].count(">") == quotes
                and len(closing["lead"].expandtabs(4)) >= width
            ):
                return end
            lead = line[: len(line) - len(line.lstrip(" \t>"))] if quotes else line[: len(line) - len(line.lstrip())]
            if line.strip() and (lead.count(">") < quotes or len(lead.expandtabs(4)) < width):
                return None
        return None

    def comment_end(self, index: int) -> int | None:
        """The index of the line with `-->`; None where there is none."""
        for end in range(index + 1, len(self._lines)):
            self._step()
            if "-->" in self._lines[end]:
                return end
        return None

    def close(self, index: int, slashes: int) -> tuple[int, bool]:
        """Behind the line that closes the block which opens here; else where another thing begins, and False."""
        end = index + 1
        while end < len(self._lines):
            self._step()
            line = self._lines[end]
            if (fence := FENCE.fullmatch(line)) and (fence_end := self.fence_end(end, fence)) is not None:
                end = fence_end + 1
                continue
            if line.strip() == "/" * slashes:
                return end + 1, True
            heading = HEADING.fullmatch(line)
            if _AT_MARGIN.match(line) or _OURS_AT_MARGIN.match(line) or (heading and len(heading[1]) == 2):
                return end, False
            end += 1
        return end, False

    def closes(self, index: int, slashes: int) -> bool:
        """Whether a block that is left to Markdown is closed before the next of its kind and the next mode."""
        at = index + 1
        while at < len(self._lines):
            self._step()
            line = self._lines[at]
            if (fence := FENCE.fullmatch(line)) and (fence_end := self.fence_end(at, fence)) is not None:
                at = fence_end + 1
                continue
            heading = HEADING.fullmatch(line)
            if heading and len(heading[1]) == 2:
                return False
            if _OURS_AT_MARGIN.match(line):
                at, _ = self.close(at, 3)
                continue
            match = SLASHES.fullmatch(line)
            if match and len(match["slashes"]) == slashes:
                return not match["rest"].strip()
            at += 1
        return False

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Tangled
