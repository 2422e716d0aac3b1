"""What each code of the check means: read from codes.toml, the one place where codes live. Errors carry the code alone.

`interleave check --explain E04` tells it, and docs/lints.md is written from it: `python -m webapp.course.codes > docs/lints.md`.
"""

from __future__ import annotations

import functools
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("codes.toml")
OF_QUESTIONS = 20
"""Codes below are of questions, in any course; those from here on are of a course."""
WIDTH = 100

_INTRODUCTION = """# What the check tells

`interleave check` tells everything that is wrong as `file:line: CODE message`, errors before warnings. Codes that begin with E
keep the course from being served, those with W do not: with warnings alone the check ends with 0, with `--strict` it ends with 1.
`interleave check --explain W05` prints what stands here.

A warning that you have looked at and want to keep is waived in its question, among the options,

    lint-ok: [W05]

and one about the whole course in course.toml, with its reason. Of a stack of folders the top one may waive what is told of any.

    [lint-ok]
    W17 = "The sets are shuffled anew for each class."

A waiver that waives nothing is a warning itself, W15. This page is made of `webapp/course/codes.toml` by `make codes`.
"""


@dataclass(frozen=True, slots=True)
class Code:
    name: str
    meaning: str
    """What is wrong, in a few words."""
    why: str
    """Why it matters and what to do, in Markdown."""
    example: str = ""
    """Lesson text that has it; none where no single question can."""
    mended: str = ""
    file: str = "lesson.md"
    """Where the examples stand."""

    @property
    def is_warning(self) -> bool:
        return self.name.startswith("W")

    @property
    def explained(self) -> str:
        """For a terminal."""
        parts = [f"{self.name}: {self.meaning}", textwrap.fill(self.why, WIDTH)]
        if self.example:
            parts += [f"For example, in {self.file}:", textwrap.indent(self.example, "    ")]
            parts += ["Mended:", textwrap.indent(self.mended, "    ")]
        return "\n\n".join(parts)


@functools.cache
def codes() -> Mapping[str, Code]:
    """By name: errors first, then warnings, each in their order."""
    read = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    found = {name: Code(name, **{key: text.strip() for key, text in told.items()}) for name, told in read.items()}
    return dict(sorted(found.items()))


def document() -> str:
    """docs/lints.md."""
    return "\n".join([_INTRODUCTION, *_table(), *(line for code in codes().values() for line in _section(code))])


def _table() -> Iterator[str]:
    yield from ("| code | what is wrong |", "|---|---|")
    for code in codes().values():
        yield f"| [{code.name}](#{code.name.lower()}) | {code.meaning} |"
    yield ""


def _section(code: Code) -> Iterator[str]:
    yield from (f"## {code.name}", "", f"{code.meaning[:1].upper()}{code.meaning[1:]}.", "")
    yield from (*textwrap.wrap(code.why, WIDTH + 30, break_long_words=False, break_on_hyphens=False), "")
    for title, text in (("", code.example), ("Mended:", code.mended)):
        if text:
            language = "toml" if code.file.endswith(".toml") else "markdown"
            yield from (*([title, ""] if title else []), f"````{language}", text, "````", "")


if __name__ == "__main__":
    sys.stdout.write(document())
