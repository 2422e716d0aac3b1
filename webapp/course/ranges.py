"""What a reader may change of a lab, and how far: the number of requests, parameters, how callers behave."""

from __future__ import annotations

from webapp.course.options import Table
from webapp.course.request_templates import PARAMETER_NAME
from webapp.labs.lab import REQUEST_NUMBER, TOKENS, Callers, Parameter, Range

USUAL_MOST_REQUESTS = 100
MOST_REQUESTS = 1000
MOST_TOKENS = 1000
CALLER_BOUNDS = {"disconnect_after": (0.01, 30.0), "read_bytes_per_second": (1000.0, 10_000_000.0)}


def request_range(table: Table) -> Range | None:
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


def parameters_of(table: Table) -> tuple[frozenset[str], tuple[Parameter, ...]]:
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


def bounded(table: Table, key: str, default: float, minimum: float, maximum: float) -> float:
    value = table.number(key)
    if value is None:
        return default
    if not minimum <= value <= maximum:
        table.wrong(key, f"`{key}` lies from {minimum:g} to {maximum:g}, not at {value:g}")
        return default
    return value


def callers_of(table: Table) -> Callers:
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
