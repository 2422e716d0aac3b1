"""A measurement as values and text, and what a lesson's claims and numbers make of it. No program runs here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.measured_courses import CLAIM_LINE, checked, keep, loaded, make_course, measurement, repeats, swap
from webapp.course.course import Lesson
from webapp.course.measured import gaps, is_complete, judge, wanted
from webapp.course.verdicts import Said, of_check, of_fresh
from webapp.labs.claims import Verdict
from webapp.labs.lab import ASYNCIO
from webapp.labs.measured_text import NotAMeasurement, read, write
from webapp.labs.measurement import (
    Environment,
    Machine,
    Repeat,
    identity,
    rounded,
    series,
    spec_of,
    spread,
    this_environment,
)
from webapp.labs.numbers import Spread


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("course"), prose="It took {{ ways.held.wall }}.")


@pytest.fixture(scope="module")
def lesson(folder: Path) -> Lesson:
    return loaded(folder).lessons[0]


def lines(said: list[Said]) -> list[tuple[int, str]]:
    return [(one.line, one.code) for one in said]


def test_a_series_is_made_of_undisturbed_repeats_alone(lesson: Lesson) -> None:
    one = wanted(lesson)[0]
    good = repeats(one.setting.variant)
    bad = [Repeat({"wall": 99.0}, {}, disturbed=True), Repeat({}, {}, failure="It ended.")]
    found = series(one.lab, one.setting, [*good, *bad])
    assert (found.repeats, found.set_aside, found.is_enough) == (5, 2, True)
    assert found.values["wall"].high < 1
    assert not series(one.lab, one.setting, good[:4] + bad).is_enough


def test_a_spread_is_lowest_median_and_highest_with_the_digits_of_a_measurement() -> None:
    assert spread([0.123456, 3, 0.2]) == Spread(0.1235, 0.2, 3)
    assert spread([40, 40, 39, 40]) == Spread(39, 40, 40)


def test_what_is_written_is_read_again_and_is_the_same_text_for_the_same_numbers(lesson: Lesson) -> None:
    made = measurement(lesson)
    text = write(made)
    assert write(read(text)) == text and text.endswith("}\n")
    shuffled = replace(made, measured=(replace(made.measured[0], series=tuple(reversed(made.measured[0].series))),))
    assert write(shuffled) == text
    assert '"wall": [0.42, 0.4284, 0.4368]' in text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 7}', '{"format": 1, "machine": 3}', "[" * 99_999])
def test_a_text_that_is_no_measurement_is_refused(text: str) -> None:
    with pytest.raises(NotAMeasurement):
        read(text)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("0.4284", "NaN"),
        ("0.4284", "1e999"),
        ("0.4284", "9" * 400),
        ('"Linux"', '"\\ud800"'),
        ('"cores": 2', '"cores": 1e999'),
    ],
)
def test_a_number_that_is_none_and_a_name_that_is_no_text_are_refused(lesson: Lesson, written: str, told: str) -> None:
    made = replace(measurement(lesson), machine=Machine("a processor", 2, "Linux"))
    text = write(made)
    assert written in text
    with pytest.raises(NotAMeasurement):
        read(text.replace(written, told, 1))


def test_a_run_is_known_by_its_program_and_all_that_it_is_asked(lesson: Lesson) -> None:
    one = wanted(lesson)[0]
    spec = spec_of(one.lab, one.setting)
    others = [
        replace(spec, program=spec.program + "#"),
        replace(spec, request="GET /other"),
        replace(spec, requests=6),
        replace(spec, parameters={"delay": 1.0}),
        replace(spec, interval_ms=5),
        replace(spec, bystander="GET /ping"),
    ]
    assert len({identity(spec), *map(identity, others)}) == len(others) + 1
    assert identity(spec) == identity(replace(spec, file="other.py", seconds=7))


def test_a_lesson_wants_each_setting_of_its_claims_and_numbers_once(lesson: Lesson) -> None:
    assert [one.setting.variant for one in wanted(lesson)] == ["held", "quick"]


def test_claims_are_judged_by_the_ranges_of_what_was_measured(lesson: Lesson) -> None:
    def verdicts(**walls: list[float]) -> list[Verdict]:
        return [judged.verdict for judged in judge(lesson, measurement(lesson, walls=walls).measured[0])]

    assert verdicts() == [Verdict.HOLDS] * 3
    assert verdicts(held=[0.1] * 5)[0] is Verdict.FAILS
    assert verdicts(held=[0.1, 0.4, 0.4, 0.4, 0.4])[0] is Verdict.NOISY
    assert verdicts(held=[0.1] * 4)[:2] == [Verdict.NOISY] * 2


def test_a_measurement_of_other_versions_does_not_count_and_one_of_another_patch_does(lesson: Lesson) -> None:
    here = this_environment()
    major, *_ = here.minor.split(".")
    assert is_complete(lesson, measurement(lesson), here)
    assert is_complete(lesson, measurement(lesson, environment=replace(here, python=f"{here.minor}.99")), here)
    assert not is_complete(lesson, measurement(lesson, environment=replace(here, python=f"{major}.2.0")), here)
    other = {**here.versions, "fastapi": "0.1"}
    assert not is_complete(lesson, measurement(lesson, environment=replace(here, versions=other)), here)
    assert not is_complete(lesson, None, here)


def test_what_is_missing_is_told_with_its_line(folder: Path, lesson: Lesson) -> None:
    missing = list(gaps(lesson, None))
    number = next(
        n for n, text in enumerate((folder / "waiting" / "lesson.md").read_text().split("\n"), 1) if "{{ ways" in text
    )
    assert [line for line, _ in missing] == [CLAIM_LINE, CLAIM_LINE + 1, CLAIM_LINE + 2, number]
    assert missing[-1][1] == "`{{ ways.held.wall }}` was not measured"
    assert list(gaps(lesson, measurement(lesson).measured[0])) == []


def test_the_plain_check_warns_of_a_measurement_of_other_programs(tmp_path: Path) -> None:
    folder = make_course(tmp_path)
    keep(folder)
    assert checked(folder) == []
    swap(folder)
    found = [problem for problem in checked(folder) if problem.code == "W42"]
    assert [problem.line for problem in found] == [CLAIM_LINE, CLAIM_LINE + 1, CLAIM_LINE + 2]
    assert "was measured with other programs or numbers: interleave measure waiting" in found[0].message


def test_a_measurement_that_is_none_is_an_error_of_its_own_file(tmp_path: Path) -> None:
    folder = make_course(tmp_path)
    path = folder / "waiting" / "measured.json"
    path.write_text('{"format": 0}')
    errors = [problem for problem in checked(folder) if not problem.is_warning]
    assert [(problem.path, problem.line, problem.code) for problem in errors] == [(str(path), 1, "E42")]
    assert errors[0].message == "measured.json is of format 0, and this is 1: delete it, or measure again"


NOISY = {"held": [0.1, 0.4, 0.4, 0.4, 0.4]}
FALSE = {"held": [0.1] * 5}


@pytest.mark.parametrize(
    ("kept", "fresh", "code"),
    [
        ({}, {}, ""),
        ({}, NOISY, ""),
        ({}, FALSE, "E43"),
        (NOISY, {}, ""),
        (NOISY, NOISY, "E44"),
        (FALSE, {}, "E43"),
        (FALSE, NOISY, "E43"),
        (None, {}, ""),
        (None, NOISY, "E44"),
        (None, FALSE, "E43"),
    ],
)
def test_a_claim_passes_if_it_fails_nowhere_and_was_seen_to_hold(
    lesson: Lesson, kept: dict[str, list[float]] | None, fresh: dict[str, list[float]], code: str
) -> None:
    lesson = replace(lesson, numbers=(), measured=None if kept is None else measurement(lesson, walls=kept))
    first = next(iter(of_check(lesson, measurement(lesson, walls=fresh))))
    assert first.line == CLAIM_LINE
    assert first.code == code or (not code and first.code == "W43")
    assert first.is_error is bool(code)


def test_a_measurement_of_other_versions_is_told_with_both(lesson: Lesson) -> None:
    here = this_environment()
    old = Environment("3.9.1", ASYNCIO, {**here.versions, "fastapi": "0.1"})
    said = list(of_check(replace(lesson, measured=measurement(lesson, environment=old)), measurement(lesson)))
    assert (said[0].line, said[0].code, said[0].about_measurement) == (1, "E44", True)
    assert "measured with Python 3.9, asyncio" in said[0].message and f"this is Python {here.minor}" in said[0].message


def test_an_interpreter_that_the_author_did_not_have_is_no_fault_but_its_claims_count(lesson: Lesson) -> None:
    other = replace(this_environment(), python="3.99.1")

    def told(**walls: list[float]) -> list[str]:
        there = measurement(lesson, walls=walls, environment=other).measured
        here = measurement(lesson)
        said = of_check(replace(lesson, measured=here), replace(here, measured=here.measured + there))
        return [one.code for one in said if one.code]

    assert told() == []
    assert told(held=[0.1] * 5) == ["E43"]


def test_a_number_that_nobody_measured_is_an_error_of_the_measuring_check(lesson: Lesson) -> None:
    said = list(of_check(replace(lesson, measured=None), measurement(lesson)))
    assert [one.message for one in said if one.code == "E44"] == ["`{{ ways.held.wall }}` was not measured"]


def test_a_verdict_names_the_lab_the_claim_the_values_and_what_served(lesson: Lesson) -> None:
    (first, *_) = of_fresh(lesson, measurement(lesson, walls=FALSE).measured[0])
    assert first.message.startswith("fails: ways: wall(held) / wall(quick) > 2 ([1.068 to 1.111] > 2; Python 3.")
    assert first.message.endswith(", asyncio)")


def test_uvloop_decides_no_claim_about_turns(tmp_path: Path) -> None:
    lesson = loaded(make_course(tmp_path, more="    loops: [asyncio, uvloop]\n")).lessons[0]
    measured = measurement(lesson, environment=this_environment("uvloop")).measured[0]
    assert [judged.claim.text for judged in judge(lesson, measured)] == [
        "wall(held) / wall(quick) > 2",
        "peak_in_flight(quick) == 5",
    ]


@pytest.mark.parametrize("value", [53.999, 0.99999, 54.0, 54.1, 123456.0, 123456.7, 0.0123456, -2.99999, 0.0])
def test_what_is_rounded_is_the_same_when_it_is_read_and_rounded_again(value: float) -> None:
    once = rounded(value)
    assert repr(rounded(float(once))) == repr(once) and abs(once - value) <= abs(value) * 1e-3
