"""What a lab asks its programs for: a method, a path, and placeholders for the request's number and the parameters."""

from __future__ import annotations

import re

from webapp.course.options import Table
from webapp.course.report import meant, nearest
from webapp.labs.lab import REQUEST_NUMBER, TOKENS, Parameter, placeholders

PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

_PATH = re.compile(r"/(?!/)[!-~]*")
_FIELD = re.compile(r"\{([^{}]*)\}")


def request_of(table: Table, key: str, request: str | None) -> str | None:
    """The template, unless it is malformed: a method, a space, a path of printable characters, plain placeholders."""
    if request is None:
        return None
    method, _, path = request.partition(" ")
    problem = ""
    if method not in METHODS:
        problem = f"`{request}` does not begin with a method: {meant(method, METHODS)}"
    elif not _PATH.fullmatch(path):
        problem = f"`{request}` is not a method, one space and a path such as `/report?n={{n}}`"
    elif left := _FIELD.sub("", path).count("{") + _FIELD.sub("", path).count("}"):
        problem = f"{left} brace{'s' if left > 1 else ''} of `{request}` without a partner"
    elif odd := [name for name in _FIELD.findall(path) if not PARAMETER_NAME.fullmatch(name)]:
        problem = f"`{{{odd[0]}}}` is not a placeholder: a name and nothing else stands between the braces"
    if problem:
        table.report.add(table.line_of(key), "E27", problem)
        return None
    return request


def check_placeholders(table: Table, key: str, request: str, parameters: frozenset[str]) -> None:
    known = (REQUEST_NUMBER, *sorted(parameters))
    for name in dict.fromkeys(placeholders(request)):
        if name not in known:
            table.report.add(table.line_of(key), "E27", f"unknown placeholder `{{{name}}}`: {meant(name, known)}")


def check_parameters_are_used(table: Table, parameters: tuple[Parameter, ...], requests: list[str | None]) -> None:
    named = {name for request in requests if request for name in placeholders(request)}
    # A misspelt placeholder is told once, as what it is.
    used = named | {nearest(name, [parameter.name for parameter in parameters]) for name in named}
    inner = table.table("parameters", "`parameters`") if parameters else None
    for parameter in parameters:
        if inner and parameter.name not in (TOKENS, REQUEST_NUMBER) and parameter.name not in used:
            line = inner.line_of(parameter.name)
            table.report.add(
                line, "E27", f"the parameter `{parameter.name}` is in no request: write `{{{parameter.name}}}`"
            )
