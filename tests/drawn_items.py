"""Items as Hypothesis draws them: of every kind that is not measured, with every rule and every text that an author may write.

What their texts are made of is given: MARKDOWN is what formats of questions trip over, as a lesson's source could hold it; RAW is
whatever a file can hold, control characters included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from quiz.blocks import joined
from quiz.choices import option_id
from quiz.errors import ItemError
from quiz.items import Answer, Combination, Item, Kind, Option, Scoring
from quiz.kinds import scorings
from quiz.options import normalised
from quiz.rules import RETRY_PENALTY, Rules

PIECES = (
    *(
        "~",
        "=",
        "#",
        "{",
        "}",
        ":",
        "\\",
        "\\\\",
        "\\n",
        "\n",
        "\n\n",
        " ",
        "  ",
        "->",
        "*",
        "_",
        "`x`",
        "`",
        "%50%",
        "####",
    ),
    *(
        "[html]",
        "[moodle]",
        "[",
        "]",
        "//",
        "::",
        "é",
        "日本",
        "\u2028",
        "\xa0",
        "\x85",
        "\x0b",
        "&lt;",
        "<b>",
        "</p>",
        "word",
    ),
    *(
        "```python\nif x := {1: 2}:\n    print(x)\n```",
        "async def",
        "1.",
        "- ",
        "> ",
        "$CATEGORY:",
        '"',
        "/",
        "ANSWER: A",
        "T",
    ),
)
EXPRESSIONS = (
    "/(asyncio\\.)?to_?thread/",
    "/[a-f]{2,3}|x+?/",
    "/(?:run|await) \\w+/",
    "/a[^b-d]c?/",
    "/\\d+(\\.\\d*)?/",
)
KINDS = tuple(kind for kind in Kind if kind is not Kind.MEASURED)
WORDS = st.lists(st.text("aBsſKßéñ.$^[]{}-+", min_size=1, max_size=5), min_size=1, max_size=3).map(" ".join)
names = st.from_regex(r"[a-z][a-z0-9-]{2,12}", fullmatch=True)
numbers = st.one_of(
    st.integers(-999, 999).map(str),
    st.decimals(-99, 99, places=2).map(str),
    st.tuples(st.integers(-99, 99), st.integers(1, 9)).map(lambda pair: f"{pair[0]} +- {pair[1]}"),
    st.tuples(st.integers(1, 99), st.integers(1, 20)).map(lambda pair: f"{pair[0]} +- {pair[1]}%"),
    st.tuples(st.integers(-99, 0), st.integers(1, 99)).map(lambda pair: f"[{pair[0]}, {pair[1]}]"),
)
outputs = st.lists(st.text("ab .$\\é", max_size=4), min_size=1, max_size=3).map("\n".join).filter(str.strip)


@dataclass(frozen=True, slots=True)
class Texts:
    """What the texts of an item are made of."""

    line: st.SearchStrategy[str]
    """As a stem is: of one line, and not empty."""
    block: st.SearchStrategy[str]
    """As a body or a feedback is: several lines, or nothing."""
    literal: st.SearchStrategy[str]
    """As the right answer to a text question is written, in quotes."""

    @property
    def option(self) -> st.SearchStrategy[str]:
        return self.block.map(str.strip).filter(lambda text: bool(normalised(text)))

    @property
    def some(self) -> st.SearchStrategy[str]:
        """A block that is not empty."""
        return self.block.filter(lambda text: bool(text.strip()))


_raw = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)
_any = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
_lines = st.one_of(_raw.map(lambda text: " ".join(text.split("\n")).strip()), st.just("Which one?")).filter(
    lambda text: bool(text) and not text.startswith(("```", "~~~"))
)
MARKDOWN = Texts(
    line=_lines,
    block=st.one_of(st.just(""), _raw).map(lambda text: joined(text.split("\n"))).map(lambda t: t if t.strip() else ""),
    literal=_lines.map(lambda text: f'"{text}"').filter(lambda text: text[1:-1].strip() != "*"),
)
RAW = Texts(line=_any.filter(str.strip), block=_any, literal=WORDS.map(lambda words: f'"{words}"'))


@st.composite
def items(draw: st.DrawFn, texts: Texts, kinds: tuple[Kind, ...] = KINDS) -> Item:
    kind = draw(st.sampled_from(kinds))
    common: dict[str, Any] = {
        "id": draw(names),
        "kind": kind,
        "stem": draw(texts.line),
        "body": draw(texts.block),
        "scoring": draw(st.sampled_from(scorings(kind))),
        "options": (),
        "hints": tuple(draw(st.lists(texts.some, max_size=2))),
        "explanation": draw(texts.block),
        "feedback_right": draw(texts.block),
        "feedback_partly": draw(texts.block) if kind in (Kind.MULTI, Kind.ORDER) else "",
        "feedback_wrong": draw(texts.block),
        "points": draw(st.sampled_from([1.0, 1.0, 2.0])),
        "skills": tuple(draw(st.lists(st.sampled_from(["loop.holds", "a]b", "threads"]), unique=True, max_size=2))),
        "difficulty": draw(st.sampled_from([None, None, 3])),
    }
    told = draw(_written(texts, kind) if kind in (Kind.NUMERIC, Kind.TEXT, Kind.OUTPUT) else _chosen(texts, common))
    try:
        item = Item(**{**common, **told})
    except ItemError:  # answers that meet, or two texts that say the same
        item = replace(SAFE, id=common["id"], body=common["body"], explanation=common["explanation"])
    return replace(item, rules=draw(_rules(item)))


@st.composite
def _rules(draw: st.DrawFn, item: Item) -> Rules:
    most = min(3, len(item.options) - 1) if item.kind is Kind.SINGLE else 3
    attempts = draw(st.sampled_from([1, 1, *range(2, most + 1)]))
    return Rules(
        attempts=attempts,
        penalty=draw(st.sampled_from([0.0, 0.25, RETRY_PENALTY])) if attempts > 1 else RETRY_PENALTY,
        hint_cost=draw(st.sampled_from([0.0, 0.1])) if item.hints else 0.0,
        certainty=draw(st.sampled_from([None, None, True, False])),
    )


@st.composite
def _chosen(draw: st.DrawFn, texts: Texts, common: dict[str, Any]) -> dict[str, Any]:
    kind, weighed = common["kind"], common["scoring"] is Scoring.WEIGHTS
    found = draw(st.lists(texts.option, min_size=2, max_size=5, unique_by=normalised))
    places = st.integers(0, len(found) - 1)
    right = draw(st.sets(places, min_size=1, max_size=len(found) if kind is Kind.MULTI else 1))
    right = set(range(len(found))) if kind is Kind.ORDER else right
    options = []
    for at, text in enumerate(found):
        weight = 100 / len(right) if at in right else draw(st.sampled_from([None, 0.0, -25.0, -12.5]))
        options.append(
            Option(
                id=draw(st.sampled_from([option_id(text), f"o{at}"])),
                text=text,
                right=at in right,
                feedback=draw(texts.block),
                unticked=draw(texts.block) if kind is Kind.MULTI else "",
                misconception=None if at in right else draw(st.sampled_from([None, "async-frees"])),
                fixed=draw(st.booleans()) if kind is not Kind.ORDER else False,
                weight=weight if weighed else None,
            )
        )
    told: dict[str, Any] = {"options": tuple(options)}
    if kind is not Kind.ORDER:
        told["shuffle"] = draw(st.booleans())
    if kind is Kind.MULTI:
        ids = [option.id for option in options]
        named = draw(st.lists(st.sets(st.sampled_from(ids), min_size=2), max_size=2, unique_by=frozenset))
        told["combinations"] = tuple(
            Combination(options=tuple(sorted(own)), feedback=draw(texts.some)) for own in named
        )
    return told


@st.composite
def _written(draw: st.DrawFn, texts: Texts, kind: Kind) -> dict[str, Any]:
    first = {Kind.NUMERIC: numbers, Kind.TEXT: texts.literal, Kind.OUTPUT: outputs}[kind]
    others = st.one_of(first, st.just("/to_?thread/")) if kind is Kind.TEXT else first
    found = dict.fromkeys([draw(first), *draw(st.lists(others, max_size=3))])
    answers = [
        Answer(
            id=draw(st.sampled_from([option_id(text), f"a{at}"])),
            text=text,
            right=at == 0 or draw(st.booleans()),
            feedback=draw(texts.block),
        )
        for at, text in enumerate(found)
    ]
    return {"answers": tuple(answers), "case": kind is Kind.TEXT and draw(st.booleans())}


def expression(notation: str, literal: str, *, case: bool = False) -> Item:
    """A text item with a regular expression, and the literal without which it is no item."""
    right = Answer(id="literal", text=f'"{literal}"', right=True)
    return Item(
        id="who-waits",
        kind=Kind.TEXT,
        stem="Who?",
        options=(),
        answers=(right, replace(right, id="pattern", text=notation)),
        scoring=Scoring.MATCH,
        case=case,
    )


SAFE = Item(
    id="safe",
    kind=Kind.SINGLE,
    stem="Which one?",
    scoring=Scoring.SINGLE,
    options=tuple(Option(id=option_id(text), text=text, right=text == "A") for text in ("A", "B")),
)
