"""Markdown to sanitised HTML. Pure, but slow on hostile input: it runs in the renderer's worker alone, never in the site.

A page is one Markdown document, so that footnotes, reference links and heading ids hold across the questions, labs and figures
that stand between its pieces; those leave a mark in the text, at which the HTML is cut again.

The HTML that scripts and style sheets meet:

    <code-block class="highlight"><span class="filename">title</span>
        <pre tabindex="0" role="region" aria-label="…"><code class="language-python">…</code></pre></code-block>
    <div class="table-scroll" role="region" tabindex="0" aria-label="…"><table>…</table></div>
    <h2 id="s-…"><a class="headerlink" href="#s-…">…</a></h2>          the heading is its own link
    <div class="admonition note|tip|warning|danger"><p class="admonition-title">…</p>…</div>
    <details><summary>…</summary>…</details>
    <div class="tabs"><details class="tabs__tab" name="tabs-1" open><summary>…</summary>…</details>…</div>
    <div class="footnote"><hr><ol><li id="s-fn:1">…</li></ol></div>

A bound number, `{{ lab.variant.metric }}` outside code, leaves a mark in the HTML between NUL bytes, which no author can
write: `number:` and the expression, or `plain:` where nothing may stand that can be pressed, as in a link.

`attr_list` stays off: ids and classes of the page are not an author's to choose. Tabs are `details` with one name: pymdown's
own are ticked radio buttons, and nothing ticked may reach a page.
"""

from __future__ import annotations

import html as html_text
import re
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from markdown import Markdown
from markdown.extensions import toc
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from webapp.course.allowlist import Sanitised
from webapp.course.links import ANCHOR_PREFIX

ADMONITIONS = ("note", "tip", "warning", "danger")

_EXTENSIONS = (
    "tables",
    "admonition",
    "sane_lists",
    "pymdownx.superfences",
    "pymdownx.highlight",
    "pymdownx.details",
    "pymdownx.tabbed",
    "pymdownx.saneheaders",
    "pymdownx.blocks.admonition",
    "pymdownx.blocks.details",
    "pymdownx.blocks.tab",
)
_SETTINGS: dict[str, dict[str, object]] = {
    "tables": {"use_align_attribute": True},
    "pymdownx.highlight": {
        "guess_lang": False,
        "anchor_linenums": False,
        "pygments_lang_class": True,
        "linenums_style": "pymdownx-inline",
        "stripnl": False,
    },
    "pymdownx.tabbed": {"alternate_style": True},
    "pymdownx.blocks.tab": {"alternate_style": True},
    "pymdownx.blocks.admonition": {"types": list(ADMONITIONS)},
    "footnotes": {"BACKLINK_TEXT": "&#8617;&#xFE0E;"},
}
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MODE_LEVEL = 2
"""Level of a mode's heading in the source; the page shows the lesson's title as h1 instead, and prose goes on at h2."""

_CODE = re.compile(
    r'<div class="(?:language-(?P<language>[^" ]+) )?highlight">(?:<span class="filename">(?P<title>[^<]*)</span>)?'
    r"<pre>(?:<span></span>)?<code>(?P<code>.*?)</code></pre></div>",
    re.DOTALL,
)
_RAW_HEADING = re.compile(r"<(/?)h[1-6]\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"<p>((?:(?!</?p\b).)*)</p>", re.DOTALL)
_LISTED_CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
_INLINE_CODE = re.compile(r"<code\b.*?</code>", re.DOTALL)
_ANY_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\w")
_NUMBER = r"(?<!\\)\{\{([^{}\n\x00]*)\}\}"
_QUOTED_TAG = re.compile(r"""(<(?:"[^"]*"|[^">])*>)""")
_PRESSED = ("a", "summary", "button")
_LEAK = re.compile(r"(?:^|\n)\s*(/{3,}[^\n]*|\[[ xX]\] [^\n]*)")


class Cut(Exception):
    """The page cannot be cut before this piece (from 0): an HTML element is open there."""

    def __init__(self, piece: int) -> None:
        self.piece = piece
        super().__init__(f"an HTML element is open before piece {piece}")


@dataclass(slots=True)
class Rendering:
    html: list[str]
    """One for each piece."""
    headings: list[tuple[str, str, int]] = field(default_factory=list)
    """Anchor, text, level."""
    words: int = 0
    code_lines: int = 0
    links: list[str] = field(default_factory=list)
    images: list[tuple[str, str]] = field(default_factory=list)
    """Address and alternative text."""
    ids: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Tags that are not allowed here."""
    leaks: list[str] = field(default_factory=list)
    """Lines of a block's source that show as text."""
    numbers: list[str] = field(default_factory=list)
    """Expressions of bound numbers, in their order."""


def render_page(pieces: Sequence[str], slug: str | None = None) -> Rendering:
    """The pieces of one page. Raises Cut where a raw HTML element is open across two of them."""
    return _PAGE.render(pieces, slug)


def render_fragment(source: str, slug: str | None = None) -> Rendering:
    """A text of its own, such as an option: blocks, or inline where it is one paragraph. No ids, no footnotes."""
    rendering = _FRAGMENT.render([source], slug)
    html = rendering.html[0].strip()
    alone = _PARAGRAPH.fullmatch(html)
    rendering.html = [alone[1] if alone else html]
    return rendering


def render_blocks(source: str, slug: str | None = None) -> Rendering:
    """A text of its own whose paragraphs stay paragraphs, such as feedback."""
    rendering = _FRAGMENT.render([source], slug)
    rendering.html = [rendering.html[0].strip()]
    return rendering


def render_line(source: str, slug: str | None = None) -> Rendering:
    """One line, such as a stem: nothing in it begins a block, so `1.` and `#` at its start are text."""
    return _LINE.render([" ".join(source.split())], slug)


class _Document:
    """A configured Markdown, used again for text after text."""

    def __init__(self, markdown: Markdown, *, anchors: bool, inline: bool = False) -> None:
        self.markdown = markdown
        self.anchors = anchors
        self.inline = inline
        self.page = _PageTree(markdown, anchors=anchors)
        markdown.treeprocessors.register(self.page, "page", 5)
        # After code in backticks (190), before everything that would take hold of what stands inside.
        markdown.inlinePatterns.register(self.page.numbers, "bound-number", 187)

    def render(self, pieces: Sequence[str], slug: str | None) -> Rendering:
        # Only letters and digits: no syntax of Markdown can take hold of it. Random: no author can write it.
        mark = f"place{secrets.token_hex(12)}"
        source = "".join(
            piece if not index else f"\n\n{mark}x{index}x\n\n{piece}" for index, piece in enumerate(pieces)
        )
        self.page.begin(mark)
        html = self.markdown.reset().convert(source)
        html = _CODE.sub(self._code_block, html)
        seen = Sanitised(slug, inline=self.inline, anchors=self.anchors)
        parts = [seen.clean(part) for part in _cut(html, mark, len(pieces))]
        if self.inline:
            parts = [_unwrapped(part) for part in parts]
        parts = [self.page.numbers.marked(part) for part in parts]
        return Rendering(
            html=parts,
            headings=self.page.headings,
            words=sum(_words(part) for part in parts),
            code_lines=sum(code.count("\n") for part in parts for code in _LISTED_CODE.findall(part)),
            links=list(dict.fromkeys([*self.page.links, *seen.links])),
            images=list(dict.fromkeys([*self.page.images, *((source, "?") for source in self._unseen(seen.images))])),
            ids=seen.ids,
            left_out=seen.left_out,
            leaks=[leak for part in parts for leak in _leaks(part)],
            numbers=self.page.numbers.found,
        )

    def _unseen(self, sources: Sequence[str]) -> list[str]:
        """Images that came as raw HTML: the tree knows only those of Markdown."""
        known = {source for source, _ in self.page.images}
        return [source for source in sources if source not in known]

    def _code_block(self, match: re.Match[str]) -> str:
        language = match["language"] or "text"
        title = match["title"] or ""
        label = self.page.label(html_text.unescape(title) or _language_name(language))
        role = "region" if self.anchors else "group"
        name = f'<span class="filename">{title}</span>' if title else ""
        return (
            f'<code-block class="highlight">{name}<pre tabindex="0" role="{role}" aria-label="{html_text.escape(label)}">'
            f'<code class="language-{language}">{match["code"]}</code></pre></code-block>'
        )


class _Numbers(InlineProcessor):
    """Takes bound numbers out of the text before anything else reads them, and puts their marks in at the end."""

    def __init__(self, markdown: Markdown) -> None:
        super().__init__(_NUMBER, markdown)
        self.begin("")

    def begin(self, mark: str) -> None:
        self.found: list[str] = []
        self._mark = mark
        self._token = re.compile(rf"{mark}n(\d+)n")

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]
        self.found.append(" ".join(m[1].split()))
        return f"{self._mark}n{len(self.found) - 1}n", m.start(0), m.end(0)

    def without(self, text: str) -> str:
        """A text that becomes an attribute, an anchor or an entry of a list: no number can stand there."""
        return self._token.sub("…", text) if self.found else text

    def marked(self, html: str) -> str:
        if not self.found:
            return html
        parts, inside = [], 0
        for part in _QUOTED_TAG.split(html):
            if part.startswith("<"):
                name = part.strip("</>").split(maxsplit=1)[:1]
                if name and name[0] in _PRESSED:
                    inside += -1 if part.startswith("</") else 1
                parts.append(self.without(part))
            else:
                kind = "plain" if inside else "number"
                parts.append(self._token.sub(lambda token: f"\x00{kind}:{self.found[int(token[1])]}\x00", part))  # noqa: B023
        return "".join(parts)


class _PageTree(Treeprocessor):
    """Headings, tables and tabs as the page wants them; collects headings, links and images on the way."""

    def __init__(self, markdown: Markdown, *, anchors: bool) -> None:
        super().__init__(markdown)
        self.anchors = anchors
        self.numbers = _Numbers(markdown)
        self.begin("")

    def begin(self, mark: str) -> None:
        self.numbers.begin(mark)
        self.headings: list[tuple[str, str, int]] = []
        self.links: list[str] = []
        self.images: list[tuple[str, str]] = []
        self._labels: Counter[str] = Counter()
        self._tabs = 0

    def label(self, text: str) -> str:
        """The text, numbered where it was used before: two regions of a page may not share their name."""
        self._labels[text] += 1
        return text if self._labels[text] == 1 else f"{text} ({self._labels[text]})"

    def run(self, root: ElementTree.Element) -> None:
        self._raw_headings()
        self._shape_headings(root)
        for parent in list(root.iter()):
            for index, child in enumerate(list(parent)):
                if child.tag == "table":
                    parent[index] = self._scroll(child)
                elif child.tag == "div" and "tabbed-set" in child.get("class", "").split():
                    parent[index] = self._tab_set(child)
        self.links = [href for a in root.iter("a") if (href := a.get("href")) and a.get("class") != "headerlink"]
        self.images = [(image.get("src", ""), image.get("alt", "")) for image in root.iter("img")]

    def _raw_headings(self) -> None:
        """A heading in raw HTML would tear the page's outline: it becomes a paragraph."""
        stash = self.md.htmlStash.rawHtmlBlocks
        stash[:] = [_RAW_HEADING.sub(r"<\1p", block) if isinstance(block, str) else block for block in stash]

    def _shape_headings(self, root: ElementTree.Element) -> None:
        open_levels: list[int] = []
        used: set[str] = set()
        for element in root.iter():
            if element.tag not in _HEADINGS:
                continue
            if not self.anchors:
                element.tag = "p"
                element.set("class", "subheading")
                continue
            level = int(element.tag[1])
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
            shown = min(len(open_levels) + _MODE_LEVEL - 1, 6)
            element.tag = f"h{shown}"
            inner = toc.render_inner_html(toc.remove_fnrefs(element), self.md)
            text = self.numbers.without(" ".join(html_text.unescape(toc.strip_tags(inner)).split()))
            anchor = toc.unique(toc.slugify_unicode(text, "-") or "section", used)
            element.set("id", anchor)
            self.headings.append((ANCHOR_PREFIX + anchor, text, shown))
            if element.find(".//a") is None:
                _wrap_content(element, ElementTree.Element("a", {"class": "headerlink", "href": f"#{anchor}"}))

    def _scroll(self, table: ElementTree.Element) -> ElementTree.Element:
        heads = ["".join(cell.itertext()).strip() for cell in table.iterfind("./thead/tr/th")]
        for cell, text in zip(table.iterfind("./thead/tr/th"), heads, strict=True):
            if text or len(cell):
                cell.set("scope", "col")
            else:
                cell.tag = "td"
        label = self.label(html_text.unescape(self._plain(", ".join(filter(None, heads)))) or "…")
        role = "region" if self.anchors else "group"
        region = ElementTree.Element(
            "div", {"class": "table-scroll", "role": role, "tabindex": "0", "aria-label": label}
        )
        region.append(table)
        region.tail, table.tail = table.tail, None
        return region

    def _plain(self, text: str) -> str:
        """Without the placeholders that stand for raw HTML and escaped characters until the very end, and without numbers."""
        return re.sub("\x02[^\x03]*\x03", "", self.numbers.without(text))

    def _tab_set(self, tabs: ElementTree.Element) -> ElementTree.Element:
        self._tabs += 1
        titles = tabs.findall("./div[@class='tabbed-labels']/label")
        bodies = tabs.findall("./div[@class='tabbed-content']/div")
        shown = [box.get("checked") is not None for box in tabs.findall("./input")]
        group = ElementTree.Element("div", {"class": "tabs"})
        group.tail = tabs.tail
        for title, body, is_open in zip(titles, bodies, shown, strict=True):
            tab = ElementTree.SubElement(group, "details", {"class": "tabs__tab", "name": f"tabs-{self._tabs}"})
            if is_open:
                tab.set("open", "open")
            summary = ElementTree.SubElement(tab, "summary")
            summary.text = title.text
            summary.extend(list(title))
            tab.extend(list(body))
        return group


def _page_markdown() -> Markdown:
    return _markdown((*_EXTENSIONS, "footnotes"))


def _line_markdown() -> Markdown:
    """No block begins in a line: of the block syntax only the paragraph is left."""
    markdown = Markdown()
    markdown.preprocessors.deregister("html_block")
    for name in ("empty", "indent", "code", "hashheader", "setextheader", "hr", "olist", "ulist", "quote", "reference"):
        markdown.parser.blockprocessors.deregister(name)
    return markdown


def _markdown(extensions: Sequence[str]) -> Markdown:
    settings = {name: value for name, value in _SETTINGS.items() if name in extensions}
    markdown = Markdown(extensions=list(extensions), extension_configs=settings)
    # A line of hyphens under a text is a slip more often than a heading, and it would be one that no mode knows of.
    markdown.parser.blockprocessors.deregister("setextheader")
    return markdown


def _cut(html: str, mark: str, pieces: int) -> list[str]:
    parts = re.split(rf"<p>{mark}x\d+x</p>\n?", html)
    for part in parts:
        if left := re.search(rf"{mark}x(\d+)x", part):
            raise Cut(int(left[1]))
    if len(parts) != pieces:  # an element of raw HTML swallowed a mark: the first pieces are whole
        raise Cut(len(parts))
    return parts


def _unwrapped(html: str) -> str:
    return html.strip().removeprefix("<p>").removesuffix("</p>")


def _wrap_content(element: ElementTree.Element, wrapper: ElementTree.Element) -> None:
    wrapper.text, element.text = element.text, None
    for child in list(element):
        element.remove(child)
        wrapper.append(child)
    element.append(wrapper)


def _language_name(alias: str) -> str:
    try:
        return str(get_lexer_by_name(alias).name)
    except ClassNotFound:
        return alias


def _words(html: str) -> int:
    text = _ANY_TAG.sub(" ", _LISTED_CODE.sub(" ", html))
    return sum(1 for word in text.split() if _WORD.search(word))


def _leaks(html: str) -> list[str]:
    """What looks like the source of a block, outside code."""
    text = _ANY_TAG.sub("\n", _INLINE_CODE.sub(" ", _LISTED_CODE.sub(" ", html)))
    found = [html_text.unescape(line).strip() for line in _LEAK.findall(text)]
    return found + [tag for tag in ("<input", " checked") if any(tag in part for part in _ANY_TAG.findall(html))]


_PAGE = _Document(_page_markdown(), anchors=True)
_FRAGMENT = _Document(_markdown(_EXTENSIONS), anchors=False)
_LINE = _Document(_line_markdown(), anchors=False, inline=True)

RENDERERS: dict[str, Callable[[str, str | None], Rendering]] = {
    "fragment": render_fragment,
    "blocks": render_blocks,
    "line": render_line,
}
