"""The command line: `interleave serve | check | measure | new | import | export | version`. What only the operator can mend is one
sentence and exit code 1.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import shlex
import signal
import socket
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal, NoReturn

import typer
import uvicorn
from fastapi import FastAPI

from webapp.checking import explanation, tell
from webapp.commands import Lessons, counted, give_up, named, require_course
from webapp.course.errors import CourseErrors
from webapp.course.measuring import SECONDS_PER_LESSON
from webapp.course.stack import Folders, folders_of
from webapp.course.starter import Refused, new_course, new_course_over, new_lesson
from webapp.export import export
from webapp.importing import course_of, import_file, target_of
from webapp.labs.host import HostError
from webapp.measure import check_measured
from webapp.measure import measure as measure_course
from webapp.settings import SHIPPED, OperatorError, Settings, from_environment, is_installed, named_folders, resource

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
new = typer.Typer(no_args_is_help=True, help="Begin a lesson or a course that passes its check and shows the syntax.")
cli.add_typer(new, name="new")
cli.add_typer(export, name="export")

GRACE_SECONDS = 1
"""How long open answers may take once the site is told to stop; streams are ended before."""
BACKLOG = 2048

Seconds = Annotated[float, typer.Option(min=1, help="How long one lesson may be measured, on each loop.")]


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = None,
    lessons: Lessons = None,
    data: Annotated[Path | None, typer.Option(help="The folder for the database, made where it is missing.")] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="A PostgreSQL database instead of the file in the data folder: postgresql://user@host/name.",
            show_default=False,
        ),
    ] = None,
    own_code: Annotated[
        bool | None,
        typer.Option(
            "--own-code/--no-own-code",
            help="Let who sits at this machine edit programs in the page and run them with your rights.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the course."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        settings = from_environment(
            data=data, database=database, lessons=lessons, host=host, port=port, own_code=own_code
        )
        require_course(settings.lessons)
        listening = _listen(settings)
    except OperatorError as error:
        give_up(str(error))
    with listening:
        app = _make(settings)
        _serve(app, listening)


@cli.command()
def measure(
    lesson: Annotated[str | None, typer.Argument(help="A lesson's slug; all lessons without it.")] = None,
    lessons: Lessons = None,
    seconds: Seconds = SECONDS_PER_LESSON,
) -> None:
    """Run the labs again and again, decide every claim, and write measured.json beside each lesson."""
    try:
        settings = from_environment(lessons=lessons)
        require_course(settings.lessons)
        fine = measure_course(settings.lessons, lesson, seconds=seconds)
    except (OperatorError, HostError) as error:
        give_up(str(error))
    raise typer.Exit(0 if fine else 1)


@cli.command()
def check(
    lessons: Lessons = None,
    measure: Annotated[bool, typer.Option("--measure", help="Also run the labs: do the claims still hold?")] = False,
    seconds: Seconds = SECONDS_PER_LESSON,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for a warning, too.")] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="CODE", help="Say what a code means, with an example.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A site's data folder: are the questions as difficult as their authors said?", show_default=False
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The same of a site on this PostgreSQL database.", show_default=False),
    ] = None,
) -> None:
    """Check the course: every error and then every warning as file:line, and exit code 1 if there is an error."""
    try:
        if explain is not None:
            typer.echo(explanation(explain))
            return
        settings = from_environment(lessons=lessons)
        require_course(settings.lessons)
        errors, warnings = tell(settings.lessons, data=data, database=database or "")
        fine = not (errors or (strict and warnings))
        if measure and not errors:
            fine &= check_measured(settings.lessons, seconds=seconds)
    except (OperatorError, HostError) as error:
        give_up(str(error))
    raise typer.Exit(0 if fine else 1)


@new.command(name="lesson")
def begin_lesson(
    slug: Annotated[str, typer.Argument(help="The folder's name: small letters, digits and hyphens.")],
    lessons: Lessons = None,
) -> None:
    """Begin a lesson in a course: a folder, and its name in the last part of course.toml."""
    try:
        settings = from_environment(lessons=lessons)
        require_course(settings.lessons)
        own, *below = folders_of(settings.lessons)
        _refuse_shipped(own)
        folder = new_lesson(own, slug, _starter(), below=below)
    except (OperatorError, Refused) as error:
        give_up(str(error))
    typer.echo(
        f"The lesson is in {folder}: read its lesson.md, and look at it with interleave serve {_options(settings.lessons)}"
    )


@new.command(name="course")
def begin_course(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    over: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help=f"A course that stays as it is below yours: a folder, or `{SHIPPED}`.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Begin a course: course.toml and a first lesson, or course.toml alone where it lies over another course."""
    try:
        if over:
            require_course(named_folders(over))
            new_course_over(folder, over, _starter())
        else:
            new_course(folder, _starter())
    except (OperatorError, Refused) as error:
        give_up(str(error))
    typer.echo(f"The course is in {folder}: look at it with interleave serve {_options((folder, *(over or ())))}")


@cli.command(name="import")
def import_questions(
    file: Annotated[Path, typer.Argument(help="A file of questions, in UTF-8.")],
    into: Annotated[Path | None, typer.Option(metavar="LESSON", help="A lesson's folder, or its slug.")] = None,
    new: Annotated[str | None, typer.Option(metavar="SLUG", help="Make a lesson of this slug instead.")] = None,
    form: Annotated[
        Literal["gift", "aiken"] | None,
        typer.Option("--format", help="Without it, the file tells.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it, and write nothing.")] = False,
    lessons: Lessons = None,
) -> None:
    """Take questions from a GIFT or Aiken file into the Recall of a lesson."""
    try:
        settings = from_environment(lessons=lessons)
        folders = course_of(into, settings.lessons, named=lessons is not None)
        require_course(folders)
        _refuse_shipped(folders[0])
        fine = import_file(file, target_of(into, new, folders), folders, form=form, dry_run=dry_run)
    except (OperatorError, Refused) as error:
        give_up(str(error))
    raise typer.Exit(0 if fine else 1)


@cli.command(name="version")
def show_version() -> None:
    """Say which version this is."""
    try:
        number = version("interleave-course")
    except PackageNotFoundError:
        number = "from a checkout that is not installed"
    typer.echo(f"Interleave {number}, Python {sys.version.split()[0]}")


class Server(uvicorn.Server):
    """uvicorn, but open streams end at once when it is told to stop: a browser keeps them for as long as a run takes."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self.app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.app.state.site.stop()
        await super().shutdown(sockets)


def _serve(app: FastAPI, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        lifespan="on",
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _leave)
    typer.echo(f"Interleave is on http://{shown}:{port}  (Ctrl-C ends it)")
    site = app.state.site
    if site.authorship.needs_key:
        path = site.url("author", key=site.authorship.token)
        typer.echo(f"To edit programs in the page, open http://{shown}:{port}{path}  (keep this address to yourself)")
    try:
        with contextlib.suppress(KeyboardInterrupt):
            Server(config, app).run(sockets=[listening])
    finally:
        gc.freeze()  # else all that the course is made of is looked through once more before the process ends


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """uvicorn raises a signal again once it has shut down; a stop that somebody asked for is no failure."""
    raise SystemExit(0)


def _make(settings: Settings) -> FastAPI:
    from webapp.app import create_app

    try:
        return create_app(settings)
    except CourseErrors as error:
        for problem in error.errors:
            typer.echo(str(problem), err=True)
        give_up(f"The course in {named(settings.lessons)} cannot be served: {counted(len(error.errors), 'error')}.")
    except OperatorError as error:
        give_up(str(error))


def _starter() -> Path:
    return resource("templates") / "new"


def _refuse_shipped(own: Path) -> None:
    """An upgrade would take away what is written there."""
    if own == resource("lessons") and is_installed():
        raise OperatorError(
            "These lessons came with Interleave: begin a course of your own, interleave new course DIR, "
            f"or one over them, interleave new course DIR --over {SHIPPED}."
        )


def _options(lessons: Folders) -> str:
    """As they are typed. The shipped folder has a name that goes on being true after an upgrade."""
    names = [SHIPPED if folder == resource("lessons") else str(folder) for folder in folders_of(lessons)]
    return " ".join(f"--lessons {shlex.quote(name)}" for name in names)


def _listen(settings: Settings) -> socket.socket:
    """A listening socket, before anything slow is started. Raises OperatorError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise OperatorError(
                f"Port {settings.port} on {settings.host} is taken: stop what uses it, or give another with --port."
            ) from error
        raise OperatorError(
            f"Interleave cannot listen on {settings.host}, port {settings.port} ({(error.strerror or str(error)).lower()}): "
            "give others with --host and --port."
        ) from error
    listening.listen(BACKLOG)
    return listening
