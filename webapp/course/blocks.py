"""Cuts the text of a lesson into modes, prose and our own blocks, before any Markdown parser sees it.

Our blocks (`question`, `predict`, `lab`, `figure`) never reach that parser: a slip in one would make it fall through to prose, and
the page would show the ticked key. So everything here that looks like a block and is none is an error, and the scan goes on behind
it, so that all errors of a file are told at once.

The grammar, line by line:

- A level-2 heading is a mode: `## Why`. Level 1 is the lesson's title and stands in the front matter.
- Fenced code is opaque: ``` or ~~~, longer fences too, indented or quoted; its options are `title`, `hl_lines` and `linenums`.
- A comment from a line that begins with `<!--` to a line with `-->` is left out.
- `/// question | …`, `/// predict | …`, `/// lab | …` and `/// figure | …` stand at the margin and end with a line `///`.
- `/// note`, `tip`, `warning`, `danger`, `details` (each with `| Title` or without) and `/// tab | Title` are left to Markdown; one
  inside another has another number of slashes. Options: `open: true` of details, `new: true` and `select: true` of a tab.
- No other line begins with `///`, and no list item outside a question or prediction with `[ ]`, `[x]` or `[?]`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp.course.course import Mode
from webapp.course.fences import FENCE, LISTED_FENCE, info_problems, is_broken
from webapp.course.lookahead import HEADING, MARKDOWN_BLOCKS, OURS, SLASHES, Lookahead, Tangled
from webapp.course.options import read_table
from webapp.course.report import Report, meant, nearest

WRONG_MODE = "E24"

_OPENING = re.compile(r"[ \t]*(?P<name>[\w-]+)[ \t]*(?:\|(?P<title>.*))?")
_STRAY_OPTION = re.compile(r"[ \t>]*(?:[-*+]|\d+[.)])[ \t]+\[[ xX?]\](?:\s|$)")
_MODE_ORDER = tuple(Mode)


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown between blocks. `line` is that of its first line."""

    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """One of ours, opening and closing line included."""

    name: str
    title: str
    line: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A mode with what stands under its heading. Without a mode, which is an error, it is there for its own errors only."""

    mode: Mode | None
    line: int
    parts: tuple[Text | Block, ...]


def scan(lines: Sequence[str], report: Report, *, first_line: int = 1) -> tuple[Section, ...]:
    """The sections of a lesson; what is wrong goes to the report."""
    return _Scan(lines, report, first_line).run()


@dataclass(slots=True)
class _Open:
    name: str
    slashes: int
    line: int


@dataclass(slots=True)
class _Part:
    """A section while it is being read; without a mode it is read for its errors only."""

    mode: Mode | None
    line: int
    parts: list[Text | Block] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    text_line: int = 0


class _Scan:
    def __init__(self, lines: Sequence[str], report: Report, first_line: int) -> None:
        self.lines = [line.rstrip() if not line.strip() else line for line in lines]
        self.report = report
        self.first_line = first_line
        self.open: list[_Open] = []
        self.begun: dict[Mode, int] = {}
        self.sections: list[_Part] = [_Part(None, first_line)]
        self.headless = False
        self.ahead = Lookahead(self.lines)

    def run(self) -> tuple[Section, ...]:
        index = 0
        try:
            while index < len(self.lines):
                index = self._line(index)
        except Tangled:
            self._add(index, "E02", "from here on nothing closes: blocks and code fences are too tangled to read")
            self.open.clear()
        self._end_section()
        if len(self.sections) == 1 and not self.headless:
            self.report.add(
                self.first_line, WRONG_MODE, "there is no mode: a lesson begins with a heading such as `## Why`"
            )
        return tuple(
            Section(part.mode, part.line, tuple(part.parts)) for part in self.sections if part.mode or part.parts
        )

    def _line(self, index: int) -> int:
        """Reads one thing that begins here; returns the index behind it."""
        line = self.lines[index]
        if fence := FENCE.fullmatch(line):
            end = self.ahead.fence_end(index, fence)
            if end is not None:
                return self._fence(index, end, fence)
        if line.lstrip().startswith("<!--") and "-->" not in line:
            return self._comment(index)
        if heading := HEADING.fullmatch(line):
            return self._heading(index, len(heading[1]), heading[2].rstrip(" #"))
        if slashes := SLASHES.fullmatch(line):
            return self._slashes(index, slashes)
        self._plain(index)
        return index + 1

    def _plain(self, index: int) -> None:
        line = self.lines[index]
        if (fence := FENCE.fullmatch(line)) and not is_broken(fence):
            self._add(
                index, "E02", "this code fence is not closed: its end has the same marks and the same indentation"
            )
        elif LISTED_FENCE.fullmatch(line):
            self._add(index, "E01", "a code fence begins a line of its own: indent it under the list item")
        elif _STRAY_OPTION.match(line):
            self._add(index, "E33", "an option stands outside a question: its tick would show in the page")
        self._keep(index, line)

    def _keep(self, index: int, line: str) -> None:
        """Takes the line into the prose."""
        part = self.sections[-1]
        if line.strip() and not self.begun and len(self.sections) == 1 and not self.headless:
            self.headless = True
            self._add(
                index, WRONG_MODE, "this text stands before the first mode: begin with a heading such as `## Why`"
            )
        if not part.text:
            if not line.strip():
                return
            part.text_line = self._number(index)
        part.text.append(line)

    # Code and comments

    def _fence(self, index: int, end: int, fence: re.Match[str]) -> int:
        """A whole fence. Its last line is written as the first asks for: the Markdown parser wants them alike."""
        for problem in info_problems(fence["info"]):
            self._add(index, "E01", problem)
        for inside in range(index, end):
            self._keep(inside, self.lines[inside])
        self._keep(end, fence["lead"] + fence["fence"])
        return end + 1

    def _comment(self, index: int) -> int:
        end = self.ahead.comment_end(index)
        if end is None:
            self._add(index, "E02", "this comment is not closed by `-->`")
            return index + 1
        self._keep(end, self.lines[end].partition("-->")[2])
        return end + 1

    # Modes

    def _heading(self, index: int, level: int, text: str) -> int:
        line = self._number(index)
        if level == 1:
            self.report.add(
                line, WRONG_MODE, "a level-1 heading: the title stands in the front matter, modes are level 2"
            )
            return index + 1
        self._end_section()
        mode = self._mode(text, line)
        self.sections.append(_Part(mode, line))
        return index + 1

    def _mode(self, text: str, line: int) -> Mode | None:
        """The mode that begins here, unless it is unknown or has been there."""
        name = text.strip().casefold()
        if name not in _MODE_ORDER:
            known = tuple(mode.value.title() for mode in Mode)
            close = nearest(name, Mode)
            hint = f"did you mean `## {close.title()}`?" if close else f"known: {', '.join(known)}"
            self.report.add(line, WRONG_MODE, f"no mode `{text}`: {hint}")
            return None
        mode = Mode(name)
        if mode in self.begun:
            self.report.add(line, WRONG_MODE, f"`## {mode.title()}` stands twice, first in line {self.begun[mode]}")
            return None
        later = [other for other in self.begun if _MODE_ORDER.index(other) > _MODE_ORDER.index(mode)]
        if later:
            self.report.add(line, WRONG_MODE, f"`## {mode.title()}` belongs before `## {later[0].title()}`")
        self.begun[mode] = line
        return mode

    def _end_section(self) -> None:
        for block in self.open:
            self._unclosed(block.line, block.name, block.slashes)
        self.open.clear()
        self._end_text()

    def _end_text(self) -> None:
        part = self.sections[-1]
        source = "\n".join(part.text).rstrip()
        if source:
            part.parts.append(Text(source + "\n", part.text_line))
        part.text = []

    # Blocks

    def _slashes(self, index: int, match: re.Match[str]) -> int:
        rest, slashes = match["rest"], len(match["slashes"])
        if not rest.strip():
            return self._closing(index, slashes)
        opening = _OPENING.fullmatch(rest)
        name = opening["name"] if opening else rest.split()[0].rstrip(":|")
        title = (opening["title"] or "").strip() if opening else ""
        if opening and name in OURS:
            return self._ours(index, match["lead"], slashes, name, title)
        if opening and name in MARKDOWN_BLOCKS:
            return self._markdown(index, slashes, name, title)
        return self._unknown(index, slashes, name, understood=opening is not None)

    def _ours(self, index: int, lead: str, slashes: int, name: str, title: str) -> int:
        end, closed = self.ahead.close(index, slashes)
        if lead or self.open:
            self._add(index, "E15", f"a {name} stands at the margin, outside of every other block and list")
            return end
        if slashes != 3:
            self._add(index, "E02", f"a {name} opens and closes with three slashes")
            return end
        if not closed:
            self._unclosed(self._number(index), name, slashes)
            return end
        self._end_text()
        part = self.sections[-1]
        if not self.begun and len(self.sections) == 1:
            self._keep(index, self.lines[index])
            part.text = []
        part.parts.append(Block(name, title, self._number(index), tuple(self.lines[index:end])))
        return end

    def _markdown(self, index: int, slashes: int, name: str, title: str) -> int:
        if name == "tab" and not title:
            self._add(index, "E01", "a tab has a title: `/// tab | Title`")
        if not self.ahead.closes(index, slashes):
            self._unclosed(self._number(index), name, slashes)
        elif any(block.slashes == slashes for block in self.open):
            self._add(index, "E02", "a block inside another has another number of slashes")
        else:
            self.open.append(_Open(name, slashes, self._number(index)))
        self._keep(index, self.lines[index])
        return self._markdown_options(index, name)

    def _markdown_options(self, index: int, name: str) -> int:
        """The indented lines under the opening one; a bad option would make the block fall through to prose."""
        indent = len(self.lines[index]) - len(self.lines[index].lstrip()) + 4
        end = index + 1
        while end < len(self.lines) and self.lines[end].strip() and self.lines[end].startswith(" " * indent):
            self._keep(end, self.lines[end])
            end += 1
        if end > index + 1:
            table = read_table(
                "\n".join(line[indent:] for line in self.lines[index + 1 : end]),
                self.report,
                line=self._number(index),
                first_line=self._number(index + 1),
                subject=f"`/// {name}`",
                code="E01",
            )
            if table:
                for option in MARKDOWN_BLOCKS[name]:
                    table.flag(option)
                table.finish()
        return end

    def _closing(self, index: int, slashes: int) -> int:
        if not any(block.slashes == slashes for block in self.open):
            self._add(index, "E02", f"this `{'/' * slashes}` closes no block")
            return index + 1
        while self.open[-1].slashes != slashes:
            block = self.open.pop()
            self._unclosed(block.line, block.name, block.slashes)
        self.open.pop()
        self._keep(index, self.lines[index])
        return index + 1

    def _unknown(self, index: int, slashes: int, name: str, *, understood: bool) -> int:
        known = (*OURS, *MARKDOWN_BLOCKS)
        if name in known and not understood:
            self._add(index, "E01", f"write `{'/' * slashes} {name} | Title`")
        else:
            self._add(index, "E01", f"unknown block `{name}`: {meant(name, known)}")
        end, closed = self.ahead.close(index, slashes)
        # What stands in a misspelt question must not be read as prose; of another unknown block only the line is certain.
        return end if closed or nearest(name, OURS) else index + 1

    def _unclosed(self, line: int, name: str, slashes: int) -> None:
        self.report.add(line, "E02", f"this {name} is not closed by `{'/' * slashes}`")

    def _number(self, index: int) -> int:
        return self.first_line + index

    def _add(self, index: int, code: str, message: str) -> None:
        self.report.add(self._number(index), code, message)
