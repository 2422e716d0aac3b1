"""Code fences of a lesson: how one opens, and the options that stand behind it."""

from __future__ import annotations

import re

from webapp.course.report import meant

FENCE = re.compile(r"(?P<lead>[ \t>]*)(?P<fence>`{3,}|~{3,})(?P<info>.*)")
LISTED_FENCE = re.compile(r"[ \t>]*(?:[-*+]|\d+[.)])[ \t]+(?:```|~~~)[^`]*$")
_INFO = re.compile(r"""[ \t]*(?P<language>[\w#.+-]+)?(?P<options>(?:(?:^|[ \t]+)\w+=(?:"[^"]*"|'[^']*'))*)[ \t]*""")
_INFO_OPTION = re.compile(r"""(\w+)=(?:"([^"]*)"|'([^']*)')""")
_INFO_OPTIONS = {
    "title": re.compile(r".*"),
    "hl_lines": re.compile(r"\d{1,5}(?:-\d{1,5})?(?: +\d{1,5}(?:-\d{1,5})?)*"),
    "linenums": re.compile(r"\d{1,5}"),
}


def is_broken(fence: re.Match[str]) -> bool:
    """Whether what looks like an opening fence is none: backticks cannot stand behind backticks."""
    return "`" in fence["info"] and fence["fence"][0] == "`"


def info_problems(info: str) -> list[str]:
    """What is wrong with the options of a fence."""
    parsed = _INFO.fullmatch(info)
    if not parsed:
        return ['these options of a code fence are not understood: write ```python title="…"']
    found = []
    for name, double, single in _INFO_OPTION.findall(parsed["options"]):
        if name not in _INFO_OPTIONS:
            found.append(f"unknown option `{name}` of a code fence: {meant(name, _INFO_OPTIONS)}")
        elif not _INFO_OPTIONS[name].fullmatch(double or single):
            found.append(f'`{name}` of a code fence holds line numbers: {name}="1"')
    return found
