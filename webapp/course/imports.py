"""Takes questions from a file of another system into a lesson: read, named, tried as a part of the course, and only then written.

The lesson is written once, whole, at the end; whatever ends the import before leaves it as it was. What the course's own check
would refuse is refused here, question by question: the new text is checked in a folder of its own that lies over the course.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from quiz.interchange import aiken, gift_reader
from quiz.interchange.markdown_writer import Unwritable, block_of
from quiz.interchange.naming import Names
from quiz.interchange.taken import Refused, Taken, beginning
from quiz.items import Item
from webapp.course.course import Mode
from webapp.course.drafts import LESSON_FILE, Draft, read_draft
from webapp.course.errors import CourseError
from webapp.course.files import LARGEST_TEXT_BYTES, Unreadable, read_bytes, replace_text
from webapp.course.loading import read_course
from webapp.course.remembered import Remembered
from webapp.course.render import Renderer
from webapp.course.report import Report
from webapp.course.stack import COURSE_FILE, lesson_folders, read_stack
from webapp.course.starter import Refused as InTheWay
from webapp.course.starter import make_lesson

Form = Literal["gift", "aiken"]
HEADING = "## Recall"


@dataclass(frozen=True, slots=True)
class Import:
    """What would come of it, before anything is written."""

    lesson: Path
    """Its lesson.md."""
    before: bytes | None
    """None: the lesson is new."""
    text: str
    taken: Taken
    warnings: tuple[CourseError, ...]
    """What the check will say of the new questions, at their lines in the lesson."""


def form_of(name: str, data: bytes) -> Form:
    """By the file's name, else by its text: only Aiken has lines `ANSWER:`."""
    if name.endswith(".aiken") or (not name.endswith(".gift") and b"\nANSWER:" in data):
        return "aiken"
    return "gift"


def read_file(data: bytes, form: Form, folders: Sequence[Path]) -> Taken:
    """Raises Unreadable of quiz.interchange.limits. The ids are free in the course, the skills are its own."""
    names, skills = Names(_ids(folders)), _skills(folders)
    read = gift_reader.read(data, names, skills=skills) if form == "gift" else aiken.read(data, names)
    refused = list(read.refused)
    kept = []
    for item in read.items:
        try:
            block_of(item)
            kept.append(item)
        except Unwritable as problem:
            refused.append(Refused(item.line, str(problem), beginning(item.stem)))
    gone = {one.line for one in refused}
    return Taken(tuple(kept), tuple(sorted(refused)), tuple(note for note in read.warnings if note.line not in gone))


def into_lesson(taken: Taken, folder: Path, folders: Sequence[Path], renderer: Renderer) -> Import:
    """Raises InTheWay. The lesson's folder is one of the topmost of the course's folders."""
    path = folder / LESSON_FILE
    try:
        before = read_bytes(path)
        source = before.decode()
    except (Unreadable, UnicodeDecodeError) as problem:
        raise InTheWay(f"{path} {problem if isinstance(problem, Unreadable) else 'is not UTF-8'}.") from problem
    report = Report(str(path))
    draft = read_draft(folder, lambda file: report if file == path else Report(str(file)))
    if draft is None or any(not error.is_warning for error in report.found):
        raise InTheWay(f"{path} has errors of its own: mend them first, interleave check tells them.")
    return _tried(taken, path, before, _end_of(source, draft), folders, renderer, lambda over: _copied(folder, over))


def into_new_lesson(taken: Taken, slug: str, title: str, folders: Sequence[Path], renderer: Renderer) -> Import:
    """The lesson's folder is made by `write` alone."""
    path = folders[0] / slug / LESSON_FILE
    summary = "Questions that were imported."
    source = f'---\ntitle: "{title}"\nsummary: {summary}\n---\n{HEADING}\n'

    def lay(over: Path) -> Path:
        (over / COURSE_FILE).write_text(f'[[parts]]\ntitle = "imported"\nlessons = ["{slug}"]\n')
        (over / slug).mkdir()
        return over / slug

    return _tried(taken, path, None, source, folders, renderer, lay)


def write(done: Import, folders: Sequence[Path]) -> None:
    """Raises InTheWay, and then nothing was written."""
    if done.before is None:
        make_lesson(folders[0], done.lesson.parent.name, lambda: {LESSON_FILE: done.text}, below=folders[1:])
        return
    try:
        if read_bytes(done.lesson) != done.before:
            raise InTheWay(f"{done.lesson} was changed meanwhile: import the file again.")
        replace_text(done.lesson, done.text)
    except Unreadable as problem:
        raise InTheWay(f"{done.lesson} {problem}.") from problem
    except OSError as problem:
        raise InTheWay(f"{done.lesson} cannot be written: {(problem.strerror or str(problem)).lower()}.") from problem


def _tried(
    taken: Taken,
    path: Path,
    before: bytes | None,
    source: str,
    folders: Sequence[Path],
    renderer: Renderer,
    lay: Callable[[Path], Path],
) -> Import:
    """Leaves out what the check refuses, until it refuses nothing more."""
    with _beside_the_course() as over:
        (over / COURSE_FILE).write_text("# a lesson over the course\n")
        folder, remembered = lay(over), Remembered()
        while taken.items:
            text, begins = _composed(source, taken.items)
            if len(text.encode()) > LARGEST_TEXT_BYTES:
                raise InTheWay(
                    f"{path} would be larger than {LARGEST_TEXT_BYTES // 1000} KB: import the file in parts, into more lessons."
                )
            (folder / LESSON_FILE).write_text(text, encoding="utf-8", newline="")
            staged = str(folder / LESSON_FILE)
            found = [
                error for error in read_course((over, *folders), renderer, remembered).found if error.path == staged
            ]
            wrong = {
                begins[at]: error for error in reversed(found) if not error.is_warning and (at := _owner(error, begins))
            }
            if not wrong:
                break
            taken = _without(taken, wrong)
        else:  # the reasons are told, and not that a lesson without a question is none
            return Import(path, before, source, taken, ())
    new = min(begins)
    stray = [error for error in found if not error.is_warning]
    if stray:
        raise InTheWay(f"{path} would not pass its check, line {stray[0].line}: {stray[0].message}.")
    warnings = tuple(CourseError(str(path), one.line, one.code, one.message) for one in found if one.line >= new)
    return Import(path, before, text, taken, warnings)


@contextmanager
def _beside_the_course() -> Iterator[Path]:
    """A folder for a while. Raises InTheWay where it cannot be had, or filled."""
    try:
        with tempfile.TemporaryDirectory(prefix="interleave-import-") as temporary:
            yield Path(temporary)
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise InTheWay(
            f"The folder for temporary files cannot be written: {why}; name another with TMPDIR."
        ) from problem


def _owner(error: CourseError, begins: Mapping[int, Item]) -> int | None:
    """The first line of the question in which the error is, if it is in a new one."""
    return max((line for line in begins if line <= error.line), default=None)


def _without(taken: Taken, wrong: Mapping[Item, CourseError]) -> Taken:
    refused = [
        Refused(item.line, f"{error.code} {error.message}", beginning(item.stem)) for item, error in wrong.items()
    ]
    gone = {item.id for item in wrong}
    lines = {item.line for item in wrong}
    return Taken(
        tuple(item for item in taken.items if item.id not in gone),
        tuple(sorted([*taken.refused, *refused])),
        tuple(note for note in taken.warnings if note.line not in lines),
    )


def _composed(source: str, items: Collection[Item]) -> tuple[str, dict[int, Item]]:
    """The lesson with the blocks at its end, and the line where each begins."""
    newline = "\r\n" if "\r\n" in source else "\n"
    text, begins = source, {}
    for item in items:
        text += newline
        begins[text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1] = item
        text += block_of(item).replace("\n", newline)
    return text, begins


def _end_of(source: str, draft: Draft) -> str:
    """The lesson up to where a question can follow: Recall is the last of the modes."""
    newline = "\r\n" if "\r\n" in source else "\n"
    source = source.rstrip("\r\n") + newline
    recalls = any(mode.mode is Mode.RECALL for mode in draft.manuscript.modes)
    return source if recalls else f"{source}{newline}{HEADING}{newline}"


def _copied(folder: Path, over: Path) -> Path:
    def links(where: str, names: list[str]) -> list[str]:
        return [name for name in names if (Path(where) / name).is_symlink() or (Path(where) / name).is_dir()]

    shutil.copytree(folder, over / folder.name, ignore=links)
    return over / folder.name


def _ids(folders: Sequence[Path]) -> dict[str, Item | None]:
    """The anchors of a course: items, labs and figures share one set of names."""
    taken: dict[str, Item | None] = {}
    for folder in lesson_folders(folders).values():
        if draft := read_draft(folder, lambda path: Report(str(path))):
            manuscript = draft.manuscript
            taken |= dict.fromkeys([lab.id for lab in manuscript.labs] + [figure.id for figure in manuscript.figures])
            taken |= {item.id: item for item in manuscript.items}
    return taken


def _skills(folders: Sequence[Path]) -> Collection[str]:
    manifest = read_stack(folders, lambda path: Report(str(path))).manifest
    return manifest.skills if manifest else ()
