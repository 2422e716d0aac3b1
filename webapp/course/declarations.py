"""What a `lab` or `figure` block declares, checked option by option. Reads no file: programs come as text.

A lab (every option at its default but `id`, `request` and `variants`):

    /// lab | Three handlers, the same wait
        id: wait
        requests: 24                          # or {default: 24, min: 1, max: 60}; a plain number may go from 1 to 100
        request: GET /report?n={n}            # {n} is the request's number; a variant may have its own
        parameters:
            delay: {label: Each one waits, unit: s, default: 0.2, min: 0.05, max: 1}
            tokens: {label: Thread tokens, default: 40, min: 1, max: 100, whole: true}      # the pool's size
        every_ms: 0                           # 0: all at once
        load: {disconnect_after: 0.1}         # callers leave, or read slowly: {read_bytes_per_second: 20000}
        bystander: GET /ping
        cost: waiting                         # or cpu: such a run goes alone
        seconds: 20
        loops: [asyncio, uvloop]              # where the claims are decided; asyncio unless told
        pythons: [all]                        # besides the one that serves; or versions
        claims:
            - wall(awaits) < 1
        variants:
            awaits: {file: awaits.py, label: Awaits, decisive: "await asyncio.sleep"}
            patient: {file: awaits.py, label: In turn, one_after_another: true}   # sends when the last one is answered
    ///

A figure:

    /// figure | What the three took
        lab: wait
        show: comparison                      # its `id` is then wait-comparison
    ///

    /// figure | This page, as your browser felt it
        show: vitals                          # of the page, so it has no lab
    ///
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace

from webapp.course.blocks import Block
from webapp.course.course import FIGURES, FIGURES_OF_THE_PAGE, Figure
from webapp.course.links import FILE
from webapp.course.options import Table, read_table
from webapp.course.report import Report, meant, nearest
from webapp.labs.claims import Claim, ClaimError
from webapp.labs.grammar import read_claim
from webapp.labs.lab import (
    ASYNCIO,
    LOOPS,
    REQUEST_NUMBER,
    TOKENS,
    Callers,
    Cost,
    Lab,
    Parameter,
    Range,
    Variant,
    placeholders,
)

BLOCK_ID = re.compile(r"[a-z][a-z0-9-]{1,63}")
VARIANT_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

USUAL_MOST_REQUESTS = 100
MOST_REQUESTS = 1000
MOST_TOKENS = 1000
MOST_SECONDS = 60.0
LONGEST_INTERVAL_MS = 10_000.0
DEFAULT_SECONDS = 20.0
CALLER_BOUNDS = {"disconnect_after": (0.01, 30.0), "read_bytes_per_second": (1000.0, 10_000_000.0)}

_PYTHON = re.compile(r"all|3\.\d{1,2}")
_PATH = re.compile(r"/(?!/)[!-~]*")
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class VariantDeclaration:
    """A variant whose program has not been read yet, with the lines of its options."""

    name: str
    label: str
    file: str
    request: str
    decisive: str | None
    file_line: int
    decisive_line: int
    one_after_another: bool


@dataclass(frozen=True, slots=True)
class LabDeclaration:
    """A lab whose programs have not been read yet.

    After an error it holds what could be read, so that more errors can be found; a course is never made of it.
    """

    id: str
    """Empty where the author wrote none."""
    id_line: int
    lab: Lab
    """With no variants."""
    variants: tuple[VariantDeclaration, ...]
    claims: tuple[Claim, ...] = ()

    def with_programs(self, variants: tuple[Variant, ...]) -> Lab:
        return replace(self.lab, variants=variants)

    @property
    def outline(self) -> Lab:
        """The lab with all its variants, and nothing in their programs."""
        return self.with_programs(
            tuple(Variant(variant.name, variant.label, variant.file, "", variant.request) for variant in self.variants)
        )


@dataclass(frozen=True, slots=True)
class FigureDeclaration:
    id: str
    id_line: int
    lab_line: int
    figure: Figure
    option_lines: Mapping[str, int]


def read_lab(block: Block, report: Report) -> LabDeclaration | None:
    """None where no option could be read at all, which the report then says."""
    before = len(report.found)
    table = _table(block, report, "a lab")
    if table is None:
        return None
    lab_id = _block_id(table)
    shared_request = _request(table, "request", table.text("request"))
    requests = _requests(table)
    names, parameters = _parameters(table)
    interval = _bounded(table, "every_ms", 0.0, 0.0, LONGEST_INTERVAL_MS)
    callers = _callers(table)
    bystander = _bystander(table)
    cost = table.choice("cost", tuple(Cost))
    seconds = _bounded(table, "seconds", DEFAULT_SECONDS, 1.0, MOST_SECONDS)
    variants = _variants(table, shared_request, names)
    _check_parameters_are_used(table, parameters, [shared_request, *(variant.request for variant in variants)])
    claims = table.texts("claims")
    loops = _some_of(table, "loops", re.compile("|".join(LOOPS)), "asyncio or uvloop")
    pythons = _some_of(table, "pythons", _PYTHON, "`all`, or versions such as `3.12`")
    table.finish()
    lab = Lab(
        id=lab_id or "",
        title=block.title,
        variants=(),
        requests=requests or Range(1, 1, 1, whole=True),
        parameters=parameters,
        interval_ms=interval,
        callers=callers,
        bystander=bystander,
        cost=Cost.CPU if cost == Cost.CPU else Cost.WAITING,
        seconds=seconds,
        loops=loops or (ASYNCIO,),
        pythons=pythons,
        line=block.line,
    )
    declared = LabDeclaration(lab.id, table.line_of("id"), lab, variants)
    if len(report.found) > before:  # a name may be missing because its own line is wrong
        return declared
    return replace(declared, claims=_claims(claims, declared.outline, report))


def read_figure(block: Block, report: Report) -> FigureDeclaration | None:
    before = len(report.found)
    table = _table(block, report, "a figure")
    if table is None:
        return None
    show = table.choice("show", tuple(FIGURES), required=True)
    of_a_lab = show not in FIGURES_OF_THE_PAGE
    lab = table.text("lab", required=True) if of_a_lab else ""
    table.asked.append("id")
    figure_id = _block_id(table) if "id" in table else "-".join(filter(None, (lab, show)))
    options = {name: value for name in FIGURES.get(show or "", ()) if (value := table.text(name)) is not None}
    table.finish()
    if len(report.found) > before or not (figure_id and show) or lab is None:
        return None
    figure = Figure(figure_id, lab, show, block.title, options, block.line)
    lines = {name: table.line_of(name) for name in options}
    return FigureDeclaration(figure_id, table.line_of("id"), table.line_of("lab"), figure, lines)


def explained(error: ClaimError) -> str:
    """What is wrong with a claim or a bound number, with the nearest right name where a name is the reason."""
    return f"{error}: {meant(error.name, error.known)}" if error.name else str(error)


def _claims(texts: tuple[tuple[int, str], ...], lab: Lab, report: Report) -> tuple[Claim, ...]:
    found = []
    for line, text in texts:
        try:
            found.append(read_claim(text, lab, line=line))
        except ClaimError as error:
            report.add(line, "E40", explained(error))
    return tuple(found)


def _some_of(table: Table, key: str, fit: re.Pattern[str], known: str) -> tuple[str, ...]:
    values = table.texts(key)
    for line, value in values:
        if not fit.fullmatch(value):
            table.report.add(line, "E01", f"`{value}` in `{key}` of {table.subject} is not {known}")
    return tuple(dict.fromkeys(value for _, value in values))


def _table(block: Block, report: Report, subject: str) -> Table | None:
    """The block's options, all of them indented by four spaces or more."""
    if not block.title:
        report.add(block.line, "E01", f"{subject} has a title: `/// {block.name} | Title`")
    inside = [line if line.strip() else "" for line in block.lines[1:-1]]
    loose = [number for number, line in enumerate(inside, block.line + 1) if line and not line.startswith("    ")]
    for number in loose:
        report.add(number, "E01", f"{subject} holds nothing but options, indented by four spaces")
    if loose:
        return None
    return read_table(
        textwrap.dedent("\n".join(inside)),
        report,
        line=block.line,
        first_line=block.line + 1,
        subject=subject,
        code="E01",
    )


def _block_id(table: Table) -> str | None:
    block_id = table.text("id")
    if block_id is None:
        if "id" not in table:
            table.report.add(table.line, "E03", f"{table.subject} has no `id`")
        return None
    if not BLOCK_ID.fullmatch(block_id):
        message = f"the id `{block_id}` is not 2 to 64 small letters, digits and hyphens, a letter first"
        table.report.add(table.line_of("id"), "E03", message)
        return None
    return block_id


def _requests(table: Table) -> Range | None:
    if not table.is_table("requests"):
        count = table.number("requests", required=True)
        if count is None:
            return None
        if count != int(count) or not 1 <= count <= MOST_REQUESTS:
            table.wrong("requests", f"`requests` is a whole number from 1 to {MOST_REQUESTS}, not {count:g}")
            return None
        return Range(count, 1, max(USUAL_MOST_REQUESTS, count), whole=True)
    inner = table.table("requests", "`requests`")
    if inner is None:
        return None
    found = _range(inner, whole=True, lowest=1, highest=MOST_REQUESTS)
    inner.finish()
    return found


def _parameters(table: Table) -> tuple[frozenset[str], tuple[Parameter, ...]]:
    """The names of all that are there, and those without an error."""
    inner = table.table("parameters", "`parameters`")
    if inner is None:
        return frozenset(), ()
    found = []
    for name, options in inner.tables("the parameter"):
        inner.asked.append(name)
        label = options.text("label", required=True)
        unit = options.text("unit") or ""
        whole = options.flag("whole")
        if not PARAMETER_NAME.fullmatch(name):
            inner.wrong(
                name, f"the parameter name `{name}` is not small letters, digits and underscores, a letter first"
            )
        elif name == REQUEST_NUMBER:
            inner.wrong(name, f"`{name}` is every request's own number: choose another name")
        bounds = (1, MOST_TOKENS) if name == TOKENS else (None, None)
        values = _range(options, whole=whole or name == TOKENS, lowest=bounds[0], highest=bounds[1])
        options.finish()
        if label and values:
            found.append(Parameter(name, label, values, unit))
    return frozenset(inner.entries), tuple(found)


def _range(table: Table, *, whole: bool, lowest: float | None = None, highest: float | None = None) -> Range | None:
    """`default`, `min` and `max`, in that order of size."""
    default = table.number("default", required=True)
    minimum = table.number("min", required=True)
    maximum = table.number("max", required=True)
    if default is None or minimum is None or maximum is None:
        return None
    fine = True
    for key, value in (("default", default), ("min", minimum), ("max", maximum)):
        if whole and value != int(value):
            table.wrong(key, f"`{key}` of {table.subject} is a whole number, not {value:g}")
            fine = False
        elif (lowest is not None and value < lowest) or (highest is not None and value > highest):
            table.wrong(key, f"`{key}` of {table.subject} lies from {lowest:g} to {highest:g}, not at {value:g}")
            fine = False
    if fine and minimum > maximum:
        table.wrong("min", f"`min` of {table.subject} is more than its `max`: {minimum:g} > {maximum:g}")
    elif fine and not minimum <= default <= maximum:
        table.wrong("default", f"`default` of {table.subject} lies outside {minimum:g} to {maximum:g}: {default:g}")
    elif fine:
        return Range(default, minimum, maximum, whole=whole)
    return None


def _bounded(table: Table, key: str, default: float, minimum: float, maximum: float) -> float:
    value = table.number(key)
    if value is None:
        return default
    if not minimum <= value <= maximum:
        table.wrong(key, f"`{key}` lies from {minimum:g} to {maximum:g}, not at {value:g}")
        return default
    return value


def _callers(table: Table) -> Callers:
    inner = table.table("load", "`load`")
    if inner is None:
        return Callers()
    found = {key: inner.number(key) for key in CALLER_BOUNDS}
    for key, (least, most) in CALLER_BOUNDS.items():
        value = found[key]
        if value is not None and not least <= value <= most:
            inner.wrong(key, f"`{key}` of `load` lies from {least:g} to {most:g}, not at {value:g}")
            found[key] = None
    if not any(key in inner for key in CALLER_BOUNDS):
        inner.report.add(table.line_of("load"), "E01", "`load` says how callers behave: " + " or ".join(CALLER_BOUNDS))
    inner.finish()
    return Callers(**found)


def _bystander(table: Table) -> str | None:
    request = _request(table, "bystander", table.text("bystander"))
    if request and placeholders(request):
        table.report.add(table.line_of("bystander"), "E27", "the bystander is one small request without placeholders")
        return None
    return request


def _variants(table: Table, shared_request: str | None, parameters: frozenset[str]) -> tuple[VariantDeclaration, ...]:
    inner = table.table("variants", "`variants`", required=True)
    if inner is None:
        return ()
    if not inner.entries:
        table.wrong("variants", f"{table.subject} has at least one variant")
    if shared_request and "request" in table:
        _check_placeholders(table, "request", shared_request, parameters)
    found: list[VariantDeclaration] = []
    for name, options in inner.tables("the variant"):
        inner.asked.append(name)
        if not VARIANT_NAME.fullmatch(name):
            inner.wrong(name, f"the variant name `{name}` is not small letters, digits and hyphens, a letter first")
        if "request" not in table and "request" not in options:
            table.report.add(options.line, "E27", f"{options.subject} has no `request`, and the lab has none either")
        variant = _variant(name, options, shared_request, parameters)
        options.finish()
        if variant:
            _check_twins(inner, variant, found)
            found.append(variant)
    return tuple(found)


def _variant(name: str, options: Table, shared: str | None, parameters: frozenset[str]) -> VariantDeclaration | None:
    file = options.text("file", required=True)
    label = options.text("label", required=True)
    request = _request(options, "request", options.text("request"))
    decisive = options.text("decisive")
    in_turn = options.flag("one_after_another")
    if file is not None and not (FILE.fullmatch(file) and file.endswith(".py")):
        options.report.add(
            options.line_of("file"),
            "E22",
            f"`{file}` is not a plain file name such as `holds.py` in the lesson's folder",
        )
        file = None
    if request:
        _check_placeholders(options, "request", request, parameters)
    if file is None or label is None:
        return None
    lines = options.line_of("file"), options.line_of("decisive")
    return VariantDeclaration(name, label, file, request or shared or "", decisive, *lines, in_turn)


def _check_twins(table: Table, variant: VariantDeclaration, others: list[VariantDeclaration]) -> None:
    for other in others:
        if other.label == variant.label:
            table.wrong(
                variant.name, f"the variants `{other.name}` and `{variant.name}` share the label `{variant.label}`"
            )


def _request(table: Table, key: str, request: str | None) -> str | None:
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


def _check_placeholders(table: Table, key: str, request: str, parameters: frozenset[str]) -> None:
    known = (REQUEST_NUMBER, *sorted(parameters))
    for name in dict.fromkeys(placeholders(request)):
        if name not in known:
            table.report.add(table.line_of(key), "E27", f"unknown placeholder `{{{name}}}`: {meant(name, known)}")


def _check_parameters_are_used(table: Table, parameters: tuple[Parameter, ...], requests: list[str | None]) -> None:
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
