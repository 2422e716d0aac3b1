"""The rules of predictions hold in every order of requests of two learners: Hypothesis looks for one that breaks them."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from starlette.testclient import TestClient

from tests.courses import ORDER, prediction, question, write_course
from tests.perceived import perceive
from tests.test_site import FRAGMENT, JSON, beside, browser, ended
from webapp.app import create_app
from webapp.identity import COOKIE, recognise
from webapp.settings import Settings
from webapp.site import Site

EXAMPLES, STEPS = 8, 10
"""Each run of the lab takes some tenths of a second, and all of them together shall take some 20 s."""
ITEMS = ("held-wall", "which-first")
CANARY = f"canary{secrets.token_hex(6)}"
TOLD = prediction(
    again=("requests: 3",),
    models=("serial {~adds-up}", "free {~at-once}", f"{CANARY} = N * d / 2 {{#half}}"),
    feedback=f"{CANARY} {{}}",
    explanation=CANARY,
    hint=CANARY,
)
ASKED = {
    "held-wall": TOLD,
    "which-first": ORDER.replace("Held first =", f"{CANARY} =")
    .replace("Feedback of", CANARY)
    .replace("The explanation of it.", CANARY)
    .replace("A hint for it.", CANARY),
}
PAGES = (
    "/",
    "/progress",
    "/lessons/waiting/predict",
    "/lessons/waiting/try",
    "/lessons/waiting/recall",
    "/search?q=canary",
)


@dataclass
class Reader:
    """A browser, and what the rules say of it by now."""

    client: TestClient
    ran: set[tuple[str, int]] = field(default_factory=set)
    saw: bool = False
    settled: dict[str, str] = field(default_factory=dict)
    """Item -> its note: of the present attempt."""
    rows: int = 0
    runs: list[str] = field(default_factory=list)
    sent: tuple[str, dict[str, Any]] | None = None
    """The last prediction that was taken: where it was posted, and its form."""

    @property
    def open(self) -> set[str]:
        return set() if self.ran else set(ITEMS) - self.settled.keys()

    def visit(self) -> None:
        self.client.get("/")


@contextmanager
def serving() -> Iterator[TestClient]:
    with tempfile.TemporaryDirectory() as folder:
        lessons = write_course(Path(folder) / "lessons", questions=[question()], predictions=list(ASKED.values()))
        app = create_app(Settings(data=Path(folder) / "data", lessons=lessons, watch=False))
        with browser(app) as client:
            yield client


WHO = st.sampled_from((0, 1))


class Rules(RuleBasedStateMachine):
    host: TestClient
    seen: Counter[str]
    """How often it came to what the rules are about, over all examples."""

    @property
    def site(self) -> Site:
        site: Site = self.host.app.state.site  # type: ignore[attr-defined]
        return site

    @initialize(walks=st.lists(WHO, max_size=2, unique=True), value=st.integers(1, 12), looks=st.booleans())
    def arrive(self, walks: list[int], value: int, looks: bool) -> None:
        self.readers = [Reader(beside(self.host)), Reader(beside(self.host))]
        for reader in self.readers:
            reader.visit()
        for who in walks:
            self.walk(who, value)
        if looks and walks:
            self.look_at_the_others_run(1 - walks[0], "page")

    @rule(who=WHO, value=st.integers(1, 12))
    def walk(self, who: int, value: int) -> None:
        """Down the page, and then the run."""
        self.predict_all(who, value, 0)
        self.run(who, "held", 4)

    def form(self, reader: Reader, item: str, value: int) -> dict[str, Any]:
        """As its page has it; of an item whose form is gone, as an old tab would still have it."""
        html = reader.client.get("/lessons/waiting/predict").text
        part = html[html.index(f'id="item-{item}"') :].partition("</predict-item>")[0]
        found = re.search(r"data-predict.*?</form>", part, re.DOTALL)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0] if found else ""))
        if not fields:
            version = next(known for known in self.site.course.lessons[0].items if known.id == item)
            fields = {"attempt": self.attempt(reader), "shown": version.shown_hash, "seq": "1"}
        answer: dict[str, Any] = {"number": f"{value / 100}"}
        if item == "which-first":
            answer = {"place": ["held", "quick"] if value % 2 else ["quick", "held"]}
        return {**fields, **answer, "key": secrets.token_hex(16)}

    def attempt(self, reader: Reader) -> str:
        html = reader.client.get("/lessons/waiting/performance").text
        found = re.search(r'name="attempt" value="(\d+)"', html)
        assert found
        return found[1]

    def post(self, reader: Reader, item: str, form: dict[str, Any]) -> int:
        answer = reader.client.post(
            f"/lessons/waiting/items/{item}/responses?from=predict", data=form, headers=FRAGMENT
        )
        return int(answer.status_code)

    @rule(who=WHO, item=st.sampled_from(ITEMS), value=st.integers(1, 12), skip=st.booleans())
    def predict(self, who: int, item: str, value: int, skip: bool) -> None:
        reader = self.readers[who]
        form = self.form(reader, item, value)
        was_open, again = item in reader.open, form["seq"] != "1"
        skipping = skip and not again
        status = self.post(reader, item, {**form, "skip": "1"} if skipping else form)
        if again:
            assert ("held", 3) not in reader.ran, "a setting that was run is not offered"
        assert status == (200 if was_open or again else 409)
        if status == 200:
            reader.rows += 1
            reader.sent = (item, form) if not skipping else None
            self.seen["practice" if again else "predicted"] += 1
            if not again:
                reader.settled[item] = "skipped" if skipping else "after-seeing" if reader.saw else ""

    @rule(who=WHO, value=st.integers(1, 12), skips=st.sampled_from((0, 0, 1, 2)))
    def predict_all(self, who: int, value: int, skips: int) -> None:
        """What a learner does who goes down the page."""
        for at, item in enumerate(ITEMS):
            if item in self.readers[who].open:
                self.predict(who, item, value, at < skips)

    @precondition(lambda self: any(reader.ran for reader in self.readers))
    @rule(who=WHO, value=st.integers(1, 12))
    def predict_again(self, who: int, value: int) -> None:
        if self.form(self.readers[who], "held-wall", value)["seq"] != "1":
            self.predict(who, "held-wall", value, False)

    @precondition(lambda self: any(reader.sent for reader in self.readers))
    @rule(who=WHO)
    def send_again(self, who: int) -> None:
        reader = self.readers[who]
        if reader.sent is not None:
            item, form = reader.sent
            assert self.post(reader, item, form) == 200, "the same request again"
            assert self.post(reader, item, {**form, "key": secrets.token_hex(16)}) == 409, "another one"

    @rule(who=WHO)
    def skip_all(self, who: int) -> None:
        reader = self.readers[who]
        reader.rows += len(reader.open)
        reader.settled.update(dict.fromkeys(reader.open, "skipped"))
        assert reader.client.post("/lessons/waiting/labs/ways/skips").status_code == 303

    @rule(who=WHO, variant=st.sampled_from(("held", "quick")), requests=st.sampled_from((3, 4, 4)))
    def run(self, who: int, variant: str, requests: int) -> None:
        reader = self.readers[who]
        asked = {"lesson": "waiting", "lab": "ways", "variant": variant, "requests": requests}
        answer = reader.client.post("/runs", json=asked, headers=JSON)
        assert answer.status_code == (409 if reader.open else 201), answer.text
        self.seen["refused" if reader.open else "ran"] += 1
        if reader.open:
            assert "predict" in answer.json()["detail"]
            return
        run = ended(reader.client, answer.json()["url"])
        reader.ran.add((variant, requests))
        reader.runs.append(run["url"])

    @precondition(lambda self: any(reader.runs for reader in self.readers))
    @rule(who=WHO, how=st.sampled_from(("page", "json", "events")))
    def look_at_the_others_run(self, who: int, how: str) -> None:
        reader, other = self.readers[who], self.readers[1 - who]
        if not other.runs:
            return
        url = other.runs[-1] + ("/events" if how == "events" else "")
        answer = reader.client.get(url, headers=JSON if how == "json" else {})
        assert answer.status_code in (200, 404), "404: its learner was forgotten"
        self.seen["shown"] += bool(reader.open)
        reader.saw |= answer.status_code == 200 and bool(reader.open)

    @precondition(lambda self: any(reader.settled for reader in self.readers))
    @rule(who=WHO)
    def start_over(self, who: int) -> None:
        reader = self.readers[who]
        assert reader.client.post("/lessons/waiting/attempts").status_code == 303
        reader.settled.clear()
        reader.sent = None

    @precondition(lambda self: any(reader.ran for reader in self.readers))
    @rule(who=WHO)
    def forget(self, who: int) -> None:
        reader = self.readers[who]
        assert reader.client.post("/forget").status_code == 303
        self.readers[who] = Reader(reader.client)
        reader.visit()

    @rule(who=WHO, path=st.sampled_from(PAGES))
    def read(self, who: int, path: str) -> None:
        reader = self.readers[who]
        page = reader.client.get(path, headers=FRAGMENT if "/items/" in path else {})
        assert reader.open != set(ITEMS) or CANARY not in page.text

    @invariant()
    def the_page_tells_nothing_before_and_its_cell_is_done_afterwards(self) -> None:
        for reader in self.readers:
            html = reader.client.get("/lessons/waiting/predict").text
            assert reader.open != set(ITEMS) or CANARY not in html
            cell = perceive(html).one("navigation", "modes").one("link", "Predict")
            assert ("done" in cell.name) is not bool(reader.open), cell.name

    @invariant()
    def what_is_stored_is_what_the_rules_say(self) -> None:
        site = self.site
        with site.database.reading.connect() as rows:
            assert not rows.execute(text(TOO_LATE)).all(), "scored and counted after a run of the lab"
            assert not rows.execute(text(UNCOUNTED)).all(), "a score of what does not count"
        for reader in self.readers:
            learner = self.learner(reader)
            with site.database.reading.connect() as rows:
                count = rows.execute(text("SELECT count(*) FROM prediction WHERE learner_id = :l"), {"l": learner})
                assert count.scalar_one() == reader.rows
                latest = rows.execute(text(NOTES), {"l": learner}).all()
            assert dict(map(tuple, latest)) == reader.settled

    def learner(self, reader: Reader) -> str | None:
        token = reader.client.cookies[COOKIE]
        return self.site.database.read_now(lambda session: recognise(session, token).learner)


TOO_LATE = """
SELECT 1 FROM prediction
JOIN response ON response.id = prediction.response_id
JOIN score ON score.response_id = response.id
JOIN run ON run.learner_id = response.learner_id AND run.lab = 'ways'
WHERE response.seq = 1 AND run.started_at < response.received_at
"""
UNCOUNTED = """
SELECT 1 FROM prediction JOIN score ON score.response_id = prediction.response_id WHERE prediction.note <> ''
"""
NOTES = """
SELECT attempt_item.item_id, prediction.note FROM prediction
JOIN response ON response.id = prediction.response_id
JOIN attempt_item ON attempt_item.id = response.attempt_item_id
JOIN attempt ON attempt.id = attempt_item.attempt_id
WHERE prediction.learner_id = :l AND response.seq = 1 AND attempt.closed_at IS NULL
"""


def test_the_rules_of_predictions_hold_in_every_order_of_requests() -> None:
    seen: Counter[str] = Counter()
    with serving() as client:
        machine = type("Machine", (Rules,), {"host": client, "seen": seen})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert all(seen[what] for what in ("predicted", "practice", "refused", "ran", "shown")), seen
