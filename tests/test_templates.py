"""The shell, the reading pages and the items, as a person perceives them."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import pytest
from jinja2 import Environment
from jinja2.exceptions import UndefinedError
from markupsafe import Markup

from tests.perceived import Element, perceive
from webapp.page import Page
from webapp.templating import NOTHING, count, environment, hole, in_sentence, mode_label, moment, points, ratio, seconds
from webapp.views.items import ItemView, OptionView
from webapp.views.lessons import Cell, LessonEntry, Next, Outline, PartEntry, Step

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
MODES = ("why", "learn", "predict", "try", "visualize", "performance", "challenge", "project", "recall")
PRESENT = ("why", "learn", "try", "recall")
TEXTS = {
    "wait": Markup("The loop runs others"),
    "cores": Markup("It uses more <em>cores</em>"),
    "sooner": Markup("It answers sooner"),
}
FEEDBACK = {
    "wait": Markup("<p>On wait.</p>"),
    "cores": Markup("<p>On cores.</p>"),
    "sooner": Markup("<p>On sooner.</p>"),
}
TITLE = "Concurrent task execution"


def url_for(name: str, **params: str) -> str:
    return "/" + "/".join([name, *params.values()])


@pytest.fixture(scope="module")
def templates() -> Environment:
    return environment(TEMPLATES, url_for=url_for, static=lambda path: f"/static/{path}", course="Concurrency")


def make_cells(*done: str, current: str | None = None) -> tuple[Cell, ...]:
    return tuple(
        Cell(mode, f"/lessons/tasks/{mode}" if mode in PRESENT else None, mode in done, mode == current)
        for mode in MODES
    )


def make_entry(
    *done: str, answered: int = 0, impact: float | None = None, current: bool = False, mode: str | None = None
) -> LessonEntry:
    return LessonEntry(
        number=1,
        slug="tasks",
        title=TITLE,
        summary=Markup("They wait <em>together</em>."),
        url="/lessons/tasks",
        minutes=25,
        cells=make_cells(*done, current=mode),
        current=current,
        points=float(answered),
        points_possible=6.0,
        answered=answered,
        items=6,
        impact=impact,
    )


def make_outline(entry: LessonEntry) -> Outline:
    return Outline((PartEntry("Waiting", (entry,)),))


def make_item(
    kind: str = "single", *, chosen: str = "", outcome: str | None = None, error: str | None = None, **fields: object
) -> ItemView:
    """The right options are `wait` and, where several may be chosen, `sooner`."""
    right, ticked = {"wait"} if kind == "single" else {"wait", "sooner"}, set(chosen.split())

    def option(name: str) -> OptionView:
        mark: Literal["right", "wrong", "missed"] | None = None
        if outcome is not None and name in right | ticked:
            mark = "missed" if name not in ticked else "right" if name in right else "wrong"
        return OptionView(name, TEXTS[name], name in ticked, mark, FEEDBACK[name] if outcome else None)

    values: dict[str, object] = {
        "id": "benefit",
        "number": 2,
        "of": 6,
        "kind": kind,
        "rule": "single" if kind == "single" else "plus-minus",
        "stem": Markup("What does <code>await</code> give?"),
        "body": None,
        "options": tuple(map(option, TEXTS)),
        "hints": (),
        "hints_left": 2,
        "points": 1.0,
        "action": "/respond",
        "hint_action": "/hint",
        "shown": "5e3d",
        "attempt": 1,
        "outcome": outcome,
        "earned": {"right": 1.0, "partly": 0.5}.get(outcome or "", 0.0),
        "remark": None,
        "explanation": Markup("<p>Waits overlap.</p>") if outcome else None,
        "error": error,
        "lesson": "Waiting together",
        "reader": "Ab12",
    }
    return ItemView(**{**values, **fields})  # type: ignore[arg-type]


def show_item(templates: Environment, item: ItemView) -> Element:
    return perceive(templates.get_template("_item.html").render(item=item))


def show_page(templates: Environment, name: str, **context: object) -> Element:
    """A page with the theme filled in and nothing else, as an error page or home is sent."""

    def fill(hole: str) -> str:
        if hole == "theme-name":
            return "dark"
        if hole == "reader":
            return "Ab12"
        if hole == "theme":
            return templates.get_template("_theme.html").render(theme="dark", back="/")
        return f'<div id="{hole}"></div>'

    return perceive(Page.split(templates.get_template(name).render(context)).fill(fill).body.decode())


def show_home(templates: Environment, entry: LessonEntry, *, started: bool) -> Element:
    return show_page(
        templates,
        "home.html",
        outline=make_outline(entry),
        ways=[("why", "/modes/why", 1), ("try", "/modes/try", 2)],
        started=started,
        next_entry=entry if entry.done < entry.total else None,
        summary="What a server does while it waits.",
        quizzes=(),
    )


def show_progress(templates: Environment, entry: LessonEntry) -> Element:
    return show_page(
        templates,
        "progress.html",
        outline=make_outline(entry),
        quizzes=(),
        started=bool(entry.done),
        next_entry=entry,
        is_author=False,
        calibration=None,
    )


def make_next(**fields: object) -> Next:
    values: dict[str, object] = {
        "action": "/done",
        "previous": Step("/lessons/tasks/why", "why", ""),
        "following": Step("/lessons/tasks/try", "try", ""),
        "way": None,
        "marks_done": True,
    }
    return Next(**{**values, **fields})  # type: ignore[arg-type]


# What holds for every template


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_has_no_inline_script_or_style_and_trusts_no_text(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", source, re.IGNORECASE)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))
    assert not re.search(r"\|\s*safe\b|autoescape|Markup\(", source)
    assert not re.search(r"(?:href|src|action)=\"(?:https?:)?//", source)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_compiles(templates: Environment, path: Path) -> None:
    templates.get_template(path.relative_to(TEMPLATES).as_posix())


def test_what_an_author_did_not_give_is_an_error_and_not_an_empty_place(templates: Environment) -> None:
    with pytest.raises(UndefinedError):
        templates.get_template("_item.html").render()


def test_every_sheet_and_script_that_the_shell_names_is_there_and_no_sheet_is_forgotten(templates: Environment) -> None:
    page = show_home(templates, make_entry(), started=False)
    named = {
        tag.attributes.get("href") or tag.attributes.get("src") for tag in page.every() if tag.tag in ("link", "script")
    }
    paths = {path.removeprefix("/static/") for path in named if path and path.startswith("/static/")}
    assert {path for path in paths if not (STATIC / path).is_file()} == set()
    for_authors = {"css/own.css"}  # their pages name it themselves: it is in no other
    assert {f"css/{sheet.name}" for sheet in (STATIC / "css").glob("*.css")} - for_authors <= paths
    assert not for_authors & paths


def test_the_order_of_layers_is_said_once_and_first() -> None:
    assert (STATIC / "css" / "tokens.css").read_text().startswith("@layer reset, tokens, base,")
    page = (TEMPLATES / "base.html").read_text()
    assert page.index('"tokens"') == page.index("[", page.index("{% for sheet in")) + 1
    sheets = [sheet.read_text() for sheet in (STATIC / "css").glob("*.css")]
    assert not any("!important" in sheet for sheet in sheets)
    assert not any(re.search(r"https?://|@import", sheet) for sheet in sheets)


def test_a_font_is_asked_for_under_its_hash_and_has_its_licence() -> None:
    fonts = re.findall(r"\.\./fonts/([\w-]+\.woff2)\?v=(\w+)", (STATIC / "css" / "tokens.css").read_text())
    assert {name for name, _ in fonts} == {path.name for path in (STATIC / "fonts").glob("*.woff2")}
    for name, version in fonts:
        assert hashlib.sha256((STATIC / "fonts" / name).read_bytes()).hexdigest().startswith(version)
    assert len(list((STATIC / "fonts").glob("LICENSE-*.txt"))) == len(fonts)


# The shell


def test_a_page_has_one_main_a_title_a_way_past_the_bar_and_quiet_live_regions(templates: Environment) -> None:
    page = show_home(templates, make_entry(), started=False)
    assert page.one("main").attributes["id"] == "main"
    assert page.one("link", "Skip to the content").attributes["href"] == "#main"
    assert len([h for h in page.all("heading") if h.tag == "h1"]) == 1
    assert [region.text for region in page.all("status")] == ["", ""], "what changed, and what waits for the network"
    assert next(tag for tag in page.every() if tag.tag == "html").attributes == {"lang": "en", "data-theme": "dark"}
    assert next(tag for tag in page.every() if tag.tag == "title").text.endswith("Interleave")


def test_a_lone_reader_sees_no_account_and_no_class(templates: Environment) -> None:
    page = show_home(templates, make_entry(), started=False)
    bar = next(tag for tag in page.every() if tag.tag == "header" and "topbar" in tag.attributes["class"])
    assert [link.name for link in bar.all("link")] == ["Interleave", "Search", "Review", "Progress"]
    assert not re.search(r"sign in|log in|classroom", page.text, re.IGNORECASE)


@pytest.mark.parametrize(("theme", "label"), [("light", "Light"), ("dark", "Dark"), ("system", "As the system")])
def test_the_theme_is_a_form_that_says_what_is_chosen(templates: Environment, theme: str, label: str) -> None:
    html = templates.get_template("_theme.html").render(theme=theme, back="/progress")
    page = perceive(html)
    choices = page.one("group", "Theme").all("button")
    assert [choice.name for choice in choices] == ["Light", "Dark", "As the system"]
    assert [choice.name for choice in choices if choice.attributes["aria-pressed"] == "true"] == [label]
    form = next(tag for tag in page.every() if tag.tag == "form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/theme")
    assert 'name="back" value="/progress"' in html


# Home


def test_home_invites_somebody_who_has_done_nothing_yet(templates: Environment) -> None:
    page = show_home(templates, make_entry(), started=False)
    assert page.one("link", "Start the first lesson").attributes["href"] == "/lessons/tasks"
    assert "No account needed" in page.text
    assert "done" not in page.text


def test_home_holds_no_measured_number(templates: Environment) -> None:
    assert not re.search(r"\d\s*(?:ms|s|×|%)(?!\w)", show_home(templates, make_entry(), started=False).text)


def test_home_goes_on_where_the_reader_left_off(templates: Environment) -> None:
    page = show_home(templates, make_entry("why", impact=18.4), started=True)
    assert page.one("link", "Continue").attributes["href"] == "/lessons/tasks"
    assert "1 of 4 steps done" in page.text
    assert "your runs differ by 18×" in page.text


def test_home_says_when_everything_is_done(templates: Environment) -> None:
    page = show_home(templates, make_entry(*PRESENT), started=True)
    assert page.one("link", "See your progress").attributes["href"] == "/progress"


def test_home_lists_the_lessons_with_their_modes_and_the_ways_in(templates: Environment) -> None:
    page = show_home(templates, make_entry("learn"), started=True)
    assert page.one("link", TITLE).attributes["href"] == "/lessons/tasks"
    modes = page.one("list", f"Modes of {TITLE}").all("link")
    assert [link.name for link in modes] == ["Why", "Learn (done)", "Try", "Recall"]
    ways = page.one("region", "Choose your way in").all("link")
    assert [(way.attributes["href"], way.name.split()[0]) for way in ways] == [
        ("/modes/why", "Why"),
        ("/modes/try", "Try"),
    ]
    assert ways[0].name.endswith("1 lesson")
    assert ways[1].name.endswith("2 lessons")


# A lesson


def show_lesson(templates: Environment, mode: str) -> Element:
    lesson = {
        "slug": "wait",
        "title": TITLE,
        "summary": Markup("They wait."),
        "number": 1,
        "minutes": 25,
        "part": "Waiting",
    }
    pieces = [("prose", Markup("<h2>Together</h2>")), ("item", "benefit"), ("lab", "wait"), ("figure", "table")]
    return show_page(templates, "lesson.html", lesson=lesson, lessons=3, mode=mode, pieces=pieces)


def test_the_lead_stands_on_why_alone(templates: Environment) -> None:
    assert "They wait." in show_lesson(templates, "why").text
    assert "They wait." not in show_lesson(templates, "learn").text


def test_a_lesson_page_names_its_mode_and_leaves_the_personal_parts_open(templates: Environment) -> None:
    page = show_lesson(templates, "learn")
    assert next(tag for tag in page.every() if tag.tag == "title").text == f"Learn: {TITLE} · Interleave"
    assert [h.name for h in page.all("heading")] == [TITLE, "Learn", "Together"]
    ids = [tag.attributes.get("id", "") for tag in page.every()]
    for name in ("outline", "kicker", "cells", "item:benefit", "lab:wait", "figure:table", "next"):
        assert name in ids
    assert page.one("button", "Course outline").attributes["popovertarget"] == "outline"


def test_the_nine_cells_are_links_with_a_gap_where_the_lesson_has_no_such_mode(templates: Environment) -> None:
    page = perceive(templates.get_template("_cells.html").render(cells=make_cells("why", current="try")))
    links = page.one("navigation", "Modes of this lesson").all("link")
    assert [link.name for link in links] == ["Why (done)", "Learn", "Try", "Recall"]
    assert [link.name for link in links if link.attributes.get("aria-current") == "page"] == ["Try"]
    assert len([tag for tag in page.every() if tag.tag == "li"]) == 9


def test_the_outline_says_how_far_each_lesson_is(templates: Environment) -> None:
    outline = make_outline(make_entry("why", current=True, mode="learn"))
    page = perceive(templates.get_template("_outline.html").render(outline=outline))
    link = page.one("navigation", "Lessons").one("link", TITLE)
    assert link.name == f"1 {TITLE}, 1 of 4 steps done"
    assert link.attributes["aria-current"] == "true"
    assert page.one("heading").name == "Waiting 0 of 1 lessons done"


def test_the_kicker_is_silent_before_anything_is_done(templates: Environment) -> None:
    def kicker(entry: LessonEntry) -> str:
        return perceive(templates.get_template("_kicker.html").render(entry=entry)).text

    assert kicker(make_entry()) == ""
    assert kicker(make_entry("why", impact=2.31)) == "1 of 4 steps done Your runs differ by 2.3×"
    assert kicker(make_entry(*PRESENT)) == "All 4 steps done"


def test_going_on_is_a_form_where_it_marks_the_mode_and_a_link_where_it_does_not(templates: Environment) -> None:
    def foot(**fields: object) -> Element:
        return perceive(templates.get_template("_next.html").render(next=make_next(**fields)))

    page = foot()
    form = next(tag for tag in page.every() if tag.tag == "form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/done")
    assert page.one("button").name == "Done, on to Try"
    assert page.one("link", "Back").attributes["href"] == "/lessons/tasks/why"
    page = foot(marks_done=False, previous=None)
    assert page.one("link").attributes["href"] == "/lessons/tasks/try"
    assert not page.all("button")


def test_the_foot_names_the_lesson_that_it_leads_to_and_the_way(templates: Environment) -> None:
    step = Step("/lessons/next/learn?way=learn", "learn", "Reading a waterfall")
    page = perceive(templates.get_template("_next.html").render(next=make_next(following=step, way="learn")))
    assert page.one("navigation").name == "Through the course by Learn"
    assert page.one("button").name == "Done, on to Reading a waterfall Learn"


def test_the_last_page_leads_to_the_progress(templates: Environment) -> None:
    foot = make_next(following=None, marks_done=False)
    page = perceive(templates.get_template("_next.html").render(next=foot))
    assert page.one("link", "See your progress").attributes["href"] == "/progress"


# An item


def test_an_open_item_is_a_group_named_by_its_stem_with_its_rule_in_words(templates: Environment) -> None:
    page = show_item(templates, make_item())
    group = page.one("group", "What does await give?")
    assert group.described == "Choose one."
    assert [option.name for option in group.all("radio")] == [
        "The loop runs others",
        "It uses more cores",
        "It answers sooner",
    ]
    assert "Question 2 of 6" in page.text
    assert "1 point" in page.text
    assert page.one("button", "Check")


def test_several_may_be_chosen_where_the_kind_says_so(templates: Environment) -> None:
    page = show_item(templates, make_item("multi", rule="all-or-nothing", points=2.0))
    assert len(page.all("checkbox")) == 3
    assert "only if every choice is right" in page.one("group").described
    assert "2 points" in page.text


def test_an_open_item_holds_nothing_that_is_scored(templates: Environment) -> None:
    html = templates.get_template("_item.html").render(item=make_item(chosen="cores"))
    assert not re.search(r"data-mark|data-outcome|feedback|explanation|data-announce", html)


def test_the_form_names_the_attempt_and_the_version_and_leaves_the_key_to_a_script(templates: Environment) -> None:
    page = show_item(templates, make_item())
    hidden = {
        tag.attributes["name"]: tag.attributes["value"]
        for tag in page.every()
        if tag.attributes.get("type") == "hidden"
    }
    assert hidden == {"attempt": "1", "shown": "5e3d", "key": "", "reader": "Ab12", "seq": "1"}
    form = next(tag for tag in page.every() if tag.tag == "form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/respond")
    assert {option.attributes["name"] for option in page.all("radio")} == {"option"}


def test_a_hint_is_asked_for_with_the_same_form_and_comes_before_the_button(templates: Environment) -> None:
    page = show_item(templates, make_item(hints=(Markup("Who could run?"),), hints_left=1))
    assert page.one("list", "Hints").text == "Hint 1 Who could run?"
    assert page.one("button", "Show another hint").attributes["formaction"] == "/hint"
    assert not show_item(templates, make_item(hints_left=0)).all("button", "hint")


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("single", "nothing-chosen", "Choose one option first."),
        ("multi", "nothing-chosen", "Choose at least one option first."),
        ("single", "too-many", "Only one option can be chosen here."),
    ],
)
def test_an_error_stands_beside_the_options_and_is_linked_with_them(
    templates: Environment, kind: str, error: str, words: str
) -> None:
    page = show_item(templates, make_item(kind, error=error))
    first, *others = page.all("radio" if kind == "single" else "checkbox")
    assert first.described == words
    assert "autofocus" in first.attributes
    assert not any("autofocus" in other.attributes for other in others)
    assert words in page.one("group").described


def test_before_an_error_none_is_to_be_seen(templates: Environment) -> None:
    text = show_item(templates, make_item()).text
    assert "first." not in text
    assert "did not answer" not in text


def test_a_right_response_is_said_in_words_with_its_points_and_explanation(templates: Environment) -> None:
    page = show_item(templates, make_item(chosen="wait", outcome="right"))
    result = page.one("heading")
    assert result.name == "Right 1 of 1 point"
    assert result.attributes["tabindex"] == "-1"
    assert result.attributes["data-announce"] == "Question 2: right, 1 of 1 point."
    assert "Waits overlap." in page.text
    assert page.all("listitem")[0].text == "The loop runs others Your choice: right On wait."


def test_a_wrong_option_shows_its_feedback_and_the_right_one_is_named(templates: Environment) -> None:
    right, wrong, other = show_item(templates, make_item(chosen="cores", outcome="wrong")).all("listitem")
    assert wrong.text == "It uses more cores Your choice: not right On cores."
    assert right.text == "The loop runs others The right one On wait."
    assert other.text == "It answers sooner Why not this one? On sooner."


def test_of_several_right_options_the_missed_one_is_named(templates: Environment) -> None:
    page = show_item(templates, make_item("multi", chosen="wait", outcome="partly"))
    assert page.one("heading").name == "Partly right 0.5 of 1 point"
    assert page.all("listitem")[2].text == "It answers sooner Right, not chosen On sooner."


def test_an_answered_item_is_locked(templates: Environment) -> None:
    html = templates.get_template("_item.html").render(item=make_item(chosen="wait", outcome="right"))
    assert not re.search(r"<(?:form|input|button)\b", html)
    assert perceive(html).one("group", "What does await give?")


def test_a_form_that_is_out_of_date_says_what_has_happened(templates: Environment) -> None:
    assert "has changed since the page was opened" in show_item(templates, make_item(error="out-of-date")).text
    stored = show_item(templates, make_item(chosen="wait", outcome="right", error="out-of-date"))
    assert "You had answered this already." in stored.text


@pytest.mark.parametrize("outcome", [None, "right", "partly", "wrong"])
@pytest.mark.parametrize("kind", ["single", "multi"])
def test_every_reference_of_an_item_leads_to_an_element_of_its_own(
    templates: Environment, kind: str, outcome: str | None
) -> None:
    page = show_item(templates, make_item(kind, chosen="wait", outcome=outcome))
    ids = [tag.attributes["id"] for tag in page.every() if "id" in tag.attributes]
    assert len(ids) == len(set(ids))
    assert "item-benefit" in ids
    for tag in page.every():
        for attribute in ("aria-labelledby", "aria-describedby", "for"):
            assert set(tag.attributes.get(attribute, "").split()) <= set(ids)


# Ways, progress, errors


def test_a_way_lists_the_lessons_of_one_mode_and_keeps_to_it(templates: Environment) -> None:
    page = show_page(templates, "way.html", mode="try", entries=[make_entry("try")], start="/lessons/tasks/try?way=try")
    assert page.one("link", "Go this way").attributes["href"] == "/lessons/tasks/try?way=try"
    link = page.one("link", TITLE)
    assert link.attributes["href"] == "/lessons/tasks/try?way=try"
    assert link.name == f"{TITLE} (done)"


def test_progress_tells_steps_questions_and_points(templates: Environment) -> None:
    page = show_progress(templates, make_entry("why", answered=3, impact=18.4))
    assert "1 of 4 steps done, 3 of 6 points." in page.text
    assert "Questions answered 3 of 6" in page.text
    assert "Your runs differ by 18×" in page.text


def test_starting_over_is_offered_where_something_was_answered_and_asks_once_more(templates: Environment) -> None:
    assert not show_progress(templates, make_entry("why")).all("button", "Start over")
    page = show_progress(templates, make_entry("why", answered=3))
    button = page.one("button", "Start over")
    form = next(above for above in button.above() if above.tag == "form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/start_over/tasks")
    assert any(above.tag == "details" and "open" not in above.attributes for above in button.above())


def test_a_learner_can_be_forgotten_and_is_asked_once_more(templates: Environment) -> None:
    button = show_progress(templates, make_entry()).one("button", "Delete everything of mine")
    assert next(above for above in button.above() if above.tag == "form").attributes["action"] == "/forget"
    assert any(above.tag == "details" for above in button.above())


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503, 418])
def test_an_error_page_says_what_went_wrong_and_what_to_do_next(templates: Environment, status: int) -> None:
    page = show_page(templates, "error.html", status=status, code="", detail="<b>600</b> is too many", path="/a<b>")
    assert f"Error {status}" in page.text
    assert "<b>600</b> is too many" in page.text
    assert "/a<b>" in page.text
    assert page.one("link", "To the course").attributes["href"] == "/home"
    assert page.one("heading").tag == "h1"


def test_an_error_page_asks_nothing_of_the_reader_but_the_theme_and_what_is_due(templates: Environment) -> None:
    html = templates.get_template("error.html").render(status=500, code="", detail="", path="/")
    assert Page.split(html).holes == ("theme-name", "due", "theme", "authoring")


# Filters


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, NOTHING),
        (0.0, "0 ms"),
        (0.0004, "0.4 ms"),
        (0.00096, "1 ms"),
        (0.031, "31 ms"),
        (0.0994, "99 ms"),
        (0.0999, "0.10 s"),
        (0.2, "0.20 s"),
        (4.916, "4.92 s"),
        (9.996, "10.0 s"),
        (12.34, "12.3 s"),
    ],
)
def test_a_duration_is_read_in_milliseconds_or_seconds(value: float | None, words: str) -> None:
    assert seconds(value) == words.replace(" ", "\u00a0"), "the unit stays with its number"


def test_counts_ratios_and_points_are_read_without_noise() -> None:
    assert [count(value) for value in (None, 0, 40, 1234, 96.04, 4.9, 137.2)] == [
        NOTHING,
        "0",
        "40",
        "1,234",
        "96.0",
        "4.9",
        "137",
    ]
    assert [ratio(value) for value in (None, 1.0, 2.31, 9.96, 18.43)] == [NOTHING, "1.0×", "2.3×", "10×", "18×"]
    assert moment(datetime(2026, 5, 3, 16, 5, tzinfo=timezone(timedelta(hours=2)))) == "3 May 2026, 14:05 UTC"
    assert [points(value) for value in (0.0, 4.0, 2.5, 1 / 3)] == ["0", "4", "2.5", "0.33"]
    assert [mode_label(mode) for mode in ("why", "performance")] == ["Why", "Performance"]


def test_a_hole_is_a_marker_that_only_our_names_can_fill() -> None:
    assert hole("item:who-waits") == "\x00hole:item:who-waits\x00"
    with pytest.raises(ValueError, match="not a name"):
        hole("a b")


@pytest.mark.parametrize(
    ("label", "words"), [("Each request waits", "each request waits"), ("CPU time", "CPU time"), ("", ""), ("N", "n")]
)
def test_a_label_takes_its_place_in_a_sentence(label: str, words: str) -> None:
    assert in_sentence(label) == words
