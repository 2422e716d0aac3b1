"""What `interleave check` prints: every error and then every warning, how many, and what a code means."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import typer

from quiz.names import unknown
from webapp.answered import answered
from webapp.commands import counted, named
from webapp.course.check import check
from webapp.course.codes import codes
from webapp.course.stack import Folders
from webapp.settings import OperatorError


def tell(folders: Folders, *, data: Path | None = None, database: str = "") -> tuple[int, int]:
    """Prints all that was found, and gives the numbers of errors and of warnings. `data` is a site's data folder, `database` the
    address of its PostgreSQL database.
    """
    asked = partial(answered, data or Path(), database=database) if data or database else None
    found = check(folders, answered_of=asked)
    for problem in found:
        typer.echo(str(problem))
    errors = sum(not problem.is_warning for problem in found)
    warnings = len(found) - errors
    typer.echo(f"{named(folders)}: {counted(errors, 'error')}, {counted(warnings, 'warning')}", err=bool(errors))
    return errors, warnings


def explanation(name: str) -> str:
    """Raises OperatorError for a code that nothing carries."""
    known = codes()
    if (code := known.get(name.upper())) is None:
        told = unknown("code", name, tuple(known))
        raise OperatorError(f"{told[:1].upper()}{told[1:]}")
    return code.explained
