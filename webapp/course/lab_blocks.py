"""What a `lab` block declares, checked option by option. Reads no file: programs come as text.

Every option at its default but `id`, `request` and `variants`:

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
"""

from __future__ import annotations

import re
from dataclasses import replace

from webapp.course.block_options import id_of, options_of
from webapp.course.blocks import Block
from webapp.course.claimed import claims_of
from webapp.course.declarations import LabDeclaration, VariantDeclaration
from webapp.course.links import FILE
from webapp.course.options import Table
from webapp.course.ranges import bounded, callers_of, parameters_of, request_range
from webapp.course.report import Report
from webapp.course.request_templates import check_parameters_are_used, check_placeholders, request_of
from webapp.labs.lab import ASYNCIO, LOOPS, Cost, Lab, Range, placeholders

VARIANT_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")

MOST_SECONDS = 60.0
LONGEST_INTERVAL_MS = 10_000.0
DEFAULT_SECONDS = 20.0

_PYTHON = re.compile(r"all|3\.\d{1,2}")


def read_lab(block: Block, report: Report) -> LabDeclaration | None:
    """None where no option could be read at all, which the report then says."""
    before = len(report.found)
    table = options_of(block, report, "a lab")
    if table is None:
        return None
    lab_id = id_of(table)
    shared_request = request_of(table, "request", table.text("request"))
    requests = request_range(table)
    names, parameters = parameters_of(table)
    interval = bounded(table, "every_ms", 0.0, 0.0, LONGEST_INTERVAL_MS)
    callers = callers_of(table)
    bystander = _bystander(table)
    cost = table.choice("cost", tuple(Cost))
    seconds = bounded(table, "seconds", DEFAULT_SECONDS, 1.0, MOST_SECONDS)
    variants = _variants(table, shared_request, names)
    check_parameters_are_used(table, parameters, [shared_request, *(variant.request for variant in variants)])
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
    return replace(declared, claims=claims_of(claims, declared.outline, report))


def _some_of(table: Table, key: str, fit: re.Pattern[str], known: str) -> tuple[str, ...]:
    values = table.texts(key)
    for line, value in values:
        if not fit.fullmatch(value):
            table.report.add(line, "E01", f"`{value}` in `{key}` of {table.subject} is not {known}")
    return tuple(dict.fromkeys(value for _, value in values))


def _bystander(table: Table) -> str | None:
    request = request_of(table, "bystander", table.text("bystander"))
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
        check_placeholders(table, "request", shared_request, parameters)
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
    request = request_of(options, "request", options.text("request"))
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
        check_placeholders(options, "request", request, parameters)
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
