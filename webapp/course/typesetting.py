"""A draft -> a Lesson: all its texts rendered in one round trip, each error at the line where the text stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from types import MappingProxyType

from markupsafe import Markup

from quiz.items import Correctness, Item
from quiz.options import normalised
from webapp.course.asserted import warn
from webapp.course.blocks import Text
from webapp.course.course import (
    BoundNumber,
    FigurePlace,
    ItemMarkup,
    ItemPlace,
    LabPlace,
    Lesson,
    ModePage,
    Piece,
    Prose,
)
from webapp.course.declarations import FigureDeclaration, LabDeclaration
from webapp.course.drafts import Draft, ReportOf
from webapp.course.manuscript import ModeText, Part
from webapp.course.minutes import lines_to_follow, minutes
from webapp.course.numbers import read_numbers, refuse_numbers, with_holes
from webapp.course.references import Span, Surroundings, check_rendered
from webapp.course.render import (
    Fragment,
    PageText,
    Program,
    Rendered,
    Renderer,
    RenderError,
    Shape,
    Skipped,
    Task,
)
from webapp.course.report import Report

OUTCOMES: tuple[Correctness, ...] = ("right", "partly", "wrong")

_TAG = re.compile(r"<[^>]*>")
_LIST_ITEM = re.compile(r"<li>(.*?)</li>", re.DOTALL)

Name = tuple[str, ...]
"""Of a text within its lesson, such as ("item", item id, "option", option id)."""


@dataclass(frozen=True, slots=True)
class _Job:
    task: Task
    spans: tuple[Span, ...]
    """Where the text stands; the first line is that of an error without a place of its own."""


def typeset(
    draft: Draft, number: int, part: str, *, around: Surroundings, renderer: Renderer, report_of: ReportOf
) -> Lesson:
    """The lesson. Where a text cannot be rendered the report says so, and the lesson is not fit to be shown."""
    setting = _Setting(draft, around, report_of)
    jobs = setting.jobs()
    results = renderer.render_all([job.task for job in jobs.values()])
    for (name, job), result in zip(jobs.items(), results, strict=True):
        setting.take(name, job, result, renderer)
    lesson = setting.lesson(number, part)
    warn(lesson, (span for name, job in jobs.items() if name[0] == "mode" for span in job.spans), draft.report)
    return lesson


class _Setting:
    def __init__(self, draft: Draft, around: Surroundings, report_of: ReportOf) -> None:
        self.draft = draft
        self.around = around
        self.report_of = report_of
        self.rendered: dict[Name, Rendered] = {}
        self.numbers: dict[str, BoundNumber] = {}

    # What there is to render

    def jobs(self) -> dict[Name, _Job]:
        front = self.draft.manuscript.front
        jobs: dict[Name, _Job] = {}
        if front.summary:
            span = Span(front.summary_line, [front.summary])
            jobs["summary",] = _Job(Fragment(front.summary, self.draft.slug, "line"), (span,))
        for index, mode in enumerate(self.draft.manuscript.modes):
            texts = [part for part in mode.parts if isinstance(part, Text)]
            if texts:
                page = PageText(tuple(text.source for text in texts), self.draft.slug)
                spans = tuple(Span(text.line, text.source.split("\n")) for text in texts)
                jobs["mode", str(index)] = _Job(page, spans)
        for item in self.draft.manuscript.items:
            jobs.update(self._item_jobs(item))
        for lab in self.draft.labs:
            for variant in lab.variants:
                program = Program(variant.program, variant.file, variant.decisive_line)
                jobs["program", lab.id, variant.name] = _Job(program, (Span(1, variant.program.split("\n")),))
        return jobs

    def _item_jobs(self, item: Item) -> dict[Name, _Job]:
        models = item.measured.models if item.measured else ()
        lines = [*(o.line for o in item.options), *(a.line for a in item.answers), *(m.line for m in models)]
        first, last = item.line, max(lines, default=item.line)
        texts: list[tuple[Name, str, Shape, int]] = [
            (("stem",), item.stem, "line", first),
            (("body",), item.body, "blocks", first + 1),
        ]
        for option in item.options:
            texts.append((("option", option.id), option.text, "fragment", option.line))
            texts.append((("feedback", option.id), option.feedback, "blocks", option.line + 1))
            texts.append((("unticked", option.id), option.unticked, "blocks", option.line + 1))
        texts.extend((("feedback", one.id), one.feedback, "blocks", one.line + 1) for one in item.answers)
        texts.extend((("combination", *one.options), one.feedback, "blocks", one.line) for one in item.combinations)
        for model in models:
            texts.append((("model", model.id), model.text, "line", model.line))
            texts.append((("feedback", model.id), model.feedback, "blocks", model.line + 1))
        texts.extend((("hint", str(index)), hint, "blocks", last) for index, hint in enumerate(item.hints))
        texts.append((("explanation",), item.explanation, "blocks", last))
        texts.extend((("outcome", outcome), item.outcome_feedback(outcome), "blocks", last) for outcome in OUTCOMES)
        block = self._block(item.line)
        return {
            ("item", item.id, *name): _Job(Fragment(source, self.draft.slug, shape), (_span(source, block, line),))
            for name, source, shape, line in texts
            if source.strip()
        }

    def _block(self, line: int) -> Span:
        """The lines of the question that opens here."""
        lines = self.draft.manuscript.lines[line - 1 :]
        end = next((index for index, text in enumerate(lines) if text.strip() == "///"), len(lines))
        return Span(line, lines[:end])

    # What came of it

    def take(self, name: Name, job: _Job, result: Rendered | RenderError, renderer: Renderer) -> None:
        report = self._report(name)
        if isinstance(result, Rendered):
            self.rendered[name] = result
            check_rendered(result, job.spans, self.around, report)
            self._take_numbers(name, job, result, report)
            if name[0] == "program" and not result.has_app:
                report.add(1, "E26", "this program has no `app`: a lab starts the FastAPI application of that name")
            if name[0] == "mode":
                self._check_shown_options(result, job, report)
        elif isinstance(job.task, Program):
            report.add(result.line or 1, "E26", f"this program {result.message}")
        elif result.piece is not None:
            mode = self.draft.manuscript.modes[int(name[1])]
            report.add(_line_before(mode, result.piece), "E15", result.message)
        elif isinstance(job.task, PageText) and len(job.spans) > 1 and not isinstance(result, Skipped):
            report.add(self._worst_piece(job, job.task, renderer).line, "E30", f"this text {result.message}")
        elif not isinstance(result, Skipped):
            report.add(job.spans[0].line, "E30", f"this text {result.message}")

    def _take_numbers(self, name: Name, job: _Job, result: Rendered, report: Report) -> None:
        if name == ("summary",):
            refuse_numbers(result.numbers, job.spans[0].line, report)
        elif self.draft.manuscript.labs_are_known:
            for number in read_numbers(result.numbers, job.spans, self.draft.labs, report):
                self.numbers.setdefault(number.expression, number)

    def _report(self, name: Name) -> Report:
        if name[0] != "program":
            return self.draft.report
        _, lab, variant = name
        file = next(one for one in self.draft.labs if one.id == lab).variant(variant).file
        return self.report_of(self.draft.folder / file)

    def _worst_piece(self, job: _Job, page: PageText, renderer: Renderer) -> Span:
        """The first piece of a page that cannot be rendered by itself, else the first of all."""
        for span, piece in zip(job.spans, page.pieces, strict=True):
            if isinstance(renderer.render_all([PageText((piece,), page.slug)])[0], RenderError):
                return span
        return job.spans[0]

    def _check_shown_options(self, rendered: Rendered, job: _Job, report: Report) -> None:
        """The last defence of the key: no list in the prose may hold two options of one item."""
        listed = (text for html in rendered.html for text in _LIST_ITEM.findall(html))
        shown = {normalised(unescape(_TAG.sub("", text))) for text in listed}
        for item in self.draft.manuscript.items:
            texts = {normalised(option.text) for option in item.options}
            if len(shown & texts) > 1:
                report.add(job.spans[0].line, "E33", f"the options of the question `{item.id}` show in the text")

    # The lesson

    def lesson(self, number: int, part: str) -> Lesson:
        draft, front = self.draft, self.draft.manuscript.front
        modes = [self._mode(index, text) for index, text in enumerate(draft.manuscript.modes)]
        read = [
            result
            for name, result in self.rendered.items()
            if name[0] == "mode" or name[2:3] in (("stem",), ("body",), ("option",))
        ]
        programs = [variant.program for lab in draft.labs for variant in lab.variants]
        return Lesson(
            slug=draft.slug,
            title=front.title,
            summary=self._html("summary") or Markup(),
            number=number,
            part=part,
            was=tuple(old for _, old in front.was),
            minutes=minutes(
                words=sum(result.words for result in read),
                code_lines=sum(result.code_lines for result in read) + lines_to_follow(programs),
                items=len(draft.manuscript.items),
                labs=len(draft.labs),
                variants=sum(len(lab.variants) for lab in draft.labs),
            ),
            modes=tuple(mode for mode in modes if mode),
            items=draft.manuscript.items,
            labs=tuple(draft.labs),
            figures=tuple(declared.figure for declared in draft.manuscript.figures),
            files=MappingProxyType(draft.shown),
            markup=MappingProxyType({item.id: self._item(item) for item in draft.manuscript.items}),
            claims=MappingProxyType({lab.id: lab.claims for lab in draft.manuscript.labs}),
            numbers=tuple(self.numbers.values()),
            measured=draft.measured,
            listings=MappingProxyType(
                {
                    (lab.id, variant.name): self._html("program", lab.id, variant.name) or Markup()
                    for lab in draft.labs
                    for variant in lab.variants
                }
            ),
        )

    def _mode(self, index: int, text: ModeText) -> ModePage | None:
        if text.mode is None:
            return None
        rendered = self.rendered.get(("mode", str(index)), Rendered(()))
        prose = (with_holes(html, f"number-{text.mode}-{at}") for at, html in enumerate(rendered.html, 1))
        pieces = tuple(piece for part in text.parts if (piece := _piece(part, prose)))
        return ModePage(text.mode, pieces, rendered.words, rendered.headings)

    def _item(self, item: Item) -> ItemMarkup:
        def html(*name: str) -> Markup | None:
            return self._html("item", item.id, *name)

        hints = (html("hint", str(index)) for index in range(len(item.hints)))
        models = item.measured.models if item.measured else ()
        told_of = (*item.option_ids, *(answer.id for answer in item.answers), *(model.id for model in models))
        together = [one.options for one in item.combinations]
        return ItemMarkup(
            stem=html("stem") or Markup(),
            body=html("body"),
            options={option.id: html("option", option.id) or Markup() for option in item.options},
            feedback={name: told for name in told_of if (told := html("feedback", name))},
            unticked={name: told for name in item.option_ids if (told := html("unticked", name))},
            combinations={ids: told for ids in together if (told := html("combination", *ids))},
            models={model.id: name for model in models if (name := html("model", model.id))},
            hints=tuple(hint for hint in hints if hint),
            explanation=html("explanation"),
            outcomes={outcome: told for outcome in OUTCOMES if (told := html("outcome", outcome))},
        )

    def _html(self, *name: str) -> Markup | None:
        if name not in self.rendered:
            return None
        return with_holes(self.rendered[name].html[0], "-".join(("number", *name[1:])), pressed="option" not in name)


def _piece(part: Part, prose: Iterator[Markup]) -> Piece | None:
    match part:
        case Text():
            html = next(prose, Markup())
            return Prose(html) if html.strip() else None
        case Item():
            return ItemPlace(part.id)
        case LabDeclaration():
            return LabPlace(part.id)
        case FigureDeclaration():
            return FigurePlace(part.id)


def _span(source: str, block: Span, line: int) -> Span:
    """The rest of the block from the line where this text of it begins, which is `line` or a later one."""
    first = source.strip().split("\n")[0].strip()
    begin = max(0, line - block.line)
    skip = next((index for index, text in enumerate(block.lines) if index >= begin and first in text), 0)
    return Span(block.line + skip, block.lines[skip:])


def _line_before(mode: ModeText, piece: int) -> int:
    """Where the block stands that precedes a piece of the prose (counted from 0)."""
    line, texts = mode.line, 0
    for part in mode.parts:
        if isinstance(part, Text):
            if texts == piece:
                break
            texts += 1
        else:
            line = _line_of(part)
    return line


def _line_of(part: Item | LabDeclaration | FigureDeclaration) -> int:
    match part:
        case Item():
            return part.line
        case LabDeclaration():
            return part.lab.line
        case FigureDeclaration():
            return part.figure.line
