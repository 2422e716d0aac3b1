"""The renderer: what Markdown becomes, what never reaches a page, and what hostile input costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest

from webapp.course.allowlist import ATTRIBUTES, BLOCK_TAGS, INLINE_TAGS
from webapp.course.render import (
    DEADLINE_SECONDS,
    Fragment,
    PageText,
    Program,
    Rendered,
    Renderer,
    RenderError,
    RendererUnavailable,
)

ROOT = Path(__file__).parent.parent
SHORT_SECONDS = 0.5
GONE_SECONDS = 30
"""Half of the time for which the site would live on, and far more than a worker needs."""

VECTORS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)' onload=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'></object>",
    "<embed src='javascript:alert(1)'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='/\\evil.example/'>x</a>",
    "<a href='https://good.example@evil.example/'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](//evil.example/)",
    "[x](https:/\\evil.example)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "![x](//evil.example/pixel.png)",
    '![x](x.png"onerror="alert(1))',
    "<div onclick=alert(1) style='position:fixed' class='item__option run'>x</div>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<base href='//evil.example/'>",
    "<form action=/forget method=post><input type=submit><button>x</button></form>",
    "<input type=checkbox checked> <input type=radio checked> <select><option selected>x</select>",
    "<textarea autofocus onfocus=alert(1)></textarea>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video src=x onerror=alert(1)><source onerror=alert(1)></video>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<p id=main>x</p> <p id=run>y</p>",
    "- [x] ticked\n- [ ] not ticked",
    '```{.python onclick="alert(1)"}\nx\n```',
    '```python title="<img src=x onerror=alert(1)>"\nx\n```',
    "# x {: onclick=alert(1) style=position:fixed }",
    "/// html | script\nalert(1)\n///",
    "/// note\n    attrs: {onclick: alert(1)}\n\nx\n///",
    '=== "<script>alert(1)</script>"\n    x',
    '--8<-- "/etc/passwd"',
    "\x02wzxhzdk:0\x03 \x00hole:item:a\x00",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "[^1]: <script>alert(1)</script>\n\nx[^1]",
)
HOSTILE = {
    "open brackets": "[" * 20_000,
    "image brackets": "![[" * 6_666,
    "lists in lists": "\n".join("    " * depth + "- x" for depth in range(300)),
    "empty links": "[a](" * 10_000,
    "a wide table": "|a" * 20_000 + "\n" + "|-" * 20_000,
    "quotes in quotes": ">" * 20_000,
    "stars": "**a *b " * 20_000,
    "open elements": "<div>" * 20_000,
    "footnotes": "".join(f"[^{n}]: x\n\n" for n in range(12_000)),
    "entities": "&" * 150_000,
    "a billion highlighted lines": '```python hl_lines="1-999999999"\nx\n```',
    "a piece of 300,000 characters": "word " * 60_000,
}


class Page(HTMLParser):
    """What a browser would meet: elements with their attributes, and the text outside of them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture(scope="module")
def hasty() -> Iterator[Renderer]:
    with Renderer(deadline_seconds=SHORT_SECONDS) as renderer:
        yield renderer


def page(renderer: Renderer, source: str, slug: str | None = None) -> Page:
    return Page(renderer.render(source, slug))


def rendered(renderer: Renderer, *pieces: str, slug: str | None = "here") -> Rendered:
    result = renderer.render_all([PageText(pieces, slug)])[0]
    assert isinstance(result, Rendered), result
    return result


# What never reaches a page


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("shape", ["page", "line", "fragment", "blocks"])
def test_no_script_survives(vector: str, shape: str, renderer: Renderer) -> None:
    task = PageText((vector,), "here") if shape == "page" else Fragment(vector, "here", shape)  # type: ignore[arg-type]
    result = renderer.render_all([task])[0]
    assert isinstance(result, Rendered)
    html = result.html[0]
    for tag, attributes in Page(html).elements:
        assert tag in INLINE_TAGS | BLOCK_TAGS
        assert set(attributes) <= ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | {"rel"}
        assert attributes.get("id", "s-").startswith("s-")
        assert "item__option" not in attributes.get("class", "")
        assert attributes.get("src", "/lessons/here/files/").startswith("/lessons/here/files/")
        href = attributes.get("href", "#")
        assert "evil" not in href and href.startswith(("#", "/lessons/", "https://"))
        assert tag != "a" or attributes["rel"] == "noopener noreferrer"
    assert "\x00" not in html and "root:" not in html


def test_a_task_list_shows_no_box(renderer: Renderer) -> None:
    html = renderer.render("- [x] ticked\n- [ ] open\n\n<input type=checkbox checked>")
    assert "checked" not in html and "<input" not in html


def test_what_looks_like_the_source_of_a_block_is_reported(renderer: Renderer) -> None:
    result = rendered(
        renderer, "- [x] ticked\n\n/// question | Q\n\n`/// lab`\n\n    /// figure\n\n```\n- [x] code\n```\n"
    )
    assert result.leaks == ("[x] ticked", "/// question | Q")


def test_html_that_is_left_out_is_reported(renderer: Renderer) -> None:
    assert rendered(renderer, "<iframe></iframe>\n\n<kbd>k</kbd> `<video>`").left_out == ("iframe",)


# What Markdown becomes


def test_headings_begin_at_level_two_and_leave_no_gap(renderer: Renderer) -> None:
    result = rendered(renderer, "### A\n\n##### B\n\n###### C\n\n#### D\n", "### E\n\n<h1>raw</h1>\n")
    assert [(heading.text, heading.level) for heading in result.headings] == [
        ("A", 2),
        ("B", 3),
        ("C", 4),
        ("D", 3),
        ("E", 2),
    ]
    assert [tag for html in result.html for tag, _ in Page(html).elements if tag.startswith("h")] == [
        "h2",
        "h3",
        "h4",
        "h3",
        "h2",
    ]


def test_a_heading_is_its_own_link_and_no_id_stands_twice_in_a_page(renderer: Renderer) -> None:
    result = rendered(
        renderer, "### Main `run`\n", '### Main run\n\n<p id="main-run">x</p>\n\n<p id="x">x</p> <b id="x">y</b>'
    )
    elements = [element for html in result.html for element in Page(html).elements]
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert ids == ["s-main-run", "s-main-run_1", "s-x"]
    assert [attributes["href"] for tag, attributes in elements if tag == "a"] == ["#s-main-run", "#s-main-run_1"]


def test_a_heading_with_a_link_in_it_holds_no_second_one(renderer: Renderer) -> None:
    shown = page(renderer, "### See [there](https://example.org/)\n\nx\n")
    assert [link["href"] for link in shown.all("a")] == ["https://example.org/"]
    assert shown.all("h2") == [{"id": "s-see-there"}]


def test_code_has_its_title_its_marked_lines_and_can_be_reached_by_keyboard(renderer: Renderer) -> None:
    shown = page(renderer, '```python title="holds.py" hl_lines="2"\na = 1\nb = "<b>"\n```\n')
    assert [attributes for tag, attributes in shown.elements if tag in ("code-block", "pre", "code")] == [
        {"class": "highlight"},
        {"tabindex": "0", "role": "region", "aria-label": "holds.py"},
        {"class": "language-python"},
    ]
    assert {"class": "filename"} in shown.all("span")
    assert [span for span in shown.all("span") if span.get("class") == "hll"] == [{"class": "hll"}]
    assert shown.text.strip() == 'holds.pya = 1\nb = "<b>"'


def test_no_two_regions_of_a_page_share_a_name(renderer: Renderer) -> None:
    code = "```python\nx\n```\n\n"
    table = "| A | B |\n|---|---|\n| 1 | 2 |\n\n"
    result = rendered(renderer, code + table, code + table + "```\nplain\n```\n\n    indented\n")
    labels = [
        attributes["aria-label"]
        for html in result.html
        for _, attributes in Page(html).elements
        if "role" in attributes
    ]
    assert labels == ["Python", "A, B", "Python (2)", "A, B (2)", "Text only", "Text only (2)"]


def test_what_scrolls_inside_an_item_is_a_group_and_no_landmark(renderer: Renderer) -> None:
    result = renderer.render_all([Fragment("```python\nx\n```\n", None, "blocks")])[0]
    assert isinstance(result, Rendered)
    assert [pre["role"] for pre in Page(result.html[0]).all("pre")] == ["group"]


def test_a_table_scrolls_in_a_named_region_and_its_head_names_columns(renderer: Renderer) -> None:
    shown = page(renderer, "| Program | | `wall` |\n|:--|:-:|--:|\n| a | b | c |\n")
    assert shown.all("div") == [
        {"aria-label": "Program, wall", "class": "table-scroll", "role": "region", "tabindex": "0"}
    ]
    assert [head.get("scope") for head in shown.all("th")] == ["col", "col"]
    assert [cell.get("align") for cell in shown.all("td")] == ["center", "left", "center", "right"]


def test_tabs_are_details_that_open_one_at_a_time(renderer: Renderer) -> None:
    source = '/// tab | One\nfirst\n///\n/// tab | Two `x`\nsecond\n///\n\nbetween\n\n=== "Three"\n    third\n'
    shown = page(renderer, source)
    assert [tab["name"] for tab in shown.all("details")] == ["tabs-1", "tabs-1", "tabs-2"]
    assert ["open" in tab for tab in shown.all("details")] == [True, False, True]
    assert shown.all("input") == [] and shown.all("label") == []
    assert "".join(shown.text.split()) == "OnefirstTwoxsecondbetweenThreethird"


def test_notes_and_details_nest(renderer: Renderer) -> None:
    source = (
        "/// warning | Mind\n//// details | More\n    open: true\n\ninside\n////\n///\n\n!!! note\n    old syntax\n"
    )
    shown = page(renderer, source)
    assert [div["class"] for div in shown.all("div")] == ["admonition warning", "admonition note"]
    assert shown.all("details") == [{"open": "open"}] and len(shown.all("summary")) == 1


def test_footnotes_and_reference_links_hold_across_the_pieces_of_a_page(renderer: Renderer) -> None:
    result = rendered(
        renderer, "First[^a] and [there][t].\n", "Second[^b].\n\n[^a]: one\n[^b]: two\n[t]: https://example.org/\n"
    )
    first, second = (Page(html) for html in result.html)
    assert [link["href"] for link in first.all("a")] == ["#s-fn:a", "https://example.org/"]
    assert [entry["id"] for entry in second.all("li")] == ["s-fn:a", "s-fn:b"]
    assert [link["href"] for link in second.all("a")] == ["#s-fn:b", "#s-fnref:a", "#s-fnref:b"]


def test_quotes_and_addresses_stay_as_they_were_written(renderer: Renderer) -> None:
    assert renderer.render('"x" -- https://example.org ...') == '<p>"x" -- https://example.org ...</p>'


def test_a_line_of_hyphens_makes_no_heading(renderer: Renderer) -> None:
    assert page(renderer, "Text\n---\n\nText\n===\n").all("h2") == []


def test_a_stem_is_one_line_and_begins_no_block(renderer: Renderer) -> None:
    result = renderer.render_all([Fragment("1. # What does\n`await`  *do*? ![x](y.png)", None, "line")])[0]
    assert isinstance(result, Rendered)
    assert result.html[0] == '1. # What does <code>await</code> <em>do</em>? <img alt="x">'


def test_an_option_is_inline_unless_it_holds_several_blocks(renderer: Renderer) -> None:
    sources = ("It `waits`", "It waits:\n\n```python\nx\n```\n", "- a\n- b")
    results = renderer.render_all([Fragment(source, None, "fragment") for source in sources])
    html = [result.html[0] for result in results if isinstance(result, Rendered)]
    assert html[0] == "It <code>waits</code>"
    assert html[1].startswith("<p>It waits:</p>") and html[2].startswith("<ul>")


@pytest.mark.parametrize(
    ("source", "href"),
    [
        ("lesson:other", "/lessons/other"),
        ("lesson:other#try", "/lessons/other/try"),
        ("../other/lesson.md#learn", "/lessons/other/learn"),
        ("lesson.md#why", "/lessons/here/why"),
        ("#recall", "/lessons/here/recall"),
        ("#somewhere", "#s-somewhere"),
        ("holds.py", "/lessons/here/files/holds.py"),
        ("./holds.py", "/lessons/here/files/holds.py"),
        ("/progress", "/progress"),
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("../holds.py", None),
        ("a/b.py", None),
        ("..%2fx", None),
        ("ftp://example.org/", None),
        ("LESSON.md", None),
        ("lesson:../x", None),
    ],
)
def test_a_link_leads_where_its_author_meant_or_nowhere(source: str, href: str | None, renderer: Renderer) -> None:
    result = rendered(renderer, f"[x]({source})")
    assert [link.get("href") for link in Page(result.html[0]).all("a")] == [href]
    assert result.links == (source,)


def test_an_image_comes_from_the_lessons_folder_alone(renderer: Renderer) -> None:
    result = rendered(renderer, "![a](a.svg) ![](b.png) ![c](c.py) ![d](../d.png) <img src='e.png' alt=''>")
    sources = [image.get("src") for image in Page(result.html[0]).all("img")]
    folder = "/lessons/here/files"
    assert sources == [f"{folder}/a.svg", f"{folder}/b.png", None, None, f"{folder}/e.png"]
    assert result.images == (("a.svg", "a"), ("b.png", ""), ("c.py", "c"), ("../d.png", "d"), ("e.png", "?"))


def test_words_are_counted_without_code(renderer: Renderer) -> None:
    result = rendered(renderer, "One `two` three.\n\n```\nno words here\nnor here\n```\n", "– Four! –\n")
    assert (result.words, result.code_lines) == (4, 2)


def test_a_block_inside_an_open_element_is_refused(renderer: Renderer) -> None:
    result = renderer.render_all([PageText(("fine\n", "<div>\n", "</div>\n"))])[0]
    assert isinstance(result, RenderError)
    assert (result.piece, result.message) == (2, "an HTML element is still open where this block stands")


def test_the_same_text_becomes_the_same_bytes() -> None:
    source = "### A\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n```python\nx\n```\n\n![a](a.svg)\n"
    results = []
    for _ in range(3):
        with Renderer() as renderer:
            results.append(renderer.render(source, "here"))
    assert len(set(results)) == 1


# Programs


def test_a_listing_has_a_span_for_each_line_and_marks_the_decisive_one(renderer: Renderer) -> None:
    program = '\n"""Two\nlines."""\napp = "<app>"\n'
    result = renderer.render_all([Program(program, "x.py", 4)])[0]
    assert isinstance(result, Rendered)
    shown = Page(result.html[0])
    lines = [span for span in shown.all("span") if "data-line" in span]
    assert [line["data-line"] for line in lines] == ["1", "2", "3", "4"]
    assert [line["class"] for line in lines] == ["line", "line", "line", "line line--decisive"]
    assert shown.text == program


@pytest.mark.parametrize(
    ("program", "line", "message"),
    [
        ("def x(:\n", 1, "does not compile: invalid syntax"),
        ("x = 1\nreturn x\n", 2, "does not compile: 'return' outside function"),
        ("x = (\n", 1, "does not compile: '(' was never closed"),
    ],
)
def test_a_program_that_does_not_compile_says_where(program: str, line: int, message: str, renderer: Renderer) -> None:
    result = renderer.render_all([Program(program, "x.py")])[0]
    assert isinstance(result, RenderError)
    assert (result.line, result.message) == (line, message)


@pytest.mark.parametrize("program", ["x = (" + "(" * 5000 + ")" * 5001, "x = " + "-" * 100_000 + "1", "x = \0"])
def test_a_hostile_program_is_one_more_that_does_not_compile(program: str, renderer: Renderer) -> None:
    assert isinstance(renderer.render_all([Program(program, "x.py")])[0], RenderError)
    assert renderer.render("fine") == "<p>fine</p>"


@pytest.mark.parametrize(
    ("program", "has_app"),
    [
        ("app = 1\n", True),
        ("app: int = 1\n", True),
        ("from x import app\n", True),
        ("try:\n    app = 1\nfinally:\n    pass\n", True),
        ("def make():\n    app = 1\n", False),
        ("print(app)\n", False),
    ],
)
def test_a_program_is_known_to_have_an_app(program: str, has_app: bool, renderer: Renderer) -> None:
    result = renderer.render_all([Program(program, "x.py")])[0]
    assert isinstance(result, Rendered) and result.has_app is has_app


# The worker


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markdown_is_over_by_the_deadline(name: str, hasty: Renderer) -> None:
    """Some of it is refused and some of it rendered in time; without the deadline some would take a minute and more."""
    hasty.render(f"warm for {name}")
    result = hasty.render_all([PageText((HOSTILE[name],))])[0]
    assert isinstance(result, RenderError | Rendered)
    assert hasty.render(f"after *{name}*") == f"<p>after <em>{name}</em></p>"


def test_the_deadline_is_two_seconds_and_says_so() -> None:
    assert DEADLINE_SECONDS == 2
    with Renderer() as renderer, pytest.raises(RenderError, match="^took longer than 2 s to render$"):
        renderer.render(HOSTILE["open brackets"])


def test_text_that_nests_too_deeply_is_refused() -> None:
    with (
        Renderer(deadline_seconds=30) as renderer,
        pytest.raises(RenderError, match="^is nested too deeply to render$"),
    ):
        renderer.render("\n".join("    " * depth + "- x" for depth in range(180)))


def test_a_late_text_costs_only_itself(hasty: Renderer) -> None:
    tasks = [PageText((text,)) for text in ("one", HOSTILE["open brackets"], "three")]
    first, second, third = hasty.render_all(tasks)
    assert isinstance(first, Rendered) and isinstance(second, RenderError) and isinstance(third, Rendered)
    assert third.html == ("<p>three</p>",)


def test_what_was_rendered_is_remembered(renderer: Renderer) -> None:
    renderer.render("remember me")
    before = renderer.rendered
    renderer.render("remember me")
    assert renderer.rendered == before
    renderer.render("remember me", "here")
    assert renderer.rendered == before + 1


def test_a_worker_that_was_killed_is_replaced() -> None:
    with Renderer() as renderer:
        renderer.render("one")
        first = renderer.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert renderer.render("two") == "<p>two</p>"
        assert renderer.pid not in (None, first)


def test_many_threads_share_one_worker(renderer: Renderer) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: renderer.render(f"number {n}"), range(40)))
    assert results == [f"<p>number {n}</p>" for n in range(40)]


def test_a_closed_renderer_leaves_no_process() -> None:
    with Renderer() as renderer:
        renderer.render("one")
        pid = renderer.pid
    assert pid is not None and not alive(pid)


def test_a_lost_renderer_leaves_no_process() -> None:
    renderer = Renderer()
    renderer.render("one")
    pid = renderer.pid
    del renderer
    assert pid is not None
    wait_until_gone(pid, 2)


def test_the_worker_imports_nothing_of_the_site() -> None:
    script = "import sys, webapp.course.worker; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    ours = {name for name in modules.split() if name.split(".")[0] in ("webapp", "quiz")}
    assert ours == {"webapp", "webapp.course"} | {
        f"webapp.course.{name}"
        for name in ("worker", "prose", "syntax", "page_tree", "number_marks", "allowlist", "links", "listing")
    }
    assert not {"fastapi", "starlette", "sqlmodel", "jinja2", "aiohttp"} & set(modules.split())


@pytest.mark.parametrize("task", ["idle", "busy"])
def test_the_worker_dies_with_the_site(task: str) -> None:
    """Killed without a chance to clean up: an idle worker notices at once, a busy one at its own deadline at the latest."""
    script = (
        "import sys, threading, time\n"
        "from webapp.course.render import Renderer\n"
        "renderer = Renderer(deadline_seconds=1)\n"
        "renderer.render('warm')\n"
        "if sys.argv[1] == 'busy':\n"
        "    threading.Thread(target=renderer.render, args=('[' * 20000,), daemon=True).start()\n"
        "    time.sleep(0.2)\n"
        "print(renderer.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    site = subprocess.Popen([sys.executable, "-c", script, task], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert site.stdout is not None
        worker = int(site.stdout.readline())
        assert alive(worker)
    finally:
        site.kill()
        site.wait()
        if site.stdout:
            site.stdout.close()
    wait_until_gone(worker, GONE_SECONDS)


def test_a_worker_that_cannot_start_is_an_operators_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with Renderer() as renderer, pytest.raises(RendererUnavailable, match="No such file"):
        renderer.render("one")


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
        # A zombie waits for a parent that reads its end; it holds nothing any more.
        return not (Path("/proc/self").exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):  # it may end between two looks
        return False


def wait_until_gone(pid: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while alive(pid):
        assert time.monotonic() < until, f"{pid} is still there after {seconds} s"
        time.sleep(0.01)
