"""Which Markdown a lesson is written in: a page, a text within it, a single line."""

from __future__ import annotations

from collections.abc import Sequence

from markdown import Markdown

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


def page_markdown() -> Markdown:
    return _markdown((*_EXTENSIONS, "footnotes"))


def fragment_markdown() -> Markdown:
    return _markdown(_EXTENSIONS)


def line_markdown() -> Markdown:
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
