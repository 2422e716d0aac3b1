"""Written answers: what fits a number, a text and a program's output, what is no response, and what no author may write."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz import numeric, outputs, texts
from quiz.errors import ItemError, NoOrder, NotChosenFrom, NothingChosen, Unreadable
from quiz.items import Answer, Item, Kind, Scoring
from quiz.measured import Measured, Model
from quiz.responses import stored
from quiz.scoring import Score, picked, score
from quiz.written import WRITTEN, matched, problems
from tests.builders import make_item
from tests.oracles import oracle, told


def written(kind: str, *answers: str, **fields: object) -> Item:
    """An item whose answers are `= …` or `! …`, with the ids a, b, c."""
    made = [Answer(id="abcdef"[at], text=text[2:], right=text[0] == "=") for at, text in enumerate(answers)]
    base = {"id": "who-waits", "stem": "Who?", "options": (), "scoring": Scoring.MATCH, **fields}
    return Item(kind=Kind(kind), answers=tuple(made), **base)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Each test reads its notations itself: one that an earlier test read is answered without a line of the engine being run."""
    numeric.span_of.cache_clear()
    texts._compiled.cache_clear()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("40", 40),
        (" 3.14 ", Fraction("3.14")),
        ("1e4", 10_000),
        ("1E-3", Fraction("0.001")),
        ("+.5", Fraction("0.5")),
        ("5.", 5),
        ("-11.72", Fraction("-11.72")),
        ("\u221211.72", Fraction("-11.72")),
        ("1,000", 1000),
        ("1,234e2", 123_400),
        ("1 234E2", 123_400),
        ("1e400", 10**400),
        ("1e-400", Fraction(1, 10**400)),
        ("1e401", None),
        ("1e-401", None),
        ("1,234,567.5", Fraction("1234567.5")),
        ("1 234,56", Fraction("1234.56")),
        ("1\u202f234", 1234),
        ("1_000_000", 1_000_000),
        ("1.234,56", Fraction("1234.56")),
        ("1.234.567", 1_234_567),
        ("1.234", Fraction("1.234")),
        ("0,5", Fraction("0.5")),
        ("0,125", Fraction("0.125")),
        ("12,5e1", 125),
        ("", None),
        ("forty", None),
        ("40 ms", None),
        ("40%", None),
        ("nan", None),
        ("inf", None),
        ("1,00,000", None),
        ("1,234,56", None),
        ("1 23", None),
        ("4 0", None),
        ("1e999999999", None),
        ("1" * 64, int("1" * 64)),
        ("1" * 65, None),
        ("٤٠", None),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, number: Fraction | int | None) -> None:
    assert numeric.number_of(text) == number


@pytest.mark.parametrize(
    ("notation", "inside", "outside"),
    [
        ("40", ["40", "40.0", "4e1"], ["39.999", "41"]),
        ("40 +- 2", ["38", "42", "40"], ["37.99", "42.01"]),
        ("40 ± 2", ["38", "42"], ["43"]),
        ("-40 +- 5%", ["-38", "-42"], ["-37.9", "40"]),
        ("[38, 42]", ["38", "42"], ["37", "43"]),
        ("[42, 38]", ["38", "42"], ["37"]),
        ("-11.7 +- 0.02", ["-11.72", "-11.68"], ["-11.721"]),
        ("0.3 +- 0", ["0.3"], ["0.30000000000000004"]),
    ],
)
def test_an_interval_holds_its_bounds_and_nothing_beyond(notation: str, inside: list[str], outside: list[str]) -> None:
    assert all(numeric.fits(notation, text, False) for text in inside)
    assert not any(numeric.fits(notation, text, False) for text in outside)
    assert numeric.fits(notation, numeric.example(notation), False)


def test_canvas_judges_the_same_numbers_alike() -> None:
    known = told(oracle("canvas-scoring") / "numerical_ranges.json")
    assert not any(numeric.fits("40 +- 2", blank["response"] or "", False) for blank in known["blank"])
    for case in known["cases"]:
        notation = f"{case['exact']} +- {case['margin']}" if "exact" in case else f"[{case['start']}, {case['end']}]"
        assert numeric.fits(notation, str(case["response"]), False) is case["expected"], case


def test_canvas_reads_the_same_numbers_from_two_languages() -> None:
    for case in told(oracle("canvas-scoring") / "numerical_ranges.json")["locale_parse"]:
        assert numeric.number_of(case["input"]) == Fraction(case["expected"]), case


def test_canvas_scores_several_ticks_alike() -> None:
    for case in told(oracle("canvas-scoring") / "multiple_answers_rule.json")["cases"]:
        right, wrong = "abc"[: case["n_correct"]], "def"[: case["n_incorrect"]]
        item = make_item(right, right + wrong, kind="multi", points=float(case["points"]))
        chosen = frozenset(right[: case["correct_ticked"]] + wrong[: case["incorrect_ticked"]])
        assert score(item, chosen).fraction * item.points == pytest.approx(case["expected"]), case


NUMBERS = st.decimals(-1000, 1000, places=3).map(str)


@given(NUMBERS, st.decimals(0, 100, places=3), NUMBERS)
def test_a_wider_tolerance_never_takes_less(number: str, by: Decimal, response: str) -> None:
    if numeric.fits(f"{number} +- {by}", response, False):
        assert numeric.fits(f"{number} +- {by + 1}", response, False)


@given(NUMBERS, st.decimals(0, 100, places=3))
def test_both_ends_of_a_tolerance_are_in_it(number: str, by: Decimal) -> None:
    for end in (Decimal(number) - by, Decimal(number) + by):
        assert numeric.fits(f"{number} +- {by}", str(end), False)


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_none(text: str) -> None:
    number = numeric.number_of(text)
    assert (
        number is None
        or numeric.fits(f"[{number.numerator // number.denominator}, 1e300]", text, False)
        or number > 10**300
    )


@pytest.mark.parametrize(
    ("notation", "case", "inside", "outside"),
    [
        ('"to_thread"', False, ["to_thread", " TO_thread "], ["to thread", "to_threads"]),
        ('"async with"', False, ["async   with", "Async\twith"], ["asyncwith"]),
        ('"None"', True, ["None"], ["none"]),
        ('"cafe\u0301"', False, ["caf\u00e9"], ["cafe"]),
        ('"STRASSE"', False, ["stra\u00dfe"], []),
        (r"/(asyncio\.)?to_thread/", False, ["to_thread", "asyncio.TO_THREAD"], ["xto_thread", "to_threads"]),
        (r"/a{2,3}/", True, ["aa", "aaa"], ["a", "aaaa", "AA"]),
    ],
)
def test_a_text_is_compared_without_what_nobody_means(
    notation: str, case: bool, inside: list[str], outside: list[str]
) -> None:
    assert all(texts.fits(notation, text, case) for text in inside)
    assert not any(texts.fits(notation, text, case) for text in outside)


@pytest.mark.parametrize("pattern", [r"/(a+)+b/", r"/(a|aa)*c/", r"/(\w+\s?)*!/", r"/(.*a){12}/"])
def test_no_pattern_takes_longer_than_its_input(pattern: str) -> None:
    """Each of these takes an engine that backtracks longer than anybody waits: this test ends, or it never does."""
    assert texts.problem(pattern) is None
    assert not texts.fits(pattern, "a" * 250 + "?", False)


@pytest.mark.parametrize(
    ("printed", "written_down", "same"),
    [
        ("A\nB", "A\nB", True),
        ("A\nB\n", "A  \r\nB\r\n\r\n", True),
        ("  A\nB", "A\nB", False),
        ("A\n\nB", "A\nB", False),
        ("A\nB", "a\nB", False),
        ("A\nB", "A B", False),
    ],
)
def test_an_output_is_compared_line_by_line(printed: str, written_down: str, same: bool) -> None:
    assert outputs.fits(printed, written_down, False) is same


@pytest.mark.parametrize(
    ("body", "program"),
    [
        ("Text.\n```python\nprint(1)\n```", "print(1)\n"),
        ("```python\na\n```\n~~~ py title=x\nb\n~~~~\n```text\nc\n```", "b\n"),
        ('```{.python title="x"}\na\n```', "a\n"),
        ("```python\nprint('```')\n````", "print('```')\n"),
        ("```text\na\n```", None),
        ("Nothing.", None),
    ],
)
def test_the_program_is_the_last_fence_of_python(body: str, program: str | None) -> None:
    assert outputs.program_of(body) == program


FORTY = ("= 40", "! 32 +- 1", "! [100, 200]")


@pytest.mark.parametrize(
    ("kind", "answers", "response", "fraction", "met"),
    [
        ("numeric", FORTY, "40", 1, "a"),
        ("numeric", FORTY, "40.0", 1, "a"),
        ("numeric", FORTY, "33", 0, "b"),
        ("numeric", FORTY, "150", 0, "c"),
        ("numeric", FORTY, "41", 0, ""),
        ("text", ('= "to_thread"', r"= /asyncio\.to_thread/", '! "run"'), "asyncio.to_thread", 1, ""),
        ("output", ("= A\nB", "! B\nA"), "A\nB\n", 1, "a"),
        ("output", ("= A\nB", "! B\nA"), "B\nA", 0, "b"),
        ("output", ("= A\nB", "! B\nA"), "B", 0, ""),
    ],
)
def test_a_written_response_is_right_or_wrong_and_meets_an_answer(
    kind: str, answers: tuple[str, ...], response: str, fraction: float, met: str
) -> None:
    if kind == "text":
        answers = ('= "asyncio.to_thread"', *answers[1:])
        met = "a"
    item = written(kind, *answers)

    assert score(item, stored(item, (response,))) == Score(fraction, "right" if fraction else "wrong")
    assert picked(item, stored(item, (response,))) == frozenset(met)


@pytest.mark.parametrize(
    "item",
    [
        written("numeric", *FORTY),
        written("numeric", "= [3, 5]"),
        written("text", '= "Forty"', r"= /forty( tokens)?/", '! "thirty"', case=False),
        written("text", '= "Forty"', case=True),
        written("output", "= A\nB", "! B\nA"),
        make_item("abcd", kind="order"),
        make_item("ac", kind="multi"),
        make_item("b"),
    ],
)
def test_the_solution_of_an_item_scores_in_full_and_the_item_comes_back_from_json(item: Item) -> None:
    assert stored(item, item.solution) == item.solution
    assert score(item, item.solution).fraction == 1.0
    assert Item.from_json(item.to_json()) == item


@pytest.mark.parametrize(
    ("kind", "answers", "codes"),
    [
        ("numeric", ("= 40", "! 32"), []),
        ("numeric", ("! 32",), ["E04"]),
        ("numeric", ("= forty",), ["E11"]),
        ("numeric", ("= 40 +- -1",), ["E11"]),
        ("numeric", ("= 1e999",), ["E11"]),
        ("numeric", ("= [1, x]",), ["E11"]),
        ("numeric", ("= 40 +- 2", "= 42"), ["E11"]),
        ("numeric", ("= 42", "= 40 +- 2"), ["E11"]),
        ("numeric", ("= 42.1", "= 40 +- 2"), []),
        ("numeric", ("= x", "= 40", "! 40"), ["E11", "E10"]),
        ("numeric", ("= 40 +- 2", "! 42"), ["E10"]),
        ("numeric", ("= 40", "! 30 +- 5", "! 35"), ["E10"]),
        ("text", ('= "a"', "= /a+/", '! "b"', "! /b+/"), []),
        ("text", ("= /a+/",), ["E04"]),
        ("text", ('= "a"', "= /b+/"), ["E10"]),
        ("text", ('= "a"', "! /a+/"), ["E10"]),
        ("text", ("! /a+/", '= "a"'), ["E10"]),
        ("text", ('= "a"', '= "A"'), ["E11"]),
        ("text", ('= "a"', "= /(/"), ["E10"]),
        ("text", ('= "a"', "= /(?=a)a/"), ["E10"]),
        ("text", ('= "a"', "= /a*/"), ["E10"]),
        ("text", ('= "a"', "= /((a{100}){100}){100}/"), ["E10"]),
        ("text", ("= a",), ["E04"]),
        ("text", ('= "',), ["E04"]),
        ("text", ('= " "',), ["E14"]),
        ("text", ('= "' + "a" * 257 + '"',), ["E04"]),
        ("output", ("= A", "! B"), []),
        ("output", ("= A", "= B"), ["E04"]),
        ("output", ("= A", "! A \n"), ["E10"]),
        ("output", ("=  \n",), ["E14"]),
        ("output", ("= " + "A" * 4001,), ["E04"]),
    ],
)
def test_answers_that_could_not_be_told_apart_are_refused(
    kind: str, answers: tuple[str, ...], codes: list[str]
) -> None:
    made = [Answer(id=str(at), text=text[2:], right=text[0] == "=") for at, text in enumerate(answers)]

    assert [problem.code for _, problem in problems(Kind(kind), made)] == codes


@pytest.mark.parametrize(
    ("item", "given_now", "error"),
    [
        (written("numeric", "= 40"), ("",), NothingChosen),
        (written("numeric", "= 40"), (), NothingChosen),
        (written("numeric", "= 40"), ("forty",), Unreadable),
        (written("text", '= "a"'), ("  ",), NothingChosen),
        (written("text", '= "a"'), ("a" * 257,), Unreadable),
        (written("output", "= A"), (" \n\n",), NothingChosen),
        (written("output", "= A"), ("A" * 4001,), Unreadable),
        (make_item("abcd", kind="order"), ("a", "a", "b", "c"), NoOrder),
        (make_item("abcd", kind="order"), (), NoOrder),
        (make_item("ab", kind="multi"), (), NothingChosen),
    ],
)
def test_what_is_no_response_is_not_stored(item: Item, given_now: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        stored(item, given_now)


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("numeric", "forty", "not-a-number"),
        ("numeric", "40", None),
        ("text", "a" * 256, None),
        ("text", "a" * 257, "too-long"),
        ("output", "A" * 4000, None),
        ("output", "A" * 4001, "too-long"),
    ],
)
def test_a_refusal_says_why_by_a_code(kind: str, text: str, code: str | None) -> None:
    assert WRITTEN[Kind(kind)].refusal(text) == code


def test_capitals_count_where_the_item_says_so_and_nowhere_else() -> None:
    answers = ('= "Lock"', "! /lock/")
    item = written("text", *answers, case=True)

    assert [score(item, (text,)).fraction for text in ("Lock", "lock", "LOCK")] == [1.0, 0.0, 0.0]
    assert [picked(item, (text,)) for text in ("Lock", "lock", "LOCK")] == [{"a"}, {"b"}, set()]
    assert [score(written("text", '= "Lock"'), (text,)).fraction for text in ("Lock", "LOCK")] == [1.0, 1.0]
    assert matched(Kind.TEXT, item.answers[:1], "lock") is item.answers[0]
    assert matched(Kind.TEXT, item.answers[:1], "lock", case=True) is None


@pytest.mark.parametrize(
    ("answers", "with_case", "without"),
    [
        (('= "a"', '! "A"'), [], ["E10"]),
        (('= "a"', "! /A+/"), [], ["E10"]),
        (("! /A+/", '= "a"'), [], ["E10"]),
        (('= "A"', "= /a/"), ["E10"], []),
    ],
)
def test_answers_meet_by_capitals_as_responses_do(
    answers: tuple[str, ...], with_case: list[str], without: list[str]
) -> None:
    made = [Answer(id=str(at), text=text[2:], right=text[0] == "=") for at, text in enumerate(answers)]

    assert [problem.code for _, problem in problems(Kind.TEXT, made, case=True)] == with_case
    assert [problem.code for _, problem in problems(Kind.TEXT, made)] == without


def test_an_item_is_made_by_the_same_rules() -> None:
    assert written("text", '= "a"', '! "A"', case=True).case
    with pytest.raises(ItemError, match="takes none of the right answers in quotes"):
        written("text", '= "A"', "= /a/", case=True)
    with pytest.raises(ItemError, match=r"^who-waits: a program prints one output: the others are `not-output`$"):
        written("output", "= A", "= B")


@pytest.mark.parametrize(
    ("notation", "said"),
    [
        ("a", "`a` is no text: write it in quotes, or a regular expression between slashes"),
        ("XaX", "`XaX` is no text: write it in quotes, or a regular expression between slashes"),
        ('""', "this answer is empty"),
        ('"' + "a" * 256 + '"', None),
        ('"' + "a" * 257 + '"', "more than 256 characters are never compared"),
        ("/a*/", "this regular expression takes an empty text, which is no response"),
        ("/(/", "this regular expression cannot be used: missing ): ("),
        ("/" + "é{1000}" * 30 + "/", "this regular expression cannot be used: pattern too large - compile failed"),
    ],
)
def test_a_text_that_cannot_be_meant_is_told_why(notation: str, said: str | None) -> None:
    problem = texts.problem(notation)
    assert (problem and problem.message) == said


def test_a_prediction_is_not_stored_as_a_response() -> None:
    models = tuple(Model(id=name, formula="d") for name in "ab")
    asked = Measured(lab="l", variants=("v",), metric="wall", models=models)
    item = Item(id="who-waits", kind=Kind.MEASURED, stem="Who?", options=(), scoring=Scoring.TOLERANCE, measured=asked)
    with pytest.raises(NotChosenFrom):
        stored(item, ("1",))
    assert item.solution == () and picked(item, ("1",)) == frozenset()


def test_the_same_response_is_stored_alike() -> None:
    assert stored(make_item("ab", kind="multi"), ["b", "a", "a"]) == ("a", "b")
    assert stored(make_item("abcd", kind="order"), list("dcba")) == tuple("dcba")
    assert stored(written("numeric", "= 40"), (" 40 ",)) == ("40",)
    assert stored(written("text", '= "a b"'), ("a \t b",)) == ("a b",)
    assert stored(written("output", "= A"), ("A \r\n\r\n",)) == ("A",)


@pytest.mark.parametrize(
    ("kind", "notation", "words"),
    [
        ("numeric", "[38, 42]", "38 to 42"),
        ("numeric", "40 +- 5%", "40 ± 5%"),
        ("text", '"a b"', "a b"),
        ("output", "A \n", "A"),
    ],
)
def test_a_right_answer_is_shown_in_a_learners_words(kind: str, notation: str, words: str) -> None:
    assert written(kind, f"= {notation}").shown_solution == words


def test_an_answer_that_nothing_fits_is_none() -> None:
    assert matched(Kind.NUMERIC, (), "40") is None


def test_answers_are_in_no_hash_that_leaves_the_server() -> None:
    one, other = written("numeric", "= 40"), written("numeric", "= 41")
    assert one.shown_hash == other.shown_hash and one.key_hash != other.key_hash
    here = make_item("abcd", kind="order")
    there = Item.from_json(
        json.dumps({**json.loads(here.to_json()), "options": json.loads(here.to_json())["options"][::-1]})
    )
    assert here.shown_hash == there.shown_hash and here.key_hash != there.key_hash
