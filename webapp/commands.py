"""What the commands share: which folders hold the course, how they count, and how they give up in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from webapp.course.stack import COURSE_FILE, Folders, folders_of
from webapp.settings import SHIPPED, OperatorError

Lessons = Annotated[
    list[Path] | None,
    typer.Option(
        help="The folder with course.toml and the lessons. Given several times: folders over each other, the top one first; "
        f"`{SHIPPED}` is the course that came with Interleave.",
        show_default=False,
    ),
]


def require_course(lessons: Folders) -> None:
    """Raises OperatorError."""
    for folder in folders_of(lessons):
        if not folder.is_dir():
            raise OperatorError(f"There is no lesson folder {folder}: give one with --lessons.")
        if not (folder / COURSE_FILE).is_file():
            raise OperatorError(
                f"The folder {folder} has no course.toml, so it is no course: give another with --lessons."
            )


def named(lessons: Folders) -> str:
    return " over ".join(map(str, folders_of(lessons)))


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def give_up(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
