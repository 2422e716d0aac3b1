"""What a `figure` block declares, checked option by option.

/// figure | What the three took
    lab: wait
    show: comparison                      # its `id` is then wait-comparison
///

/// figure | This page, as your browser felt it
    show: vitals                          # of the page, so it has no lab
///
"""

from __future__ import annotations

from webapp.course.block_options import id_of, options_of
from webapp.course.blocks import Block
from webapp.course.course import FIGURES, FIGURES_OF_THE_PAGE, Figure
from webapp.course.declarations import FigureDeclaration
from webapp.course.report import Report


def read_figure(block: Block, report: Report) -> FigureDeclaration | None:
    before = len(report.found)
    table = options_of(block, report, "a figure")
    if table is None:
        return None
    show = table.choice("show", tuple(FIGURES), required=True)
    of_a_lab = show not in FIGURES_OF_THE_PAGE
    lab = table.text("lab", required=True) if of_a_lab else ""
    table.asked.append("id")
    figure_id = id_of(table) if "id" in table else "-".join(filter(None, (lab, show)))
    options = {name: value for name in FIGURES.get(show or "", ()) if (value := table.text(name)) is not None}
    table.finish()
    if len(report.found) > before or not (figure_id and show) or lab is None:
        return None
    figure = Figure(figure_id, lab, show, block.title, options, block.line)
    lines = {name: table.line_of(name) for name in options}
    return FigureDeclaration(figure_id, table.line_of("id"), table.line_of("lab"), figure, lines)
