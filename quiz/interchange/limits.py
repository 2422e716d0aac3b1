"""How large a file to import may be, and the lines of one that is text: UTF-8, whatever ends its lines, nothing binary."""

from __future__ import annotations

from quiz.errors import QuizError

LARGEST_BYTES = 2_000_000
LONGEST_LINE = 100_000
LONGEST_QUESTION = 100_000
"""Characters, as they stand in the file."""
LONGEST_OPTION = 2_000
MOST_QUESTIONS = 2_000
MOST_OPTIONS = 100

_BYTE_ORDER = b"\xef\xbb\xbf"


class Unreadable(QuizError):
    """Why a whole file is not read, with the line that shows it; 0 where it is no line's fault."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}" if line else reason)


def lines_of(data: bytes) -> list[str]:
    """Raises Unreadable."""
    if len(data) > LARGEST_BYTES:
        raise Unreadable(0, f"the file has more than {LARGEST_BYTES // 1000} KB: import it in parts")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(1, "this is UTF-16: save the file as UTF-8")
    if (at := data.find(b"\0")) >= 0:
        raise Unreadable(data.count(b"\n", 0, at) + 1, "there is a NUL byte: this is no text")
    body = data.removeprefix(_BYTE_ORDER)
    try:
        text = body.decode()
    except UnicodeDecodeError as problem:
        line = body.count(b"\n", 0, problem.start) + 1
        raise Unreadable(line, f"byte 0x{body[problem.start]:02x} is not UTF-8: save the file as UTF-8") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line_text in enumerate(lines, 1):
        if len(line_text) > LONGEST_LINE:
            raise Unreadable(number, f"the line has more than {LONGEST_LINE:,} characters")
    return lines
