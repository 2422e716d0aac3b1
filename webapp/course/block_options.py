"""The options of a block of ours: nothing else stands in it, and its `id` is fit for a URL."""

from __future__ import annotations

import re
import textwrap

from webapp.course.blocks import Block
from webapp.course.options import Table, read_table
from webapp.course.report import Report

BLOCK_ID = re.compile(r"[a-z][a-z0-9-]{1,63}")


def options_of(block: Block, report: Report, subject: str) -> Table | None:
    """The block's options, all of them indented by four spaces or more."""
    if not block.title:
        report.add(block.line, "E01", f"{subject} has a title: `/// {block.name} | Title`")
    inside = [line if line.strip() else "" for line in block.lines[1:-1]]
    loose = [number for number, line in enumerate(inside, block.line + 1) if line and not line.startswith("    ")]
    for number in loose:
        report.add(number, "E01", f"{subject} holds nothing but options, indented by four spaces")
    if loose:
        return None
    return read_table(
        textwrap.dedent("\n".join(inside)),
        report,
        line=block.line,
        first_line=block.line + 1,
        subject=subject,
        code="E01",
    )


def id_of(table: Table) -> str | None:
    block_id = table.text("id")
    if block_id is None:
        if "id" not in table:
            table.report.add(table.line, "E03", f"{table.subject} has no `id`")
        return None
    if not BLOCK_ID.fullmatch(block_id):
        message = f"the id `{block_id}` is not 2 to 64 small letters, digits and hyphens, a letter first"
        table.report.add(table.line_of("id"), "E03", message)
        return None
    return block_id
