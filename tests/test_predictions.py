"""Predictions over a small course: committed to before the run, decided by it, refused after it. Real runs, no script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from starlette.testclient import TestClient

from quiz import predictions
from quiz.measured import Observed
from tests.conftest import on_both
from tests.courses import ORDER, prediction, question, write_course
from tests.perceived import Element, perceive
from tests.test_site import FRAGMENT, JSON, beside, browser, ended
from webapp.app import create_app
from webapp.called import KEYS_KEPT, LABS_KEPT, Called
from webapp.course.check import check
from webapp.course.render import Renderer
from webapp.identity import COOKIE, recognise, room_key
from webapp.labs.states import EndedRun
from webapp.settings import Settings
from webapp.site import Site

pytestmark = pytest.mark.usefixtures("calm")

PAGE = "/lessons/waiting/predict"
HELD = "held-wall"
FAR = 0.1
"""Seconds a request waits: 4 in a row are so far from one alone that no busy machine takes one for the other."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, addresses: Callable[[], str]) -> Iterator[TestClient]:
    """One site for all tests: each has learners of its own."""
    folder = tmp_path_factory.mktemp("predictions")
    asked = [prediction(delay=FAR, again=("requests: 5", "requests: 2")), ORDER.replace("0.02", str(FAR))]
    lessons = write_course(folder / "lessons", questions=[question()], predictions=asked)
    app = create_app(Settings(data=folder / "data", database=addresses(), lessons=lessons, watch=False))
    with browser(app) as client:
        yield client


@pytest.fixture
def client(host: TestClient) -> TestClient:
    return reader(host)


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


def reader(host: TestClient) -> TestClient:
    """A browser that has seen a page."""
    client = beside(host)
    client.get("/")
    return client


def item(client: TestClient, name: str = HELD, page: str = PAGE) -> Element:
    return perceive(client.get(page).text).by_id(f"item-{name}")


def form(client: TestClient, name: str = HELD) -> dict[str, str]:
    """The hidden fields of the form that the item has now."""
    html = client.get(PAGE).text
    part = html[html.index(f'id="item-{name}"') :].partition("</predict-item>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', part[part.index("data-predict") :]))


def predict(client: TestClient, number: str = "0.4", name: str = HELD, **fields: Any) -> Any:
    given = {**form(client, name), "number": number, **fields}
    return client.post(f"/lessons/waiting/items/{name}/responses?from=predict", data=given)


def skip(client: TestClient, name: str = "which-first") -> None:
    assert predict(client, name=name, skip="1").status_code == 303


def run(client: TestClient, variant: str = "held", **fields: Any) -> Any:
    asked = {"lesson": "waiting", "lab": "ways", "variant": variant, "parameter-delay": f"{FAR}", **fields}
    return client.post("/runs", data=asked, headers=JSON)


def measure(client: TestClient, variant: str = "held", **fields: Any) -> dict[str, Any]:
    """A run to its end."""
    told = ended(client, run(client, variant, **fields).json()["url"])
    assert (told["state"], told["disturbed"]) == ("finished", False)
    return told


def site_of(client: TestClient) -> Site:
    site: Site = client.app.state.site  # type: ignore[attr-defined]
    return site


def learner_of(client: TestClient) -> str:
    token = client.cookies[COOKIE]
    return site_of(client).database.read_now(lambda session: recognise(session, token).learner) or ""


def commitments(client: TestClient) -> list[predictions.Commitment]:
    learner = learner_of(client)
    return site_of(client).database.read_now(
        lambda session: predictions.of_course(session, learner=learner, course="trial")
    )


def observed(client: TestClient) -> list[Observed]:
    return [one for made in commitments(client) for one in made.observed.values()]


def count(client: TestClient, table: str, where: str = "1 = 1") -> int:
    """Rows of the browser's learner."""
    learner = learner_of(client)
    with site_of(client).database.reading.connect() as rows:
        statement = text(f"SELECT count(*) FROM {table} WHERE learner_id = :learner AND {where}")
        found: int = rows.execute(statement, {"learner": learner}).scalar_one()
        return found


@on_both
def test_a_form_a_run_and_a_page_make_a_prediction_without_a_script(client: TestClient) -> None:
    skip(client)
    answer = predict(client, "0.1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#item-{HELD}")
    assert "You predicted 0.10" in item(client).text
    assert item(client).one("button", "Run")
    measure(client)
    shown = item(client)
    assert "Not right" in shown.text and "0 of 1 point" in shown.text
    assert "You predicted 0.10\xa0s fits the model All at once".replace("\xa0", " ") in shown.text
    assert re.search(r"The run showed 0\.\d\d s", shown.text)
    assert "What explains it One after another" in shown.text
    assert "Feedback of free." in shown.text and "Feedback of serial." not in shown.text
    assert "The explanation of it." in shown.text
    assert count(client, "score", "fraction = 0 AND reason = 'observed'") == 1


def test_no_page_asks_the_database_the_same_twice(client: TestClient) -> None:
    skip(client)
    predict(client)
    measure(client)
    asked: list[tuple[str, str]] = []

    def note(connection: Connection, cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, repr(parameters)))

    engine = site_of(client).database.reading
    event.listen(engine, "before_cursor_execute", note)
    try:
        for page in ("why", "predict", "try", "performance", "recall"):
            asked.clear()
            assert client.get(f"/lessons/waiting/{page}").status_code == 200
            assert asked and len(asked) == len(set(asked)), page
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_who_has_the_right_model_is_right_and_is_asked_no_further(client: TestClient) -> None:
    skip(client)
    predict(client, "0,4")
    measure(client)
    shown = item(client)
    assert "1 of 1 point" in shown.text and not shown.all("button", "Commit")
    assert "1 of 2" in perceive(client.get("/progress").text).text or "points" in client.get("/progress").text


def test_other_settings_follow_until_the_right_model_is_met(client: TestClient) -> None:
    skip(client)
    predict(client, "0.1")
    measure(client)
    measure(client, requests=5)  # whoever has run a setting is not asked about it
    assert "Requests 2" in item(client).text and form(client)["seq"] == "2"
    predict(client, "0.2")
    assert "Once more: you predicted 0.20" in item(client).text
    measure(client, requests=2)
    shown = item(client)
    assert "practice" in shown.text and "0 of 1 point" in shown.text
    assert not shown.all("button", "Commit"), "the right model was met"
    assert count(client, "response", "seq = 2") == 1 and count(client, "observation") == 2


def test_a_run_waits_for_the_predictions_of_its_lab(client: TestClient) -> None:
    refused = run(client)
    assert refused.status_code == 409 and "Predict first" in refused.json()["detail"]
    assert refused.json()["url"] == f"{PAGE}#item-{HELD}"
    as_form = client.post("/runs", data={"lesson": "waiting", "lab": "ways", "variant": "held"})
    page = perceive(as_form.text)
    assert as_form.status_code == 409 and f"{PAGE}#item-{HELD}" in {
        link.attributes["href"] for link in page.all("link", "Predict")
    }
    assert "disabled" in next(button for button in page.all("button", "Run") if button.name == "Run").attributes
    predict(client)
    assert run(client).status_code == 409, "the other one is still open"
    assert count(client, "run") == 0
    answer = client.post("/lessons/waiting/labs/ways/skips")
    assert (answer.status_code, answer.headers["location"]) == (303, "/lessons/waiting/try#lab-ways")
    assert run(client).status_code == 201


def test_a_caller_that_saw_no_page_runs_at_once_and_can_predict_nothing_afterwards(client: TestClient) -> None:
    caller = beside(client)
    ended(caller, run(caller).json()["url"])
    assert "nothing left to predict" in item(caller).text
    fields = {"attempt": "1", "seq": "1", "number": "0.4", "shown": form(client)["shown"]}
    assert caller.post(f"/lessons/waiting/items/{HELD}/responses?from=predict", data=fields).status_code == 409
    assert count(client, "prediction") == 0


def test_a_prediction_that_comes_while_the_first_run_is_on_is_too_late(client: TestClient) -> None:
    caller = beside(client)
    url = run(caller, requests=40).json()["url"]
    fields = {"attempt": "1", "seq": "1", "number": "0.4", "shown": form(client)["shown"]}
    answer = caller.post(f"/lessons/waiting/items/{HELD}/responses?from=predict", data=fields, headers=FRAGMENT)
    assert answer.status_code == 409 and "come too late" in answer.text
    caller.delete(url)


def test_the_same_request_again_stores_nothing(client: TestClient) -> None:
    fields = {**form(client), "number": "0.4", "key": "k" * 32}
    path = f"/lessons/waiting/items/{HELD}/responses?from=predict"
    assert [client.post(path, data=fields).status_code for _ in range(3)] == [303] * 3
    assert client.post(path, data={**fields, "number": "0.5"}).status_code == 409, "the key stands for another number"
    assert client.post(path, data={**fields, "key": "l" * 32}).status_code == 409, "one prediction an attempt"
    without = {**fields, "key": ""}
    del without["key"]
    assert client.post(path, data=without).status_code == 303, "a form that was sent twice"
    assert count(client, "prediction") == count(client, "response") == 1


@pytest.mark.parametrize("number", ["", "nothing", "0", "-1", "nan", "inf", "1e9"])
def test_what_is_no_number_is_said_in_the_page_and_kept_there(client: TestClient, number: str) -> None:
    answer = predict(client, number)
    assert answer.status_code == 422 and "Write a number above 0." in perceive(answer.text).by_id(f"item-{HELD}").text
    assert count(client, "prediction") == 0


def test_an_order_names_every_program_once_and_is_decided_by_a_run_of_each(client: TestClient) -> None:
    skip(client, HELD)
    assert predict(client, name="which-first", place=["held", "held"]).status_code == 422
    assert predict(client, name="which-first", place=["quick", "held"]).status_code == 303
    assert "You predicted Quick, then Held" in item(client, "which-first").text
    measure(client, "held")
    assert "Not right" not in item(client, "which-first").text, "one program is still to run"
    measure(client, "quick")
    shown = item(client, "which-first").text
    assert "1 of 1 point" in shown and re.search(r"Quick \d.* Held \d", shown)


@pytest.mark.parametrize("keyed", [True, False], ids=["by its key", "by the cookie"])
@pytest.mark.parametrize("is_learner", [True, False], ids=["a learner", "who has only read"])
def test_whoever_called_a_live_program_predicts_after_seeing(client: TestClient, is_learner: bool, keyed: bool) -> None:
    if is_learner:
        skip(client)
    room = f"~{room_key(client.cookies[COOKIE])}/" if keyed else ""
    for _ in range(2):
        assert client.get(f"/live/{room}waiting/ways/quick/quick?seconds=0.01").status_code == 200
    assert (count(client, "sighting") if is_learner else len(client.cookies)) == 1 + (not is_learner)
    predict(client, "0.4")
    assert "After seeing." in item(client).text


@pytest.mark.parametrize("is_learner", [True, False], ids=["a learner", "who has only read"])
def test_whoever_called_a_live_program_by_their_key_without_a_cookie_predicts_after_seeing(
    client: TestClient, is_learner: bool
) -> None:
    if is_learner:
        skip(client)
    called(client)
    assert count(client, "sighting") == 0
    client.post("/lessons/waiting/attempts")  # whoever starts over has seen it all the same
    assert count(client, "sighting") == 1
    predict(client, "0.4")
    assert "After seeing." in item(client).text


def test_a_call_by_key_counts_for_its_reader_alone_and_only_while_there_is_something_to_predict(
    client: TestClient,
) -> None:
    other = reader(client)
    called(other)
    predict(client, "0.4")
    skip(client)
    called(client)
    client.post("/lessons/waiting/attempts")
    assert count(client, "sighting") == 0 and "After seeing." not in item(client).text
    predict(other, "0.4")
    assert "After seeing." in item(other).text


def test_whoever_starts_over_while_their_first_run_is_on_is_too_late_to_predict_it(client: TestClient) -> None:
    skip(client)
    predict(client)
    asked = {"lesson": "waiting", "lab": "ways", "variant": "quick", "requests": 1, "parameters": {"delay": 10}}
    answer = client.post("/runs", json=asked, headers=JSON)
    try:
        client.post("/lessons/waiting/attempts")
        assert client.get(answer.json()["url"], headers=JSON).json()["state"] in ("queued", "running"), "it is on"
        assert "there is nothing left to predict" in item(client).text
    finally:
        client.delete(answer.json()["url"])


def called(client: TestClient) -> None:
    """By curl: a caller that brings the reader's key alone."""
    answer = beside(client).get(f"/live/~{room_key(client.cookies[COOKIE])}/waiting/ways/quick/quick?seconds=0.01")
    assert answer.status_code == 200 and "set-cookie" not in answer.headers


def test_keys_that_nobody_comes_with_are_forgotten_at_last() -> None:
    noted = Called()
    for number in range(KEYS_KEPT + 1):
        noted.note(f"{number}", "waiting.ways")
    for number in range(LABS_KEPT + 1):
        noted.note("2", f"waiting.{number}")
    assert noted.take("0") == () and noted.take("1") == ("waiting.ways",) and noted.take("1") == ()
    assert len(noted.take("2")) == LABS_KEPT


def test_a_live_program_called_by_nobody_or_after_the_prediction_changes_nothing(client: TestClient) -> None:
    path = "/live/waiting/ways/quick/quick?seconds=0.01"
    stranger = beside(client)
    assert "set-cookie" not in stranger.get(path).headers
    predict(client, "0.4")
    skip(client)
    assert "set-cookie" not in client.get(path).headers
    assert count(client, "sighting") == 0 and "After seeing." not in item(client).text


@pytest.mark.parametrize("part", ["/trace", "/trace.json", "/trace.csv", "/replay"])
def test_whoever_was_shown_a_recording_was_shown_the_run(host: TestClient, recorded: str, part: str) -> None:
    other = reader(host)
    skip(other)
    assert other.get(recorded + part, headers=FRAGMENT).status_code == 200
    assert count(other, "sighting") == 1


@pytest.fixture(scope="module")
def recorded(host: TestClient) -> str:
    """A run of somebody else's."""
    client = reader(host)
    client.post("/lessons/waiting/labs/ways/skips")
    url: str = measure(client)["url"]
    return url


@on_both
def test_whoever_was_shown_a_run_predicts_after_seeing_and_it_is_not_counted(client: TestClient) -> None:
    skip(client)
    predict(client)
    url = measure(client)["url"]
    for is_learner in (False, True):
        other = reader(client)
        if is_learner:  # what they are shown is a row; else a cookie, until there is a learner
            skip(other)
        other.get(url)
        if is_learner:
            assert count(other, "sighting") == 1
        predict(other, "0.4")
        assert "After seeing." in item(other).text
        if not is_learner:
            skip(other)
        measure(other)
        shown = item(other).text
        assert "after seeing, not counted" in shown and "Feedback of serial." in shown
        assert count(other, "prediction", "note = 'after-seeing'") == 1 and count(other, "observation") == 1
        assert count(other, "score") == 0


def test_only_a_run_that_shows_the_answer_is_a_sighting(client: TestClient) -> None:
    skip(client)
    predict(client)
    url = measure(client)["url"]
    other = reader(client)
    skip(other, HELD)
    skip(other)
    other.get(url)
    assert count(other, "sighting") == 0, "nothing is open for them any more"
    client.get(url)
    assert count(client, "sighting") == 0, "it is their own"


def test_a_skipped_prediction_is_passed_over_and_not_counted(client: TestClient) -> None:
    skip(client, HELD)
    skip(client)
    measure(client)
    assert "You skipped this prediction" in item(client).text
    assert count(client, "observation") == 0 and count(client, "prediction", "note = 'skipped'") == 2
    page = perceive(client.get(PAGE).text)
    assert "done" in page.one("navigation", "modes").one("link", "Predict").name


def test_starting_over_opens_no_prediction_whose_answer_is_known(client: TestClient) -> None:
    skip(client)
    predict(client)
    measure(client)
    client.post("/lessons/waiting/attempts")
    assert "before you started over" in item(client).text
    assert run(client).status_code == 201


def test_starting_over_before_any_run_opens_it_again(client: TestClient) -> None:
    predict(client)
    client.post("/lessons/waiting/attempts")
    assert item(client).one("button", "Commit")
    assert run(client).status_code == 409


def test_a_disturbed_run_decides_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is a real one; that it was disturbed is told to the site afterwards."""
    skip(client)
    predict(client)
    site, learner = site_of(client), learner_of(client)
    done: list[EndedRun] = []
    keep = site.keep_run

    async def disturb(ended_run: EndedRun) -> None:
        if ended_run.owner == learner:
            done.append(ended_run)
            ended_run = replace(ended_run, disturbed=len(done) == 1)
        await keep(ended_run)

    monkeypatch.setattr(site.labs, "_on_end", disturb)
    ended(client, run(client).json()["url"])
    shown = item(client)
    assert "That run was disturbed" in shown.text and shown.one("button", "Run")
    assert count(client, "observation") == 0
    ended(client, run(client).json()["url"])
    assert count(client, "observation") == 1 and "disturbed" not in item(client).text


def test_a_run_with_other_numbers_or_another_program_decides_nothing(client: TestClient) -> None:
    skip(client)
    predict(client)
    measure(client, requests=3)
    measure(client, "quick")
    assert count(client, "observation") == 0 and item(client).one("button", "Run")


@on_both
def test_repeats_of_others_on_this_server_widen_the_range(client: TestClient) -> None:
    skip(client)
    predict(client)
    measure(client)
    other = reader(client)
    skip(other)
    predict(other)
    measure(other)
    (first,), (second,) = observed(client), observed(other)
    assert first.low <= first.value <= first.high
    assert second.low <= min(first.value, second.value)
    assert second.high >= max(first.value, second.value)


def test_a_run_tells_what_was_predicted_for_it(client: TestClient) -> None:
    skip(client)
    predict(client, "0.3")
    answer = run(client).json()
    assert answer["predicted"] == 0.3
    ended(client, answer["url"])
    assert 'data-prediction="0.3"' in client.get(answer["url"]).text
    assert 'data-predicted="0.3"' in client.get("/lessons/waiting/try").text
    assert "predicted" not in run(client, "quick").json()


def test_recall_shows_the_state_of_a_prediction_as_one_item(client: TestClient) -> None:
    recall = "/lessons/waiting/recall"
    assert item(client, page=recall).one("link", "Go to the prediction").attributes["href"] == f"{PAGE}#item-{HELD}"
    assert not item(client, page=recall).all("button", "Commit")
    skip(client)
    predict(client)
    assert "its run is still to come" in item(client, page=recall).text
    measure(client)
    assert "1 of 1 point" in item(client, page=recall).text


def test_a_counted_prediction_by_a_wrong_model_tells_its_misconception(client: TestClient) -> None:
    skip(client)
    predict(client, "0.1")
    measure(client)
    made = commitments(client)
    assert [name for _, name in predictions.misconceptions(made)] == ["at-once"]


@on_both
def test_forget_me_leaves_no_row_of_a_prediction(client: TestClient) -> None:
    skip(client)
    predict(client)
    measure(client)
    learner = learner_of(client)
    client.post("/forget")
    with site_of(client).database.reading.connect() as rows:
        for table in ("prediction", "observation", "sighting", "response", "score"):
            statement = text(f"SELECT count(*) FROM {table} WHERE learner_id = :learner")
            assert rows.execute(statement, {"learner": learner}).scalar_one() == 0, table


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lab: ways", "lab: way", "no lab `way` in this lesson: did you mean `ways`?"),
        ("variant: held", "variant: hold", "no variant `hold` of the lab `ways`: did you mean `held`?"),
        ("metric: wall", "metric: walls", "no metric `walls`: did you mean `wall`?"),
        ("duration: delay", "duration: delays", "no parameter `delays` to be `d`: did you mean `delay`?"),
        (
            "    requests: 4",
            "    requests: 400",
            "the lab `ways` cannot run so: requests must be a whole number from 1 to 50",
        ),
        ("{delay: 0.02}", "{wait: 0.02}", "the lab `ways` cannot run so: no parameter named 'wait' here"),
        ("    duration: delay\n", "", "the model `serial` wants `d`: say which parameter is `d` with `duration`"),
        ("N * d / 2", "N * dely", "the model `half` wants `dely`: did you mean `delay`?"),
        ("N * d / 2", "d + 0", "the models `free` and `half` both tell 0.02"),
        ("N * d / 2", "N / (N - N)", "the model `half`: `N / (N - N)` has no value here"),
        ("~adds-up", "~add-up", "no misconception `add-up` in course.toml: did you mean `adds-up`?"),
    ],
)
def test_the_check_tells_what_no_run_could_answer(
    tmp_path: Path, renderer: Renderer, old: str, new: str, message: str
) -> None:
    folder = write_course(tmp_path, predictions=[prediction().replace(old, new, 1)])
    told = [error.message for error in check(folder, renderer) if not error.is_warning]
    assert any(message in error for error in told), told
