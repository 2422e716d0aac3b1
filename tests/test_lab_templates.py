"""The lab, a run's page and the figures as a person perceives them. The runs here are made up; they stand for no measurement."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from markupsafe import Markup

from tests.perceived import Element, perceive
from webapp.labs.drawing import DRAWING_GLOBALS
from webapp.templating import environment
from webapp.views.figures import FigureView
from webapp.views.labs import LabView, ParameterView, SpreadView, VariantView
from webapp.views.replays import ReplayView
from webapp.views.runs import Failure, Figures, Finding, RequestRow, RunView, Tone

ROOT = Path(__file__).parent.parent
FIGURES = ("programs", "comparison", "impact", "pipeline", "timeline", "senders")
TONES: dict[str, Tone] = {"awaiting": "flow", "threaded": "thread", "blocked": "hold"}


def url_for(name: str, **params: str) -> str:
    return "/" + "/".join([name, *params.values()])


@pytest.fixture(scope="module")
def templates() -> Environment:
    env = environment(ROOT / "templates", url_for=url_for, static=lambda path: f"/static/{path}", course="Concurrency")
    env.globals.update(DRAWING_GLOBALS)
    return env


def make_figures(**changes: Any) -> Figures:
    values: dict[str, Any] = {
        "wall": 0.25, "p50": 0.2, "p95": 0.22, "throughput": 12.0, "max_hold": 0.004, "max_lag": 0.01, "peak_tokens": 0,
        "peak_in_flight": 3, "bystander_p95": 0.003, "errors": 0, "finished": 3, "requests": 3, "bystanders": 20,
        "bystanders_waited": 0, "bystander_max": 0.004, "tokens_total": 40,
    }  # fmt: skip
    return Figures(**{**values, **changes})


def make_run(variant: str = "awaiting", state: Any = "finished", **changes: Any) -> RunView:
    where: Any = "thread" if variant == "threaded" else "loop"
    step = 0.2 if variant == "blocked" else 0.0
    rows = tuple(
        RequestRow(n, 0.0, 0.01, 0.02 + step * n, 0.22 + step * n, 0.23 + step * n, 200, where, "") for n in (1, 2, 3)
    )
    figures = make_figures(
        wall=0.22 + 3 * step,
        max_hold=0.2 if step else 0.004,
        peak_tokens=3 if variant == "threaded" else 0,
        bystanders_waited=15 if step else 0,
        bystander_max=0.6 if step else 0.004,
    )
    numbers = {
        "max_hold": figures.max_hold, "held": 0.6, "bystanders": 20.0, "bystander_max": figures.bystander_max or 0.0,
        "bystanders_waited": float(figures.bystanders_waited), "peak_in_flight": 3.0, "peak_tokens": 3.0,
        "tokens_total": 40.0, "token_waiters": 0.0, "errors": 0.0, "requests": 3.0,
    }  # fmt: skip
    code: Any = {"blocked": "held", "threaded": "threads"}.get(variant, "flowed")
    run = RunView(
        id=f"id-{variant}", url=f"/runs/id-{variant}", events=f"/runs/id-{variant}/events", state=state, position=None,
        lesson="tasks", lesson_url="/lessons/tasks/try", lab="wait", lab_title="One wait", variant=variant,
        label=variant.capitalize(), requests=3, parameters=(("Each waits", "0.2 s"),), figures=figures,
        finding=Finding(code, TONES[variant], numbers), failure=None, rows=rows, disturbed=False, mine=True,
        program_url=f"/files/{variant}.py", command=f"uvicorn {variant}:app",
    )  # fmt: skip
    return replace(run, **changes)


def make_lab(*ran: str, current: RunView | None = None, error: str | None = None) -> LabView:
    variants = tuple(
        VariantView(
            name=name, label=name.capitalize(), file=f"{name}.py", url=f"/files/{name}.py",
            code=Markup('<span class="line line--decisive" data-line="1">wait()\n</span>'),
            command=f"uvicorn {name}:app", request=f"GET /{name}?seconds={{delay}}",
            tone=TONES[name] if name in ran else None, run=make_run(name) if name in ran else None,
            gain=4.0 if name in ran and "blocked" in ran else None,
        )
        for name in TONES
    )  # fmt: skip
    requests = ParameterView("requests", "Requests", "", "24", "1", "60", "1")
    delay = ParameterView("delay", "Each waits", "s", "0.2", "0.05", "1", "any")
    selected = next((name for name in TONES if name not in ran), "awaiting")
    return LabView(
        "wait", "One wait", "tasks", "/runs", variants, requests, (delay,), "GET /ping", selected, current, error
    )


def make_figure(show: str, *ran: str, comparable: bool = True) -> FigureView:
    both = len(ran) > 1 and comparable
    return FigureView(
        id=show, show=show, title=f"Figure {show}", url=f"/figures/{show}", lab=make_lab(*ran), comparable=comparable,
        slowest="blocked" if both else None, fastest="awaiting" if both else None, ratio=3.73 if both else None,
    )  # fmt: skip


def lab(templates: Environment, *ran: str, **fields: Any) -> Element:
    return perceive(templates.get_template("_lab.html").render(lab=make_lab(*ran, **fields)))


def page(templates: Environment, run: RunView) -> Element:
    html = templates.get_template("run.html").render(run=run, replay=ReplayView((), "/runs/1/replay"))
    return perceive(re.sub("\x00.*?\x00", "", html).removeprefix("<!doctype html>"))


def figure(templates: Environment, show: str, *ran: str, **fields: Any) -> Element:
    return perceive(templates.get_template(f"figures/_{show}.html").render(figure=make_figure(show, *ran, **fields)))


def controls(element: Element, name: str) -> list[str]:
    return [found.attributes.get("value", "") for found in element.every() if found.attributes.get("name") == name]


def test_every_program_stands_under_its_one_name_with_its_file_and_how_to_run_it_at_home(
    templates: Environment,
) -> None:
    shown = lab(templates)
    assert [heading.name for heading in shown.all("heading")] == ["One wait", "Awaiting", "Threaded", "Blocked"]
    assert [radio.name for radio in shown.all("radio")[:3]] == ["Awaiting", "Threaded", "Blocked"]
    assert [link.attributes["href"] for link in shown.all("link", "Download")] == [
        "/files/awaiting.py", "/files/threaded.py", "/files/blocked.py",
    ]  # fmt: skip
    assert "uvicorn threaded:app" in shown.text


def test_the_form_posts_a_run_with_every_number_in_its_range(templates: Environment) -> None:
    shown = lab(templates)
    form = next(element for element in shown.walk() if "data-run-form" in element.attributes)
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/runs")
    assert controls(form, "lesson") == ["tasks"] and controls(form, "lab") == ["wait"]
    assert controls(form, "requests") == ["24"] and controls(form, "parameter-delay") == ["0.2"]
    delay = next(found for found in form.walk() if found.attributes.get("name") == "parameter-delay")
    assert (delay.attributes["min"], delay.attributes["max"], delay.attributes["step"]) == ("0.05", "1", "any")
    assert "Each waits 0.05 to 1 s" in form.text
    assert form.one("button", "Run").text == "Run"


def test_before_a_run_the_panel_says_what_will_be_seen_and_shows_no_number(templates: Environment) -> None:
    shown = lab(templates)
    assert "Nothing has run here yet" in shown.text and "press Run" in shown.text
    html = templates.get_template("_lab.html").render(lab=make_lab())
    assert "data-tone" not in html and "data-events" not in html
    assert not any(
        re.search(r"\d+ ms$|\d+ s$", found.text) for found in shown.walk() if "data-figure" in found.attributes
    )


def test_the_panel_says_who_sent_the_requests(templates: Environment) -> None:
    assert "sent by this server's load generator, on this machine" in lab(templates).text


def test_the_last_run_of_the_chosen_variant_is_shown_with_its_rows(templates: Environment) -> None:
    shown = lab(templates, "awaiting", "threaded", "blocked")
    assert "Awaiting left the loop free" in shown.text
    rows = [row for row in shown.walk() if "data-moments" in row.attributes]
    assert [row.attributes["data-moments"] for row in rows] == ["0,0.01,0.02,0.22,0.23"] * 3


def test_a_run_that_is_on_can_be_stopped_and_is_followed(templates: Environment) -> None:
    on = make_run("blocked", "running", figures=None, finding=None, rows=())
    shown = lab(templates, current=on)
    form = next(element for element in shown.walk() if "data-stop-form" in element.attributes)
    assert form.attributes["action"] == "/stop/id-blocked"
    assert shown.one("button", "Stop").attributes["form"] == form.attributes["id"]
    assert any(element.attributes.get("data-events") == on.events for element in shown.walk())
    chosen = next(radio for radio in shown.all("radio") if "checked" in radio.attributes)
    assert chosen.name == "Blocked"


def test_a_refused_choice_is_told_in_the_panel(templates: Environment) -> None:
    shown = lab(templates, error="requests must be a whole number from 1 to 60, not 900")
    assert "from 1 to 60, not 900" in shown.one("alert").text


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("blocked", "Blocked held the loop. Its longest turn took 0.20 s"),
        ("blocked", "In all, the loop was held for 0.60 s; 15 pings waited, one of them 0.60 s"),
        ("awaiting", "Awaiting left the loop free. Up to 3 requests waited at the same time"),
        ("threaded", "3 of 40 tokens were in use at once, and the loop stayed free"),
    ],
)
def test_a_finding_is_a_sentence_made_of_the_runs_numbers(templates: Environment, variant: str, words: str) -> None:
    run = make_run(variant)
    assert words in perceive(templates.get_template("_finding.html").render(finding=run.finding, label=run.label)).text


@pytest.mark.parametrize(
    ("code", "numbers", "words"),
    [
        (
            "threads-full",
            {"tokens_total": 40.0, "token_waiters": 20.0},
            "All 40 tokens were in use, and 20 more requests",
        ),
        ("errors", {"errors": 2.0, "requests": 24.0}, "2 of 24 requests failed"),
        ("nothing-finished", {}, "No request finished"),
        ("held", {"max_hold": 0.2}, "Its longest turn took 0.20 s"),
        ("flowed", {"peak_in_flight": 3.0, "max_hold": 0.004}, "Up to 3 requests"),
        ("threads", {"peak_tokens": 3.0, "tokens_total": 40.0}, "3 of 40 tokens"),
    ],
)
def test_every_finding_has_its_sentence_without_a_bystander_too(
    templates: Environment, code: Any, numbers: dict[str, float], words: str
) -> None:
    html = templates.get_template("_finding.html").render(finding=Finding(code, None, numbers), label="Blocked")
    assert words in perceive(html).text


@pytest.mark.parametrize("code", ["program", "no-app", "time-out", "too-many-errors", "lost", "stopped", "not-started"])
def test_every_failure_is_told_in_words(templates: Environment, code: Any) -> None:
    failure = Failure(code, "NameError: name 'app' is not defined", 11, "raise Wrong()", "Traceback <module>")
    shown = perceive(templates.get_template("_failure.html").render(failure=failure, file="fails.py"))
    assert "fails.py, line 11: " in shown.text and "raise Wrong()" in shown.text
    assert "Traceback <module>" in shown.text


def test_a_stopped_run_does_not_call_its_figures_complete(templates: Environment) -> None:
    html = templates.get_template("_run.html").render(run=make_run("blocked", "stopped"))
    assert "15 of 20" not in perceive(html).text


def test_a_disturbed_run_says_so(templates: Environment) -> None:
    html = templates.get_template("_run.html").render(run=make_run(disturbed=True))
    assert "disturbed this run" in perceive(html).text


@pytest.mark.parametrize(("position", "words"), [(1, "next in line"), (3, "third in line"), (12, "number 12 in line")])
def test_the_page_of_a_queued_run_tells_its_place_and_looks_again_by_itself(
    templates: Environment, position: int, words: str
) -> None:
    waiting = make_run(state="queued", position=position, figures=None, finding=None, rows=())
    html = templates.get_template("run.html").render(run=waiting, replay=ReplayView((), "/runs/1/replay"))
    assert words in perceive(re.sub("\x00.*?\x00", "", html).removeprefix("<!doctype html>")).text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in html


def test_the_page_of_a_finished_run_needs_no_script(templates: Environment) -> None:
    shown = page(templates, make_run("blocked"))
    assert shown.one("heading", "One wait")
    assert shown.one("link", "Back to the lesson").attributes["href"] == "/lessons/tasks/try"
    assert shown.one("link", "The program").attributes["href"] == "/files/blocked.py"
    assert "uvicorn blocked:app" in shown.text and "Blocked held the loop" in shown.text
    assert len([row for row in shown.walk() if row.tag == "tr"]) == 4
    assert [found.name for found in shown.walk() if found.tag == "svg" and found.role == "img"]
    assert not shown.all("button", "Stop")


def test_somebody_elses_run_has_no_stop_button(templates: Environment) -> None:
    on = make_run(state="running", figures=None, finding=None, rows=(), mine=False)
    assert not page(templates, on).all("button", "Stop")
    assert page(templates, replace(on, mine=True)).one("button", "Stop")


@pytest.mark.parametrize("show", FIGURES)
@pytest.mark.parametrize("ran", [(), ("awaiting",), ("awaiting", "threaded"), ("awaiting", "threaded", "blocked")])
def test_a_figure_is_named_and_can_be_fetched_anew(templates: Environment, show: str, ran: tuple[str, ...]) -> None:
    shown = figure(templates, show, *ran)
    section = shown.one("region", f"Figure {show}") if show not in ("comparison", "senders") else shown.all("region")[0]
    assert section.name == f"Figure {show}"
    assert section.attributes["data-refresh"] == f"/figures/{show}"


@pytest.mark.parametrize("show", FIGURES)
def test_an_empty_figure_invites_and_holds_no_measured_number(templates: Environment, show: str) -> None:
    shown = figure(templates, show)
    assert not re.search(r"\d+(\.\d+)? (ms|s)\b|\d×", shown.text)
    assert shown.all("button", "Run it") or shown.all("link", "Measure it in Try")


@pytest.mark.parametrize("show", ["programs", "comparison", "pipeline", "timeline", "senders"])
def test_a_variant_that_was_not_run_can_be_run_from_the_figure(templates: Environment, show: str) -> None:
    shown = figure(templates, show, "awaiting", "threaded")
    assert [button.text for button in shown.all("button")] == ["Run it: Blocked"]
    assert controls(shown, "variant") == ["blocked"] and controls(shown, "parameter-delay") == ["0.2"]


def test_the_figure_of_senders_says_which_rows_are_whose(templates: Environment) -> None:
    shown = figure(templates, "senders", "awaiting")
    assert "This browser has sent nothing yet" in shown.text
    rows = [row.text for row in shown.walk() if row.tag == "tr" and "this server's generator" in row.text]
    assert len(rows) == 3 and re.fullmatch(r"Awaiting this server's generator 3 0\.22\ss 3", rows[0])


def test_the_figure_of_the_page_has_no_lab_and_shows_no_number_before_the_browser_told_one(
    templates: Environment,
) -> None:
    html = templates.get_template("figures/_vitals.html").render(figure=replace(make_figure("vitals"), lab=None))
    shown = perceive(html)
    assert [heading.name for heading in shown.all("heading")] == ["Figure vitals", "TTFB", "LCP", "INP"]
    assert "none yet: you have not interacted" in shown.text
    values = [found.text for found in shown.every() if {"data-value", "data-part-of"} & found.attributes.keys()]
    assert values and set(values) == {"–"}
    assert html.count("<script") == 1, "its script is loaded by it and by nothing else"


def test_runs_with_other_numbers_are_not_called_comparable(templates: Environment) -> None:
    shown = figure(templates, "comparison", "awaiting", "blocked", comparable=False)
    assert "Not comparable" in shown.text
    assert "Nothing to compare yet" in figure(templates, "impact", "awaiting", comparable=False).text


def test_the_impact_says_what_it_compares(templates: Environment) -> None:
    shown = figure(templates, "impact", "awaiting", "blocked")
    assert "3.7×" in shown.text
    assert "Blocked took 0.82 s for what Awaiting did in 0.22 s: 3 requests, each waits 0.2 s" in shown.text


def repeated(figure: FigureView, **walls: tuple[float, float, float]) -> FigureView:
    """The figure of somebody who ran these programs five times."""
    assert figure.lab is not None
    variants = tuple(
        replace(
            variant,
            repeats=5,
            gain=None if figure.withheld else variant.gain,
            spreads={name: SpreadView(*walls[variant.name]) for name in ("wall", "p50")},
        )
        if variant.name in walls
        else variant
        for variant in figure.lab.variants
    )
    return replace(figure, lab=replace(figure.lab, variants=variants))


def test_repeats_are_shown_as_median_and_range(templates: Environment) -> None:
    given = repeated(make_figure("comparison", "awaiting", "blocked"), blocked=(4.8, 4.9, 5.2))
    text = perceive(templates.get_template("figures/_comparison.html").render(figure=given)).text
    assert "4.90 s" in text and "4.80 s to 5.20 s" in text and "5 runs" in text
    assert "Medians and ranges where a program ran more than once." in text


@pytest.mark.parametrize("show", ["impact", "programs"])
def test_no_verdict_is_given_while_ranges_overlap(templates: Environment, show: str) -> None:
    made = replace(make_figure(show, "awaiting", "blocked"), withheld=True, ratio=None)
    given = repeated(made, blocked=(0.2, 0.5, 0.6), awaiting=(0.3, 0.4, 0.7))
    text = perceive(templates.get_template(f"figures/_{show}.html").render(figure=given)).text
    assert "too close to say" in text.lower() and "ranges overlap" in text
    assert "×" not in text and "the slowest here" not in text


def test_the_programs_tell_gain_and_cost(templates: Environment) -> None:
    shown = figure(templates, "programs", "awaiting", "threaded", "blocked")
    assert "4.0× shorter wall time than Blocked" in shown.text
    assert "none the slowest here" in shown.text and "3 of 40 in use at once" in shown.text


def test_the_pipeline_marks_the_bottleneck_of_each_program(templates: Environment) -> None:
    shown = figure(templates, "pipeline", "awaiting", "blocked")
    marked = [found.text for found in shown.walk() if "data-bottleneck" in found.attributes]
    assert [text.split(":")[0] for text in marked] == ["Task execution", "Event loop scheduling"]


def test_the_timeline_tells_the_run_in_numbered_sentences(templates: Environment) -> None:
    shown = figure(templates, "timeline", "awaiting", "blocked")
    assert "The load generator sends 3 requests within 0 ms." in shown.text
    assert "holds the loop, as every one of them does: the longest turn took 0.20 s" in shown.text
    assert "15 of 20 waited over 50 ms" in shown.text
    stories = [found for found in shown.all("list") if found.tag == "ol"]
    marks = [found for found in shown.every() if found.tag == "circle"]
    assert sum(len(story.all("listitem")) for story in stories) == len(marks)


@pytest.mark.parametrize("name", ["_lab.html", "_run.html", "run.html", *(f"figures/_{show}.html" for show in FIGURES)])
def test_nothing_is_inline_that_the_policy_forbids(templates: Environment, name: str) -> None:
    given: dict[str, Any] = {"lab": make_lab("awaiting", "blocked"), "run": make_run("blocked")}
    if name.startswith("figures/"):
        given = {"figure": make_figure(name[9:-5], "awaiting", "blocked")}
    if name == "_lab.html":
        del given["run"]
    html = templates.get_template(name).render(replay=ReplayView((), "/runs/1/replay"), **given)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?! type=\"module\" src)|<style|javascript:", html)


def test_what_a_program_says_is_text_and_never_markup(templates: Environment) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    failed = make_run(state="failed", failure=Failure("program", hostile, 3, hostile, hostile), finding=None)
    html = templates.get_template("_run.html").render(run=failed)
    assert hostile not in html and hostile in unescape(html)
