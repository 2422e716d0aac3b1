"""Reads what lies in a course's folder, and replaces a text there: plain files with plain names, nothing that leads out of it.

A name from an author is never followed through a symbolic link, and never opened before it has been looked at.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from webapp.course.links import FILE, IMAGE_SUFFIXES
from webapp.course.report import Report

LARGEST_TEXT_BYTES = 200_000
LARGEST_IMAGE_BYTES = 5_000_000


class Unreadable(Exception):
    """Why a file is not taken, as the end of a sentence about it."""


def read_bytes(path: Path, largest: int = LARGEST_TEXT_BYTES) -> bytes:
    """Raises Unreadable for what is missing, no plain file, or too large."""
    try:
        # O_NONBLOCK: opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unreadable("is missing") from None
    except OSError as problem:
        if path.is_symlink():
            raise Unreadable("is a symbolic link; put the file itself there") from None
        raise Unreadable(f"cannot be opened: {problem.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unreadable("is no plain file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(largest + 1)
    finally:
        os.close(descriptor)
    if len(data) > largest:
        raise Unreadable(f"is larger than {largest // 1000} KB")
    return data


def read_lines(path: Path, report: Report) -> list[str] | None:
    """The lines of a text in UTF-8, whatever ends them; None where there is no such text, which is then reported."""
    try:
        data = read_bytes(path)
    except Unreadable as problem:
        report.add(1, "E22" if "missing" in str(problem) or "link" in str(problem) else "E23", f"{path.name} {problem}")
        return None
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start + (len(data) - len(problem.object))) + 1
        report.add(line, "E23", f"byte 0x{problem.object[problem.start]:02x} is not UTF-8: save the file as UTF-8")
        return None
    if not text.strip():
        report.add(1, "E23", f"{path.name} is empty")
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def plain_files(folder: Path) -> dict[str, Path]:
    """Programs and images beside a lesson, by name. Others, links and odd names are not there."""
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                fits = FILE.fullmatch(entry.name) and entry.name.endswith((".py", *IMAGE_SUFFIXES))
                if fits and entry.is_file(follow_symlinks=False):
                    found[entry.name] = folder / entry.name
    except OSError:
        return {}
    return dict(sorted(found.items()))


def replace_text(path: Path, text: str) -> None:
    """In one step, so that a site which watches the folder never reads half of it, and what ends in between leaves the old text.

    Raises OSError.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # of a writing that was ended, or a link that somebody put there
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, fresh)
        os.replace(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
