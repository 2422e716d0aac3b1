"""No byte that a learner can reach tells a key before the response: canaries in all that is scored or told, and a crawl."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from quiz.items import Item
from tests.courses import ORDER, prediction, question, write_course
from tests.test_site import JSON, answer, browser, ended, hidden, start
from webapp.app import create_app
from webapp.identity import COOKIE
from webapp.settings import Settings

LINK = re.compile(r"""(?:href|src|action|formaction|data-[a-z-]+)="(/[^"#]*)""")
TOKEN = "c" * 43
BESIDES = (
    "/nope",
    "/lessons/waiting/nope",
    "/lessons/waiting/files/lesson.md",
    "/lessons/waiting/files/course.toml",
    "/lessons/waiting/items/first-item",
    "/lessons/waiting/items/first-item/responses",
    "/openapi.json",
    "/docs",
    "/static/../lessons/waiting/lesson.md",
    "/course.toml",
    "/healthz",
    "/readyz",
    "/glossary",
    "/review",
    "/review/next",
    "/review/items/first-item",
    "/analysis",
    "/analysis/waiting",
    "/search",
    *(
        f"/search?q={word}"
        for word in ("canary", "c", "option", "the", "a", "one", "hint", "explanation", "right", "waiting")
    ),
)
"""What no page links to and a curious learner would try."""


def crawl(client: TestClient, start_at: Iterable[str] = ("/", *BESIDES)) -> dict[str, bytes]:
    """Everything that can be got by following links, each with its status and headers, as a page and as JSON."""
    todo, seen = list(start_at), dict[str, bytes]()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        page = client.get(path)
        as_json = client.get(path, headers=JSON)
        fragment = client.get(path, headers={"interleave-fragment": "1"})
        answers = (page, as_json, fragment)
        seen[path] = b"\n".join(
            part
            for reply in answers
            for part in (str(reply.status_code).encode(), untimed(reply.headers).encode(), reply.content)
        )
        if "html" in page.headers.get("content-type", ""):
            todo += [unescape(link) for link in LINK.findall(page.text)]
        if location := page.headers.get("location"):
            todo.append(location)
    return seen


def untimed(headers: Mapping[str, str]) -> str:
    """Of how long a live program took, the words alone: no two answers take the same time."""
    return re.sub(r"dur=[0-9.]+", "dur=", repr(sorted(headers.items())))


def site(folder: Path, questions: list[str], *, data: str = "data") -> TestClient:
    lessons = write_course(folder / "lessons", questions=questions)
    client = browser(create_app(Settings(data=folder / data, lessons=lessons, watch=False)))
    client.cookies.set(COOKIE, TOKEN)
    return client


def test_nothing_that_is_scored_or_told_leaves_the_server_before_the_response(tmp_path: Path) -> None:
    def canary() -> str:
        return f"canary{secrets.token_hex(8)}"

    hint, told, shown = canary(), [canary() for _ in range(4)], canary()
    items = [
        question("first-item", stem=f"What is {shown}?", feedback=told[0] + " {}", explanation=told[1], hint=hint),
        question("multi-item", right=("a", "c"), feedback=told[2] + " {}", explanation=told[3]),
    ]
    with site(tmp_path, items) as client:
        course = client.app.state.site.course  # type: ignore[attr-defined]
        known: list[Item] = [item for lesson in course.lessons for item in lesson.items]
        hashes = [value for item in known for value in (item.key_hash, item.content_hash)]
        run = start(client).json()
        ended(client, run["url"])
        pages = crawl(client, ("/", run["url"], run["events"], *BESIDES))
        assert len(pages) > 40, sorted(pages)
        leaks = {path for path, body in pages.items() for word in (*told, hint, *hashes) if word.encode() in body}
        assert leaks == set()

        for word in (*told, hint):
            assert "<mark>" not in client.get(f"/search?q={word}").text
            assert "Nothing found" in client.get(f"/search?q={word}", headers={"interleave-fragment": "1"}).text
        found = client.get("/search?q=canary").text
        assert found.count("<mark>canary") == 1 and shown in found, "the stem is found, and nothing else"

        wrong = client.post("/lessons/waiting/items/first-item/responses?from=why", data={"attempt": "1", "shown": "x"})
        assert not any(word in wrong.text for word in (*told, hint, *hashes))

        assert told[0] in answer(client, "first-item", "a", headers={"interleave-fragment": "1"}).text, (
            "the crawl can see it"
        )
        after = crawl(client)
        assert any(told[1].encode() in body for body in after.values())
        assert not any(word.encode() in body for body in after.values() for word in told[2:])


def written(told: list[str], *, number: str = "41.75", order: str = "ab", printed: str = "canaryprinted") -> list[str]:
    """A question of each kind that is no choice, with these words (10 of them) in all that is scored or told."""
    steps = {"a": "First step", "b": "Second step"}
    return [
        f"/// question | How many?\n    id: number-item\n\n= {number} {{#{told[0]}}}\n    > {told[1]}\n///\n",
        f'/// question | Which?\n    id: text-item\n\n= "{told[2]}"\n! /{told[3]}+/ {{#{told[4]}}}\n    > {told[5]}\n///\n',
        "/// question | In which order?\n    id: order-item\n    type: order\n\n"
        + "".join(f"{at}. {steps[step]} {{#{step}}}\n    > {told[6]}\n" for at, step in enumerate(order, 1))
        + "///\n",
        "/// question | What is printed?\n    id: output-item\n    type: output\n\n```python\nprint()\n```\n\n"
        f"```output\n{printed}\n```\n    > {told[7]}\n```not-output\n{told[8]}\n```\n///\n",
        "/// question | Several?\n    id: several-item\n\n"
        f"- [x] Anna {{#a}}\n    >! {told[9]}\n- [x] Bert {{#b}}\n- [ ] Cleo {{#c}}\n\n"
        f"//// feedback | a, c\n{told[10]}\n////\n///\n",
    ]


def test_no_answer_of_any_kind_leaves_the_server_before_the_response(tmp_path: Path) -> None:
    told = [f"canary{secrets.token_hex(8)}" for _ in range(11)]
    words = [*told, "41.75", "canaryprinted"]
    with site(tmp_path, written(told)) as client:
        course = client.app.state.site.course  # type: ignore[attr-defined]
        known: list[Item] = [item for lesson in course.lessons for item in lesson.items]
        hashes = [value for item in known for value in (item.key_hash, item.content_hash)]
        pages = crawl(client, ("/", "/lessons/waiting/whole", "/review/items/number-item", *BESIDES))
        assert len(pages) > 40
        assert {
            (path, word) for path, body in pages.items() for word in (*words, *hashes) if word.encode() in body
        } == set()
        for word in words:
            assert "Nothing found" in client.get(f"/search?q={word}", headers={"interleave-fragment": "1"}).text
        for item in ("number-item", "text-item", "output-item", "order-item"):
            refused = client.post(f"/lessons/waiting/items/{item}/responses?from=performance", data=FORM)
            assert refused.status_code in (409, 422) and not any(word in refused.text for word in (*words, *hashes))
        assert told[1] in _answered(client, "number-item", "41.75").text, "the crawl can see it"
        assert told[5] in _answered(client, "text-item", told[3]).text
        assert told[7] in _answered(client, "output-item", "canaryprinted").text
        after = crawl(client)
        assert not any(word.encode() in body for body in after.values() for word in (told[6], told[9], told[10]))


FORM = {"attempt": "1", "shown": "x"}


def _answered(client: TestClient, item: str, text: str) -> Any:
    form = hidden(client.get("/lessons/waiting/performance").text, item)
    path = f"/lessons/waiting/items/{item}/responses?from=performance"
    return client.post(path, data={**form, "answer": text}, headers={"interleave-fragment": "1"})


@pytest.mark.usefixtures("calm")
def test_no_model_of_a_prediction_leaves_the_server_before_its_run(tmp_path: Path) -> None:
    """Nor before the other programs of an order have run, nor by a run that says nothing about it."""
    told = [f"canary{secrets.token_hex(8)}" for _ in range(6)]
    asked = [
        prediction(
            stem="How long, number?",
            models=("serial {~adds-up}", "free {~at-once}", f"{told[0]} = N * d * 0.4321 {{#{told[1]}}}"),
            feedback=f"{told[2]} {{}}",
            explanation=told[3],
            hint=told[4],
        ),
        ORDER.replace("Held first =", f"{told[5]} ="),
    ]
    lessons = write_course(tmp_path / "lessons", predictions=asked)
    with browser(create_app(Settings(data=tmp_path / "data", lessons=lessons, watch=False))) as client:
        client.cookies.set(COOKIE, TOKEN)
        course = client.app.state.site.course  # type: ignore[attr-defined]
        known: list[Item] = [item for lesson in course.lessons for item in lesson.items]
        words = [*told, "0.4321", *(value for item in known for value in (item.key_hash, item.content_hash))]

        def leaks(start_at: Iterable[str] = ("/", *BESIDES)) -> set[tuple[str, str]]:
            pages = crawl(client, (*start_at, "/lessons/waiting/items/held-wall", "/lessons/waiting/items/which-first"))
            assert len(pages) > 40
            return {(path, word) for path, body in pages.items() for word in words if word.encode() in body}

        assert leaks() == set()
        for word in told:
            assert "Nothing found" in client.get(f"/search?q={word}", headers={"interleave-fragment": "1"}).text
        assert "<mark>number</mark>" in client.get("/search?q=number").text, "the stem is found"
        refused = start(client)
        assert refused.status_code == 409 and not any(word in refused.text for word in words)
        for item in ("held-wall", "which-first"):
            form = {"attempt": "1", "seq": "1", "shown": course.lessons[0].item(item).shown_hash}
            answer = {"number": "0.08", "place": ["quick", "held"]}
            path = f"/lessons/waiting/items/{item}/responses?from=predict"
            taken = client.post(path, data={**form, **answer}, headers={"interleave-fragment": "1"})
            assert taken.status_code == 200 and not any(word in taken.text for word in words)
        ended(client, start(client).json()["url"])
        assert leaks() == set(), "a run of another program decides nothing"
        assert ended(client, start(client, "held").json()["url"])["disturbed"] is False
        page = client.get("/lessons/waiting/predict").text
        assert told[0] in page and told[2] in page and told[3] in page, "the crawl can see it"


def test_another_key_makes_no_other_byte(tmp_path: Path) -> None:
    """Two sites that differ in their keys alone give the same learner the same pages, headers and tags."""

    def pages(name: str, single: str, multi: tuple[str, ...]) -> dict[str, bytes]:
        questions = [question("first-item", right=(single,)), question("multi-item", right=multi)]
        told = [f"{name}{at}" for at in range(11)]
        questions += written(told, number=f"4{len(name)}", order="ab" if single == "a" else "ba", printed=name)[:4]
        with site(tmp_path, questions, data=name) as client:
            return crawl(client)

    assert pages("one", "a", ("a", "b")) == pages("two", "c", ("b", "c"))


def test_nothing_but_what_was_wrong_is_told_while_there_are_tries_left(tmp_path: Path) -> None:
    """After a wrong try: its own feedback, and no byte of the key, of other feedback, of what is told of the whole, or of hints."""
    told = [f"canary{secrets.token_hex(8)}" for _ in range(16)]
    twice = ("attempts: 2", "hint_cost: 0.1", "certainty: true")
    number, text, order, printed, several = written(told)
    hinted = f"//// hint\n{told[15]}\n////\n"
    items = [
        number.replace("\n\n=", "\n    attempts: 2\n\n=", 1).replace("///\n", f"! 13\n    > {told[12]}\n///\n"),
        text.replace("\n\n=", "\n    attempts: 2\n\n=", 1),
        order.replace("type: order", "type: order\n    attempts: 2"),
        printed.replace("type: output", "type: output\n    attempts: 2"),
        several.replace("id: several-item", "id: several-item\n    attempts: 2").replace(
            "- [ ] Cleo {#c}\n", f"- [ ] Cleo {{#c}}\n    > {told[11]}\n- [ ] Dora {{#d}}\n    > {told[13]}\n"
        ),
        question("first-item", feedback="Feedback of {}. " + told[14], explanation=told[13], rules=twice).replace(
            "A hint.", told[15]
        ),
    ]
    assert hinted.strip() in items[-1]
    with site(tmp_path, items) as client:
        course = client.app.state.site.course  # type: ignore[attr-defined]
        known: list[Item] = [item for lesson in course.lessons for item in lesson.items]
        hashes = [value for item in known for value in (item.key_hash, item.content_hash)]

        def tries(item: str, **given: Any) -> str:
            form = hidden(client.get("/lessons/waiting/performance").text, item)
            path = f"/lessons/waiting/items/{item}/responses?from=performance"
            reply = client.post(path, data={**form, **given}, headers={"interleave-fragment": "1"})
            assert reply.status_code == 200 and "Show the answer" in reply.text, reply.text
            return str(reply.text)

        assert told[12] in tries("number-item", answer="13")
        assert told[5] in tries("text-item", answer=told[3])
        tries("order-item", place=["b", "a"])
        tries("output-item", answer=told[8])
        wrong = tries("several-item", option=["a", "c"])
        assert told[11] in wrong and "Feedback of" not in wrong
        assert wrong.count("Not right.") == 1, "what was chosen and is right is not said to be"
        assert told[14] in tries("first-item", option=["a"], certainty="3"), "its own feedback"
        assert "Feedback of b" not in client.get("/lessons/waiting/performance").text

        hidden_still = {*told, *hashes, "41.75", "canaryprinted", "Feedback of b", "Feedback of c"}
        hidden_still -= {told[3], told[5], told[8], told[11], told[12], told[14]}
        pages = crawl(client, ("/", "/lessons/waiting/whole", "/review/items/number-item", *BESIDES))
        assert {(path, word) for path, body in pages.items() for word in hidden_still if word.encode() in body} == set()

        form = hidden(client.get("/lessons/waiting/performance").text, "first-item")
        shown = client.post(
            "/lessons/waiting/items/first-item/answer?from=performance",
            data=form,
            headers={"interleave-fragment": "1"},
        )
        assert told[13] in shown.text and "Feedback of b" in shown.text and told[15] in shown.text, (
            "the crawl can see it"
        )
