"""HTML -> the Markdown of this course: sanitised first, then what Markdown has is written so, and the rest is told.

Nothing here makes HTML safe to show: the site sanitises every page that it renders. It makes a text that an author can read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from quiz.errors import QuizError
from quiz.interchange.plain import guarded, inline

BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr"})
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
KEPT = frozenset({"sub", "sup", "kbd", "del", "ins", "mark", "small", "s"})
"""Inline HTML that a lesson may have as it is."""
LINKS = frozenset({"a", "code", "br", "tt"})
WITHOUT_A_LOSS = frozenset(
    {"span", "font", "u", "o", "body", "html", "center", "tbody", "wbr", "abbr", "var", "samp", "big"}
)
KNOWN = BLOCKS | KEPT | LINKS | MARKS.keys()
MOST_TAGS = 2_000
"""In one text: what reads HTML takes long over thousands of elements in each other."""
MOST_LISTS = 5
"""Lists in lists; deeper ones go on at this depth."""

_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,30})")
_ANY = "|".join(
    sorted(KNOWN | WITHOUT_A_LOSS | {"img", "table", "tr", "td", "th", "thead", "script", "style", "iframe"})
)
_IS_HTML = re.compile(
    rf"</?(?:{_ANY})\b[^<>]*>|<!--|&(?:#\d{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[a-zA-Z]{{2,31}});", re.IGNORECASE
)
_NO_TAG = re.compile(rf"<(?!/?(?:{_ANY})\b[^<>]*>|!--)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n]+")
_RUN = re.compile(r"`+")


class TooMuch(QuizError):
    """More tags than a question has."""


def has_html(text: str) -> bool:
    return _IS_HTML.search(text) is not None


def markdown_of_html(html: str) -> tuple[str, list[str]]:
    """The text, and the names of tags that were left out. What looks like a tag and is none is text: `List<int>`."""
    html = _one_text(html)
    names = dict.fromkeys(name.lower() for name in _TAG.findall(html))
    left_out = [name for name in names if name not in KNOWN | WITHOUT_A_LOSS]
    clean = nh3.clean(
        html,
        tags=set(KNOWN),
        clean_content_tags={"script", "style", "iframe", "object", "title", "textarea", "svg", "math"},
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    writer = _Writer()
    writer.feed(clean)
    writer.close()
    return writer.text(), left_out


def text_of_html(html: str) -> str:
    """Without its tags."""
    reader = _Plain()
    reader.feed(nh3.clean(_one_text(html), tags=set(), clean_content_tags={"script", "style"}))
    reader.close()
    return "".join(reader.found)


def _one_text(html: str) -> str:
    """With what looks like a tag and is none as text."""
    html = _NO_TAG.sub("&lt;", html)
    if html.count("<") > MOST_TAGS:
        raise TooMuch(f"a text of it has more than {MOST_TAGS:,} tags")
    return html


class _Plain(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


@dataclass(slots=True)
class _List:
    numbered: bool
    items: int = 0


@dataclass(slots=True)
class _Open:
    """An inline element, and where its content begins in the line."""

    tag: str
    at: int
    href: str = ""


@dataclass(slots=True)
class _State:
    blocks: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    inline: list[_Open] = field(default_factory=list)
    quotes: int = 0
    pre: list[str] | None = None
    code: list[str] | None = None
    marker: str = ""
    """Of the list item whose first line is not written yet."""


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.state = _State()

    def text(self) -> str:
        self._flush()
        return "\n".join(self.state.blocks).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        state = self.state
        if state.pre is not None:
            state.pre += ["\n"] if tag == "br" else []
        elif tag in BLOCKS:
            self._flush()
            self._begin(tag)
        elif tag in ("code", "tt"):
            state.code = []
        elif tag == "br":
            state.line.append("<br>\n")
        elif state.code is None:
            state.inline.append(_Open(tag, len(state.line), dict(attrs).get("href") or ""))

    def handle_endtag(self, tag: str) -> None:
        state = self.state
        if tag == "pre" and state.pre is not None:
            self._write_code("".join(state.pre))
            state.pre = None
        elif state.pre is not None:
            return
        elif tag in BLOCKS:
            self._flush()
            self._end(tag)
        elif tag in ("code", "tt") and state.code is not None:
            state.line.append(_code_span("".join(state.code)))
            state.code = None
        elif state.inline and state.inline[-1].tag == tag:
            self._close(state.inline.pop())

    def handle_data(self, data: str) -> None:
        state = self.state
        if state.pre is not None:
            state.pre.append(data)
        elif state.code is not None:
            state.code.append(data)
        else:
            state.line.append(inline(_SPACE.sub(" ", data)))

    def _begin(self, tag: str) -> None:
        state = self.state
        if tag == "pre":
            state.pre = []
        elif tag in ("ul", "ol"):
            state.lists.append(_List(tag == "ol"))
        elif tag == "li" and state.lists:
            one = state.lists[-1]
            one.items += 1
            state.marker = f"{one.items}. " if one.numbered else "- "
        elif tag == "blockquote":
            state.quotes = min(state.quotes + 1, MOST_LISTS)
        elif tag == "hr":
            self._add(["---"])

    def _end(self, tag: str) -> None:
        state = self.state
        if tag in ("ul", "ol") and state.lists:
            state.lists.pop()
        elif tag == "blockquote":
            state.quotes = max(state.quotes - 1, 0)

    def _close(self, opened: _Open) -> None:
        """What the element holds, with its marks right around the words: Markdown takes none with a space behind it."""
        line = self.state.line
        inside = "".join(line[opened.at :])
        words = inside.strip()
        del line[opened.at :]
        lead, trail = inside[: len(inside) - len(inside.lstrip())], inside[len(inside.rstrip()) :]
        if not words:
            line.append(inside)
        elif mark := MARKS.get(opened.tag):
            line.append(f"{lead}{mark}{words}{mark}{trail}")
        elif opened.tag == "a":
            line.append(f"{lead}[{words}](<{opened.href}>){trail}" if opened.href else inside)
        else:
            line.append(f"{lead}<{opened.tag}>{words}</{opened.tag}>{trail}")

    def _flush(self) -> None:
        state = self.state
        while state.inline:  # an element that a block ends
            self._close(state.inline.pop())
        lines = [_SPACE.sub(" ", line).strip() for line in "".join(state.line).removesuffix("<br>\n").split("\n")]
        state.line = []
        if any(line and line != "<br>" for line in lines):
            self._add(["".join(guarded(line)) for line in lines if line])

    def _write_code(self, code: str) -> None:
        lines = code.strip("\n").split("\n")
        fence = "`" * max(3, *(len(run) + 1 for line in lines for run in _RUN.findall(line)), 3)
        if any(line.strip() for line in lines):
            self._add([fence, *(line.rstrip() for line in lines), fence])

    def _add(self, lines: list[str]) -> None:
        state = self.state
        depth = min(len(state.lists), MOST_LISTS)
        quote = "> " * state.quotes
        indent = "    " * depth
        first = "    " * (depth - 1) + state.marker if state.marker and depth else indent
        begins_list = bool(state.marker and depth == 1 and state.lists[-1].items == 1)
        if state.blocks and (begins_list or not (state.marker and depth)):
            state.blocks.append(quote.rstrip())
        state.blocks += [f"{quote}{first}{lines[0]}", *(f"{quote}{indent}{line}" for line in lines[1:])]
        state.marker = ""


def _code_span(code: str) -> str:
    code = _SPACE.sub(" ", code).strip()
    if not code:
        return ""
    fence = "`" * (max((len(run) for run in _RUN.findall(code)), default=0) + 1)
    edge = " " if code[0] == "`" or code[-1] == "`" else ""
    return f"{fence}{edge}{code}{edge}{fence}"
