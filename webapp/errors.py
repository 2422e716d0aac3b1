"""One table: what an error of the domain means to whoever asked. The words of error pages stand in `error.html`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from quiz.errors import ResponseError
from quiz.reports import NotAsked
from webapp.analysis import AuthorsOnly
from webapp.engines import reason
from webapp.forwarding import NoAnswer
from webapp.identity import Forgotten, TooManyNewcomers
from webapp.labs.host import QueueFull, UnknownRun
from webapp.labs.lab import OutOfRange, UnknownChoice
from webapp.labs.rooms import ProgramBusy, RoomsFull
from webapp.labs.served import NotServed
from webapp.page import Page
from webapp.settings import OperatorError
from webapp.site import Site, path_of, theme_of, wants_json, wants_text

log = logging.getLogger("interleave")

TABLE: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (OutOfRange, HTTPStatus.UNPROCESSABLE_ENTITY, "out-of-range"),
    (UnknownChoice, HTTPStatus.UNPROCESSABLE_ENTITY, "unknown-choice"),
    (ResponseError, HTTPStatus.UNPROCESSABLE_ENTITY, "response"),
    (UnknownRun, HTTPStatus.NOT_FOUND, "run"),
    (NotAsked, HTTPStatus.NOT_FOUND, "not-asked"),
    (AuthorsOnly, HTTPStatus.FORBIDDEN, "authors"),
    (Forgotten, HTTPStatus.CONFLICT, "forgotten"),
    (QueueFull, HTTPStatus.TOO_MANY_REQUESTS, "queue-full"),
    (ProgramBusy, HTTPStatus.SERVICE_UNAVAILABLE, "program-busy"),
    (TooManyNewcomers, HTTPStatus.TOO_MANY_REQUESTS, "newcomers"),
    (DataError, HTTPStatus.UNPROCESSABLE_ENTITY, "unstorable"),
)
DETAILS = {
    "unstorable": "What was sent holds a character that cannot be stored.",
    "not-asked": "Your attempt at this quiz has no such question.",
    "run": "There is no such run, or it is no longer kept.",
    "forgotten": "All that was stored of you was deleted while this was on its way, so nothing of it was stored.",
    "newcomers": "Too many new readers came from this address within a minute.",
    "database": "The database cannot be used at this moment, so nothing was stored.",
}
RETRY_AFTER_SECONDS = {"queue-full": 10, "newcomers": 60, "program-busy": 5, "database": 5}


def install(app: FastAPI) -> None:
    for kind, status, code in TABLE:
        app.add_exception_handler(kind, _handler(status, code))
    app.add_exception_handler(OperationalError, _no_database)
    app.add_exception_handler(InterfaceError, _no_database)
    app.add_exception_handler(OperatorError, _no_database)
    app.add_exception_handler(RoomsFull, _rooms_full)
    app.add_exception_handler(NotServed, _not_served)
    app.add_exception_handler(NoAnswer, _no_answer)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Exception, _unexpected)


def _handler(status: HTTPStatus, code: str):  # type: ignore[no-untyped-def]  # Starlette's own alias is not public
    async def handle(request: Request, error: Exception) -> Response:
        return answer(request, status, code, DETAILS.get(code) or str(error))

    return handle


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # the handler is registered for nothing else
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != phrase else ""
    return answer(request, HTTPStatus(error.status_code), "", detail, headers=dict(error.headers or {}))


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # the handler is registered for nothing else
    problems = "; ".join(f"{'.'.join(map(str, problem['loc'][1:]))}: {problem['msg']}" for problem in error.errors())
    return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, "", problems)


async def _no_database(request: Request, error: Exception) -> Response:
    """A server that is stopped, a disk that is full: the operator's to mend, and told to them in one line."""
    if getattr(getattr(error, "orig", None), "sqlite_errorname", "") == "SQLITE_ERROR":
        raise error  # a statement that it cannot take is a mistake of ours
    why = reason(error) if isinstance(error, DBAPIError) else error
    log.error("The database cannot be used (%s); %s was answered with 503.", why, request.url.path)
    return answer(request, HTTPStatus.SERVICE_UNAVAILABLE, "database", DETAILS["database"])


async def _rooms_full(request: Request, error: Exception) -> Response:
    assert isinstance(error, RoomsFull)  # noqa: S101  # the handler is registered for nothing else
    after = {"retry-after": str(error.seconds)}
    return answer(request, HTTPStatus.SERVICE_UNAVAILABLE, "rooms-full", str(error), headers=after)


async def _not_served(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotServed)  # noqa: S101  # the handler is registered for nothing else
    detail = f"{error.file} could not be started."
    return answer(request, HTTPStatus.BAD_GATEWAY, "not-served", detail, failure=error.failure, file=error.file)


async def _no_answer(request: Request, error: Exception) -> Response:
    assert isinstance(error, NoAnswer)  # noqa: S101  # the handler is registered for nothing else
    status = HTTPStatus.GATEWAY_TIMEOUT if error.late else HTTPStatus.BAD_GATEWAY
    return answer(request, status, "no-answer", str(error))


async def _unexpected(request: Request, error: Exception) -> Response:
    """Starlette raises the error again after this answer, so that it reaches the log with its traceback."""
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "", "")


def answer(
    request: Request,
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    failure: Mapping[str, Any] | None = None,
    file: str = "",
) -> Response:
    """An error as JSON for a script, as text for curl at a live program, else as a page that knows of the reader only the theme.

    `failure` is why the program in `file` could not be started.
    """
    fields = {**(headers or {}), "cache-control": "no-store"}
    detail = detail.encode(errors="replace").decode()  # it may repeat what was sent, which need not be text
    if code in RETRY_AFTER_SECONDS:
        fields["retry-after"] = str(RETRY_AFTER_SECONDS[code])
    if wants_json(request):
        told = {"detail": detail or status.phrase} | ({"failure": dict(failure)} if failure else {})
        return JSONResponse(told, status, fields)
    if wants_text(request):
        lines = [detail or status.phrase, *((failure["message"], failure["traceback"]) if failure else ())]
        return PlainTextResponse("\n".join(filter(None, lines)).rstrip() + "\n", status, fields)
    site: Site = request.app.state.site
    theme = theme_of(request)
    html = site.library.templates.get_template("error.html").render(
        status=int(status), code=code, detail=detail, path=request.url.path, failure=failure, file=file
    )
    switch = site.library.templates.get_template("_theme.html").render(theme=theme, back=path_of(request))
    holes = {"theme-name": theme, "theme": switch, "due": "", "authoring": ""}
    return Response(Page.split(html).fill(holes.__getitem__).body, status, fields, "text/html; charset=utf-8")
