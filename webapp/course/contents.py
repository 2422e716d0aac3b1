"""Lists a lesson in the text of a course.toml: at the end of its last part, every other character as it was. Pure.

A TOML writer would lose comments and spacing. So each list called `lessons` is tried, the last one first, and what comes of it is
read again: unless it is the old course with one more slug in its last part, it is not taken.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    "{3}(?:\\.|[^\\])*?"{3,5} | '{3}.*?'{3,5}
    | "(?:\\.|[^"\\\n])*" | '[^'\n]*'
    | (?P<comment>\#[^\n]*) | (?P<space>\s+)
    | [\[\]{}=,] | [^\s\[\]{}=,\#"']+ | .
    """,
    re.DOTALL | re.VERBOSE,
)


class Unlisted(Exception):
    """Where the slug belongs could not be found."""


def with_lesson(text: str, slug: str, *, part: str | None = None) -> str:
    """The text with the slug at the end of the last part. Raises Unlisted where nobody but its author can tell the place.

    A text without parts, which lies over another course, gets a part of the title `part`.
    """
    try:
        wanted = tomllib.loads(text)
        if part is not None and "parts" not in wanted:
            return _with_part(text, slug, part)
        wanted["parts"][-1]["lessons"].append(slug)
    except (tomllib.TOMLDecodeError, LookupError, TypeError, AttributeError, RecursionError):
        raise Unlisted from None
    for begin, end in reversed(list(_lists(text))):
        changed = text[:begin] + _with_entry(text[begin:end], f'"{slug}"') + text[end:]
        try:
            if tomllib.loads(changed) == wanted:
                return changed
        except tomllib.TOMLDecodeError:
            continue
    raise Unlisted


def _with_part(text: str, slug: str, title: str) -> str:
    begins = text if not text or text.endswith("\n") else f"{text}\n"
    changed = f'{begins}\n[[parts]]\ntitle = {json.dumps(title, ensure_ascii=False)}\nlessons = ["{slug}"]\n'
    if tomllib.loads(changed) != {**tomllib.loads(text), "parts": [{"title": title, "lessons": [slug]}]}:
        raise Unlisted
    return changed


def _lists(text: str) -> Iterator[tuple[int, int]]:
    """Where lists called `lessons` stand, without their brackets."""
    opened: list[tuple[bool, int]] = []
    before = ["", ""]
    for token in _significant(text):
        if token[0] in ("[", "{"):
            opened.append((before[0].strip("\"'") == "lessons" and before[1] == "=", token.end()))
        elif token[0] in ("]", "}") and opened:
            is_one, begin = opened.pop()
            if is_one:
                yield begin, token.start()
        before = [before[1], token[0]]


def _with_entry(inside: str, entry: str) -> str:
    """What stands between the brackets, with one more entry, written like the last one."""
    tokens = list(_significant(inside))
    entries = [token for token in tokens if token[0] != ","]
    if not entries:
        return entry + inside
    last = entries[-1]
    lead = re.search(r"\r?\n[^\S\n]*$", inside[: last.start()])
    if lead is None:
        return f"{inside[: last.end()]}, {entry}{inside[last.end() :]}"
    if tokens[-1] is last:
        inside, behind, comma = f"{inside[: last.end()]},{inside[last.end() :]}", last.end() + 1, ""
    else:
        behind, comma = tokens[-1].end(), ","
    line_end = re.search(r"\r?\n|$", inside[behind:])
    at = behind + (line_end.start() if line_end else 0)
    return f"{inside[:at]}{lead[0]}{entry}{comma}{inside[at:]}"


def _significant(text: str) -> Iterator[re.Match[str]]:
    return (token for token in _TOKEN.finditer(text) if token["comment"] is None and token["space"] is None)
