"""Read the text of one `/// predict` block into a measured item: a question whose key is what a run will show.

    /// predict | How long until the last of 24 requests is answered?
        id: blocked-wall
        lab: tasks
        variant: blocked
        metric: wall
        requests: 24
        parameters: {delay: 0.2}
        duration: delay
        again:
            - {requests: 12}

    - [?] serial
        > One after another, each in full: N times d.
    - [?] free {~async-frees}
    - [?] The waits add up = price + stock {#sum}
    ///

`[?]` stands where a question has its tick: which model is right is not written. A model is one of the built-in names, or a text
with its formula behind the last ` = ` and an id of its own. With `variants` in place of `variant` their order is predicted, and a
model has, for a formula, the variants in order: `- [?] Threads first = threaded, awaiting {#threads}`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from quiz.blocks import Block, joined
from quiz.choices import Choice, Choices
from quiz.declarations import EVERY_BLOCK, Checks
from quiz.errors import QuestionError
from quiz.formula import FormulaError, names_of
from quiz.items import Item
from quiz.kinds import Kind, Scoring
from quiz.measured import BUILT_IN, Measured, Model, Setting
from quiz.names import unknown
from quiz.questions import Question

_MODEL = re.compile(r"[-*] +\[(?P<mark>\?)\](?:[ \t]+(?P<text>.*))?$")
_SETTING = re.compile(r"[a-z][a-z0-9_]*")


def scan_prediction(lines: Sequence[str], *, path: str, first_line: int) -> tuple[Item | None, list[QuestionError]]:
    """The item of a block, or None and every error of it, as `scan_question` gives them."""
    block = Block(lines, path=path, first_line=first_line, name="predict")
    item = _Prediction(block).scan()
    return (None if block.errors else item), sorted(block.errors)


class _Models(Choices):
    """The models of a prediction, read as options are."""

    key_line = _MODEL
    key_words = "write `- [?]`, then a space: the run decides which model is right"
    what = "model"
    attributes = ("#", "~")

    def check(self, declared: Kind | None) -> None:
        seen: dict[str, int] = {}
        for choice in self.found:
            text, _, rest = choice.text.rpartition(" = ")
            own = bool(text)
            name = choice.id if own else rest
            if not choice.text.strip():
                self.block.error(choice.at, "E14", "this model is empty")
            elif own and choice.id is None:
                self.block.error(choice.at, "E03", "a model with a formula of its own has an id: `{#id}` at the end")
            elif not own and choice.id is not None:
                self.block.error(
                    choice.at, "E03", f"the model `{rest}` is called that already: take `#{choice.id}` away"
                )
            elif not own and name not in BUILT_IN:
                self.block.error(
                    choice.at, "E01", unknown("model", name, tuple(BUILT_IN)) + "; or write `text = formula`"
                )
            elif name is not None and seen.setdefault(name, choice.at) != choice.at:
                number = self.block.number(seen[name])
                self.block.error(choice.at, "E03", f"the model `{name}` is that of line {number}")

    def models(self, *, ordered: bool) -> tuple[Model, ...]:
        return tuple(self._model(choice, ordered) for choice in self.found)

    def _model(self, choice: Choice, ordered: bool) -> Model:
        text, _, rest = choice.text.rpartition(" = ")
        return Model(
            id=choice.id or rest,
            text=text.strip(),
            formula="" if ordered else rest.strip() if text else BUILT_IN.get(rest, ""),
            order=tuple(name.strip() for name in rest.split(",")) if ordered else (),
            feedback=joined(choice.feedback),
            misconception=choice.misconception,
            line=self.block.number(choice.at),
        )


def _a_text(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else f"this is a name, not `{value}`"


def _variants(value: object) -> str | None:
    fine = isinstance(value, list) and len(value) > 1 and all(isinstance(name, str) for name in value)
    return None if fine else f"`variants` is a list of two names or more, not `{value}`"


def _requests(value: object) -> str | None:
    fine = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return None if fine else f"`requests` is a whole number, not `{value}`"


def _parameters(value: object) -> str | None:
    fine = isinstance(value, dict) and all(
        isinstance(name, str) and _SETTING.fullmatch(name) and isinstance(number, int | float)
        for name, number in value.items()
    )
    return None if fine else f"this is a mapping of names to numbers such as `{{delay: 0.2}}`, not `{value}`"


def _again(value: object) -> str | None:
    if not isinstance(value, list) or not value:
        return f"`again` is a list of settings such as `- {{requests: 12}}`, not `{value}`"
    return next((problem for entry in value if (problem := _parameters(entry))), None)


class _Prediction(Question):
    keys = _Models
    checks: Checks = {
        **EVERY_BLOCK,
        "lab": _a_text,
        "variant": _a_text,
        "variants": _variants,
        "metric": _a_text,
        "requests": _requests,
        "parameters": _parameters,
        "duration": _a_text,
        "again": _again,
    }

    def _check_key(self) -> None:
        at = self.declared.at
        for name in ("lab", "metric"):
            if name not in at:
                self.block.error(0, "E01", f"the predict has no `{name}`")
        if ("variant" in at) is ("variants" in at):
            self.block.error(0, "E01", "name one `variant` for a number, or several `variants` for their order")
        ordered = "variants" in at
        for choice in self.choices.found:
            text, _, formula = choice.text.rpartition(" = ")
            if not ordered and text:
                self._check_formula(choice, formula)
            elif ordered and sorted(map(str.strip, formula.split(","))) != sorted(
                self.declared.values.get("variants") or ()
            ):
                self.block.error(choice.at, "E01", "a model of an order has every variant once behind ` = `")
        if not ordered and len(self.choices.found) < 2:
            self.block.error(0, "E05", f"a prediction has at least two models, not {len(self.choices.found)}")

    def _check_formula(self, choice: Choice, formula: str) -> None:
        try:
            names_of(formula)
        except FormulaError as problem:
            self.block.error(choice.at, "E01", str(problem))

    def _item(self, stem: str) -> Item | None:
        assert isinstance(self.choices, _Models)  # noqa: S101
        values = self.declared.values
        variants = tuple(values.get("variants") or (values["variant"],))
        first = {**(values.get("parameters") or {}), "requests": values.get("requests")}
        measured = Measured(
            lab=values["lab"],
            variants=variants,
            metric=values["metric"],
            duration=values.get("duration"),
            setting=_setting(first),
            again=tuple(_setting({**first, **other}) for other in values.get("again") or ()),
            models=self.choices.models(ordered=len(variants) > 1),
            lines={name: self.block.number(at) for name, at in self.declared.at.items()},
        )
        rule = Scoring.PAIRS if measured.is_order else Scoring.TOLERANCE
        return self._made(stem, kind=Kind.MEASURED, options=(), scoring=rule, measured=measured)


def _setting(values: dict[str, Any]) -> Setting:
    requests = values.get("requests")
    parameters = tuple((name, float(value)) for name, value in values.items() if name != "requests")
    return Setting(requests=None if requests is None else int(requests), parameters=parameters)
