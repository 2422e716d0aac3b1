"""Begins a lesson or a course: copies the starter that ships with the project, a course of one lesson that teaches the syntax.

Nothing that is there is overwritten, and nothing is left behind where it could not be done: a lesson's folder appears whole, then
course.toml lists it. Whoever makes a lesson has the course to itself (`writing_in`) from the first look at what is free.
What stands in the way is a `Refused`, one sentence that says what to do.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from webapp.course.alone import Busy, alone_in
from webapp.course.contents import Unlisted, with_lesson
from webapp.course.drafts import LESSON_FILE, read_draft
from webapp.course.files import Unreadable, read_bytes, replace_text
from webapp.course.links import SLUG
from webapp.course.manifest import COURSE_ID
from webapp.course.report import Report
from webapp.course.stack import COURSE_FILE, lesson_folders, place_of, read_stack

OVER_FILE = "over.toml"
"""The starter's course.toml for a folder over another course."""
FIRST = "first-lesson"
"""The starter's lesson; every id in it begins so."""
LONGEST_SLUG = 40
"""Ids are made from a slug, and they are 64 characters long at the most."""

_SKILL_LINE = re.compile(r"^    skill: .*\n", re.MULTILINE)
_MISCONCEPTION = re.compile(r"(?<=\w) ~async-frees(?=\})")


class Refused(Exception):
    """What stands in the way, as one sentence for the author."""


def new_course(folder: Path, starter: Path) -> None:
    """A course with one lesson in a folder that is new or empty. Its id and title come from the folder's name."""
    _check_new(folder)
    course_id = _course_id(folder)
    manifest = (
        (starter / COURSE_FILE)
        .read_text()
        .replace("first-course", course_id)
        .replace("First course", title_of(course_id))
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(starter / FIRST, folder / FIRST, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / COURSE_FILE).write_text(manifest)
    except OSError as problem:
        raise Refused(f"{folder} cannot be written: {(problem.strerror or str(problem)).lower()}.") from problem


def new_course_over(folder: Path, below: Sequence[Path], starter: Path) -> None:
    """A folder, new or empty, whose course.toml says nothing yet: over another course, named as in an option, it is that course."""
    _check_new(folder)
    named = {
        "{folder}": shlex.quote(str(folder)),
        "{below}": " --lessons ".join(shlex.quote(str(path)) for path in below),
        "{title}": title_of(_course_id(folder)),
    }
    manifest = (starter / OVER_FILE).read_text()
    for name, text in named.items():
        manifest = manifest.replace(name, " ".join(text.splitlines()))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / COURSE_FILE).write_text(manifest)
    except OSError as problem:
        raise Refused(f"{folder} cannot be written: {(problem.strerror or str(problem)).lower()}.") from problem


def new_lesson(course: Path, slug: str, starter: Path, *, below: Sequence[Path] = ()) -> Path:
    """A lesson in a course's folder, listed at the end of the last part; gives the lesson's folder. `below`: what it lies over."""
    files = {path.name: path for path in sorted((starter / FIRST).iterdir()) if path.is_file()}
    with writing_in(course):
        return make_lesson(
            course, slug, lambda: {name: _renamed(path.read_text(), slug) for name, path in files.items()}, below=below
        )


@contextmanager
def writing_in(course: Path) -> Iterator[None]:
    """Keep every other command out of the course that would write there. Raises Refused."""
    with ExitStack() as held:
        try:
            held.enter_context(alone_in(course))
        except Busy as problem:
            raise Refused(str(problem)) from problem
        except OSError as problem:
            raise Refused(f"{course} cannot be opened: {(problem.strerror or str(problem)).lower()}.") from problem
        yield


def make_lesson(course: Path, slug: str, files: Callable[[], Mapping[str, str]], *, below: Sequence[Path] = ()) -> Path:
    """A lesson of these files, which are asked for when nothing stands in the way. To be called `writing_in` the course."""
    check_free(course, slug, below=below)
    manifest, folder = course / COURSE_FILE, course / slug
    try:
        source = read_bytes(manifest).decode()
        listed = with_lesson(source, slug, part=_last_part(below))
    except Unreadable as problem:
        raise Refused(f"{manifest} {problem}.") from problem
    except UnicodeDecodeError as problem:
        raise Refused(f"{manifest} is not UTF-8: save it as UTF-8.") from problem
    except Unlisted as problem:
        raise Refused(
            f'{manifest} has no part whose list can be added to: write lessons = ["{slug}"] under a [[parts]] of its own.'
        ) from problem
    if taken := _taken((course, *below), slug):
        raise Refused(f"`{taken}` is taken in this course: choose another slug.")
    try:
        # A name of its own: what was killed before may have left a folder behind, and another may be at it now.
        making = Path(tempfile.mkdtemp(prefix=f".{slug}.", dir=course))
        try:
            making.chmod(0o755)
            for name, text in files().items():
                (making / name).write_text(text, encoding="utf-8")
            making = making.rename(folder)
            if read_bytes(manifest).decode(errors="replace") != source:
                raise Refused(f"{manifest} was changed meanwhile: try again.")
            replace_text(manifest, listed)
        except BaseException:  # a lesson that is not listed would be in the way of the next attempt
            shutil.rmtree(making, ignore_errors=True)
            raise
    except Unreadable as problem:
        raise Refused(f"{manifest} {problem}.") from problem
    except OSError as problem:
        raise Refused(f"{course} cannot be written: {(problem.strerror or str(problem)).lower()}.") from problem
    return folder


def check_free(course: Path, slug: str, *, below: Sequence[Path] = ()) -> None:
    """Raises Refused for what is no slug, and for one that a folder of the course has."""
    check_slug(slug)
    folder = course / slug
    if folder.exists() or folder.is_symlink():
        if _is_unlisted((course, *below), slug):  # a command was ended between its last two steps
            raise Refused(f"{folder} is there already and in no part of {COURSE_FILE}: list it there, or delete it.")
        raise Refused(f"{folder} is there already: choose another slug.")
    if (hidden := place_of([course, *below], slug)) != folder:
        raise Refused(f"{hidden} is a lesson below: copy the folder to {folder} to replace it, or choose another slug.")


def _is_unlisted(folders: Sequence[Path], slug: str) -> bool:
    manifest = read_stack(folders, lambda path: Report(str(path))).manifest
    return manifest is not None and slug not in manifest.slugs and (folders[0] / slug / LESSON_FILE).is_file()


def _check_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} is there already and is not empty: name a new folder.")


def _course_id(folder: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    return name if COURSE_ID.fullmatch(name) else "my-course"


def _last_part(below: Sequence[Path]) -> str | None:
    """The title of the last part of what lies below, if it can be read."""
    stack = read_stack(below, lambda path: Report(str(path))) if below else None
    return stack.manifest.parts[-1].title if stack and stack.manifest and stack.manifest.parts else None


def check_slug(slug: str) -> None:
    if not SLUG.fullmatch(slug) or not slug[0].isalpha() or len(slug) > LONGEST_SLUG:
        raise Refused(
            f"{slug!r} is no slug: small letters, digits and hyphens, a letter first, {LONGEST_SLUG} characters at the most."
        )


def _renamed(text: str, slug: str) -> str:
    """The starter's text for a lesson of this slug. It names no skill and no misconception: the course has its own."""
    text = _MISCONCEPTION.sub("", _SKILL_LINE.sub("", text))
    text = text.replace(" `~async-frees` names the misconception in `course.toml`.", "")
    return text.replace(FIRST, slug).replace("First lesson", title_of(slug))


def title_of(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


def _taken(folders: Sequence[Path], slug: str) -> str | None:
    """A name that the new lesson needs and another lesson has: its slug once, or the id of a block."""
    for folder in lesson_folders(folders).values():
        draft = read_draft(folder, lambda path: Report(str(path)))
        if draft is None:
            continue
        manuscript = draft.manuscript
        names = [item.id for item in manuscript.items]
        names += [lab.id for lab in manuscript.labs] + [figure.id for figure in manuscript.figures]
        names += [old for _, old in manuscript.front.was]
        for name in names:
            if name == slug or name.startswith((f"{slug}-who-waits", f"{slug}-turns", f"{slug}-lab")):
                return name
    return None
