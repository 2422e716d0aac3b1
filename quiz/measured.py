"""What a measured item asks: a number, or an order, that a run is about to show. Plain frozen values.

The engine knows no lab: a lab, a variant and a metric are texts here, and whoever can run one says what was observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BUILT_IN: Mapping[str, str] = {
    "serial": "N * d",
    "free": "d",
    "pool": "ceil(N / tokens) * d",
    "cores": "N * d / cores",
    "gil": "N * d",
}
"""Models that every author may name, with their formulas: N requests of duration d, with so many thread tokens and cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An idea of how it works, and the outcome that follows from it. Which one the run shows is not written, but measured."""

    id: str
    text: str = ""
    """Inline Markdown; empty for a built-in model, whose name is a word of the interface."""
    formula: str = ""
    """For a number."""
    order: tuple[str, ...] = ()
    """For an order: the variants, the smallest first."""
    feedback: str = ""
    misconception: str | None = None
    """The wrong idea that this model is where the run shows another."""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """With which numbers the lab is to run; whatever is left out stands at the lab's default."""

    requests: int | None = None
    parameters: tuple[tuple[str, float], ...] = ()

    def to_json(self) -> dict[str, object]:
        return {"requests": self.requests, "parameters": [list(pair) for pair in self.parameters]}

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Setting:
        return cls(requests=fields["requests"], parameters=tuple((n, v) for n, v in fields["parameters"]))  # type: ignore[arg-type, attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    lab: str
    variants: tuple[str, ...]
    """One: its number is predicted. Several: their order by that number."""
    metric: str
    duration: str | None = None
    """The parameter that formulas call `d`."""
    setting: Setting = Setting()
    again: tuple[Setting, ...] = ()
    """Whole settings to predict again with, one after another, until the right model is met."""
    models: tuple[Model, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Of the block's options, for messages."""

    @property
    def is_order(self) -> bool:
        return len(self.variants) > 1

    @property
    def settings(self) -> tuple[Setting, ...]:
        return (self.setting, *self.again)

    def model(self, model_id: str | None) -> Model | None:
        return next((model for model in self.models if model.id == model_id), None)

    def problem(self) -> str | None:
        """The first thing for which no run could decide it."""
        if len(set(self.variants)) < len(self.variants):
            return "a variant is named twice"
        if not self.is_order and len(self.models) < 2:
            return f"a prediction has at least two models, not {len(self.models)}"
        if len({model.id for model in self.models}) < len(self.models):
            return "two models share an id"
        unfit = [model.id for model in self.models if bool(model.order) is not self.is_order]
        unfit += [model.id for model in self.models if model.order and sorted(model.order) != sorted(self.variants)]
        return f"the model {unfit[0]} does not tell what is predicted" if unfit else None

    def to_json(self) -> dict[str, object]:
        return {
            **self.asked(),
            "duration": self.duration,
            "again": [setting.to_json() for setting in self.again],
            "models": [
                {
                    "id": model.id,
                    "text": model.text,
                    "formula": model.formula,
                    "order": list(model.order),
                    "feedback": model.feedback,
                    "misconception": model.misconception,
                }
                for model in self.models
            ],
        }

    def asked(self) -> dict[str, object]:
        """What is seen before responding: no model is in it."""
        return {
            "lab": self.lab,
            "variants": list(self.variants),
            "metric": self.metric,
            "setting": self.setting.to_json(),
        }

    def scored(self) -> dict[str, object]:
        """What can change a score: of the models all but their words."""
        return {
            **self.asked(),
            "duration": self.duration,
            "models": [[model.id, model.formula, list(model.order)] for model in self.models],
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Measured:
        given: dict[str, object] = dict(fields)
        return cls(
            **{
                **given,
                "variants": tuple(given["variants"]),  # type: ignore[arg-type]
                "setting": Setting.from_json(given["setting"]),  # type: ignore[arg-type]
                "again": tuple(map(Setting.from_json, given["again"])),  # type: ignore[call-overload]
                "models": tuple(
                    Model(**{**model, "order": tuple(model["order"])})
                    for model in given["models"]  # type: ignore[attr-defined]
                ),
            }
        )


@dataclass(frozen=True, slots=True)
class Predicted:
    """A response to a measured item: a number above 0, or the variants in order; and the models' numbers at that moment."""

    number: float | None = None
    order: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a run showed of one variant. `low` and `high` are the range of all its repeats that are known."""

    value: float
    low: float
    high: float
    floor: float
    """Differences of that size are noise of the measuring, however small the value."""
