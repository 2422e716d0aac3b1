"""A course whose every text is hostile, and learners who write what is: no script runs on any page of a real browser."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, expect

from tests.browsing import Place, Reading, place
from tests.conftest import ROOT, command, environment
from tests.courses import QUICK, question, write_course
from tests.test_regrade_pages import asked
from tests.test_site import hidden
from webapp.identity import COOKIE

pytestmark = pytest.mark.browser

RUN = "window.ran=1"
TAGS = (
    f"<script>{RUN}</script><svg onload={RUN}><a onclick={RUN}>s</a></svg><b onclick='{RUN}' onfocus={RUN} style=color:red>b</b>"
    f"</title></textarea></script></style><style>*{{display:none}}</style><i class='edits item'>i</i>`</code><b onclick={RUN}>`"
)
SIGNS = "\u202e\u2066 \"'><!-- --> &lt;script&gt;{RUN} $&{1}"
TEXT = f"{TAGS} {SIGNS}"
BLOCKS = f"""{TEXT}

<a href="https://a.example" onmouseover="{RUN}">k</a>
<div class="edits site-nav" style="background:url(//evil.example)" id="main" onclick="{RUN}">x</div>

```python
</code></pre><script>{RUN}</script>
```

<details open ontoggle="{RUN}"><summary>s</summary></details>
<math><mtext></mtext><script>{RUN}</script></math>
<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>
<form action="/forget" method="post"><button>go</button></form>

*[b]: "><script>{RUN}</script>

A list {{: onclick="{RUN}" }}
"""
LINKS = f"[j](javascript:{RUN}) <javascript:{RUN}> <img src=x onerror={RUN}> [d](data:text/html,<script>{RUN}</script>)"
"""What no lesson may have: an edit with it is not served, and its author is shown where it stands."""
GIFT = f"""::<script>{RUN}</script>::[html]<p>Who <img src\\=x onerror\\="{RUN}"><script>{RUN}</script> waits?</p>{{
=<b onclick\\="{RUN}">Anna</b> #<svg onload\\="{RUN}">yes ~Bert #<a href\\="javascript:{RUN}">no</a> ~Cleo}}

::plain::[plain]Who </title><script>{RUN}</script> runs \u202e now?{{=Anna <script>{RUN}</script> ~Bert ~Cleo}}
"""
PROGRAM = f'"""</script></textarea><script>{RUN}</script>\u202e"""\n' + QUICK
PATIENCE_MILLISECONDS = 120_000
"""For one of some forty pages, on a crowded machine."""
SEEN = "() => { window.reports = []; addEventListener('securitypolicyviolation', event => reports.push(event.violatedDirective)) }"
NEITHER = re.compile(r"^/(static|live)/|^/runs$|\.(csv|json|py|zip)$|^/lessons/[^/]+/files/")
"""What is no page; and the address of a hidden link that a script gives its own."""


def write(folder: Path, *, right: str = "b") -> Path:
    """The course; `right` is the key of its first question."""
    told = TEXT.replace("{", "{{").replace("}", "}}")
    items = [
        question("first-item", right=(right,), stem=TEXT, feedback=told, explanation=BLOCKS, hint=TEXT),
        question("tried-item", stem=f"And {TEXT}", rules=("attempts: 2", "certainty: true")),
    ]
    write_course(folder, questions=items)
    lesson, manifest = folder / "waiting" / "lesson.md", folder / "course.toml"
    quoted = "'" + TEXT.replace("'", "''") + "'"
    text = lesson.read_text().replace("title: Waiting", f"title: {quoted}")
    text = text.replace("summary: A lesson about `waiting`.", f"summary: {quoted}").replace("Because.", BLOCKS)
    lesson.write_text(re.sub(r"Option (\w)", lambda option: f"Option {option[1]} {TEXT}", text))
    toml = '"' + TEXT.replace("\\", "\\\\").replace('"', '\\"') + '"'
    named = manifest.read_text().replace('"A trial course"', toml).replace('"For one test."', toml)
    named = named.replace('"Part one"', toml).replace("[skills]", f'[glossary]\n"term" = {toml}\n[skills]')
    manifest.write_text(f'{named}\n[[quizzes]]\nslug = "set"\ntitle = {toml}\nitems = ["second-item"]\n')
    return folder


def test_nothing_that_anybody_wrote_runs_on_any_page(tmp_path: Path) -> None:
    lessons = write(tmp_path / "course")
    file = tmp_path / "hostile.gift"
    file.write_text(GIFT)
    taken = ["import", str(file), "--into", str(lessons / "again")]
    done = subprocess.run(command(*taken), capture_output=True, text=True, env=environment(), cwd=ROOT, timeout=300)
    assert "2 taken, 0 refused" in done.stdout, done.stdout + done.stderr

    with place(tmp_path / "data", "--own-code", lessons=lessons) as site, site.reading(still=True) as reader:
        reader.context.add_init_script(f"({SEEN})()")
        reader.context.add_cookies([{"name": COOKIE, "value": next(asked()), "url": site.url}])
        run = learn(reader.context, site)
        page = reader.open("/")
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        visit_all(page, reader, run)
        write(lessons, right="c")
        page.goto(f"{site.url}/analysis/waiting/items/first-item")
        expect(page.get_by_role("button", name=re.compile("Regrade"))).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        regrade(reader.context, site)
        for path in ("/analysis/waiting/items/first-item", "/lessons/waiting/recall", "/progress"):
            page.goto(site.url + path)
            nothing_ran(page)

        lesson = lessons / "waiting" / "lesson.md"
        lesson.write_text(lesson.read_text().replace("## Why\n", f"## Why\n{LINKS}\n\n{LINKS.upper()}\n"))
        expect(page.get_by_role("complementary", name="Errors of the last edit")).to_be_visible(
            timeout=PATIENCE_MILLISECONDS
        )
        expect(page.locator(".edits__source").first).to_contain_text("javascript:")
        nothing_ran(page)


def learn(context: BrowserContext, site: Place) -> str:
    """A wrong answer, why it was given, a report of it and a program of one's own, all of them hostile. Gives the run's path."""
    path = "/lessons/waiting/items/first-item"
    form = hidden(context.request.get(f"{site.url}/lessons/waiting/performance").text(), "first-item")
    sent(context, site, f"{path}/responses?from=performance", {**form, "option": "a"})
    sent(context, site, f"{path}/reports?from=performance", {"problem": TEXT})
    sent(
        context,
        site,
        f"{path}/reasons?from=performance",
        {"why": f"<script>{RUN}</script></p><img src=x onerror={RUN}> {SIGNS}"},
    )
    token = re.search(r'name="token" value="([^"]+)"', context.request.get(f"{site.url}/lessons/waiting/try").text())
    assert token
    run = {"lesson": "waiting", "lab": "ways", "variant": "quick", "program": PROGRAM, "token": token[1]}
    sent(context, site, "/quizzes/set/attempts", {"after": "0"})
    return sent(context, site, "/runs", run).url.removeprefix(site.url)


def regrade(context: BrowserContext, site: Place) -> None:
    path = "/analysis/waiting/items/first-item"
    form = dict(
        re.findall(
            r'<input type="hidden" name="(token|version|key)" value="([^"]*)">',
            context.request.get(site.url + path).text(),
        )
    )
    sent(context, site, f"{path}/regrades", {**form, "policy": "current-only", "note": TEXT[:300]})


def sent(context: BrowserContext, site: Place, path: str, form: dict[str, str]) -> APIResponse:
    answer = context.request.post(site.url + path, form=form, headers={"origin": site.url})  # type: ignore[arg-type]
    assert answer.ok, (path, answer.status, answer.text()[:2000])
    return answer


def visit_all(page: Page, reader: Reading, run: str) -> None:
    """Every page that a link leads to, as it is read and as it is printed."""
    todo, seen = ["/", "/search?q=b", "/glossary", "/lessons/waiting/whole", "/modes/why", run], set[str]()
    while todo:
        path = todo.pop()
        if path in seen or NEITHER.search(path.partition("?")[0]):
            continue
        seen.add(path)
        page.goto(reader.url + path)
        nothing_ran(page)
        page.emulate_media(media="print")
        nothing_ran(page)
        page.emulate_media(media="screen")
        todo += [unescape(link) for link in re.findall(r'href="(/[^"#]*)', page.content())]
    shown = {
        run,
        "/lessons/waiting/why",
        "/lessons/waiting/recall",
        "/analysis/waiting/items/first-item",
        "/quizzes/set",
        "/progress",
    }
    assert shown <= seen, sorted(seen)


def nothing_ran(page: Page) -> None:
    assert page.evaluate("() => [window.ran ?? null, window.reports]") == [None, []], page.url
    handlers = page.evaluate(
        "() => [...document.querySelectorAll('*')].flatMap(element => [...element.attributes])"
        ".filter(({name, value}) => name.startsWith('on') || (name == 'style' && /red|evil/.test(value))"
        " || (/^(href|src|action|formaction|srcdoc)$/.test(name) && /^\\s*(javascript|data:text)/i.test(value)))"
        ".map(({name, value}) => `${name}=${value}`)"
    )
    assert handlers == [], page.url
