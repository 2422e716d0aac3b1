"""A remark on an item, and its texts as a lint reads them: without their Markdown, in words.

A site lints what its authors save while it serves others, so every expression here takes time in proportion to its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.{1,1000}?)(?<!`)\1(?!`)", re.DOTALL)
_BOUND = re.compile(r"(?<!\\)\{\{[^{}]*\}\}")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]{0,1000}\)")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?![\w*])|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    line: int
    message: str


def shown(markdown: str) -> str:
    """About as it is read: code without its ticks, links as their text, no emphasis, a bound number as one sign."""
    text = _LINK.sub(r"\1", _BOUND.sub("…", _CODE.sub(r"\2", markdown)))
    return " ".join(_EMPHASIS.sub("", text).split())


def sentences(markdown: str) -> str:
    """The words of the author alone, emphasis included: code is left out."""
    return _CODE.sub(" … ", "\n".join(_unfenced(markdown.split("\n"))))


def words(markdown: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(sentences(markdown))]


def _unfenced(lines: Iterable[str]) -> Iterator[str]:
    fence = ""
    for line in lines:
        found = _FENCE.match(line)
        if found and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
        elif not fence:
            yield line
