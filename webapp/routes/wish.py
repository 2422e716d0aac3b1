"""What was asked of `POST /runs`, from a form or from JSON, before the lab has looked at it.

The fields `program` and `token` exist only where the site runs programs of readers' own; elsewhere they are unknown like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException, Request

PARAMETER = "parameter-"
"""Before a parameter's name in a form, so that no parameter can be taken for a field of the run."""
FIELDS = frozenset({"lesson", "lab", "variant", "requests", "parameters"})
OWN = frozenset({"program", "token"})
MAX_PROGRAM_BYTES = 32 * 1024
"""A tenth of it is a long lab program; a request may have twice as much."""


class Wish:
    def __init__(self, fields: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        self.lesson = _text(fields, "lesson")
        self.lab = _text(fields, "lab")
        self.variant = _text(fields, "variant")
        self.requests = None if fields.get("requests") == "" else fields.get("requests")
        self.parameters = parameters
        self.program = _program(fields) if "program" in fields else None
        self.token = fields.get("token") if isinstance(fields.get("token"), str) else None


async def wish(request: Request, *, own_code: bool) -> Wish:
    """Raises HTTPException 422 for what is neither a form nor a JSON object with these fields."""
    unknown = frozenset() if own_code else OWN
    if not request.headers.get("content-type", "").startswith("application/json"):
        form = await request.form()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        chosen = {name.removeprefix(PARAMETER): value for name, value in fields.items() if name.startswith(PARAMETER)}
        _refuse(fields.keys() & unknown)
        return Wish(fields, chosen)
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise HTTPException(422, "The body is not JSON.") from None
    if not isinstance(body, dict) or not isinstance(body.get("parameters") or {}, dict):
        raise HTTPException(
            422, "The body is an object with lesson, lab, variant, and perhaps requests and parameters."
        )
    _refuse(body.keys() - (FIELDS | OWN - unknown))
    return Wish(body, body.get("parameters") or {})


def _refuse(unknown: set[str]) -> None:
    if unknown:
        raise HTTPException(422, f"A run has no field {min(unknown)!r}.")


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise HTTPException(422, f"A run needs the field {name!r}.")
    return value


def _program(fields: Mapping[str, Any]) -> str:
    """The program with the line ends that files here have: a form sends others."""
    text = _text(fields, "program").replace("\r\n", "\n")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise HTTPException(422, "The program is no text.") from None
    if size > MAX_PROGRAM_BYTES:
        raise HTTPException(422, f"A program may have {MAX_PROGRAM_BYTES:,} bytes, and this one has {size:,}.")
    return text
