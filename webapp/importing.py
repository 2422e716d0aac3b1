"""`interleave import`: which lesson is meant, what was taken of a file, and what was not, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import typer

from quiz.interchange.limits import LARGEST_BYTES, Unreadable
from webapp.course.drafts import LESSON_FILE
from webapp.course.errors import CourseError
from webapp.course.imports import Form, Import, form_of, into_lesson, into_new_lesson, read_file, write
from webapp.course.render import Renderer
from webapp.course.stack import Folders, folders_of, place_of
from webapp.course.starter import check_free, title_of, writing_in
from webapp.settings import OperatorError


@dataclass(frozen=True, slots=True)
class Target:
    """A lesson that is there, or one that is to be made."""

    folder: Path
    is_new: bool


def import_file(file: Path, target: Target, folders: Sequence[Path], *, form: Form | None, dry_run: bool) -> bool:
    """Whether anything was taken. Raises OperatorError, and InTheWay."""
    data = _data(file)
    with (
        nullcontext() if dry_run else writing_in(folders[0])
    ):  # the ids that are free must be free until they are written
        done = _tried(file, data, target, folders, form)
        if done.taken.items and not dry_run:
            write(done, folders)
    _tell(file, done, dry_run=dry_run)
    return bool(done.taken.items)


def target_of(into: Path | None, slug: str | None, folders: Sequence[Path]) -> Target:
    """Raises OperatorError where the lesson is none of the topmost folder, and InTheWay for a slug that is none or not free."""
    if (into is None) is (slug is None):
        raise OperatorError("Say where the questions go: --into with a lesson's folder, or --new with a slug.")
    if slug is not None:
        check_free(folders[0], slug, below=folders[1:])
        return Target(folders[0] / slug, is_new=True)
    assert into is not None  # noqa: S101
    folder = place_of(folders, str(into)) if len(into.parts) == 1 and not into.exists() else into
    if folder.is_symlink() or not (folder / LESSON_FILE).exists():
        raise OperatorError(f"{folder} is no lesson: it has no {LESSON_FILE}, or is a symbolic link.")
    real = folder.resolve()
    if real.parent != folders[0].resolve():
        raise OperatorError(
            f"{folder} is no lesson of {folders[0]}: name its course with --lessons, that course first."
        )
    return Target(folders[0] / real.name, is_new=False)


def course_of(into: Path | None, folders: Folders, *, named: bool) -> tuple[Path, ...]:
    """The course's folders: those that were named, else those with the one in which the lesson lies on top."""
    stack = folders_of(folders)
    if named or into is None or not into.is_dir():
        return stack
    parent = into.resolve().parent
    return stack if stack[0].resolve() == parent else (parent,)


def _tried(file: Path, data: bytes, target: Target, folders: Sequence[Path], form: Form | None) -> Import:
    try:
        taken = read_file(data, form or form_of(file.name, data), folders)
    except Unreadable as problem:
        place = f"{file}:{problem.line}" if problem.line else str(file)
        raise OperatorError(f"{place}: {problem.reason}.") from problem
    with Renderer() as renderer:
        if not target.is_new:
            return into_lesson(taken, target.folder, folders, renderer)
        slug = target.folder.name
        return into_new_lesson(taken, slug, title_of(slug), folders, renderer)


def _data(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_BYTES + 1)
    except OSError as problem:
        raise OperatorError(f"{file} cannot be read: {(problem.strerror or str(problem)).lower()}.") from problem


def _tell(file: Path, done: Import, *, dry_run: bool) -> None:
    for refused in done.taken.refused:
        typer.echo(_printable(f"{file}:{refused.line}: refused: {refused.reason} ({refused.words})"))
    for note in done.taken.warnings:
        typer.echo(_printable(f"{file}:{note.line}: {note.what} ({note.words})"))
    for item in done.taken.items:
        typer.echo(f"{file}:{item.line}: taken as {item.id}")
    if done.warnings:
        typer.echo(f"To be added, as interleave check will say: {_counted(done.warnings)}.")
    taken, refused_count = len(done.taken.items), len(done.taken.refused)
    where = f"in {done.lesson}" if taken and not dry_run else "nothing was written"
    typer.echo(f"{taken} taken, {refused_count} refused; {where}.", err=not taken)


def _printable(line: str) -> str:
    """What a stranger's file says, without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)


def _counted(warnings: Iterable[CourseError]) -> str:
    codes = Counter(one.code for one in warnings)
    return ", ".join(f"{code} {number} times" if number > 1 else f"{code} once" for code, number in codes.items())
