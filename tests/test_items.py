"""Items: what cannot be made, what their hashes cover, and their way to JSON and back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.errors import ItemError
from quiz.items import Item, Kind, Option, Scoring, option_order, scorings
from quiz.measured import Measured, Model
from quiz.options import normalised
from tests.builders import make_item, make_option

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
SOME_TEXT = TEXT.filter(str.strip)


@st.composite
def items(draw: st.DrawFn) -> Item:
    kind = draw(st.sampled_from((Kind.SINGLE, Kind.MULTI)))
    texts = draw(
        st.lists(SOME_TEXT, min_size=2, max_size=6, unique_by=normalised).filter(
            lambda found: all(map(normalised, found))
        )
    )
    right = draw(st.sets(st.integers(0, len(texts) - 1), min_size=1, max_size=1 if kind is Kind.SINGLE else len(texts)))
    return Item(
        id=draw(st.from_regex(r"[a-z][a-z0-9-]{2,63}", fullmatch=True)),
        kind=kind,
        stem=draw(SOME_TEXT),
        body=draw(TEXT),
        options=tuple(
            Option(
                id=f"o{n}",
                text=text,
                right=n in right,
                feedback=draw(TEXT),
                misconception=draw(st.none() | SOME_TEXT),
                fixed=draw(st.booleans()),
                line=draw(st.integers(0, 999)),
            )
            for n, text in enumerate(texts)
        ),
        scoring=draw(st.sampled_from([rule for rule in scorings(kind) if rule is not Scoring.WEIGHTS])),
        hints=tuple(draw(st.lists(TEXT, max_size=3))),
        explanation=draw(TEXT),
        feedback_partly=draw(TEXT),
        points=draw(st.floats(min_value=0.1, max_value=100)),
        skills=tuple(draw(st.lists(SOME_TEXT, max_size=3))),
        difficulty=draw(st.none() | st.integers(1, 5)),
        shuffle=draw(st.booleans()),
        line=draw(st.integers(0, 999)),
    )


# What cannot be made


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": "ab"}, "the id 'ab' is not 3 to 64 small letters, digits and hyphens, a letter first"),
        ({"id": "Who waits"}, "the id 'Who waits' is not 3 to 64 small letters, digits and hyphens, a letter first"),
        ({"stem": "  "}, "who-waits: the stem is empty"),
        ({"options": "b"}, "who-waits: an item has at least two options, not 1"),
        ({"key": ""}, "who-waits: a single item has one right option, not 0"),
        ({"key": "ab"}, "who-waits: a single item has one right option, not 2"),
        ({"kind": "multi", "key": ""}, "who-waits: a multi item has at least one right option"),
        ({"points": 0}, "who-waits: points are more than 0, not 0"),
        ({"points": float("inf")}, "who-waits: points are more than 0, not inf"),
        ({"points": float("nan")}, "who-waits: points are more than 0, not nan"),
        ({"difficulty": 0}, "who-waits: difficulty goes from 1 to 5, not 0"),
        ({"scoring": Scoring.PLUS_MINUS}, "who-waits: plus-minus scoring does not fit a single item"),
        ({"kind": "multi", "scoring": Scoring.SINGLE}, "who-waits: single scoring does not fit a multi item"),
    ],
)
def test_an_item_that_breaks_an_invariant_cannot_be_made(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ItemError) as refusal:
        make_item(**fields)

    assert str(refusal.value) == message


def test_a_run_is_predicted_by_a_measured_item_alone_and_that_has_models() -> None:
    models = (Model(id="serial", formula="N * d"), Model(id="free", formula="d"))
    asked = Measured(lab="tasks", variants=("blocked",), metric="wall", models=models)
    fields: dict[str, Any] = {"kind": "measured", "scoring": Scoring.TOLERANCE, "measured": asked}

    assert make_item(options="", **fields).measured is asked
    for refused, message in (
        ({"measured": asked}, "only a measured item predicts a run"),
        (fields, "a measured item has models, no options"),
    ):
        with pytest.raises(ItemError, match=message):
            make_item(**refused)


def test_the_order_in_which_options_are_shown_is_the_authors_where_they_say_so() -> None:
    asked = Measured(
        lab="tasks", variants=("b", "a", "c"), metric="wall", models=(Model(id="up", order=("a", "b", "c")),)
    )
    race = make_item(options="", kind="measured", scoring=Scoring.PAIRS, measured=asked)

    assert option_order(make_item(shuffle=False), "seed") == tuple("abcd")
    assert len({option_order(make_item(), str(seed)) for seed in range(30)}) > 10
    assert len({option_order(race, str(seed)) for seed in range(30)}) == 6


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (make_option("a", id="b"), "who-waits: two options share an id"),
        (make_option("a", text=" `BERT`"), "who-waits: two options say the same"),
        (make_option("a", text=" \n"), "who-waits: the option a has no text"),
        (make_option("a", id="A"), "who-waits: the option id 'A' is not 1 to 32 small letters, digits and hyphens"),
    ],
)
def test_options_are_told_apart(option: Option, message: str) -> None:
    with pytest.raises(ItemError) as refusal:
        replace(make_item(), options=(option, make_option("b", right=True)))

    assert str(refusal.value) == message


def test_an_item_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        make_item().points = 2  # type: ignore[misc]


def test_lines_are_no_part_of_what_an_item_is() -> None:
    moved = replace(make_item(), line=7, skills_line=9, options=tuple(replace(o, line=3) for o in make_item().options))

    assert moved == make_item()
    assert moved.content_hash == make_item().content_hash


# What the hashes cover

CHANGES: dict[str, dict[str, Any]] = {
    "stem": {"stem": "Who runs?"},
    "body": {"body": "Look."},
    "points": {"points": 2.0},
    "hints": {"hints": ("Look.",)},
    "explanation": {"explanation": "So."},
    "feedback for an outcome": {"feedback_right": "Yes."},
    "skills": {"skills": ("waiting",)},
    "difficulty": {"difficulty": 3},
    "shuffle": {"shuffle": False},
    "key": {"key": "a"},
    "options": {"options": "abc"},
    "order": {"options": "dbca"},
}
SHOWN = {"stem", "body", "options", "order"}
SCORED = {"points", "key", "options"}


@pytest.mark.parametrize("change", CHANGES)
def test_a_hash_changes_with_what_it_covers_and_with_nothing_else(change: str) -> None:
    before, after = make_item(), make_item(**CHANGES[change])

    assert (before.shown_hash != after.shown_hash) == (change in SHOWN)
    assert (before.key_hash != after.key_hash) == (change in SCORED)
    assert before.content_hash != after.content_hash


@pytest.mark.parametrize(
    "changed",
    [make_option("a", feedback="Else."), make_option("a", misconception="waits"), make_option("a", fixed=True)],
)
def test_what_is_told_of_an_option_is_neither_shown_nor_scored(changed: Option) -> None:
    before = make_item()
    after = replace(before, options=(changed, *before.options[1:]))

    assert (after.shown_hash, after.key_hash) == (before.shown_hash, before.key_hash)
    assert after.content_hash != before.content_hash


def test_another_rule_is_another_key_hash() -> None:
    before = make_item(kind="multi", key="ac")
    after = replace(before, scoring=Scoring.ALL_OR_NOTHING)

    assert (before.shown_hash == after.shown_hash, before.key_hash == after.key_hash) == (True, False)


@given(st.data())
def test_changing_only_the_key_leaves_what_is_shown_and_changes_what_is_scored(data: st.DataObject) -> None:
    before = data.draw(items())
    size = 1 if before.kind is Kind.SINGLE else len(before.options)
    key = data.draw(st.sets(st.sampled_from(before.option_ids), min_size=1, max_size=size))
    after = replace(before, options=tuple(replace(option, right=option.id in key) for option in before.options))

    assert after.shown_hash == before.shown_hash
    assert (after.key_hash != before.key_hash) == (after.key != before.key)
    assert (after.content_hash != before.content_hash) == (after.key != before.key)


# To JSON and back


@given(items())
def test_an_item_comes_back_from_json_as_it_was(item: Item) -> None:
    back = Item.from_json(item.to_json())

    assert back == item
    assert (back.shown_hash, back.key_hash, back.content_hash) == (item.shown_hash, item.key_hash, item.content_hash)


def test_the_content_hash_is_of_the_canonical_json() -> None:
    item = make_item(points=2)
    fields = json.loads(item.to_json())

    assert item.to_json() == json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert item.content_hash == hashlib.sha256(item.to_json().encode()).hexdigest()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"kind": "numeric"}', make_item().to_json().replace("who-waits", "X")]
)
def test_json_that_is_no_item_is_refused(text: str) -> None:
    with pytest.raises(ItemError):
        Item.from_json(text)


# Small things


def test_the_key_is_the_ids_of_the_right_options() -> None:
    assert make_item(kind="multi", key="ac").key == {"a", "c"}


def test_an_outcome_has_its_feedback() -> None:
    item = make_item(feedback_right="Yes.", feedback_wrong="No.")

    assert [item.outcome_feedback(outcome) for outcome in ("right", "partly", "wrong")] == ["Yes.", "", "No."]


def test_an_option_is_found_by_its_id() -> None:
    assert make_item().option("c").text == "Cleo"
    with pytest.raises(KeyError):
        make_item().option("z")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("`await` it", "AWAIT  it ", True),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe\N{COMBINING ACUTE ACCENT}", True),
        ("one\ntwo", "one two", False),
        ("with a:\n    b\n    c", "with a:\n    b\nc", False),
        ("with a:\n    b  +  c", "with a:\n    b + c ", True),
    ],
)
def test_texts_are_compared_by_what_they_say(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) == same
