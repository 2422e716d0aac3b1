"""Bound numbers: what may stand between the braces, where they stay text, and what a reader sees in their place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import Markup
from starlette.testclient import TestClient

from tests.courses import question
from tests.measured_courses import checked, keep, loaded, make_course, measurement, swap
from tests.perceived import perceive
from tests.test_site import browser
from webapp.app import create_app
from webapp.course.numbers import with_holes
from webapp.course.passages import passages
from webapp.course.prose import render_page
from webapp.labs.claims import ClaimError
from webapp.labs.measurement import this_environment
from webapp.labs.numbers import Spread, read_number
from webapp.measuring import Kept
from webapp.page import MARKER
from webapp.settings import Settings
from webapp.templating import significant, three_digits, times, two_digits

NARROW = "\u00a0"


def shown(folder: Path, data: Path, path: str = "/lessons/waiting/performance") -> str:
    app = create_app(Settings(data=data, lessons=folder, watch=False))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        return client.get(path).text


def first_number(html: str) -> str:
    """The text of the first number of a page, and what is told of it."""
    found = re.search(r'<span class="bound num.*?</span></span>', html, re.DOTALL)
    assert found
    return " ".join(perceive(found[0]).text.split())


def test_a_number_names_a_lab_a_variant_and_a_metric(tmp_path: Path) -> None:
    labs = loaded(make_course(tmp_path)).lessons[0].labs
    (term,) = read_number("ways.held.wall(requests=7)", labs).terms
    assert (term[0], term[1].metric, term[1].setting.requests) == ("ways", "wall", 7)
    (status,) = read_number("ways.held.status(504, requests=7)", labs).terms
    assert (status[1].key, status[1].setting.requests) == ("status 504", 7)
    ratio = read_number("ratio ways.held.wall / ways.quick.wall", labs)
    assert ratio.unit is None and [term.setting.variant for _, term in ratio.terms] == ["held", "quick"]
    spreads = {"held": Spread(4, 5, 6), "quick": Spread(1, 2, 4)}
    assert ratio.value(lambda lab, term: spreads[term.setting.variant]) == Spread(1, 2.5, 6)
    assert ratio.value(lambda lab, term: Spread(0, 0, 0)) is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("way.held.wall", "no lab `way` in this lesson: did you mean `ways`?"),
        ("ways.hold.wall", "no variant `hold`: did you mean `held`?"),
        ("ways.held.wal", "no metric `wal`: did you mean `wall`?"),
        ("ways.held.wall(delai=1)", "no parameter `delai`: did you mean `delay`?"),
        ("ways.held.bystander_p95", "`bystander_p95` is measured at a bystander, and the lab `ways` has none"),
        ("ways.held.status", "`status` counts answers of one status: `status(variant, 504)`"),
        ("ratio ways.held.wall / ways.held.errors", "a ratio has two metrics of one unit"),
        ("ratio ways.held.wall", "`/` belongs where the text ends"),
        ("", "the text ends where a lab belongs"),
        ("ways.held.wall > 3", "nothing that is known begins where `>` stands"),
    ],
)
def test_a_number_that_means_nothing_is_an_error_with_its_line(tmp_path: Path, expression: str, message: str) -> None:
    folder = make_course(tmp_path, prose=f"Nothing here.\n\nIt took {{{{ {expression} }}}} here.")
    lines = (folder / "waiting" / "lesson.md").read_text().split("\n")
    (error,) = [problem for problem in checked(folder) if not problem.is_warning]
    assert (error.code, error.line) == ("E41", 1 + next(n for n, line in enumerate(lines) if "It took" in line))
    assert error.message == f"`{{{{ {expression} }}}}` is bound to no number: {message}"


def test_a_claim_that_names_nothing_is_an_error_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    folder = make_course(tmp_path, claims=["wall(held) > 0.1", "wall(hold) > 0.1", "max_hol(held) > 0.1"])
    errors = [problem for problem in checked(folder) if not problem.is_warning]
    assert [(error.line, error.code, error.message) for error in errors] == [
        (17, "E40", "no variant `hold`: did you mean `held`?"),
        (18, "E40", "no metric `max_hol`: did you mean `max_hold`?"),
    ]


def test_braces_in_code_stay_braces() -> None:
    source = "`{{ a.b.wall }}` and \\{{ a.b.wall }}\n\n```text\n{{ a.b.wall }}\n```\n\n    {{ a.b.wall }}\n"
    rendering = render_page([source])
    assert rendering.numbers == []
    assert rendering.html[0].count("{{ a.b.wall }}") == 4


def test_where_nothing_may_be_pressed_or_nested_a_number_is_plain_or_left_out() -> None:
    rendering = render_page(
        [
            "### Head {{ a.b.wall }}\n\n[link {{ a.b.p50 }}](#x) ![{{ a.b.p95 }}](x.png)\n\n| {{ a.b.errors }} |\n|---|\n| 1 |"
        ]
    )
    html = rendering.html[0]
    assert "\x00plain:a.b.wall\x00" in html and "\x00plain:a.b.p50\x00" in html
    assert 'alt="…"' in html and 'aria-label="…"' in html
    assert rendering.headings == [("s-head", "Head …", 2)]
    for tag in re.findall(r"<[^>]*>", html):
        assert "\x00" not in tag


def test_each_place_of_a_number_has_an_anchor_of_its_own_and_is_a_hole_of_the_page() -> None:
    rendered = Markup("<p>\x00number:a.b.wall\x00 and \x00number:a.b.wall\x00</p>")
    html = with_holes(rendered, "number-why-1")
    assert MARKER.findall(html) == ["number:number-why-1-1:a.b.wall", "number:number-why-1-2:a.b.wall"]
    assert MARKER.findall(with_holes(rendered, "x", pressed=False)) == ["number::a.b.wall"] * 2


def test_a_measured_number_is_shown_with_its_unit_and_tells_where_it_comes_from(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course", prose="It took {{ ways.held.wall }}.")
    keep(folder)
    told = first_number(shown(folder, tmp_path / "data"))
    assert told.startswith(
        f"430{NARROW}ms Median of 5 repeats: 428{NARROW}ms, from 420{NARROW}ms to 437{NARROW}ms."
    ) or (told.startswith("430 ms Median of 5 repeats: 428 ms, from 420 ms to 437 ms."))
    assert "Held: 5 requests, each one waits 0.08" in told
    assert "Measured by the author of the lesson: A processor, 2 processors, Linux; Python 3." in told


def test_counts_ratios_and_rates_are_shown_as_such(tmp_path: Path) -> None:
    expressions = {
        "ways.quick.peak_in_flight": "5",
        "ratio ways.held.wall / ways.quick.wall": "4.7 times",
        "ways.held.throughput": "12 per s",
        "ways.held.status(504)": "0",
    }
    folder = make_course(tmp_path / "course", prose=", ".join(f"{{{{ {expression} }}}}" for expression in expressions))
    keep(folder)
    shown_values = re.findall(r'<button class="bound__value"[^>]*>([^<]*)</button>', shown(folder, tmp_path / "data"))
    assert [value.replace(NARROW, " ") for value in shown_values] == list(expressions.values())


def test_a_number_of_other_programs_is_not_shown(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course", prose="It took {{ ways.held.wall }}.")
    keep(folder)
    swap(folder)
    told = first_number(shown(folder, tmp_path / "data"))
    assert told.startswith("not measured yet Nobody has measured this here yet.")


def test_the_servers_own_measurement_is_shown_before_the_authors(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course", prose="It took {{ ways.held.wall }}.")
    keep(folder)
    course = loaded(folder)
    lesson = course.lessons[0]
    own = measurement(lesson, walls={"held": [0.6] * 5})
    Kept(tmp_path / "data").keep(course, lesson, own)
    told = first_number(shown(folder, tmp_path / "data"))
    assert told.replace(NARROW, " ").startswith("600 ms 600 ms in each of 5 repeats.") and "by this server" in told
    other = measurement(lesson, environment=replace(this_environment(), versions={"fastapi": "0.1"}))
    Kept(tmp_path / "data").keep(course, lesson, other)
    assert "by the author" in first_number(shown(folder, tmp_path / "data"))


def test_an_item_keeps_its_version_when_a_number_was_measured_anew(tmp_path: Path) -> None:
    asked = question(feedback="It took {{{{ ways.held.wall }}}}: {}.", stem="What after {{ ways.quick.wall }}?")
    folder = make_course(tmp_path)
    path = folder / "waiting" / "lesson.md"
    path.write_text(
        path.read_text().replace("## Recall\n", asked.replace("first-item", "bound-item") + "\n## Recall\n")
    )
    before = next(item for item in loaded(folder).lessons[0].items if item.id == "bound-item")
    keep(folder)
    after = next(item for item in loaded(folder).lessons[0].items if item.id == "bound-item")
    assert before.content_hash == after.content_hash and "{{ ways.held.wall }}" in after.options[0].feedback
    app = create_app(Settings(data=tmp_path / "data", lessons=folder, watch=False))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        page = client.get("/lessons/waiting/performance").text
        assert "It took" not in page and "What after" in page and "92" in page
        form = dict(re.findall(r'name="(attempt|shown)" value="([^"]*)"', page.split('id="item-bound-item"')[1]))
        answer = client.post(
            "/lessons/waiting/items/bound-item/responses?from=performance",
            data={**form, "option": "b"},
            headers={"interleave-fragment": "1", "origin": "http://127.0.0.1:8000"},
        ).text
    assert answer.count(">430") == 3 and "\x00" not in answer
    ids = re.findall(r' id="(number-[^"]*)"', answer)
    assert len(ids) == len(set(ids)) >= 3


def test_a_search_shows_no_number_and_a_summary_may_have_none(tmp_path: Path) -> None:
    folder = make_course(tmp_path, prose="It took {{ ways.held.wall }} here.")
    keep(folder)
    assert any("It took … here." in passage.text for passage in passages(loaded(folder)))
    path = folder / "waiting" / "lesson.md"
    path.write_text(path.read_text().replace("A lesson about `waiting`.", "It takes {{ ways.held.wall }}."))
    (error,) = [problem for problem in checked(folder) if not problem.is_warning]
    assert (error.line, error.code) == (3, "E41")


def test_durations_and_factors_have_the_digits_of_a_measurement() -> None:
    assert [two_digits(value) for value in (4.871, 0.2134, 0.0042, 0.996, 12.34)] == [
        f"4.9{NARROW}s",
        f"210{NARROW}ms",
        f"4.2{NARROW}ms",
        f"1.0{NARROW}s",
        f"12{NARROW}s",
    ]
    assert three_digits(0.2134) == f"213{NARROW}ms"
    assert [times(value) for value in (21.4, 1.52)] == [f"21{NARROW}times", f"1.5{NARROW}times"]
    assert [significant(value) for value in (117.3, 0, 0.0213)] == ["120", "0", "0.021"]


def test_an_unknown_name_says_which_ones_there_are(tmp_path: Path) -> None:
    labs = loaded(make_course(tmp_path)).lessons[0].labs
    with pytest.raises(ClaimError) as refused:
        read_number("x.y.z", labs)
    assert (refused.value.name, refused.value.known) == ("x", ("ways",))


FIGURES = "".join(
    f"/// figure | Shown as {show}\n    lab: ways\n    show: {show}\n///\n\n"
    for show in ("impact", "programs", "comparison")
)


def test_figures_show_the_measurement_until_the_reader_has_a_run(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course", prose=FIGURES)
    empty = shown(folder, tmp_path / "data")
    assert "Nobody has measured it here yet" in empty and "Measured by" not in empty
    keep(folder)
    html = shown(folder, tmp_path / "data")
    text = perceive(re.search(r"<article.*</article>", html, re.DOTALL)[0]).text.replace(NARROW, " ")  # type: ignore[index]
    assert "4.7×" in text and "held the loop" in text and "left the loop free" in text
    assert (
        text.count("Measured by the author of the lesson, 5 repeats of each: 5 requests, each one waits 0.08 s.") == 3
    )
    assert "Your own runs take the place of these numbers." in text and "0.43 s" in text
    assert "Nobody has measured" not in text and text.count("Run it: Held") == 1


def test_a_measurement_whose_ranges_overlap_calls_no_program_slower(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course", prose=FIGURES)
    keep(folder, measurement(loaded(folder).lessons[0], walls={"held": [0.3, 0.4, 0.5, 0.6, 0.7], "quick": [0.35] * 5}))
    html = shown(folder, tmp_path / "data")
    assert "Too close to say." in html and "the slowest here" not in html


TELLING = re.compile(r"Median of|in each of \d|Measured by (this server|the author)")


def test_what_a_reader_is_still_to_predict_is_shown_nowhere(tmp_path: Path) -> None:
    """Of the shipped course, whose numbers and figures are measured: in every mode, and on the page with all of them."""
    app = create_app(Settings(data=tmp_path, watch=False))
    with browser(app) as client:
        for lesson in app.state.site.course.lessons:
            paths = [f"/lessons/{lesson.slug}/{page.mode.value}" for page in lesson.modes]
            paths.append(f"/lessons/{lesson.slug}/whole")
            foretold = {lab.id for lab in lesson.labs if lesson.predictions(lab.id)}
            assert foretold, lesson.slug
            others = [number for number in lesson.numbers if not {lab for lab, _ in number.bound.terms} & foretold]
            before = [client.get(path).text for path in paths]
            assert any("after your prediction" in text for text in before)
            assert others or not any("Run it<" in text or "Nobody has measured it here" in text for text in before)
            assert others or not any(TELLING.search(text) for text in before), lesson.slug
            for lab in foretold:
                client.post(f"/lessons/{lesson.slug}/labs/{lab}/skips")
            after = [client.get(path).text for path in paths]
            assert any(TELLING.search(text) for text in after) and not any("after your pred" in text for text in after)
