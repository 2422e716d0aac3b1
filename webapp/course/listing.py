"""A lab's program as a highlighted listing, one span a line. Pure.

Each line ends inside its span, so that a copied listing is the program again whether the spans are blocks or not.
"""

from __future__ import annotations

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.python import PythonLexer


def listing(program: str, decisive: int | None = None) -> str:
    """HTML of the program; `decisive` is the 1-based line that makes the difference."""
    # `stripnl` would shift every line number of a program that begins with empty lines.
    html = highlight(program, PythonLexer(stripnl=False, ensurenl=True), HtmlFormatter(nowrap=True))
    lines = html.split("\n")[:-1]
    return "".join(
        f'<span class="line{" line--decisive" if number == decisive else ""}" data-line="{number}">{line}\n</span>'
        for number, line in enumerate(lines, start=1)
    )
