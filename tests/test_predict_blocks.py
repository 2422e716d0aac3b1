"""The text of a predict block, and the item or the errors that come of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.errors import ItemError
from quiz.items import Item, Kind, Scoring
from quiz.lint import lint
from quiz.measured import Measured, Model, Setting
from quiz.predict_blocks import scan_prediction

NUMBER = """/// predict | How long until the last of 24 requests?
    id: blocked-wall
    lab: tasks
    variant: blocked
    metric: wall
    requests: 24
    parameters: {delay: 0.2}
    duration: delay
    again:
        - {requests: 12}
        - {delay: 0.4, tokens: 10}
    skill: [loop.holds]
    points: 2

Text under the stem.

- [?] serial {~adds-up}
    > In a row.
- [?] free
    > At once.
- [?] Half of it = N * d / 2 {#half ~halves}
    > Half.

//// hint
Who waits?
////
//// explanation
So it is.
////
///
"""
ORDER = """/// predict | Which first?
    id: which-first
    lab: tasks
    variants: [blocked, awaiting]
    metric: wall

- [?] Blocked first = blocked, awaiting {#blocked-first ~adds-up}
    > No.
///
"""


def scan(text: str) -> tuple[Item | None, list[str]]:
    item, errors = scan_prediction(text.splitlines(), path="lesson.md", first_line=1)
    return item, [f"{error.line}: {error.code} {error.message}" for error in errors]


def test_a_number_is_read_whole() -> None:
    item, errors = scan(NUMBER)
    assert errors == [] and item is not None and item.measured is not None
    assert (item.kind, item.scoring, item.points, item.skills) == (Kind.MEASURED, Scoring.TOLERANCE, 2, ("loop.holds",))
    assert (item.body, item.hints, item.explanation) == ("Text under the stem.", ("Who waits?",), "So it is.")
    asked = item.measured
    assert (asked.lab, asked.variants, asked.metric, asked.duration) == ("tasks", ("blocked",), "wall", "delay")
    assert asked.setting == Setting(requests=24, parameters=(("delay", 0.2),))
    assert asked.again == (
        Setting(requests=12, parameters=(("delay", 0.2),)),
        Setting(requests=24, parameters=(("delay", 0.4), ("tokens", 10.0))),
    ), "what is left out stands as in the first setting"
    assert [(model.id, model.formula, model.misconception) for model in asked.models] == [
        ("serial", "N * d", "adds-up"),
        ("free", "d", None),
        ("half", "N * d / 2", "halves"),
    ]
    assert [model.feedback for model in asked.models] == ["In a row.", "At once.", "Half."]
    assert asked.models[2].text == "Half of it"


def test_several_variants_are_an_order() -> None:
    item, errors = scan(ORDER)
    assert errors == [] and item is not None and item.measured is not None
    assert item.scoring is Scoring.PAIRS and item.measured.is_order
    assert item.measured.models[0].order == ("blocked", "awaiting")


@pytest.mark.parametrize("source", [NUMBER, ORDER])
def test_an_item_comes_back_from_its_own_text(source: str) -> None:
    item, _ = scan(source)
    assert item is not None
    again = Item.from_json(item.to_json())
    assert again == item and again.content_hash == item.content_hash


def test_a_model_changes_nothing_that_is_shown() -> None:
    """`shown_hash` leaves the server: with a model in it, it would be an oracle."""
    item, _ = scan(NUMBER)
    other, _ = scan(NUMBER.replace("N * d / 2", "N * d / 3").replace("In a row.", "Side by side."))
    setting, _ = scan(NUMBER.replace("requests: 24", "requests: 25"))
    assert item and other and setting
    assert item.shown_hash == other.shown_hash and item.key_hash != other.key_hash
    assert item.shown_hash != setting.shown_hash and item.key_hash != setting.key_hash
    words, _ = scan(NUMBER.replace("In a row.", "Side by side."))
    assert words and item.key_hash == words.key_hash and item.content_hash != words.content_hash


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    lab: tasks\n", "", "1: E01 the predict has no `lab`"),
        ("    metric: wall\n", "", "1: E01 the predict has no `metric`"),
        ("    variant: blocked\n", "", "1: E01 name one `variant` for a number, or several `variants` for their order"),
        ("    variant: blocked", "    variants: [blocked]", "4: E01 `variants` is a list of two names or more"),
        ("requests: 24", "requests: many", "6: E01 `requests` is a whole number, not `many`"),
        ("{delay: 0.2}", "0.2", "7: E01 this is a mapping of names to numbers"),
        ("    duration: delay", "    durations: delay", "8: E01 unknown option `durations`: did you mean `duration`?"),
        ("        - {requests: 12}", "        - 12", "9: E01 this is a mapping of names to numbers"),
        ("    points: 2", "    shuffle: false", "13: E01 unknown option `shuffle`"),
        ("- [?] serial", "- [?] seriel", "17: E01 unknown model `seriel`: did you mean `serial`?"),
        ("- [?] serial", "- [x] serial", "17: E04 `- [x]` is no key: write `- [?]`, then a space"),
        ("- [?] serial", " - [?] serial", "17: E04 a key line begins in the first column"),
        ("- [?] free", "- [?]", "19: E14 this model is empty"),
        ("    again:\n", "    again: 12\n    skill:\n", "9: E01 `again` is a list of settings such as"),
        ("N * d / 2", "N ** 2", "21: E01 `N ** 2` is no arithmetic"),
        ("{#half ~halves}", "", "21: E03 a model with a formula of its own has an id"),
        ("{#half ~halves}", "{#serial}", "21: E03 the model `serial` is that of line 17"),
        ("- [?] free", "- [?] free {#at-once}", "19: E03 the model `free` is called that already"),
        ("    > In a row.", "\n    > In a row.", "19: E08 a blank line parts this feedback from its model"),
        ("\n///\n", "\n", "1: E02 this predict is never closed"),
    ],
)
def test_a_slip_is_told_at_its_line(old: str, new: str, message: str) -> None:
    item, errors = scan(NUMBER.replace(old, new, 1))
    assert item is None
    assert any(error.startswith(message) for error in errors), errors


def test_a_number_has_two_models_and_an_order_only_whole_ones() -> None:
    lines = NUMBER.splitlines()
    _, errors = scan("\n".join([*lines[:18], *lines[22:]]))
    assert errors == ["1: E05 a prediction has at least two models, not 1"]
    twice = ORDER.replace("awaiting", "blocked")
    _, errors = scan(twice)
    assert errors == ["1: E01 which-first: a variant is named twice"]
    _, errors = scan(ORDER.replace("= blocked, awaiting", "= blocked"))
    assert errors == ["7: E01 a model of an order has every variant once behind ` = `"]


def test_a_model_without_feedback_is_warned_of_in_its_line() -> None:
    item, _ = scan(NUMBER.replace("    > At once.\n", ""))
    assert item is not None
    assert [(warning.line, warning.code) for warning in lint(item, path="lesson.md")] == [(19, "W07")]


def test_a_model_is_found_by_its_id_and_settings_are_asked_in_their_order() -> None:
    item, _ = scan(NUMBER)
    assert item is not None and item.measured is not None
    asked = item.measured
    assert asked.settings == (asked.setting, *asked.again) and len(asked.settings) == 3
    assert asked.model("half") == asked.models[2] and asked.model("none") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"lab": ""},
        {"models": ()},
        {"variants": ("one", "one")},
        {"models": (Model(id="a", formula="1"), Model(id="a", formula="2"))},
        {"models": (Model(id="a", formula="1"), Model(id="b", order=("one",)))},
    ],
)
def test_what_no_run_could_decide_is_no_item(changes: dict[str, object]) -> None:
    models = (Model(id="a", formula="1"), Model(id="b", formula="2"))
    asked: dict[str, object] = {"lab": "l", "variants": ("one",), "metric": "wall", "models": models, **changes}
    with pytest.raises(ItemError):
        Item(
            id="wrong-item",
            kind=Kind.MEASURED,
            stem="?",
            options=(),
            scoring=Scoring.TOLERANCE,
            measured=Measured(**asked),  # type: ignore[arg-type]
        )


@given(
    st.lists(st.sampled_from([*NUMBER.splitlines(), "- [x] serial", "/// predict | x", "    > y", "///"]), max_size=30)
)
def test_no_lines_make_the_scanner_fail(lines: list[str]) -> None:
    item, errors = scan_prediction(lines, path="lesson.md", first_line=1)
    assert (item is None) is bool(errors)
