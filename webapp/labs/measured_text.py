"""The text of a `measured.json`: written from a measurement, and read again. Sorted and rounded: the same numbers, the same text.

{"format": 1, "machine": {"processor": …, "cores": 2, "system": "Linux"}, "measured": [
    {"python": "3.11.2", "loop": "asyncio", "versions": {"fastapi": …, …}, "series": [
        {"lab": "report", "variant": "holds", "requests": 24, "parameters": {"delay": 0.2}, "run": <hash>,
         "repeats": 5, "set_aside": 0, "values": {"wall": [lowest, median, highest], …}}]}]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from webapp.labs.claims import Setting
from webapp.labs.measurement import Environment, Machine, Measured, Measurement, Series, rounded
from webapp.labs.numbers import Spread

FORMAT = 1

_NUMBERS = re.compile(r"\[\s+([-\d.,\se]+?)\s+\]")


class NotAMeasurement(ValueError):
    """A text that no `interleave measure` wrote; the message is the end of a sentence."""


def write(measurement: Measurement) -> str:
    machine = measurement.machine
    told = {
        "format": FORMAT,
        "machine": {"processor": machine.processor, "cores": machine.cores, "system": machine.system},
        "measured": [
            {
                "python": one.environment.python,
                "loop": one.environment.loop,
                "versions": dict(sorted(one.environment.versions.items())),
                "series": [_as_json(series) for series in sorted(one.series, key=_order)],
            }
            for one in sorted(measurement.measured, key=lambda one: _environment_order(one.environment))
        ],
    }
    text = json.dumps(told, indent=2, ensure_ascii=False)
    return _NUMBERS.sub(lambda found: f"[{', '.join(found[1].split())}]".replace(",,", ","), text) + "\n"


def read(text: str) -> Measurement:
    """Raises NotAMeasurement."""
    try:
        told = json.loads(text)
        json.dumps(told, allow_nan=False, ensure_ascii=False).encode()  # a ValueError for what no page could show
        if told["format"] != FORMAT:
            raise NotAMeasurement(f"is of format {told['format']}, and this is {FORMAT}")
        machine = told["machine"]
        return Measurement(
            Machine(str(machine["processor"]), int(machine["cores"]), str(machine["system"])),
            tuple(
                Measured(
                    Environment(
                        str(one["python"]), str(one["loop"]), {str(k): str(v) for k, v in one["versions"].items()}
                    ),
                    tuple(_from_json(series) for series in one["series"]),
                )
                for one in told["measured"]
            ),
        )
    except NotAMeasurement:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as problem:
        raise NotAMeasurement(f"is not what `interleave measure` writes ({type(problem).__name__})") from None


def _order(series: Series) -> tuple[object, ...]:
    return (series.lab, series.setting.variant, series.setting.requests, series.setting.parameters)


def _environment_order(environment: Environment) -> tuple[object, ...]:
    return ([int(part) for part in re.findall(r"\d+", environment.python)], environment.loop)


def _as_json(series: Series) -> dict[str, Any]:
    return {
        "lab": series.lab,
        "variant": series.setting.variant,
        "requests": series.setting.requests,
        "parameters": {name: int(value) if value == int(value) else value for name, value in series.setting.parameters},
        "run": series.run,
        "repeats": series.repeats,
        "set_aside": series.set_aside,
        "values": {name: [one.low, one.median, one.high] for name, one in sorted(series.values.items())},
    }


def _from_json(told: Mapping[str, Any]) -> Series:
    parameters = tuple(sorted((str(name), float(value)) for name, value in told["parameters"].items()))
    return Series(
        lab=str(told["lab"]),
        setting=Setting(str(told["variant"]), int(told["requests"]), parameters),
        run=str(told["run"]),
        repeats=int(told["repeats"]),
        set_aside=int(told["set_aside"]),
        values={
            str(name): Spread(*(rounded(float(value)) for value in three)) for name, three in told["values"].items()
        },
    )
