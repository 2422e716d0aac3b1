"""The search: which passages there are, which are found and in what order, and what its answers look like and withhold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.conftest import SHIPPED, SMALL
from tests.perceived import perceive
from tests.test_site import browser
from webapp.app import create_app
from webapp.course.course import Course
from webapp.course.index import LONGEST_QUERY, Index
from webapp.course.loading import load_course
from webapp.course.passages import Kind, Passage, passages
from webapp.course.render import Renderer
from webapp.course.words import fold, words
from webapp.search import MOST_RESULTS, ask
from webapp.settings import Settings

FRAGMENT = {"interleave-fragment": "1"}


@pytest.fixture(scope="module")
def course() -> Iterator[Course]:
    with Renderer() as renderer:
        yield load_course(SHIPPED, renderer)


@pytest.fixture(scope="module")
def index(course: Course) -> Index:
    return Index.of(passages(course))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A site over the shipped course."""
    folder = tmp_path_factory.mktemp("search")
    with browser(create_app(Settings(data=folder / "data", lessons=SHIPPED, watch=False))) as client:
        yield client


def url(name: str, **parameters: str) -> str:
    return "/".join(["", name, *parameters.values()])


def texts(text: str, *, besides: bool | None = None) -> list[str]:
    return [word.text for word in words(text) if besides is None or word.besides is besides]


def index_of(*titles_and_texts: tuple[str, str]) -> Index:
    return Index.of(Passage(Kind.HEADING, title, text) for title, text in titles_and_texts)


def titles(index: Index, query: str) -> list[str]:
    return [passage.title for passage in index.search(query, most=10).passages]


# Words


@pytest.mark.parametrize(
    ("text", "parts", "besides"),
    [
        ("The loop's turn.", ["the", "loop", "s", "turn"], []),
        ("await asyncio.sleep(0.2)", ["await", "asyncio", "sleep", "0", "2"], ["asyncio.sleep", "0.2"]),
        ("blocked_task", ["blocked", "task"], ["blocked_task"]),
        ("CapacityLimiter", ["capacitylimiter"], ["capacity", "limiter"]),
        ("HTTPException", ["httpexception"], ["http", "exception"]),
        ("Größe ÉCLAT ﬁle", ["grosse", "eclat", "file"], []),
        ("…—!?", [], []),
    ],
)
def test_words_are_folded_and_identifiers_are_taken_apart(text: str, parts: list[str], besides: list[str]) -> None:
    assert texts(text, besides=False) == parts
    assert texts(text, besides=True) == besides


@given(st.text(max_size=200))
def test_a_word_stands_where_it_says_and_is_folded(text: str) -> None:
    for word in words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert word.text == fold(text[word.start : word.end].rstrip("_"))
        assert not any(character.isspace() for character in word.text)


# Passages


def test_every_passage_of_the_shipped_course_has_words_and_a_place(course: Course) -> None:
    found = passages(course)
    assert {passage.kind for passage in found} == set(Kind)
    for passage in found:
        assert passage.title and "<" not in passage.title, passage
        assert (passage.mode is None) == (passage.kind is Kind.TERM), passage
        assert passage.anchor or passage.kind is Kind.PAGE, passage
    places = [(passage.slug, passage.mode, passage.anchor) for passage in found]
    assert len(set(places)) == len(places)


def test_nothing_of_an_item_but_its_stem_is_a_passage(course: Course) -> None:
    everything = "\n".join(f"{passage.title}\n{passage.text}" for passage in passages(course))
    for item in [item for lesson in course.lessons for item in lesson.items]:
        told = [item.explanation, *item.hints, *(option.feedback for option in item.options)]
        for text in filter(None, told):
            sentence = max(text.replace("`", "").replace("*", "").split(". "), key=len)
            assert sentence not in everything, item.id
    for misconception in course.misconceptions.values():
        assert misconception.text.replace("`", "") not in everything, misconception.id


def test_text_of_blocks_is_parted_and_that_of_words_is_not(course: Course) -> None:
    learn = next(passage for passage in passages(course) if passage.title == "One thread takes turns")
    assert "That is" not in learn.text.split("\n")[0]
    assert "time.sleep(0.2) puts the thread to sleep." in learn.text


# The index


@pytest.mark.parametrize(
    ("query", "kind", "title"),
    [
        ("token", Kind.TERM, "token"),
        ("tokens", Kind.TERM, "token"),
        ("EVENT  Loop", Kind.TERM, "event loop"),
        ("event lo", Kind.TERM, "event loop"),
        ("blocked.py", Kind.PROGRAM, "blocked.py"),
        ("async_task", Kind.PROGRAM, "awaiting.py"),
        ("thread takes turns", Kind.HEADING, "One thread takes turns"),
        ("concurrent task", Kind.PAGE, "Concurrent task execution"),
        ("capacity limiter", Kind.TERM, "limiter"),
        ("recall", Kind.PAGE, "Recall"),
    ],
)
def test_what_is_looked_for_comes_first(index: Index, query: str, kind: Kind, title: str) -> None:
    first = index.search(query, most=1).passages[0]
    assert (first.kind, first.title) == (kind, title)


def test_every_title_finds_its_passage_among_the_first(index: Index, course: Course) -> None:
    for passage in index.passages:
        if passage.kind in (Kind.TERM, Kind.PROGRAM) or (passage.kind is Kind.HEADING and " " in passage.title):
            assert passage in index.search(passage.title, most=3).passages, passage.title


def test_a_stem_finds_its_item(index: Index) -> None:
    for passage in index.passages:
        if passage.kind is Kind.QUESTION:
            assert index.search(passage.title, most=1).passages[0] == passage


def test_a_word_in_a_title_counts_more_and_a_rare_word_too() -> None:
    index = index_of(("Other", "Waiting is waiting."), ("Waiting", "Something else."), ("Third", "A zebra waits."))
    assert titles(index, "waiting")[0] == "Waiting"
    assert titles(index, "zebra waits") == ["Third"]


def test_words_side_by_side_win_over_the_same_words_apart() -> None:
    index = index_of(("Apart", "The loop saw an event."), ("Beside", "The event loop saw it."))
    assert titles(index, "event loop") == ["Beside", "Apart"]


def test_the_last_word_may_be_unfinished_and_another_may_not() -> None:
    index = index_of(("One", "A limiter of tokens."))
    assert titles(index, "tokens lim") == ["One"]
    assert titles(index, "lim token") == ["One"]
    assert index.search("lim token", most=1).is_partial
    assert not index.search("limiter tok", most=1).is_partial


def test_passages_with_every_word_hide_those_with_some() -> None:
    index = index_of(("Both", "Red and green."), ("Red", "Red alone."), ("Green", "Green alone."))
    assert titles(index, "red green") == ["Both"]
    found = index.search("red blue", most=5)
    assert (found.is_partial, {passage.title for passage in found.passages}) == (True, {"Both", "Red"})


def test_the_title_of_the_lesson_completes_a_query_and_finds_nothing_by_itself() -> None:
    index = Index.of(
        [Passage(Kind.HEADING, "Pool", "Threads.", lesson="Forty tokens"), Passage(Kind.HEADING, "Else", "A pool.")]
    )
    assert titles(index, "forty pool") == ["Pool"]
    assert titles(index, "forty") == []


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("corutine", "coroutine"),
        ("evnt lop", "event loop"),
        ("the bystandr", "the bystander"),
        ("zzzzqqq", None),
        ("token", None),
    ],
)
def test_a_misspelt_query_is_given_back_spelt(index: Index, query: str, near: str | None) -> None:
    assert index.search(query, most=1).near == near
    assert near is None or index.search(near, most=1).total


@given(st.text(max_size=300))
def test_any_query_is_answered(query: str) -> None:
    index = index_of(("One", "A limiter of tokens."), ("Two", "time.sleep(0.2)"))
    found = index.search(query, most=1)
    assert len(found.passages) <= 1 and found.total <= 2
    answer = ask(index, query, url)
    assert len(answer.query) <= LONGEST_QUERY
    assert "<" not in answer.results[0].excerpt.replace("<mark>", "").replace("</mark>", "") if answer.results else True


def test_an_empty_course_is_searched_too() -> None:
    assert Index.of(()).search("token", most=5).total == 0


# The answer


def test_words_are_marked_and_text_is_escaped() -> None:
    index = index_of(("A <b> & time.sleep", "Before <i>, `time.sleep(0.2)` & more. <script>"))
    result = ask(index, "time.sleep", url).results[0]
    assert result.title == "A &lt;b&gt; &amp; <mark>time.sleep</mark>"
    assert result.excerpt == "Before &lt;i&gt;, `<mark>time.sleep</mark>(0.2)` &amp; more. &lt;script&gt;"


def test_the_excerpt_is_the_part_of_a_long_text_that_has_the_words() -> None:
    long = " ".join(f"Sentence {number} says nothing." for number in range(100))
    index = index_of(("Long", f"{long} Here stands the zebra with its stripes. {long}"))
    excerpt = ask(index, "zebra stripes", url).results[0].excerpt
    assert "Here stands the <mark>zebra</mark> with its <mark>stripes</mark>." in excerpt
    assert excerpt.startswith("… ") and excerpt.endswith(" …") and len(excerpt) < 260


def test_a_program_is_found_by_its_line(index: Index) -> None:
    result = next(one for one in ask(index, "time.sleep(seconds)", url).results if one.title.startswith("blocked"))
    source = (SHIPPED / "concurrent-tasks" / "blocked.py").read_text().split("\n")
    assert result.line is not None
    assert source[result.line - 1].strip() == "time.sleep(seconds)"
    assert result.excerpt == "<mark>time.sleep</mark>(<mark>seconds</mark>)"


# The pages


def test_a_result_leads_to_the_very_place(client: TestClient) -> None:
    for query in ("loop", "sleep", "token", "def handler", "requests", "run"):
        for link in perceive(client.get("/search", params={"q": query}).text).one("main").all("link"):
            path, _, anchor = link.attributes["href"].partition("#")
            page = client.get(path)
            assert page.status_code == 200, link.name
            assert not anchor or f'id="{anchor}"' in page.text, (link.name, anchor)


def test_the_page_keeps_the_query_and_marks_the_words(client: TestClient) -> None:
    page = perceive(client.get("/search?q=event+loop").text)
    field = next(tag for tag in page.one("main").every() if tag.attributes.get("name") == "q")
    assert (field.attributes["value"], field.attributes["maxlength"]) == ("event loop", str(LONGEST_QUERY))
    first = page.one("main").all("listitem")[0]
    assert "Term" in first.text and [tag.text for tag in first.every() if tag.tag == "mark"][0] == "event loop"
    assert [tag for tag in page.every() if tag.attributes.get("name") == "q"] == [field], "one field, not two"


def test_an_empty_query_says_what_can_be_typed_and_shows_the_words_of_the_course(client: TestClient) -> None:
    main = perceive(client.get("/search").text).one("main")
    assert "Type a word of a lesson" in main.text
    assert main.one("link", "event loop").attributes["href"] == "/glossary#term-event-loop"


def test_a_query_without_a_match_suggests_a_near_one(client: TestClient) -> None:
    main = perceive(client.get("/search?q=corutine").text).one("main")
    assert "Nothing found for corutine" in main.text
    assert main.one("link", "coroutine").attributes["href"] == "/search?q=coroutine"
    assert "beginning of a word" in perceive(client.get("/search?q=zzzqqq").text).one("main").text


def test_a_query_is_bounded_and_says_so(client: TestClient) -> None:
    page = client.get("/search", params={"q": "loop " * 5000})
    assert page.status_code == 200
    assert "Only the first 100 characters" in page.text and len(page.text) < 60_000
    assert page.text.count("loop loop") < 100


def test_a_query_is_shown_as_text_and_is_no_hole_of_the_page(client: TestClient) -> None:
    for query in (
        "<script>\"&'",
        "\x00hole:theme\x00",
        "\x00hole:nothing\x00",
        "a\nb\tc",
        "\ud83d\ude00",
        "%",
        "+",
        "‮",
    ):
        page = client.get("/search", params={"q": query.encode("utf-8", "surrogatepass")})
        assert page.status_code == 200, query
        assert '<script>"' not in page.text and "\x00" not in page.text
    assert client.get("/search?q=%ff%fe&q=two").status_code == 200


def test_a_script_gets_the_results_alone(client: TestClient) -> None:
    answer = client.get("/search?q=token", headers=FRAGMENT)
    assert answer.headers["cache-control"] == "private, no-store"
    assert "<html" not in answer.text and answer.text.lstrip().startswith('<div class="results" data-results>')
    whole = client.get("/search?q=token").text
    assert answer.text.strip() in whole.replace("\r", "")
    assert answer.text.count("<li") <= MOST_RESULTS


def test_every_page_but_the_search_itself_has_the_field_and_the_link(client: TestClient) -> None:
    for path in ("/", "/progress", "/glossary", "/lessons/concurrent-tasks/learn", "/nope"):
        bar = next(tag for tag in perceive(client.get(path).text).every() if tag.tag == "header")
        assert bar.one("search").attributes["action"] == "/search", path
        assert bar.one("link", "Search").attributes["href"] == "/search", path


def test_the_glossary_has_every_term_with_its_sentence(client: TestClient, course: Course) -> None:
    main = client.get("/glossary").text
    assert len(course.glossary) >= 15
    for term in course.glossary:
        assert f'id="{term.id}"' in main and term.text in main


def test_a_course_without_a_glossary_has_no_page_for_it_and_no_link_to_it(tmp_path: Path) -> None:
    with browser(create_app(Settings(data=tmp_path / "data", lessons=SMALL, watch=False))) as client:
        assert client.get("/glossary").status_code == 404
        assert '"/glossary' not in client.get("/").text + client.get("/search").text + client.get("/search?q=zzz").text


def test_searches_from_several_threads_agree(index: Index) -> None:
    """An index is a value: nothing in it changes while it is asked."""
    queries = ["token", "event loop", "time.sleep", "corutine"] * 5
    expected = [index.search(query, most=5) for query in queries]
    found: list[list[object]] = []
    threads = [
        threading.Thread(target=lambda: found.append([index.search(query, most=5) for query in queries]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4
