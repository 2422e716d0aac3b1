"""Courses written for one test: a folder with two lessons, a lab of two quick programs, and questions as the test wants them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

QUICK = '''"""Answers after a short wait."""

import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/quick")
async def quick(seconds: float = 0.02):
    await asyncio.sleep(seconds)
    return {"message": "quick"}


@app.get("/ping")
async def ping():
    return {}
'''
HELD = (
    QUICK.replace("import asyncio", "import time")
    .replace("await asyncio.sleep(seconds)", "time.sleep(seconds)")
    .replace("Answers after a short wait.", "Holds the loop for a short while.")
)
LAB = """/// lab | Two ways to wait
    id: ways
    request: GET /quick?seconds={delay}
    requests: {default: 4, min: 1, max: 50}
    parameters:
        delay: {label: Each one waits, unit: s, default: 0.02, min: 0, max: 10}
        tokens: {label: Thread tokens, default: 40, min: 1, max: 100, whole: true}
    bystander: GET /ping
    variants:
        quick: {file: quick.py, label: Quick, decisive: await asyncio.sleep}
        held: {file: held.py, label: Held, decisive: time.sleep}
///
"""


def question(
    item: str = "first-item",
    *,
    right: Sequence[str] = ("b",),
    options: Sequence[str] = ("a", "b", "c"),
    stem: str = "Which one?",
    feedback: str = "Feedback of {}.",
    explanation: str = "The explanation.",
    hint: str = "A hint.",
    kind: str = "",
    points: int = 1,
    rules: Sequence[str] = (),
) -> str:
    """A question block; `options` are ids, and the text of option x is `Option x`."""
    lines = [f"/// question | {stem}", f"    id: {item}", f"    points: {points}"]
    lines += [f"    type: {kind}"] if kind else []
    lines += [f"    {rule}" for rule in rules]
    lines.append("")
    for option in options:
        lines.append(f"- [{'x' if option in right else ' '}] Option {option} {{#{option}}}")
        lines.append(f"    > {feedback.format(option)}")
    return "\n".join([*lines, "", "//// hint", hint, "////", "//// explanation", explanation, "////", "///", ""])


def prediction(
    item: str = "held-wall",
    *,
    stem: str = "How long?",
    key: str = "variant: held",
    requests: int = 4,
    delay: float = 0.02,
    again: Sequence[str] = (),
    models: Sequence[str] = ("serial {~adds-up}", "free {~at-once}", "Half of it = N * d / 2 {#half}"),
    feedback: str = "Feedback of {}.",
    explanation: str = "The explanation of it.",
    hint: str = "A hint for it.",
) -> str:
    """A predict block over the lab `ways`; a model's feedback names it by the first word of its line."""
    lines = [f"/// predict | {stem}", f"    id: {item}", "    lab: ways", f"    {key}", "    metric: wall"]
    lines += [f"    requests: {requests}", f"    parameters: {{delay: {delay}}}", "    duration: delay"]
    lines += ["    again:", *(f"        - {{{setting}}}" for setting in again)] if again else []
    lines.append("")
    for model in models:
        lines += [f"- [?] {model}", f"    > {feedback.format(model.split()[0])}"]
    return "\n".join([*lines, "", "//// hint", hint, "////", "//// explanation", explanation, "////", "///", ""])


ORDER = prediction(
    "which-first",
    key="variants: [held, quick]",
    models=("Held first = held, quick {#held-first ~at-once}",),
    stem="Which first?",
)


def write_course(
    folder: Path, *, questions: Sequence[str] | None = None, lab: str = LAB, predictions: Sequence[str] = ()
) -> Path:
    """The folder of a course with the lessons `waiting` (every question, the lab) and `again` (one question of its own)."""
    predict = "## Predict\n" + "\n".join(predictions) + "\n" if predictions else ""
    wrong = "".join(f'[misconceptions.{name}]\ntext = "So."\n' for name in ("adds-up", "at-once") if predictions)
    asked = [question()] if questions is None else list(questions)
    _write(
        folder / "course.toml",
        'id = "trial"\ntitle = "A trial course"\nsummary = "For one test."\nlang = "en"\n'
        '[[parts]]\ntitle = "Part one"\nlessons = ["waiting", "again"]\n[skills]\n' + (wrong or "[misconceptions]\n"),
    )
    front = "---\ntitle: {}\nsummary: A lesson about `waiting`.\n---\n"
    body = (
        f"## Why\nBecause.\n\n{predict}## Try\n{lab}\n## Performance\nSome words.\n\n"
        + "\n".join(asked)
        + "\n## Recall\n"
    )
    _write(folder / "waiting" / "lesson.md", front.format("Waiting") + body)
    _write(folder / "waiting" / "quick.py", QUICK)
    _write(folder / "waiting" / "held.py", HELD)
    second = question("second-item", stem="Once more?")
    _write(folder / "again" / "lesson.md", front.format("Again") + f"## Why\nTo be sure.\n\n## Recall\n{second}")
    return folder


def _write(path: Path, text: str) -> None:
    """An unchanged file is left alone, with its time: writing a course again is an edit of what differs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
