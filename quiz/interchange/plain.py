"""Plain text -> Markdown that reads the same: what Markdown would take for a sign is escaped, and nothing else.

A pair of backticks stays one: who writes them in a question on programs means code.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"(?<!`)`(?!`)[^`\n]+`(?!`)")
_SIGNS = re.compile(
    r"""
    (?P<blank>_{3,}) | (?P<word>(?<=\w)_(?=\w)) | (?P<lone>(?<=[ ])\*(?=[ ]))
    | (?P<bound>\{\{) | (?P<brace>\{(?=[ \t]{0,8}[#~]))
    | (?P<sign>[\\`*_]) | (?P<less><) | (?P<entity>&(?=[#\w]{1,32};))
    """,
    re.VERBOSE,
)
_LINK = re.compile(r"\](?=[(\[:])|\[(?=\^)")
_BEGINS = re.compile(
    r"""
    (?P<digits>\d{1,9})(?P<dot>[.)])(?=\s|$)
    | (?P<sign>[\#>] | [+*-](?=\s|\[|$) | -(?=--))
    | (?P<other>/// | ~~~ | [=!](?=[ \t\d"/\[.+-]) | \|)
    """,
    re.VERBOSE,
)
_ENTITIES = {"///": "&#47;//", "~~~": "&#126;~~", "=": "&#61;", "!": r"\!", "|": "&#124;"}


def markdown_of_plain(text: str) -> str:
    """Of several lines; each begins in the first column."""
    return "\n".join(_line(line.strip()) for line in text.split("\n"))


def inline(text: str) -> str:
    """Of a piece of a line, which need not stand at its beginning."""
    pieces, at = [], 0
    for code in _CODE.finditer(text):
        pieces += [_escaped(text[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*pieces, _escaped(text[at:])])


def guarded(line: str) -> tuple[str, str]:
    """What a line begins with, so that it begins no list, heading, quote, block or answer; and the rest of the line."""
    found = _BEGINS.match(line)
    if found is None:
        return "", line
    rest = line[found.end() :]
    if found["digits"]:
        return f"{found['digits']}\\{found['dot']}", rest
    return (f"\\{found['sign']}" if found["sign"] else _ENTITIES[found["other"]]), rest


def _line(line: str) -> str:
    begins, rest = guarded(line)
    return begins + inline(rest)


def _escaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found["blank"] or found["word"] or found["lone"]:
            return found[0]
        if found["less"]:
            return "&lt;"
        if found["entity"]:
            return "&amp;"
        if found["brace"]:
            return "&#123;"
        return f"\\{found[0]}"

    return _LINK.sub(r"\\\g<0>", _SIGNS.sub(one, text))
