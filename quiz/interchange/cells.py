"""Cells of a CSV file that a spreadsheet opens as what they are: text stays text, a number stays a number, nothing is a formula.

A cell that begins with = + - @, spaces before it or none, a tab or a line break is a formula to a spreadsheet, and what a learner
wrote may begin with anything. Such a text gets an apostrophe in front; `text_of` takes it off again. Numbers are written
bare: -0.5 is still one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

Cell = str | float | int | bool | None

_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Apostrophes in front are counted in: a text with one of its own comes back as it was. The last four are the wide forms. Spaces in
front are what some spreadsheets leave away before they look.
"""


def csv_lines(rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """One text a row, its line end included: what is long can be sent while it is made."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([written(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def written(cell: Cell) -> str:
    """As it stands between the commas, before quotes."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return f"'{cell}" if _FORMULA.match(cell) else cell
    return str(int(cell)) if float(cell).is_integer() and abs(cell) < 1e15 else repr(cell)


def text_of(cell: str) -> str:
    """The text that `written` made a cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
