"""YAML that authors write, each value with the line it stands on. Mappings of texts and numbers; no anchors, no tags, no objects.

A table is read by asking for each key that may be there; what was never asked for is unknown, and `finish` says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import yaml

from webapp.course.report import Report, meant

NOT_YAML = "E20"


@dataclass(slots=True)
class Table:
    """A mapping of the source. `code` is what errors of its keys are called."""

    report: Report
    line: int
    subject: str
    code: str
    first_line: int
    entries: dict[str, tuple[int, yaml.Node]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def line_of(self, key: str) -> int:
        """Of the key, or of the table where the key is missing."""
        return self.entries[key][0] if key in self.entries else self.line

    def wrong(self, key: str, message: str) -> None:
        self.report.add(self.line_of(key), self.code, message)

    def text(self, key: str, *, required: bool = False) -> str | None:
        """A text of one line, as the author wrote it: `no` and `10` are texts here."""
        node = self._node(key, required)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":null") or not node.value.strip():
            self.wrong(key, f"`{key}` of {self.subject} is a text")
            return None
        if "\n" in node.value.strip():
            self.wrong(key, f"`{key}` of {self.subject} is a text of one line")
            return None
        return str(node.value).strip()

    def texts(self, key: str) -> tuple[tuple[int, str], ...]:
        """A list of texts, each with its line."""
        node = self._node(key, False)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode) or not all(
            isinstance(entry, yaml.ScalarNode) for entry in node.value
        ):
            self.wrong(key, f"`{key}` of {self.subject} is a list: [one, two]")
            return ()
        return tuple((self._line(entry), str(entry.value).strip()) for entry in node.value)

    def number(self, key: str, *, required: bool = False) -> float | None:
        node = self._node(key, required)
        return None if node is None else self._number(key, node)

    def flag(self, key: str) -> bool:
        node = self._node(key, False)
        if node is None:
            return False
        if not isinstance(node, yaml.ScalarNode) or node.value not in ("true", "false"):
            self.wrong(key, f"`{key}` of {self.subject} is true or false")
            return False
        return str(node.value) == "true"

    def choice(self, key: str, known: Sequence[str], *, required: bool = False) -> str | None:
        value = self.text(key, required=required)
        if value is not None and value not in known:
            self.wrong(key, f"no {key} `{value}`: {meant(value, known)}")
            return None
        return value

    def table(self, key: str, subject: str, *, required: bool = False) -> Table | None:
        node = self._node(key, required)
        if node is None:
            return None
        if not isinstance(node, yaml.MappingNode):
            self.wrong(key, f"`{key}` of {self.subject} is a mapping of names: {{name: …}}")
            return None
        return self._sub_table(node, self.line_of(key), subject)

    def tables(self, subject: str) -> Iterator[tuple[str, Table]]:
        """Every entry as a table of its own; for mappings whose keys are the author's names."""
        for key in self.entries:
            table = self.table(key, f"{subject} `{key}`")
            if table is not None:
                yield key, table

    def is_table(self, key: str) -> bool:
        return key in self.entries and isinstance(self.entries[key][1], yaml.MappingNode)

    def finish(self) -> None:
        """Says which keys are unknown: those that nobody asked for."""
        for key, (line, _) in self.entries.items():
            if key not in self.asked:
                hint = meant(key, dict.fromkeys(self.asked))
                self.report.add(line, self.code, f"unknown option `{key}` of {self.subject}: {hint}")

    def _node(self, key: str, required: bool) -> yaml.Node | None:
        self.asked.append(key)
        if key in self.entries:
            return self.entries[key][1]
        if required:
            self.report.add(self.line, self.code, f"{self.subject} has no `{key}`")
        return None

    def _number(self, key: str, node: yaml.Node) -> float | None:
        number = math.nan
        if isinstance(node, yaml.ScalarNode) and not node.style:
            try:
                number = float(node.value)
            except ValueError:
                number = math.nan
        if not math.isfinite(number):
            self.wrong(key, f"`{key}` of {self.subject} is a number")
            return None
        return number

    def _line(self, node: yaml.Node) -> int:
        return self.first_line + int(node.start_mark.line)

    def _sub_table(self, node: yaml.MappingNode, line: int, subject: str) -> Table:
        table = Table(self.report, line, subject, self.code, self.first_line)
        table.fill(node)
        return table

    def fill(self, node: yaml.MappingNode) -> None:
        for key, value in node.value:
            line = self._line(key)
            if not isinstance(key, yaml.ScalarNode):
                self.report.add(line, self.code, f"a key of {self.subject} is a name")
            elif key.value in self.entries:
                first = self.entries[key.value][0]
                self.report.add(line, self.code, f"`{key.value}` stands twice in {self.subject}, first in line {first}")
            else:
                self.entries[key.value] = (line, value)


def read_table(source: str, report: Report, *, line: int, first_line: int, subject: str, code: str) -> Table | None:
    """The mapping that a YAML text is; None where it is none, which is then reported. An empty text is an empty mapping.

    `line` is where its owner stands, for what is missing; `first_line` is that of the text's own first line.
    """
    table = Table(report, line, subject, code, first_line)
    try:
        node = yaml.compose(source, Loader=_Loader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        reason = str(problem.problem or problem)
        # The two slips that prose makes: a colon, and code at the start of a text.
        quotes = ": put the text in quotes" if "mapping values" in reason or "cannot start any token" in reason else ""
        report.add(first_line + (mark.line if mark else 0), NOT_YAML, f"this is not YAML: {reason}{quotes}")
        return None
    except yaml.YAMLError as problem:
        report.add(first_line, NOT_YAML, f"this is not YAML: {str(problem).splitlines()[0]}")
        return None
    except RecursionError:
        report.add(first_line, NOT_YAML, "this YAML is nested too deeply")
        return None
    if node is None:
        return table
    if not isinstance(node, yaml.MappingNode):
        report.add(first_line, code, f"{subject} holds lines of the form `name: value`")
        return None
    table.fill(node)
    return table


class _Loader(yaml.SafeLoader):
    """Refuses aliases: a few lines of them can stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not used here", mark)
        return super().compose_node(parent, index)
