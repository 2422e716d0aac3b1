"""What a prediction means for its lab: the numbers that its formulas are told, and whether lab, metric and models fit together.

The engine knows no lab and a lab knows no prediction; here the two meet. Pure.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quiz.formula import FormulaError, names_of, work_out
from quiz.measured import Measured, Setting
from webapp.course.declarations import LabDeclaration
from webapp.course.report import Report, meant
from webapp.labs.lab import TOKENS, Lab, OutOfRange, UnknownChoice

CODE = "E50"
DEFAULT_TOKENS = 40
"""AnyIO's, where a lab does not set them."""
APART = 1e-6


@dataclass(frozen=True, slots=True)
class Metric:
    unit: str
    """`s`, `per s`, or empty for a count."""
    floor: float
    """What a machine adds to a run without any meaning: so far apart, two numbers are one."""


SECONDS, COUNT = Metric("s", 0.03), Metric("", 0.5)
METRICS: Mapping[str, Metric] = {
    "wall": SECONDS,
    "p50": SECONDS,
    "p95": SECONDS,
    "max_hold": SECONDS,
    "max_lag": SECONDS,
    "bystander_p95": SECONDS,
    "bystander_max": SECONDS,
    "throughput": Metric("per s", 0.5),
    "peak_tokens": COUNT,
    "peak_in_flight": COUNT,
}
"""What of a run's summary can be predicted."""


def chosen(lab: Lab, setting: Setting) -> tuple[int, dict[str, float]]:
    """The number of requests and every parameter that a setting stands for. Raises UnknownChoice or OutOfRange."""
    return lab.numbers(requests=setting.requests, parameters=dict(setting.parameters))


def numbers(asked: Measured, requests: int, parameters: Mapping[str, float]) -> dict[str, float]:
    """What each model tells of a run with these numbers, on this machine. Raises FormulaError."""
    values = _values(asked, requests, parameters)
    return {model.id: work_out(model.formula, values) for model in asked.models if model.formula}


def _values(asked: Measured, requests: int, parameters: Mapping[str, float]) -> dict[str, float]:
    values = {TOKENS: float(DEFAULT_TOKENS), **parameters, "N": float(requests), "cores": float(os.cpu_count() or 1)}
    if asked.duration is not None and asked.duration in parameters:
        values["d"] = parameters[asked.duration]
    return values


def check_prediction(asked: Measured, line: int, labs: Sequence[LabDeclaration], report: Report) -> None:
    lines = asked.lines
    declared = next((lab for lab in labs if lab.id == asked.lab), None)
    if declared is None:
        hint = meant(asked.lab, [lab.id for lab in labs])
        report.add(lines.get("lab", line), CODE, f"no lab `{asked.lab}` in this lesson: {hint}")
        return
    known = [variant.name for variant in declared.variants]
    for name in asked.variants:
        if name not in known:
            at = lines.get("variants", lines.get("variant", line))
            report.add(at, CODE, f"no variant `{name}` of the lab `{asked.lab}`: {meant(name, known)}")
    if asked.metric not in METRICS:
        report.add(lines.get("metric", line), CODE, f"no metric `{asked.metric}`: {meant(asked.metric, METRICS)}")
    parameters = [parameter.name for parameter in declared.lab.parameters]
    if asked.duration is not None and asked.duration not in parameters:
        hint = meant(asked.duration, parameters)
        report.add(lines.get("duration", line), CODE, f"no parameter `{asked.duration}` to be `d`: {hint}")
        return
    for setting in asked.settings:
        _check_setting(asked, setting, declared.lab, line, report)


def _check_setting(asked: Measured, setting: Setting, lab: Lab, line: int, report: Report) -> None:
    at = asked.lines.get("requests" if setting is asked.setting else "again", line)
    try:
        requests, parameters = chosen(lab, setting)
    except (OutOfRange, UnknownChoice) as problem:
        report.add(at, CODE, f"the lab `{asked.lab}` cannot run so: {problem}")
        return
    values = _values(asked, requests, parameters)
    told: dict[str, float] = {}
    for model in asked.models:
        if not model.formula:
            continue
        try:
            if setting is asked.setting and (odd := [name for name in names_of(model.formula) if name not in values]):
                hint = "say which parameter is `d` with `duration`" if odd[0] == "d" else meant(odd[0], values)
                report.add(model.line, CODE, f"the model `{model.id}` wants `{odd[0]}`: {hint}")
                continue
            number = work_out(model.formula, values)
        except FormulaError as problem:
            if setting is asked.setting:
                report.add(model.line, CODE, f"the model `{model.id}`: {problem}")
            continue
        twin = next((name for name, other in told.items() if abs(other - number) <= APART * abs(number)), None)
        # How many cores there are is known where the lab runs, and not where the lesson is written.
        if twin and setting is asked.setting and "cores" not in names_of(model.formula):
            message = (
                f"the models `{twin}` and `{model.id}` both tell {number:g}: no prediction can fit one of them alone"
            )
            report.add(model.line, CODE, message)
        if "cores" not in names_of(model.formula):
            told[model.id] = number
