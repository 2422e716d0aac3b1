"""A lesson between its folder and the frozen value: what was read of it, with the programs of its labs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from webapp.course.declarations import VariantDeclaration
from webapp.course.files import Unreadable, plain_files, read_bytes, read_lines
from webapp.course.links import IMAGE_SUFFIXES
from webapp.course.manuscript import Manuscript, read_manuscript
from webapp.course.measured import MEASURED_FILE, read_measured
from webapp.course.report import Report, nearest
from webapp.labs.lab import Lab, Variant
from webapp.labs.measurement import Measurement

LESSON_FILE = "lesson.md"

ReportOf = Callable[[Path], Report]
ReadManuscript = Callable[[Sequence[str], Report], Manuscript]


@dataclass(slots=True)
class Draft:
    slug: str
    folder: Path
    manuscript: Manuscript
    report: Report
    """Of lesson.md; each program has one of its own."""
    files: dict[str, Path]
    """Every plain file of the folder that could be shown."""
    programs: dict[str, str] = field(default_factory=dict)
    """Texts of the programs that a lab runs, by file."""
    labs: list[Lab] = field(default_factory=list)
    measured: Measurement | None = None

    @property
    def made_of(self) -> tuple[object, ...]:
        """All that a lesson takes from its draft; what was found wrong so far decides what else is looked for."""
        return (
            self.folder,
            self.manuscript,
            tuple(self.labs),
            self.files,
            self.programs,
            self.measured,
            tuple(self.report.found),
        )

    @property
    def shown(self) -> dict[str, Path]:
        """Images, and the programs that a lab runs: nothing else of the folder can be fetched."""
        return {
            name: path for name, path in self.files.items() if name in self.programs or name.endswith(IMAGE_SUFFIXES)
        }


def read_draft(folder: Path, report_of: ReportOf, read: ReadManuscript = read_manuscript) -> Draft | None:
    """None where lesson.md is no text at all; every other error leaves a draft, so that more can be found."""
    report = report_of(folder / LESSON_FILE)
    lines = read_lines(folder / LESSON_FILE, report)
    if lines is None:
        return None
    draft = Draft(folder.name, folder, read(lines, report), report, plain_files(folder))
    draft.measured = read_measured(folder, report_of(folder / MEASURED_FILE))
    for declaration in draft.manuscript.labs:
        variants = [_variant(draft, declared, report_of) for declared in declaration.variants]
        draft.labs.append(declaration.with_programs(tuple(variant for variant in variants if variant)))
    for name in draft.files:
        if name.endswith(".py") and name not in draft.programs and draft.manuscript.labs_are_known:
            report_of(folder / name).add(1, "W23", "no lab of the lesson uses this program")
    return draft


def _variant(draft: Draft, declared: VariantDeclaration, report_of: ReportOf) -> Variant | None:
    program = _program(draft, declared, report_of)
    if program is None:
        return None
    return Variant(
        name=declared.name,
        label=declared.label,
        file=declared.file,
        program=program,
        request=declared.request,
        decisive_line=_decisive_line(program, declared, draft.report),
        one_after_another=declared.one_after_another,
    )


def _program(draft: Draft, declared: VariantDeclaration, report_of: ReportOf) -> str | None:
    if declared.file not in draft.programs:
        if declared.file not in draft.files:
            _tell_missing(draft, declared)
            return None
        path = draft.folder / declared.file
        lines = read_lines(path, report_of(path))
        if lines is None:
            return None
        draft.programs[declared.file] = "\n".join(lines)
    return draft.programs[declared.file]


def _tell_missing(draft: Draft, declared: VariantDeclaration) -> None:
    problem = "cannot be read"
    try:
        read_bytes(draft.folder / declared.file)
    except Unreadable as reason:
        problem = str(reason)
    close = nearest(declared.file, [name for name in draft.files if name.endswith(".py")])
    hint = f": did you mean `{close}`?" if close and problem == "is missing" else ""
    draft.report.add(declared.file_line, "E22", f"the program `{declared.file}` {problem}{hint}")


def _decisive_line(program: str, declared: VariantDeclaration, report: Report) -> int | None:
    """The one line of the program that has the decisive text, if the author named one."""
    text = declared.decisive
    if text is None:
        return None
    lines = [number for number, line in enumerate(program.split("\n"), 1) if text in line]
    if len(lines) == 1:
        return lines[0]
    where = f"on {len(lines)} lines ({', '.join(map(str, lines))})" if lines else "on no line"
    message = f"`{text}` stands {where} of {declared.file}: the decisive line is one"
    report.add(declared.decisive_line, "E26", message)
    return None
