"""The sections behind a key, each between two lines of four slashes: hints, an explanation, feedback for the item as a whole.

//// hint
Is there any timer at all?
////

//// feedback | correct
Every callback that is ready runs once.
////

//// feedback | yields, blocks
For whoever ticked exactly these two.
////
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from quiz.blocks import Block, joined
from quiz.kinds import Kind
from quiz.names import unknown
from quiz.options import Combination

OUTCOMES = {"correct": "feedback_right", "partial": "feedback_partly", "incorrect": "feedback_wrong"}
SECTIONS = ("hint", "explanation", "feedback")

_SECTION = re.compile(r" {0,3}////[ \t]*(?P<name>[^|/\s][^|]*?)[ \t]*(?:\|[ \t]*(?P<argument>.*?)[ \t]*)?$")
_SECTION_END = re.compile(r" {0,3}////[ \t]*$")


def is_section_line(line: str) -> bool:
    return bool(_SECTION.match(line) or _SECTION_END.match(line))


@dataclass(slots=True)
class _Section:
    at: int
    name: str
    argument: str | None
    lines: list[str] = field(default_factory=list)

    @property
    def options(self) -> tuple[str, ...]:
        """The options that a feedback section is for, as they are written."""
        if self.name != "feedback" or not self.argument or "," not in self.argument:
            return ()
        return tuple(name.strip() for name in self.argument.split(","))


class Sections:
    def __init__(self, block: Block) -> None:
        self.block = block
        self.found: list[_Section] = []
        self._open: _Section | None = None

    @property
    def is_open(self) -> bool:
        return self._open is not None

    def read(self, at: int, *, fenced: bool) -> bool:
        """A line of a section, or one that opens or closes one. Whether a section begins here."""
        line = self.block.lines[at]
        opening = None if fenced else _SECTION.match(line)
        if opening is not None:
            self.close()
            self._open = _Section(at, opening["name"], opening["argument"])
            self.found.append(self._open)
        elif self._open is None:
            self.block.error(at, "E02", "this `////` closes nothing")
        elif not fenced and _SECTION_END.match(line):
            self._open = None
        else:
            self._open.lines.append(line)
        return opening is not None

    def close(self) -> None:
        """At the block's end or where another section begins, it is too late."""
        if self._open is not None:
            self.block.error(self._open.at, "E02", f"this {self._open.name} is never closed: end it with `////`")

    def check(self, kind: Kind, options: Sequence[str]) -> None:
        """`options`: the ids that the key gives, for feedback to a combination of them."""
        seen: set[tuple[str, object]] = set()
        for section in self.found:
            problem = _problem(section) or _combination_problem(section, kind, options)
            about = tuple(sorted(section.options)) or section.argument
            if problem is None and section.name != "hint" and (section.name, about) in seen:
                problem = f"the {section.name} is given twice"
            seen.add((section.name, about))
            if problem is not None:
                self.block.error(section.at, "E01", problem)
            elif not joined(section.lines):
                self.block.error(section.at, "E14", f"this {section.name} is empty")

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(joined(section.lines) for section in self.found if section.name == name)

    def feedback(self) -> dict[str, str]:
        """By field of the item, what is told of an outcome."""
        return {
            OUTCOMES[section.argument]: joined(section.lines)
            for section in self.found
            if section.name == "feedback" and section.argument and not section.options
        }

    def combinations(self) -> tuple[Combination, ...]:
        return tuple(
            Combination(
                options=tuple(sorted(section.options)),
                feedback=joined(section.lines),
                line=self.block.number(section.at),
            )
            for section in self.found
            if section.options
        )


def _problem(section: _Section) -> str | None:
    if section.name not in SECTIONS:
        return unknown("section", section.name, SECTIONS)
    if section.name != "feedback":
        return None if section.argument is None else f"the section `{section.name}` takes nothing behind `|`"
    if not section.argument:
        return f"write which feedback this is: `//// feedback | {' '.join(OUTCOMES).replace(' ', '`, `| ')}`"
    if section.argument in OUTCOMES or len(section.options) > 1:
        return None
    return unknown("feedback", section.argument, tuple(OUTCOMES))


def _combination_problem(section: _Section, kind: Kind, known: Sequence[str]) -> str | None:
    """Of a section for whoever ticked exactly these options."""
    names = section.options
    if not names:
        return None
    if kind is not Kind.MULTI:
        return f"a combination of options is ticked in a multi question alone, not in a {kind} one"
    strange = next((name for name in names if name not in known), None)
    if strange is not None:
        return unknown("option", strange, known)
    return "a combination names each of its options once" if len(set(names)) < len(names) else None
