"""Notices that files of a course changed, and loads it again once they have settled. A broken edit keeps the last good course.

A look is a scan of names, sizes and times, without opening a file. Nothing is loaded until two looks in a row saw the same, so
that a half-written file, or one that an editor has just moved away, is not taken for an edit. Times and sleep are the
caller's: the site looks every second or so, in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from webapp.course.course import Course
from webapp.course.errors import CourseError
from webapp.course.links import FILE, IMAGE_SUFFIXES, SLUG
from webapp.course.loading import load_course, read_course
from webapp.course.measured import MEASURED_FILE
from webapp.course.remembered import Remembered
from webapp.course.render import Renderer
from webapp.course.stack import COURSE_FILE, Folders, folders_of

Sight = frozenset[tuple[str, int, int, int]]
"""Path, time of the last change, size and inode of every file that matters."""


class Watch:
    """Loads the course at once (raises CourseErrors), and again whenever `look` finds it changed."""

    def __init__(
        self,
        folders: Folders,
        renderer: Renderer,
        *,
        on_course: Callable[[Course], None],
        on_errors: Callable[[tuple[CourseError, ...]], None],
    ) -> None:
        """The callbacks run in the thread that looks: `on_course` with each new course, `on_errors` once for each broken state."""
        self.folders = folders_of(folders)
        self.renderer = renderer
        self.on_course = on_course
        self.on_errors = on_errors
        self._remembered = Remembered()
        self._loaded = see(self.folders)
        self._seen = self._loaded
        self.course = load_course(self.folders, renderer, self._remembered)
        """The last good one."""
        self.errors: tuple[CourseError, ...] = ()
        """Of the last edit; none when the files are those of `course`."""
        self.warnings: tuple[CourseError, ...] = ()
        """Of the last edit."""

    def look(self) -> bool:
        """Whether the files were loaded again, with whatever result."""
        seen, before = see(self.folders), self._seen
        self._seen = seen
        if seen == self._loaded or seen != before:
            return False
        reading = read_course(self.folders, self.renderer, self._remembered)
        if see(self.folders) != seen:  # written to meanwhile: this may be of half a file
            return False
        self.errors, self.warnings = reading.errors, reading.warnings
        if reading.course is None:
            self.on_errors(reading.errors)
        else:
            self.on_course(reading.course)
            self.course = reading.course
        self._loaded = seen
        return True


def see(folders: Folders) -> Sight:
    """Only what a course is made of: an editor's own files are not seen."""
    found = []
    for folder in folders_of(folders):
        for entry in _entries(folder):
            if entry.name == COURSE_FILE:
                found.append(_row(entry))
            elif SLUG.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                found.extend(_row(file) for file in _entries(entry.path) if _matters(file.name))
    return frozenset(row for row in found if row)


def _matters(name: str) -> bool:
    return name in ("lesson.md", MEASURED_FILE) or (
        FILE.fullmatch(name) is not None and name.endswith((".py", *IMAGE_SUFFIXES))
    )


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _row(entry: os.DirEntry[str]) -> tuple[str, int, int, int] | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return (entry.path, status.st_mtime_ns, status.st_size, status.st_ino)
