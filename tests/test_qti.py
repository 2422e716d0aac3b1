"""QTI 2.1 packages: another system computes our score and our feedback from them, and every file is valid against the schemas."""

from __future__ import annotations

import html
import io
import posixpath
import random
import zipfile
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from quiz.interchange.carries import TABLE, Carried, Feature
from quiz.interchange.patterns import Untranslatable, of_text
from quiz.interchange.qti import Package, Quiz, package
from quiz.interchange.qti_items import Texts, item_xml
from quiz.interchange.xhtml import blocks, flow
from quiz.items import Item, Kind, Scoring, scorings
from quiz.numeric import number_of
from quiz.rules import Rules
from quiz.scoring import picked, score
from quiz.texts import fits
from tests.builders import make_item
from tests.classes import course_of
from tests.conftest import SHIPPED
from tests.drawn_items import EXPRESSIONS, RAW, WORDS, expression, items
from tests.oracles import oracle
from tests.qti_engine import NAMESPACE, Session
from webapp import interchange
from webapp.course.course import Course

PARSER = etree.XMLParser(no_network=True, resolve_entities=False)


def as_html(text: str) -> str:
    return f"<p>{html.escape(text)}</p>" if text.strip() else ""


def texts_of(item: Item) -> Texts:
    """Every text as one paragraph, for want of a renderer."""
    return Texts(
        stem=html.escape(item.stem),
        body=as_html(item.body),
        options={option.id: as_html(option.text) for option in item.options},
        feedback={one.id: as_html(one.feedback) for one in item.offered or item.options if one.feedback},
        hints=tuple(map(as_html, item.hints)),
        explanation=as_html(item.explanation),
        outcomes={
            "right": as_html(item.feedback_right),
            "partly": as_html(item.feedback_partly),
            "wrong": as_html(item.feedback_wrong),
        },
        unticked={option.id: as_html(option.unticked) for option in item.options},
        combinations={one.options: as_html(one.feedback) for one in item.combinations},
    )


def written(item: Item, texts: Texts | None = None) -> bytes:
    return item_xml(item, texts or texts_of(item), lang="en", image=lambda address: None)


def identifiers(item: Item, response: Any) -> Any:
    """A response as QTI has it."""
    return [f"option-{one}" for one in response] if item.given != "written" else list(response)


def responses_to(item: Item) -> st.SearchStrategy[tuple[str, ...]]:
    if item.given == "ordered":
        return st.permutations(item.option_ids).map(tuple)
    if item.given == "chosen":
        most = 1 if item.kind is Kind.SINGLE else len(item.options)
        return st.lists(st.sampled_from(item.option_ids), max_size=most, unique=True).map(tuple)
    known = st.sampled_from([answer.text.strip('"[]').split(" ")[0].rstrip(",%") for answer in item.answers])
    if item.kind is Kind.NUMERIC:
        near = st.decimals(-60, 90, places=3).map(str)
        return (known | near).filter(lambda text: number_of(text) is not None).map(lambda text: (text,))
    if item.kind is Kind.TEXT:
        same = st.sampled_from([answer.text[1:-1] for answer in item.answers])
        loose = st.tuples(same, st.sampled_from((str.upper, str.lower, "  {}\u00a0".format))).map(
            lambda pair: pair[1](pair[0])
        )
        return (loose | same | WORDS).map(lambda text: (text,))
    printed = st.sampled_from([answer.text for answer in item.answers])
    loose = printed.map(lambda text: text.replace("\n", " \r\n") + " \n\n")
    return (printed | loose | st.text("ab .$\\é\n", max_size=8)).map(lambda text: (text,))


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_the_processing_gives_our_fraction(data: st.DataObject) -> None:
    item = data.draw(items(RAW))
    response = data.draw(responses_to(item))
    assert Session.of(written(item), identifiers(item, response)).score == pytest.approx(
        score(item, response).fraction, abs=1e-9
    )


@pytest.mark.parametrize("scoring", [rule for rule in scorings(Kind.MULTI) if rule is not Scoring.WEIGHTS])
@pytest.mark.parametrize("key", ["a", "ab", "abcd"])
def test_every_choice_of_a_small_question_gives_our_fraction(scoring: Scoring, key: str) -> None:
    item = make_item(key=key, kind="multi", scoring=scoring)
    xml = written(item)
    for size in range(5):
        for chosen in combinations(item.option_ids, size):
            assert Session.of(xml, identifiers(item, chosen)).score == pytest.approx(score(item, chosen).fraction), (
                chosen
            )


def test_a_dollar_is_a_character_in_every_dialect() -> None:
    assert "[$]" in of_text('"5$"', case=True) and "[$]" in of_text("/\\$5/", case=True)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_the_feedback_is_ours(data: st.DataObject) -> None:
    item = data.draw(items(RAW))
    response = data.draw(responses_to(item))
    texts, attempt = texts_of(item), data.draw(st.integers(1, item.rules.attempts))
    session = Session.of(written(item), identifiers(item, response), attempt=attempt)
    told = [" ".join("".join(one.itertext()).split()) for one in _shown(session)]
    settled = attempt == item.rules.attempts or score(item, response).outcome == "right"
    expected = _expected(item, response, texts) if settled else _expected_of_a_try(item, response, texts)
    assert told == [_plain(text) for text in expected]


def _shown(session: Session) -> list[etree._Element]:
    feedback = {one.get("identifier"): one for one in session.item.iterfind(f"{NAMESPACE}modalFeedback")}
    return [feedback[name] for name in session.feedback]


def _plain(text: str) -> str:
    words = html.unescape(text.removeprefix("<p>").removesuffix("</p>"))
    return " ".join("".join(one if _storable(one) else "\ufffd" for one in words).split())


def _storable(one: str) -> bool:
    return one in "\t\n\r" or (one >= " " and one not in "\ufffe\uffff")


def _expected(item: Item, response: tuple[str, ...], texts: Texts) -> list[str]:
    """As the site tells it after a response: its options or its answer, the remark, the explanation."""
    picks = picked(item, response)
    chosen = item.option_ids if item.given == "ordered" else [one.id for one in item.offered if one.id in picks]
    told = [texts.feedback.get(one, "") for one in chosen]
    told += [
        texts.unticked.get(one, "")
        for one in item.option_ids
        if one not in picks and response and item.kind is Kind.MULTI
    ]
    if not response and item.kind is Kind.MULTI:
        told += [texts.unticked.get(one, "") for one in item.option_ids]
    remark = texts.combinations.get(tuple(sorted(response))) or texts.outcomes[score(item, response).outcome]
    return [text for text in (*told, remark, texts.explanation) if _plain(text)]


def _expected_of_a_try(item: Item, response: tuple[str, ...], texts: Texts) -> list[str]:
    """As the site tells it while others are left: what is said to its wrong options, or to its wrong answer."""
    if item.given == "ordered":
        return []
    picks = picked(item, response)
    told = [texts.feedback.get(one.id, "") for one in item.offered if one.id in picks and not one.right]
    return [text for text in told if _plain(text)]


@pytest.mark.parametrize("notation", EXPRESSIONS)
@pytest.mark.parametrize("case", [True, False])
def test_a_regular_expression_takes_what_ours_takes(notation: str, case: bool) -> None:
    literals = {0: "to_thread", 1: "ab", 2: "run x", 3: "aec", 4: "1.5"}
    item = expression(notation, literals[EXPRESSIONS.index(notation)], case=case)
    xml = written(item)
    chance = random.Random(7)
    found = set()
    for _ in range(400):
        text = "".join(
            chance.choice("aAbBcdeEfxX019._ to_threadTHREADasyncioRunawait") for _ in range(chance.randint(1, 4))
        )
        text = chance.choice(
            (text, text.upper(), "to_thread", "TO_THREAD", "asyncio.to_thread", "run   x1", "aec")
        ).strip()
        same = score(item, (text,)).fraction
        assert Session.of(xml, [text]).score == same, text
        found.add(same)
    assert found == {0.0, 1.0}


@pytest.mark.parametrize(
    "notation", ["/(?i)a/", "/\\bto\\b/", "/a(^b)/", "/[[:alpha:]]+/", "/a\\x00/", "/[\\W]/", "/\\Aa/", "/\\pL\\Qa\\E/"]
)
def test_an_expression_without_a_counterpart_leaves_its_item_out(notation: str) -> None:
    with pytest.raises(Untranslatable):
        of_text(notation, case=True)


def test_a_literal_is_compared_without_case_in_every_alphabet() -> None:
    item = expression('"Straße in Ελλάς"', "another")
    xml = written(item)
    for text in ("STRASSE IN ΕΛΛΆΣ", "straße  in\u00a0ελλάσ", "Straẞe in Ελλάς "):
        assert fits('"Straße in Ελλάς"', text, False)
        assert Session.of(xml, [text]).score == 1.0, text


@pytest.mark.parametrize("options", ["ab", "abc", "abcdef"])
def test_the_order_that_is_written_is_not_the_right_one(options: str) -> None:
    page = etree.fromstring(written(make_item(key=options, options=options, kind="order")))
    found = [one.get("identifier") for one in page.iter(f"{NAMESPACE}simpleChoice")]
    assert sorted(found) == [f"option-{one}" for one in options] != found
    assert page.find(f".//{NAMESPACE}orderInteraction").get("shuffle") == "true"


def test_what_a_run_decides_is_left_out_with_its_reason() -> None:
    unfit = expression("/(?i)x|ab/", "ab")
    made = _packed([unfit, make_item(id="taken-item")])
    assert [(one.item, one.what) for one in made.left_out] == [
        ("who-waits", "is left out whole: flags inside an expression")
    ]
    assert sorted(_files(made)) == ["imsmanifest.xml", "items/taken-item.xml", "tests/lesson.xml"]


def test_the_same_course_makes_the_same_bytes() -> None:
    some = [make_item(), make_item(id="another-one", kind="multi", key="ac")]
    assert _packed(some).data == _packed(some).data


def test_an_item_is_found_from_the_manifest_through_its_test() -> None:
    files = _files(_packed([make_item(points=3.0)]))
    manifest = etree.fromstring(files["imsmanifest.xml"], PARSER)
    kinds = {one.get("href"): one.get("type") for one in manifest.iter("{*}resource")}
    assert kinds == {"items/who-waits.xml": "imsqti_item_xmlv2p1", "tests/lesson.xml": "imsqti_test_xmlv2p1"}
    test = etree.fromstring(files["tests/lesson.xml"], PARSER)
    (reference,) = test.iter(f"{NAMESPACE}assessmentItemRef")
    assert reference.get("href") == "../items/who-waits.xml"
    assert reference.find(f"{NAMESPACE}weight").get("value") == "3"
    (control,) = test.iter(f"{NAMESPACE}itemSessionControl")
    assert control.get("maxAttempts") == "1"


def test_an_image_is_packed_once_and_a_link_into_this_site_keeps_its_words() -> None:
    item = make_item()
    image = '<img src="/lessons/a/files/loop one.svg" alt="A loop">'
    body = f'<p>{image} <a href="/lessons/b/why">there</a> <img src="/x.png" alt="gone"></p>'
    texts = Texts(stem="Who?", body=body * 2, options={one: one for one in item.option_ids})
    made = package(
        [Quiz("lesson", "Lesson", (item,))],
        course="small",
        title="Small",
        lang="en",
        render=lambda one: texts,
        load=lambda address: b"<svg/>" if address.endswith("loop one.svg") else None,
    )
    files = _files(made)
    assert files["images/lessons-a-files-loop one.svg"] == b"<svg/>"
    page = etree.fromstring(files["items/who-waits.xml"], PARSER)
    assert [one.get("src") for one in page.iter(f"{NAMESPACE}img")] == ["../images/lessons-a-files-loop%20one.svg"] * 2
    assert list(page.iter(f"{NAMESPACE}a")) == []
    assert "there gone" in " ".join("".join(page.itertext()).split())


@pytest.mark.parametrize(
    "source, tags",
    [
        ("loose <b>text</b><p>and a paragraph</p>", ["p", "p"]),
        ("<ul><li>one<ul><li>two</li></ul></li></ul>", ["ul"]),
        ("<details><summary>More</summary><p>Text</p></details>", ["div"]),
        ("<script>alert(1)</script><p onclick='x'>Text</p>", ["p"]),
        ("<p>a<table><tr><td>b</td></tr></table></p>", ["p"]),
        ("<ol></ol><blockquote></blockquote>", []),
        ("<blockquote>loose <em>words</em></blockquote>", ["blockquote"]),
    ],
)
def test_html_becomes_blocks(source: str, tags: list[str]) -> None:
    found = blocks(source, lambda address: None)
    assert [one.tag for one in found] == tags
    assert not any(name.startswith("on") for one in found for part in one.iter() for name in part.attrib)


# Against the schemas of 1EdTech, where they are beside this clone.


@pytest.fixture(scope="module")
def schemas() -> tuple[etree.XMLSchema, etree.XMLSchema]:
    folder = oracle("qti-xsd")
    return (
        etree.XMLSchema(etree.parse(str(folder / "qtiv2p1" / "imsqti_v2p1.xsd"), PARSER)),
        etree.XMLSchema(etree.parse(str(folder / "imscp_v1p1.xsd"), PARSER)),
    )


def test_tests_with_tries_and_time_are_valid(schemas: tuple[etree.XMLSchema, etree.XMLSchema]) -> None:
    items = (make_item(rules=Rules(attempts=3)), make_item(id="once-only"))
    quizzes = [Quiz("lesson", "A lesson", items), Quiz("quiz.exam", "An exam", items, True, True, 20)]
    made = package(quizzes, course="small", title="Small", lang="en", render=texts_of, load=lambda address: None)
    assert_valid(_files(made), schemas)


def assert_valid(files: dict[str, bytes], schemas: tuple[etree.XMLSchema, etree.XMLSchema]) -> None:
    for name, content in files.items():
        if name.endswith(".xml"):
            schema = schemas[name == "imsmanifest.xml"]
            schema.validate(etree.fromstring(content, PARSER))
            assert [f"{name}:{error.line} {error.message}" for error in schema.error_log] == []


@settings(deadline=None, max_examples=40)
@given(item=items(RAW))
def test_every_item_is_valid(schemas: tuple[etree.XMLSchema, etree.XMLSchema], item: Item) -> None:
    assert_valid(_files(_packed([item])), schemas)


TAGS: tuple[str, ...] = (
    "p",
    "div",
    "ul",
    "li",
    "ol",
    "table",
    "tr",
    "td",
    "tbody",
    "blockquote",
    "b",
    "code",
    "pre",
    "dl",
    "dt",
    "dd",
    "a",
)
TAGS += ("h2", "details", "summary", "figure", "img", "hr", "br", "mark")
HTML = st.recursive(
    st.text("ab <&\n", max_size=5).map(html.escape),
    lambda inside: st.tuples(st.sampled_from(TAGS), st.lists(inside, max_size=3)).map(
        lambda pair: f"<{pair[0]} href='https://a.b/ [c]' alt=''>{''.join(pair[1])}</{pair[0]}>"
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(text=HTML)
def test_whatever_the_html_is_the_item_stays_valid(schemas: tuple[etree.XMLSchema, etree.XMLSchema], text: str) -> None:
    item = make_item()
    options = dict.fromkeys(item.option_ids, text)
    texts = Texts(stem=text, body=text, options=options, feedback=options, hints=(text,), explanation=text)
    assert_valid({"item.xml": written(item, texts)}, schemas)


@settings(deadline=None, max_examples=40)
@given(text=HTML)
def test_no_words_are_lost(text: str) -> None:
    words = "".join(etree.HTML(f"<div>{text}</div>").itertext()).split()
    kept = "".join(
        part if isinstance(part, str) else "".join(part.itertext()) for part in flow(text, lambda address: None)
    )
    assert "".join(words) == "".join(kept.split()) or "<t" in text or "<d" in text


@pytest.fixture(scope="module")
def shipped() -> tuple[Course, Package]:
    course = course_of(SHIPPED)
    return course, interchange.qti_package(course, interchange.authors_numbers(course))


def test_the_shipped_course_is_valid(
    schemas: tuple[etree.XMLSchema, etree.XMLSchema], shipped: tuple[Course, Package]
) -> None:
    assert_valid(_files(shipped[1]), schemas)


def test_every_question_of_the_shipped_course_is_there_and_its_key_scores_in_full(
    shipped: tuple[Course, Package],
) -> None:
    course, made = shipped
    files = _files(made)
    gone = {one.item for one in made.left_out if one.is_whole}
    asked = [item for lesson in course.lessons for item in lesson.items]
    assert gone == {item.id for item in asked if item.measured is not None}
    for item in asked:
        if item.id not in gone:
            session = Session.of(files[f"items/{item.id}.xml"], identifiers(item, item.solution))
            assert session.score == 1.0, item.id
            assert b"\x00" not in files[f"items/{item.id}.xml"]


def test_images_and_bound_numbers_of_the_shipped_course_are_in_its_package(shipped: tuple[Course, Package]) -> None:
    course, made = shipped
    files = _files(made)
    pictured = [
        item.id
        for lesson in course.lessons
        for item in lesson.items
        if "<img" in str(lesson.markup[item.id].body) and item.measured is None
    ]
    for item in pictured:
        page = etree.fromstring(files[f"items/{item}.xml"], PARSER)
        for image in page.iter(f"{NAMESPACE}img"):
            assert files[posixpath.normpath(f"items/{image.get('src')}")], item


def test_what_qti_has_no_place_for_is_told_item_by_item() -> None:
    item = make_item(difficulty=3, skills=("event-loop.yield", "two words"))
    item = replace(item, options=(replace(item.options[0], misconception="idea"), *item.options[1:]))
    made = _packed([item])
    assert [(one.item, one.what) for one in made.left_out] == [
        ("who-waits", "without its difficulty and misconceptions: no place for it there")
    ]
    (reference,) = etree.fromstring(_files(made)["tests/lesson.xml"], PARSER).iter(f"{NAMESPACE}assessmentItemRef")
    assert reference.get("category") == "skill-event-loop.yield skill-two-words"


def test_tries_are_in_the_test_and_what_they_and_hints_cost_is_told_as_left_out() -> None:
    rules = Rules(attempts=3, hint_cost=0.1, certainty=True)
    made = _packed([make_item(id="once-only"), make_item(rules=rules, hints=("Look.",))])
    page = etree.fromstring(_files(made)["tests/lesson.xml"], PARSER)
    tries = {
        one.get("identifier"): [
            control.get("maxAttempts") for control in one.iterfind(f"{NAMESPACE}itemSessionControl")
        ]
        for one in page.iter(f"{NAMESPACE}assessmentItemRef")
    }
    assert tries == {"once-only": [], "who-waits": ["3"]}
    assert [(one.item, one.what) for one in made.left_out] == [
        ("who-waits", "without its penalty, hint cost and certainty: no place for it there")
    ]


def test_a_quiz_over_lessons_is_a_test_of_its_own_in_which_each_item_has_one_try() -> None:
    twice = make_item(rules=Rules(attempts=3, certainty=True), explanation="Because.")
    once = make_item(id="once-only", rules=Rules(certainty=True))
    quizzes = [
        Quiz("lesson", "A lesson", (twice, once)),
        Quiz("quiz.exam", "An exam", (once, twice), single=True, submits=True, minutes=20),
    ]
    made = package(quizzes, course="small", title="Small", lang="en", render=texts_of, load=lambda address: None)
    files = _files(made)
    exam = etree.fromstring(files["tests/quiz.exam.xml"], PARSER)
    refs = list(exam.iter(f"{NAMESPACE}assessmentItemRef"))
    assert [one.get("href") for one in refs] == ["../items/once-only.xml", "../items/who-waits.once.xml"]
    assert [one.get("maxAttempts") for one in exam.iter(f"{NAMESPACE}itemSessionControl")] == ["1"]
    assert exam.find(f"{NAMESPACE}timeLimits").get("maxTime") == "1200"
    assert exam.find(f"{NAMESPACE}testPart").get("submissionMode") == "simultaneous"
    told = {
        name: Session.of(files[f"items/{name}.xml"], ["option-a"]).feedback for name in ("who-waits", "who-waits.once")
    }
    assert "explained" not in told["who-waits"] and "explained" in told["who-waits.once"]
    assert [one.item for one in made.left_out] == ["who-waits", "once-only"], "each told once"


def test_the_table_says_what_a_package_leaves_out() -> None:
    """What is not carried is what the two tests above and the predictions of the shipped course show."""
    gone = {row.feature for row in TABLE if row.cells["qti21"].carried is Carried.NO}
    assert gone == {
        Feature.MEASURED,
        Feature.DIFFICULTY,
        Feature.MISCONCEPTIONS,
        Feature.PENALTY,
        Feature.HINT_COST,
        Feature.CERTAINTY,
    }


def _packed(some: list[Item]) -> Package:
    return package(
        [Quiz("lesson", "A lesson", tuple(some))],
        course="small",
        title="A small course",
        lang="en",
        render=texts_of,
        load=lambda address: None,
    )


def _files(made: Package) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
