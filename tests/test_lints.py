"""What a lint fires on and what it leaves alone, what chance does, and the lints that only many questions together show.

The examples of the table of codes are run by test_codes; here stand the near misses beside them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from quiz.items import Item, Option
from quiz.kinds import Kind
from quiz.lint import LINTS, Beside, lint, lint_answered, lint_beside
from quiz.lint.chance import as_far, at_least, chi_square, pearson, successes, sums, tallies, two_sided
from quiz.lint.facility import band
from quiz.lint.guessers import Guess, guesses
from quiz.lint.keys import long_keys, places
from quiz.lint.numbers import quantities
from quiz.lint.words import spread
from quiz.options import normalised
from quiz.questions import scan_question
from tests.builders import make_item
from tests.classes import course_of, respond, token
from tests.conftest import SHIPPED
from tests.test_items import items
from webapp.cli import cli
from webapp.course.check import check
from webapp.course.errors import CourseError
from webapp.course.render import Renderer
from webapp.database import Database

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TOLD = "\n//// explanation\nSo.\n////\n///"


def question(stem: str, options: str, declared: str = "", body: str = "") -> Item:
    """Options one a line, the right ones with an `x` in front: `x Anna`."""
    lines = [line.strip() for line in options.strip().splitlines()]
    keys = "\n".join(
        f"- [{'x' if line.startswith('x ') else ' '}] {line.removeprefix('x ')}\n    > So." for line in lines
    )
    source = f"/// question | {stem}\n    id: who-waits\n{declared}\n{body}\n{keys}\n{TOLD}"
    item, errors = scan_question(source.split("\n"), path="lesson.md", first_line=1)
    assert item is not None, errors
    return item


def codes(item: Item) -> set[str]:
    alone = Beside(spread([item]), has_misconceptions=False)
    return {one.code for one in [*lint(item, path="lesson.md"), *lint_beside(item, alone, path="lesson.md")]}


FIRES = [
    ("W01", "Who waits?", "x Anna\nBert\nAll of these"),
    ("W01", "Who waits?", "x Anna\nBert\nNone of the above."),
    ("W01", "Who waits?", "x Anna\nBert\nBoth A and B"),
    ("W01", "Who waits?", "x Anna\nBert\nA, B and C"),
    ("W02", "Who waits?", "x Anna, who came long before them\nBert, who came later\nCleo"),
    ("W04", "What can not wait?", "x Anna\nBert"),
    ("W04", "All of them wait, except", "x Anna\nBert"),
    ("W04", "Three arrive. Who doesn't wait?", "x Anna\nBert"),
    ("W05", "When is it?", "x At night\nNever, not even *once*"),
    ("W06", "What does `a` serialise?", "x What is serialised\nNothing"),
    ("W10", "It runs in an", "x executor\nthread"),
    ("W10", "It is an…", "x HTTP request\nURL"),
    ("W13", "How long?", "x 300 ms\n1 s\n0.5 s"),
    ("W13", "How long?", "x About 0.02 s, the saving\n0.38 s, all of it"),
    ("W13", "How many?", "1 request\nx 4 requests\n2 requests"),
]
LEAVES = [
    ("W01", "How many of them wait?", "x All of them\nNone of them\nHalf"),
    ("W01", "Which pair?", "x Both the loop and a thread\nA thread and another"),
    ("W02", "Who waits?", "x Anna-Lena\nBert"),
    ("W02", "Who waits?", "x Anna, who came long before\nBert, who came a little later"),
    ("W02", "Which line?", "x `await asyncio.sleep(1)`, which yields\n`sleep()`\n`work()`"),
    ("W04", "It does not answer. Who waits?", "x Anna\nBert"),
    ("W04", "Why does it not answer?", "x Anna\nBert"),
    ("W04", "Who does NOT wait?", "x Anna\nBert"),
    ("W04", "Who does **not** wait?", "x Anna\nBert"),
    ("W04", "What does `not x` give?", "x Anna\nBert"),
    ("W05", "When is it?", "x Always at night\nNever"),
    ("W05", "Which one?", "x `await`\n`never()`"),
    ("W06", "What does it serialise?", "x What is serialised\nA serialiser"),
    ("W06", "Who waits?", "x Anna waits\nBert"),
    ("W10", "It runs in a(n)", "x executor\nthread"),
    ("W10", "It is a", "x user\nthread\none-way street"),
    ("W13", "Which status?", "x 500, and a traceback\n404, as if it were missing"),
    ("W13", "How long, or how many?", "x 3 s\n2 requests"),
    ("W13", "Which?", "x 3 s\nAn hour"),
    ("W13", "Which of 2026?", "x May\nJune\nJuly"),
]


@pytest.mark.parametrize(("code", "stem", "options"), FIRES)
def test_a_lint_fires(code: str, stem: str, options: str) -> None:
    assert code in codes(question(stem, options))


@pytest.mark.parametrize(("code", "stem", "options"), LEAVES)
def test_a_lint_leaves_a_near_miss_alone(code: str, stem: str, options: str) -> None:
    assert code not in codes(question(stem, options))


def test_numbers_in_order_that_stay_there_are_left_alone() -> None:
    assert "W13" not in codes(question("How long?", "300 ms\nx 0.5 s\n1 s", "    shuffle: false\n"))
    assert "W13" not in codes(question("How long?", "3 s\nx 2 s\n1 s", "    shuffle: false\n"))
    assert "W13" not in codes(question("How long?", "1 s {fixed}\nx 2 s {fixed}"))
    assert "W13" in codes(question("How long?", "2 s\nx 1 s\n3 s", "    shuffle: false\n"))
    assert quantities(["about 1,000 ms", "2 s", "1 min"]) == [1.0, 2.0, 60.0]
    assert quantities(["1 s", "40"]) is None and quantities([]) is None


def test_one_right_option_of_several_is_left_alone_where_the_stem_says_one_or_more() -> None:
    assert "W11" in codes(question("Which?", "x Anna\nBert", "    type: multi\n"))
    assert "W11" not in codes(question("Which?", "x Anna\nx Bert\nCleo"))
    assert "W11" not in codes(question("Which?", "x Anna\nBert", "    type: multi\n", "At least one waits."))


def test_words_are_counted_without_code() -> None:
    hundred = "So it is. " * 38
    assert "W14" not in codes(
        question("Which?", "x Anna\nBert", body=hundred + f"\n\n```python\n{'word ' * 200}\n```\n")
    )
    assert "W14" in codes(
        question("Which?", "x Anna\nBert", body=hundred + "And these are seven words too many. In all.")
    )


def test_a_word_that_other_stems_have_too_gives_nothing_away() -> None:
    item = question("Which cancellation?", "x A cancellation\nNothing")
    beside = {other: Beside(spread([item] * other), has_misconceptions=False) for other in (2, 3)}
    assert [one.code for one in lint_beside(item, beside[2], path="p")] == ["W06"]
    assert lint_beside(item, beside[3], path="p") == []


def test_a_distractor_needs_a_misconception_only_where_the_course_has_some() -> None:
    item = question("Who waits?", "x Anna\nBert {~by-name}\nCleo")
    without, having = (Beside({}, has_misconceptions=has) for has in (False, True))
    assert lint_beside(item, without, path="p") == []
    assert [(one.line, one.code) for one in lint_beside(item, having, path="p")] == [(9, "W16")]


# Waivers


def test_a_waived_warning_is_told_no_more_and_a_waiver_of_nothing_is() -> None:
    absolute = "x At night\nNever"
    assert "W05" in codes(question("When?", absolute))
    assert codes(question("When?", absolute, "    lint-ok: W05\n")) == set()
    (idle,) = lint(question("When?", absolute, "    lint-ok: [W05, W09]\n"), path="lesson.md")
    assert str(idle) == "lesson.md:3: W15 nothing here gives rise to W09: take it out of `lint-ok`"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("W55", "unknown warning `W55`: did you mean `W05`?"),
        ("W17", "W17 is told of a whole course: waive it in course.toml, with a reason"),
        ("E04", "unknown warning `E04`: did you mean `W04`?"),
    ],
)
def test_a_waiver_of_another_code_is_told(code: str, told: str) -> None:
    (unfit,) = lint(question("Who waits?", "x Anna\nBert", f"    lint-ok: [{code}]\n"), path="lesson.md")
    assert (unfit.code, unfit.message) == ("W15", told)


def test_waivers_of_what_the_course_decides_are_judged_there() -> None:
    item = question("Who waits?", "x Anna\nBert", "    lint-ok: [W16, W12]\n")
    assert lint(item, path="p") == []
    assert lint_beside(item, Beside({}, has_misconceptions=True), path="p") == []
    named = question("Who waits?", "x Anna\nBert {~by-name}", "    lint-ok: [W16]\n")
    for has in (False, True):
        assert [one.code for one in lint_beside(named, Beside({}, has_misconceptions=has), path="p")] == ["W15"]


def test_a_waiver_makes_no_new_version() -> None:
    item = question("When?", "x At night\nNever", "    lint-ok: [W05]\n")
    plain = question("When?", "x At night\nNever")
    assert item == plain and item.content_hash == plain.content_hash
    assert Item.from_json(item.to_json()).waivers == ()


@pytest.mark.parametrize("value", ["5", "[5]", "[]", "[w05]", "[W05, W05]", "{W05: so}"])
def test_what_is_no_list_of_codes_is_refused(value: str) -> None:
    source = f"/// question | Who?\n    id: who-waits\n    lint-ok: {value}\n\n- [x] A\n- [ ] B\n///"
    _, (error,) = scan_question(source.split("\n"), path="lesson.md", first_line=1)
    assert (error.line, error.code) == (3, "E01")


# What answers say


@pytest.mark.parametrize(
    ("difficulty", "facility", "answered", "fires"),
    [
        (1, 0.35, 30, True),
        (1, 0.45, 30, False),
        (5, 0.65, 40, True),
        (5, 0.55, 40, False),
        (1, 0.1, 29, False),
        (None, 0.1, 99, False),
        (1, None, 99, False),
    ],
)
def test_a_difficulty_is_held_to_the_facility(
    difficulty: int | None, facility: float | None, answered: int, fires: bool
) -> None:
    item = make_item(difficulty=difficulty)
    assert [one.code for one in lint_answered(item, facility, answered, {}, path="p")] == ["W12"] * fires


def test_bands_of_facility_are_the_difficulties() -> None:
    assert [band(facility) for facility in (1.0, 0.8, 0.79, 0.6, 0.4, 0.2, 0.19, 0.0)] == [1, 1, 2, 2, 3, 4, 5, 5]


def test_a_waived_difficulty_is_told_no_more_and_an_idle_waiver_is() -> None:
    item = question("When?", "x At night\nBy day", "    lint-ok: [W12]\n    difficulty: 1\n")
    assert lint_answered(item, 0.2, 30, {}, path="p") == []
    assert [one.code for one in lint_answered(item, 0.9, 30, {}, path="p")] == ["W15"]
    assert lint_answered(item, 0.9, 3, {}, path="p") == [], "nobody knows yet"


# Chance


@given(st.integers(0, 12), st.floats(0.01, 0.99))
def test_equal_chances_make_a_binomial(trials: int, chance: float) -> None:
    expected = [math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(trials + 1)]
    assert successes([chance] * trials) == pytest.approx(expected)


def test_tails_are_those_of_r() -> None:
    assert two_sided(successes([0.5] * 20), 15) == pytest.approx(0.04138947, abs=1e-7)  # binom.test(15, 20)
    tail = sum(math.comb(20, k) * 3 ** (20 - k) for k in (0, 1, *range(9, 21)))  # no likelier than 9 of 20
    assert two_sided(successes([0.25] * 20), 9) == pytest.approx(tail / 4**20)
    assert two_sided(successes([0.5] * 10), 5) == 1.0
    for statistic, freedom, p in [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (11.34487, 3, 0.01), (15.08627, 5, 0.01)]:
        assert chi_square(statistic, freedom) == pytest.approx(p, rel=1e-5)  # pchisq(…, lower = FALSE)
    assert chi_square(0, 3) == 1.0


@given(st.lists(st.dictionaries(st.integers(0, 4), st.just(1.0), min_size=1, max_size=3), max_size=4))
def test_a_sum_is_distributed_as_all_outcomes_say(weights: list[dict[int, float]]) -> None:
    distributions = [{value: 1 / len(one) for value in one} for one in weights]
    found = sums(distributions)
    for target in range(17):
        outcomes = list(product(*distributions))
        expected = sum(sum(one) >= target for one in outcomes) / len(outcomes)
        assert at_least(found, target) == pytest.approx(expected)


@given(st.lists(st.sampled_from([(0.5, 0.5, 0.0), (1 / 3, 1 / 3, 1 / 3)]), min_size=1, max_size=5))
def test_a_tally_is_as_likely_as_all_outcomes_say(trials: list[tuple[float, ...]]) -> None:
    found = tallies(trials)
    assert math.fsum(found.values()) == pytest.approx(1)
    for tally, chance in found.items():
        outcomes = [one for one in product(range(3), repeat=len(trials)) if tally == tuple(map(one.count, range(3)))]
        expected = sum(math.prod(trial[at] for trial, at in zip(trials, one, strict=True)) for one in outcomes)
        assert chance == pytest.approx(expected)


def test_equal_chances_make_a_multinomial_and_its_test_is_exact() -> None:
    found = tallies([(1 / 3,) * 3] * 5)
    assert found[2, 2, 1] == pytest.approx(math.factorial(5) / 4 / 3**5)
    due = (5 / 3,) * 3
    assert as_far(found, (5, 0, 0), due) == pytest.approx(3 / 3**5), "all in one place, whichever"
    assert as_far(found, (2, 2, 1), due) == pytest.approx(1)
    assert tallies([]) == {} and pearson((5, 0, 0), due) == pytest.approx(10)


# Many questions together


def quiz(count: int, key_at: Callable[[int], int], *, options: int = 3, **fields: object) -> list[Item]:
    """Questions whose key stands where the function says, all options equally long."""
    return [
        make_item(
            key="abcdef"[key_at(at) % options],
            options="abcdef"[:options],
            **{"id": f"item-{at}", **fields},  # type: ignore[arg-type]
        )
        for at in range(count)
    ]


def lengthened(made: Sequence[Item], which: Callable[[int], bool]) -> list[Item]:
    """The key of these gets the longest text of its item, in the others a distractor does."""

    def longer(item: Item, key: bool) -> tuple[Option, ...]:
        chosen = next(option for option in item.options if option.right is key)
        return tuple(replace(one, text=f"{one.text}!") if one is chosen else one for one in item.options)

    return [replace(item, options=longer(item, which(at))) for at, item in enumerate(made)]


def each(at: int) -> bool:
    return True


def every_third(at: int) -> bool:
    return at % 3 == 0


def none(at: int) -> bool:
    return False


def guess(made: Sequence[Item], name: str) -> Guess:
    return next(one for one in guesses(made) if one.name == name)


def test_keys_that_are_the_longest_option_are_counted_both_ways() -> None:
    made = quiz(30, lambda at: at)
    always, third, never = (long_keys(lengthened(made, which)) for which in (each, every_third, none))
    assert (always.items, always.longest) == (30, 30)
    assert always.expected == pytest.approx(10)
    assert [one.is_biased for one in (always, third, never)] == [True, False, True]
    assert long_keys(made).items == 0, "where two are longest, none is"
    assert not long_keys(lengthened(made, each)[:11]).is_biased, "of few questions nothing is said"


def test_places_count_only_where_options_stay() -> None:
    first, around = quiz(15, lambda at: 0, shuffle=False), quiz(15, lambda at: at, shuffle=False)
    assert (places(first).observed, places(first).is_biased) == ((15, 0, 0), True)
    assert (places(around).observed, places(around).is_biased) == ((5, 5, 5), False)
    assert places(quiz(15, lambda at: 0)).items == 0
    assert (places([]).p, places([]).is_biased) == (1.0, False)


@pytest.mark.parametrize(("options", "enough"), [(2, 8), (3, 6), (4, 5), (5, 4)])
def test_few_questions_are_enough_where_chance_hardly_ever_does_the_same(options: int, enough: int) -> None:
    """All keys in the first place: chance puts n of them into one of k places in k of k^n outcomes, the fourth and fifth place
    being one here."""
    few, some = (places(quiz(count, none, options=options, shuffle=False)) for count in (enough - 1, enough))
    assert (few.is_biased, some.is_biased) == (False, True)
    if options < 5:
        assert some.p == pytest.approx(options ** (1 - enough)) and few.p == pytest.approx(options ** (2 - enough))


def standing(*counts: int) -> list[Item]:
    """So many keys in each of three places, in questions that are not shuffled."""
    keys = [place for place, count in enumerate(counts) for _ in range(count)]
    return quiz(len(keys), keys.__getitem__, shuffle=False)


@pytest.mark.parametrize(
    ("counts", "p", "biased"),
    [
        ((9, 1, 1), 0.004115, True),
        ((8, 3, 0), 0.009704, True),
        ((8, 2, 1), 0.02647, False),
        ((9, 2, 1), 0.01157, False),
        ((22, 9, 14), 0.05689, False),  # of more than 40 the chi-square, 5.733 with two degrees of freedom
        ((26, 9, 10), 0.002319, True),
    ],
)
def test_chance_decides_from_which_places_on_a_key_is_told(counts: tuple[int, ...], p: float, biased: bool) -> None:
    found = places(standing(*counts))
    assert (found.observed, found.is_biased) == (counts, biased)
    assert found.p == pytest.approx(p, rel=1e-3)


def test_rare_places_of_many_questions_are_counted_together() -> None:
    rare = [*standing(14, 13, 13), *quiz(3, none, options=5, shuffle=False)]
    assert min(places(rare).expected) >= 3 and places(rare).items == 43


def test_the_first_option_is_guessed_and_the_places_of_keys_decide() -> None:
    first, around = guess(quiz(12, lambda at: 0), "first"), guess(quiz(12, lambda at: at), "first")
    assert (first.items, first.earned) == (12, 12)
    assert first.by_chance == pytest.approx(4)
    assert first.p == pytest.approx(3.0**-12) and first.beats_chance
    assert (around.earned, around.beats_chance) == (4, False)
    assert not guess(quiz(11, lambda at: 0), "first").beats_chance


def test_the_longest_option_is_guessed_only_where_there_is_one() -> None:
    made = quiz(12, lambda at: at)
    assert guess(made, "longest").items == 0
    assert guess(lengthened(made, each), "longest").beats_chance
    assert guess(lengthened(made, none), "longest").earned == 0


def test_the_most_hedged_option_is_guessed() -> None:
    hedged = [question("Who waits?", f"x Anna may, usually\nBert{at}\nCleo can") for at in range(12)]
    assert guess(hedged, "most-hedged").beats_chance
    equal = [question("Who waits?", "x Anna may\nBert can\nCleo") for _ in range(12)]
    assert guess(equal, "most-hedged").items == 0


def test_a_guess_scores_by_the_rule_of_its_item() -> None:
    several = make_item(key="ab", kind="multi")
    assert (guess([several], "first").earned, guess([several], "first").by_chance) == (0.5, 0.25)


# Over a course


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


def course(folder: Path, *, first: bool, declared: str = "", manifest: str = "", question: str = "") -> Path:
    asked = []
    for at in range(14):
        options = ["Anna", "Bert", "Cleo"]
        key = 0 if first else at % 3
        lines = [f"- [{'x' if place == key else ' '}] {name}" for place, name in enumerate(options)]
        asked.append(
            "\n".join([f"/// question | Who waits in {at}?", f"    id: item-{at}", declared, "", *lines, TOLD, ""])
        )
    (folder / "waiting").mkdir(parents=True)
    head = 'id = "c"\ntitle = "C"\nsummary = "S"\n[[parts]]\ntitle = "P"\nlessons = ["waiting"]\n'
    (folder / "course.toml").write_text(head + manifest)
    text = "---\ntitle: Waiting\nsummary: S.\n---\n## Learn\n\n" + "\n".join(asked).replace("\n\n\n", "\n\n") + question
    (folder / "waiting" / "lesson.md").write_text(text)
    return folder


def told(folder: Path, renderer: Renderer) -> list[CourseError]:
    return [one for one in check(folder, renderer) if one.code not in ("W07", "W16")]


def test_a_course_is_told_of_its_places_and_of_who_guesses_them(tmp_path: Path, renderer: Renderer) -> None:
    found = told(course(tmp_path / "first", first=True, declared="    shuffle: false"), renderer)
    assert [(one.line, one.code) for one in found] == [(1, "W03"), (1, "W17")]
    assert all(one.path.endswith("course.toml") for one in found)
    assert "earns 14.0 of 14 questions, where blind choice earns 4.7" in found[1].message
    assert told(course(tmp_path / "around", first=False, declared="    shuffle: false"), renderer) == []


def test_what_is_told_of_a_course_is_waived_there(tmp_path: Path, renderer: Renderer) -> None:
    waived = 'W17 = "The first is the first of the alphabet."\n'
    assert told(course(tmp_path / "a", first=True, manifest=f"[lint-ok]\n{waived}"), renderer) == []
    idle = told(course(tmp_path / "b", first=False, manifest=f"[lint-ok]\n{waived}W05 = 'So.'\n"), renderer)
    assert [(one.line, one.code) for one in idle] == [(8, "W15"), (9, "W15")]
    assert "gives rise to W17" in idle[0].message and "in its question" in idle[1].message
    unreasoned = told(course(tmp_path / "c", first=True, manifest='[lint-ok]\nW17 = ""\n'), renderer)
    assert [one.code for one in unreasoned] == ["E21"]


def test_names_that_nothing_uses_are_told_where_they_are_declared(tmp_path: Path, renderer: Renderer) -> None:
    manifest = '[skills]\nwait = "S"\n[misconceptions.by-name]\ntext = "So."\n'
    found = told(course(tmp_path / "c", first=False, manifest=manifest), renderer)
    assert [(one.line, one.code) for one in found] == [(8, "W18"), (9, "W19")]


def test_a_name_of_a_folder_below_is_told_there_and_waived_above(tmp_path: Path, renderer: Renderer) -> None:
    below = course(tmp_path / "below", first=False, manifest='[skills]\nwait = "S"\n')
    above = tmp_path / "above"
    above.mkdir()
    (above / "course.toml").write_text("# Ours.\n")
    found = [one for one in check((above, below), renderer) if one.code == "W18"]
    assert [(one.path, one.line) for one in found] == [(str(below / "course.toml"), 8)]
    (above / "course.toml").write_text('[lint-ok]\nW18 = "Practised in class."\n')
    assert {one.code for one in check((above, below), renderer)} == {"W07"}


def test_difficulties_are_held_to_what_a_data_folder_tells(tmp_path: Path) -> None:
    folder, data = course(tmp_path / "course", first=False, declared="    difficulty: 5"), tmp_path / "data"
    missing = CliRunner().invoke(cli, ["check", "--lessons", str(folder), "--data", str(data)])
    assert missing.exit_code == 1 and "There is no database" in missing.stderr
    there = course_of(folder)
    database = Database(data)
    try:
        for _ in range(30):
            item = there.items[0]
            database.write_now(
                lambda session, item=item: respond(  # type: ignore[misc]
                    session, there, {item.id: item.solution}, token=token(), at=NOW
                )
            )
        answer = CliRunner().invoke(cli, ["check", "--lessons", str(folder), "--data", str(data)])
    finally:
        database.close()
    (line,) = [line for line in answer.stdout.splitlines() if " W12 " in line]
    assert "given as 5, and 30 learners found it easier: a facility of 1.00 is 1" in line
    assert answer.exit_code == 0


def test_no_guesser_beats_chance_in_the_shipped_course() -> None:
    shipped = course_of(SHIPPED).items
    assert not any(one.beats_chance for one in guesses(shipped))
    assert guess(shipped, "longest").items > 30 and guess(shipped, "first").items > 30
    assert not long_keys(shipped).is_biased and not places(shipped).is_biased


# Whatever the item


@given(items())
def test_no_lint_fails_on_any_item(item: Item) -> None:
    beside = Beside(spread([item]), has_misconceptions=True)
    answered = lint_answered(item, 0.5, 99, {Kind.SINGLE: 3}, path="p")
    found = [*lint(item, path="p"), *lint_beside(item, beside, path="p"), *answered]
    assert all(one.code.startswith("W") and one.message for one in found)
    guesses([item]), long_keys([item]), places([item])


PIECES = ("[", "`", "*", "_", "{{", "a.", "1,", "not ", "``a`", "\n```", "](", "an __", "A, ")


@pytest.mark.parametrize("piece", PIECES)
def test_four_times_the_text_costs_about_four_times_the_time(piece: str) -> None:
    def cost(length: int) -> float:
        text = (piece * length)[:length] + "x"
        options = (Option(id="a", text=text, right=True), Option(id="b", text=f"{text} b", right=False))
        item = replace(make_item(), stem=text, body=text, options=options)
        begun = time.process_time()
        for look in LINTS.values():
            list(look(item))
        lint_beside(item, Beside(spread([item]), has_misconceptions=True), path="p")
        guesses([item])
        return time.process_time() - begun

    assert cost(40_000) < 10 * max(cost(10_000), 0.05), "a quadratic one takes sixteen times as long"


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(normalised))
def test_no_text_makes_a_lint_fail(stem: str, option: str) -> None:
    item = make_item()
    options = (Option(id="a", text=option, right=True), Option(id="b", text=f"{option} b", right=False))
    made = Item(id=item.id, kind=item.kind, stem=stem, body=option, scoring=item.scoring, options=options)
    assert all(remark.message for look in LINTS.values() for remark in look(made))
    assert guesses([made]) and lint_beside(made, Beside(spread([made]), has_misconceptions=True), path="p")
