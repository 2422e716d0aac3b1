"""How a reader calls a live program: its address, and the commands for a terminal. Pure; knows no process and no request."""

from __future__ import annotations

import shlex

from webapp.labs.lab import REQUEST_NUMBER, Lab, Variant, fill
from webapp.views.labs import LiveView

PREFIX = "/live/"
CROWD = 8


def view(lab: Lab, variant: Variant, *, origin: str, path: str, key: str) -> LiveView:
    """`path` is the program's root here, `/live/…/`; `origin` is where the reader finds the site."""
    usual = {parameter.name: parameter.range.default for parameter in lab.parameters}
    longest = {parameter.name: parameter.range.maximum for parameter in lab.parameters}
    keyed = f"{origin}{PREFIX}~{key}/{path.removeprefix(PREFIX)}"
    method, asked = _split(variant.request, usual)
    return LiveView(
        url=path + asked,
        address=origin + path + asked,
        method=method,
        path="/" + asked.partition("?")[0],
        key=key,
        curl=_curl(keyed, variant.request, usual),
        crowd=f"for n in {' '.join(map(str, range(1, CROWD + 1)))}; do "
        f"{_curl(keyed, variant.request, longest, '-s -o /dev/null')} & done; wait",
        alone=_curl(keyed, lab.bystander or variant.request, usual, r"-s -o /dev/null -w '%{time_total} s\n'"),
    )


def _curl(keyed: str, request: str, values: dict[str, float], options: str = "") -> str:
    method, asked = _split(request, values)
    how = "" if method == "GET" else f"-X {method}"
    return " ".join(filter(None, ("curl", options, how, shlex.quote(keyed + asked))))


def _split(request: str, values: dict[str, float]) -> tuple[str, str]:
    """The method, and path and query without the leading slash, of the first request."""
    method, path = fill(request, {**values, REQUEST_NUMBER: 1}).split(" ", 1)
    return method, path.removeprefix("/")
