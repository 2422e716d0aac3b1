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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markdown import Markdown
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from webapp.course.allowlist import Sanitised
from webapp.course.page_tree import PageTree
from webapp.course.syntax import fragment_markdown, line_markdown, page_markdown

_CODE = re.compile(
    r'<div class="(?:language-(?P<language>[^" ]+) )?highlight">(?:<span class="filename">(?P<title>[^<]*)</span>)?'
    r"<pre>(?:<span></span>)?<code>(?P<code>.*?)</code></pre></div>",
    re.DOTALL,
)
_PARAGRAPH = re.compile(r"<p>((?:(?!</?p\b).)*)</p>", re.DOTALL)
_LISTED_CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
_INLINE_CODE = re.compile(r"<code\b.*?</code>", re.DOTALL)
_ANY_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\w")
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
        self.page = PageTree(markdown, anchors=anchors)
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


_PAGE = _Document(page_markdown(), anchors=True)
_FRAGMENT = _Document(fragment_markdown(), anchors=False)
_LINE = _Document(line_markdown(), anchors=False, inline=True)

RENDERERS: dict[str, Callable[[str, str | None], Rendering]] = {
    "fragment": render_fragment,
    "blocks": render_blocks,
    "line": render_line,
}
