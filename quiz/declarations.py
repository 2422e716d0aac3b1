"""What the YAML lines under a block's first line declare: the item's id, its kind, points, skills and the like.

Whatever is no declaration, or is one in a place where it would be shown as prose, is an error. What only the course can
know, such as whether a skill exists, is checked there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from quiz.blocks import Block
from quiz.items import DIFFICULTIES, ITEM_ID
from quiz.kinds import Kind, Scoring, scorings
from quiz.names import unknown
from quiz.rules import MOST_ATTEMPTS, RETRY_PENALTY, Rules

Checks = Mapping[str, Callable[[object], str | None]]
"""The options of a block: what is wrong with a value, if anything."""

ASKED_KINDS = tuple(kind for kind in Kind if kind is not Kind.MEASURED)
"""Those of a question; a measured item is a block of its own."""
ASKED_SCORINGS = scorings(Kind.SINGLE) + scorings(Kind.MULTI)
"""Those that can be told apart by an author: every other kind has one."""
LATER_OPTIONS = ("since", "retired")
LATER_SCORINGS = ("ripkey",)
MOST_POINTS = 1000

_CODE = re.compile(r"[A-Z]\d{2}")
_OPTION_LINE = re.compile(r"(?P<indent>[ \t]*)(?P<name>[A-Za-z][\w-]*)[ \t]*:(?:[ \t]|$)")


@dataclass(slots=True)
class Declarations:
    """Authors, and so the messages, call them the options of a block; in code an option is a choice of an item."""

    values: dict[str, Any] = field(default_factory=dict)
    """Of any type, until the block is free of errors."""
    at: dict[str, int] = field(default_factory=dict)
    """The line of each name, those included that have no value."""

    @property
    def kind(self) -> Kind | None:
        declared = self.values.get("type")
        return Kind(declared) if declared in ASKED_KINDS else None

    @property
    def scoring(self) -> Scoring | None:
        declared = self.values.get("scoring")
        return Scoring(declared) if declared in ASKED_SCORINGS else None

    @property
    def rules(self) -> Rules:
        values = self.values
        return Rules(
            attempts=values.get("attempts", 1),
            penalty=float(values.get("penalty", RETRY_PENALTY)),
            hint_cost=float(values.get("hint_cost", 0)),
            certainty=values.get("certainty"),
        )

    @property
    def skills(self) -> tuple[str, ...]:
        return self._names("skill")

    @property
    def waivers(self) -> tuple[str, ...]:
        return self._names("lint-ok")

    def _names(self, option: str) -> tuple[str, ...]:
        value = self.values.get(option, [])
        return (value,) if isinstance(value, str) else tuple(value)


def read_declarations(block: Block, checks: Checks | None = None) -> tuple[Declarations, int]:
    """What is declared, and the index of the first line behind it. Misplaced lines are taken out of the block.

    `checks` are the options of another block than a question.
    """
    checks = _CHECKS if checks is None else checks
    end = 1
    while end < len(block.lines) and block.lines[end].startswith("    ") and block.lines[end].strip():
        end += 1
    declared = Declarations()
    readable = end == 1 or _parse(block, "\n".join(line[4:] for line in block.lines[1:end]), declared)
    _refuse_misplaced(block, end, declared, checks)
    for name, at in declared.at.items():
        if name not in checks:
            block.error(at, "E01", unknown("option", name, tuple(checks), LATER_OPTIONS))
        elif name in declared.values and (problem := checks[name](declared.values[name])):
            block.error(at, "E03" if name == "id" else "E01", problem)
    if "id" not in declared.at and readable:
        block.error(0, "E03", f"the {block.name} has no id: add the option `id`")
    return declared, end


def _parse(block: Block, text: str, declared: Declarations) -> bool:
    """Whether the lines could be read at all."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        block.error(1 + (mark.line if mark else 0), "E01", f"the options are not YAML: {problem.problem}")
        return False
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        block.error(1, "E01", f"the options are not YAML: {problem}")
        return False
    if not isinstance(node, yaml.MappingNode):
        block.error(1, "E01", "options are lines of `name: value`")
        return False
    for name_node, _ in node.value:
        name, at = str(name_node.value), 1 + name_node.start_mark.line
        if name in declared.at:
            block.error(at, "E01", f"the option `{name}` is given twice")
        declared.at[name] = at
    declared.values = {str(name): value for name, value in values.items()}
    return True


def _refuse_misplaced(block: Block, end: int, declared: Declarations, checks: Checks) -> None:
    """Options that stand behind a blank line, or are not indented by four spaces, would be shown as prose."""
    at = end
    while at < len(block.lines) and not block.lines[at].strip():
        at += 1
    while at < len(block.lines) and (found := _OPTION_LINE.match(block.lines[at])):
        if found["name"] not in (*checks, *LATER_OPTIONS):
            break
        block.error(
            at,
            "E01",
            f"the option `{found['name']}` is misplaced: options are indented by four spaces, "
            "right under the first line of the block",
        )
        declared.at.setdefault(found["name"], at)
        block.lines[at] = ""
        at += 1


def _check_id(value: object) -> str | None:
    if isinstance(value, str) and ITEM_ID.fullmatch(value):
        return None
    return f"the id `{value}` is malformed: 3 to 64 small letters, digits and hyphens, a letter first"


def _check_type(value: object) -> str | None:
    if value in (Kind.MEASURED, "predict"):
        return f"a question of `type: {value}` is a block of its own: `/// predict | stem`"
    return None if value in ASKED_KINDS else unknown("type", value, ASKED_KINDS)


def _check_scoring(value: object) -> str | None:
    return None if value in ASKED_SCORINGS else unknown("scoring", value, ASKED_SCORINGS, LATER_SCORINGS)


def _check_points(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST_POINTS:
        return None
    return f"points are a number above 0, up to {MOST_POINTS}, not `{value}`"


def _check_difficulty(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value in DIFFICULTIES:
        return None
    return f"the difficulty is a whole number from 1 to 5, not `{value}`"


def _check_shuffle(value: object) -> str | None:
    return None if isinstance(value, bool) else f"shuffle is `true` or `false`, not `{value}`"


def _check_case(value: object) -> str | None:
    return None if isinstance(value, bool) else f"case is `true` where capitals count, else `false`, not `{value}`"


def _check_skill(value: object) -> str | None:
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) and name.strip() for name in names):
        return f"skill is a list of names such as `[event-loop.yield]`, not `{value}`"
    return "a skill is named twice" if len(set(names)) < len(names) else None


def _check_waivers(value: object) -> str | None:
    codes = value if isinstance(value, list) else [value]
    if not codes or not all(isinstance(code, str) and _CODE.fullmatch(code) for code in codes):
        return f"`lint-ok` is a list of warnings such as `[W05]`, not `{value}`"
    return "a warning is waived twice" if len(set(codes)) < len(codes) else None


def _check_attempts(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_ATTEMPTS:
        return None
    return f"attempts are a whole number from 1 to {MOST_ATTEMPTS}, not `{value}`"


def _check_share(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return None
    return f"this is a share of the points, from 0 to 1, not `{value}`"


def _check_certainty(value: object) -> str | None:
    return (
        None if isinstance(value, bool) else f"certainty is `true` where learners say how sure they are, not `{value}`"
    )


EVERY_BLOCK: Checks = {
    "id": _check_id,
    "points": _check_points,
    "skill": _check_skill,
    "difficulty": _check_difficulty,
    "lint-ok": _check_waivers,
}
_CHECKS: Checks = {
    "id": _check_id,
    "type": _check_type,
    "points": _check_points,
    "skill": _check_skill,
    "difficulty": _check_difficulty,
    "shuffle": _check_shuffle,
    "scoring": _check_scoring,
    "case": _check_case,
    "lint-ok": _check_waivers,
    "attempts": _check_attempts,
    "penalty": _check_share,
    "hint_cost": _check_share,
    "certainty": _check_certainty,
}
