"""A lesson as its author wrote it: front matter, modes, items, labs and figures, all with their lines. Nothing is rendered.

    ---
    title: Concurrent task execution
    summary: Inline Markdown, one line.
    was: [an-older-slug]
    ---
    ## Why
    …

Nobody types minutes or impact: minutes are computed from the text, impact is measured by the reader's runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quiz.items import Item
from quiz.lint import lint
from quiz.predict_blocks import scan_prediction
from quiz.questions import scan_question
from webapp.course.blocks import WRONG_MODE, Block, Text, scan
from webapp.course.course import Mode
from webapp.course.declarations import FigureDeclaration, LabDeclaration
from webapp.course.figure_blocks import read_figure
from webapp.course.lab_blocks import read_lab
from webapp.course.links import SLUG
from webapp.course.options import Table, read_table
from webapp.course.quizzes import LIMITS
from webapp.course.report import Report

_LIMITS = "A limit is set in course.toml, a [[quizzes]] table with `lesson = …`"
_NEVER_TYPED = {
    **{key: f"a lesson has no `{key}`. {_LIMITS}" for key in LIMITS},
    "minutes": f"minutes are computed from the text, the questions and the labs: leave them out. {_LIMITS}",
    "impact": "impact is measured by the reader's own runs: leave it out",
}

ASKING = {"question": scan_question, "predict": scan_prediction}
"""Blocks that are items, each with what reads it."""

Part = Text | Item | LabDeclaration | FigureDeclaration


@dataclass(frozen=True, slots=True)
class FrontMatter:
    title: str = ""
    summary: str = ""
    summary_line: int = 1
    was: tuple[tuple[int, str], ...] = ()
    """Line and slug."""


@dataclass(frozen=True, slots=True)
class ModeText:
    mode: Mode | None
    """None for a mode that does not exist or stands there twice: read for its errors alone."""
    line: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Manuscript:
    front: FrontMatter
    modes: tuple[ModeText, ...]
    lines: tuple[str, ...]
    labs_are_known: bool
    """Whether every lab block told its id and variants; else nobody can tell that a figure's lab is missing."""

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for mode in self.modes for part in mode.parts)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(part for part in self.parts if isinstance(part, Item))

    @property
    def labs(self) -> tuple[LabDeclaration, ...]:
        return tuple(part for part in self.parts if isinstance(part, LabDeclaration))

    @property
    def figures(self) -> tuple[FigureDeclaration, ...]:
        return tuple(part for part in self.parts if isinstance(part, FigureDeclaration))


def read_manuscript(lines: Sequence[str], report: Report) -> Manuscript:
    """What is wrong goes to the report; what could be read is there all the same."""
    front, begins = _front_matter(lines, report)
    modes = []
    before = len(report.found)
    sections = scan(lines[begins:], report, first_line=begins + 1)
    # Behind a slip in a block's own lines there may be a lab or a question that nobody could read.
    known = all(error.code == WRONG_MODE for error in report.found[before:])
    asks = not known or any(isinstance(raw, Block) and raw.name in ASKING for part in sections for raw in part.parts)
    for section in sections:
        read = [(raw, _part(raw, report)) for raw in section.parts]
        parts = tuple(part for _, part in read if part is not None)
        known &= all(_is_known(part) for raw, part in read if isinstance(raw, Block) and raw.name == "lab")
        modes.append(ModeText(section.mode, section.line, parts))
        if section.mode and not section.parts and section.mode is not Mode.RECALL:
            report.add(
                section.line,
                WRONG_MODE,
                f"`## {section.mode.title()}` is empty: leave out a mode that the lesson lacks",
            )
    manuscript = Manuscript(front, tuple(modes), tuple(lines), known)
    for mode in modes:
        # Recall shows the lesson's items, so it may stand without a text, but not without an item.
        if mode.mode is Mode.RECALL and not mode.parts and not asks:
            report.add(mode.line, WRONG_MODE, "`## Recall` is empty: it has no text, and the lesson has no question")
    return manuscript


def _is_known(lab: Part | None) -> bool:
    return isinstance(lab, LabDeclaration) and bool(lab.id and lab.variants)


def _part(raw: Text | Block, report: Report) -> Part | None:
    if isinstance(raw, Text):
        return raw
    if raw.name == "lab":
        return read_lab(raw, report)
    if raw.name == "figure":
        return read_figure(raw, report)
    item, errors = ASKING[raw.name](raw.lines, path=report.path, first_line=raw.line)
    for error in errors:
        report.add(error.line, error.code, error.message)
    if item:
        for warning in lint(item, path=report.path):
            report.add(warning.line, warning.code, warning.message)
    return item


def _front_matter(lines: Sequence[str], report: Report) -> tuple[FrontMatter, int]:
    """The front matter, and how many lines it takes."""
    if not lines or lines[0].rstrip() != "---":
        report.add(1, "E21", "a lesson begins with front matter: `---`, `title: …`, `summary: …`, `---`")
        return FrontMatter(), 0
    end = next((index for index, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        report.add(1, "E02", "the front matter is not closed by a line `---`")
        begins = next((index for index, line in enumerate(lines) if line.startswith("## ")), len(lines))
        return FrontMatter(), begins
    table = read_table("\n".join(lines[1:end]), report, line=1, first_line=2, subject="the front matter", code="E21")
    return (FrontMatter() if table is None else _read_front(table)), end + 1


def _read_front(table: Table) -> FrontMatter:
    title = table.text("title", required=True) or ""
    summary = table.text("summary", required=True) or ""
    was = []
    for line, slug in table.texts("was"):
        if SLUG.fullmatch(slug):
            was.append((line, slug))
        else:
            table.report.add(line, "E21", f"`{slug}` is not a slug: small letters, digits and hyphens")
    for name, message in _NEVER_TYPED.items():
        if name in table:
            table.wrong(name, message)
            del table.entries[name]
    table.finish()
    return FrontMatter(title, summary, table.line_of("summary"), tuple(was))
