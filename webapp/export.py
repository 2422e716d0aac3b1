"""`interleave export`: questions for other systems, marks and responses for those who teach. It reads the course and the
database and changes neither, also while a site serves them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from quiz.interchange import gift_writer
from quiz.interchange.carries import cell
from quiz.interchange.gradebook import Person, RosterError, canvas_csv, moodle_csv, read_roster, unmatched
from quiz.interchange.responses import dictionary_csv
from webapp import interchange
from webapp.commands import Lessons, counted, give_up, named, require_course
from webapp.course.course import Course
from webapp.course.loading import read_course
from webapp.course.render import Renderer
from webapp.settings import OperatorError, Settings, from_environment
from webapp.snapshot import snapshot
from webapp.written_file import STANDARD_OUTPUT, write_file

export = typer.Typer(no_args_is_help=True, help="Write the course's questions, marks or responses for another system.")

MOST_NAMED = 20
"""Learners that are named one by one."""


class Gradebook(StrEnum):
    CANVAS = "canvas"
    MOODLE = "moodle"


Data = Annotated[
    Path | None, typer.Option(help="The data folder of the site, which may be running.", show_default=False)
]
Database = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="The PostgreSQL database of the site, if that is where it keeps them.",
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option(help="The file to write; `-` is the standard output.")]
Package = Annotated[Path, typer.Option(help="The file to write, a zip.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]


@export.command()
def qti(out: Package, lessons: Lessons = None, force: Force = False) -> None:
    """The questions as a QTI 2.1 package, for Canvas and others: one test a lesson or quiz."""
    if out == STANDARD_OUTPUT:
        give_up("A package is no text: give a file with --out.")
    settings = _settings(None, lessons)
    course = _course(settings)
    made = interchange.qti_package(course, interchange.authors_numbers(course))
    _write(out, [made.data], force)
    for one in made.left_out:
        typer.echo(f"{one.item} {one.what}", err=True)
    for quiz in interchange.drawn(course):
        typer.echo(f"the quiz {quiz.slug} is left out: each attempt draws its items anew", err=True)
    whole = sum(one.is_whole for one in made.left_out)
    items = sum(len(lesson.items) for lesson in course.lessons)
    typer.echo(f"{out}: {counted(items - whole, 'question')}, {whole} left out whole", err=True)


@export.command()
def gift(out: Out = STANDARD_OUTPUT, lessons: Lessons = None, force: Force = False) -> None:
    """The questions as GIFT, for Moodle and others."""
    course = _course(_settings(None, lessons))
    made = gift_writer.write(item for lesson in course.lessons for item in lesson.items)
    _write(out, [made.text.encode()], force)
    for one in made.left_out:
        typer.echo(f"{one.item} without {one.what}: {cell(one.feature, 'gift').reason}", err=True)


@export.command()
def gradebook(
    system: Annotated[Gradebook, typer.Option("--for", help="Whose format.")] = Gradebook.CANVAS,
    roster: Annotated[
        Path | None,
        typer.Option(help="A CSV file, id,name,sis id,login,section: who the learners are.", show_default=False),
    ] = None,
    out: Out = STANDARD_OUTPUT,
    data: Data = None,
    database: Database = None,
    lessons: Lessons = None,
    force: Force = False,
) -> None:
    """The marks, one row a learner and one column a lesson or quiz, for a gradebook.

    Nothing is written here: an attempt whose time is over counts once its learner has looked at it again, or an author has
    downloaded the marks from the site.
    """
    settings = _settings(data, lessons, database)
    people = _roster(roster)
    course = _course(settings)
    try:
        with snapshot(settings.data, settings.database) as session:
            columns, marks = interchange.gradebook_of(session, course)
    except OperatorError as error:
        give_up(str(error))
    text = canvas_csv if system is Gradebook.CANVAS else moodle_csv
    _write(out, _encoded(text(columns, marks, people)), force)
    if roster is not None:
        strangers, absent = unmatched(marks, people)
        _name("has marks and is not in the roster", strangers)
        _name("is in the roster and has no mark", absent)


@export.command()
def responses(
    out: Out = STANDARD_OUTPUT,
    dictionary: Annotated[
        Path | None, typer.Option(help="A second file, which says what each column holds.", show_default=False)
    ] = None,
    data: Data = None,
    database: Database = None,
    lessons: Lessons = None,
    force: Force = False,
) -> None:
    """Every response, one row each, under pseudonyms: CSV for an analysis of your own."""
    settings = _settings(data, lessons, database)
    course = _course(settings)
    try:
        with snapshot(settings.data, settings.database) as session:
            write_file(out, _encoded(interchange.responses(session, course)), force=force)
    except OperatorError as error:
        give_up(str(error))
    if dictionary is not None:
        _write(dictionary, _encoded(dictionary_csv()), force)


@export.command()
def xapi(
    out: Out = STANDARD_OUTPUT,
    site: Annotated[
        str | None, typer.Option(help="The site's address: the home of its learners' accounts.", show_default=False)
    ] = None,
    with_keys: Annotated[bool, typer.Option("--with-keys", help="Tell the right answers as well.")] = False,
    data: Data = None,
    database: Database = None,
    lessons: Lessons = None,
    force: Force = False,
) -> None:
    """What learners did as xAPI statements, one a line, for a learning record store."""
    settings = _settings(data, lessons, database)
    home = site or f"http://{settings.host}:{settings.port}"
    if not home.startswith(("http://", "https://")):
        give_up(f"{home} is no address of a site: give one that begins with http:// or https:// with --site.")
    course = _course(settings)
    try:
        with snapshot(settings.data, settings.database) as session:
            lines = interchange.xapi(session, course, home=home, with_keys=with_keys)
            write_file(out, _encoded(lines), force=force)
    except OperatorError as error:
        give_up(str(error))


def _settings(data: Path | None, lessons: list[Path] | None, database: str | None = None) -> Settings:
    try:
        settings = from_environment(data=data, database=database, lessons=lessons)
        require_course(settings.lessons)
    except OperatorError as error:
        give_up(str(error))
    return settings


def _course(settings: Settings) -> Course:
    with Renderer() as renderer:
        reading = read_course(settings.lessons, renderer)
    if reading.course is None:
        for problem in reading.errors:
            typer.echo(str(problem), err=True)
        give_up(f"The course in {named(settings.lessons)} cannot be exported: {counted(len(reading.errors), 'error')}.")
    return reading.course


def _roster(path: Path | None) -> dict[str, Person]:
    if path is None:
        return {}
    try:
        return read_roster(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        give_up(
            f"The roster {path} cannot be read ({(error.strerror or str(error)).lower()}): give another with --roster."
        )
    except UnicodeDecodeError:
        give_up(f"The roster {path} is not in UTF-8: save it so, or give another with --roster.")
    except RosterError as problem:
        give_up(f"The roster {path} cannot be used: {problem}.")


def _write(out: Path, parts: Iterable[bytes], force: bool) -> None:
    try:
        write_file(out, parts, force=force)
    except OperatorError as error:
        give_up(str(error))


def _encoded(texts: Iterable[str]) -> Iterable[bytes]:
    return (text.encode() for text in texts)


def _name(what: str, learners: tuple[str, ...]) -> None:
    for learner in learners[:MOST_NAMED]:
        typer.echo(f"{learner} {what}", err=True)
    if len(learners) > MOST_NAMED:
        typer.echo(f"and {counted(len(learners) - MOST_NAMED, 'more learner')} of whom that is true", err=True)
