"""A lab as its author declared it: frozen values, no process, no clock.

`Lab.spec` turns a learner's choice (variant, number of requests, parameters) into a `RunSpec`, the plain values a run is made
of; a choice outside the declared ranges is refused there, with the range in the message.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

TOKENS = "tokens"
"""The one parameter that reaches no request: it sets the size of AnyIO's thread pool before the first request."""

REQUEST_NUMBER = "n"
"""The placeholder of a request template that every request fills with its own number, from 1."""


ASYNCIO = "asyncio"
UVLOOP = "uvloop"
LOOPS = (ASYNCIO, UVLOOP)


class Cost(StrEnum):
    """What a run spends. Waiting runs go side by side; a run that computes goes alone, or it would measure its neighbours."""

    WAITING = "waiting"
    CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Callers:
    """How those behave who send the requests. As a rule they wait for their answer, and read it as fast as it comes."""

    disconnect_after: float | None = None
    """Seconds after which a caller without a whole answer closes the connection."""
    read_bytes_per_second: float | None = None


class OutOfRange(ValueError):
    """A learner asked for a number outside the range that the lab declares."""

    def __init__(self, name: str, value: object, minimum: float, maximum: float, *, whole: bool) -> None:
        self.name = name
        self.minimum = minimum
        self.maximum = maximum
        kind = "a whole number" if whole else "a number"
        super().__init__(f"{name} must be {kind} from {minimum:g} to {maximum:g}, not {value}")


class UnknownChoice(ValueError):
    """A learner named a variant or a parameter that the lab does not have."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        self.kind = kind
        self.name = name
        self.known = known
        super().__init__(f"no {kind} named {name!r} here; there is {', '.join(known) or 'none'}")


@dataclass(frozen=True, slots=True)
class Range:
    """A number that a learner may choose, with its bounds."""

    default: float
    minimum: float
    maximum: float
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"the default {self.default:g} lies outside {self.minimum:g} to {self.maximum:g}")

    def accept(self, name: str, value: object) -> float:
        """The value as a number inside the range. Raises OutOfRange for anything else, NaN included."""
        refusal = OutOfRange(name, value, self.minimum, self.maximum, whole=self.whole)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise refusal
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise refusal from None
        if not self.minimum <= number <= self.maximum or (self.whole and number != int(number)):
            raise refusal
        return number


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    label: str
    range: Range
    unit: str = ""

    def in_words(self, number: float) -> str:
        """With its unit, and no line break before that."""
        return f"{number:g}\u00a0{self.unit}" if self.unit else f"{number:g}"


@dataclass(frozen=True, slots=True)
class Variant:
    """One program of a lab. `program` is the text of `file`: what the page lists is what runs."""

    name: str
    label: str
    file: str
    program: str
    request: str
    """A template such as `GET /report?n={n}&seconds={delay}`: method, space, path."""
    decisive_line: int | None = None
    """1-based line of the program that makes the difference."""
    one_after_another: bool = False
    """Whether its requests are sent by a client that waits for each answer before it sends the next (a closed loop)."""

    @property
    def program_hash(self) -> str:
        return hashlib.sha256(self.program.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Lab:
    id: str
    title: str
    variants: tuple[Variant, ...]
    requests: Range
    parameters: tuple[Parameter, ...] = ()
    interval_ms: float = 0.0
    """0: all requests at once (a burst); else one request every so many milliseconds."""
    callers: Callers = Callers()
    bystander: str | None = None
    """A small request, sent every 20 ms beside the load; its wait is what the others pay."""
    cost: Cost = Cost.WAITING
    seconds: float = 20.0
    """How long a run may take before it is ended."""
    loops: tuple[str, ...] = (ASYNCIO,)
    """Of LOOPS: on which of them the claims are decided. Readers' runs are on asyncio's own."""
    pythons: tuple[str, ...] = ()
    """Besides the one that serves: versions such as `3.12`, or `all` that this machine has."""
    line: int = 0

    def variant(self, name: str) -> Variant:
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise UnknownChoice("variant", name, tuple(variant.name for variant in self.variants))

    def spec(
        self,
        variant: str,
        *,
        requests: object = None,
        parameters: Mapping[str, object] | None = None,
        program: str | None = None,
    ) -> RunSpec:
        """The run that a learner's choice stands for. Raises UnknownChoice or OutOfRange.

        `program` is run in the place of the variant's own; whoever passes it on has made sure that it may be run.
        """
        chosen = self.variant(variant)
        count, values = self.numbers(requests=requests, parameters=parameters)
        return RunSpec(
            program=chosen.program if program is None else program,
            file=chosen.file,
            request=chosen.request,
            requests=count,
            parameters=values,
            interval_ms=self.interval_ms,
            callers=self.callers,
            bystander=self.bystander,
            cost=self.cost,
            seconds=self.seconds,
            one_after_another=chosen.one_after_another,
        )

    def numbers(
        self, *, requests: object = None, parameters: Mapping[str, object] | None = None
    ) -> tuple[int, dict[str, float]]:
        """The number of requests and every parameter, chosen or by default. Raises UnknownChoice or OutOfRange."""
        given = dict(parameters or {})
        known = tuple(parameter.name for parameter in self.parameters)
        for name in given:
            if name not in known:
                raise UnknownChoice("parameter", name, known)
        values = {
            parameter.name: parameter.range.accept(parameter.name, given.get(parameter.name, parameter.range.default))
            for parameter in self.parameters
        }
        count = self.requests.default if requests is None else self.requests.accept("requests", requests)
        return int(count), values


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A run as plain values: everything that a machine needs to carry it out, and nothing about who asked."""

    program: str
    file: str
    request: str
    requests: int
    parameters: Mapping[str, float] = field(default_factory=dict)
    interval_ms: float = 0.0
    bystander: str | None = None
    cost: Cost = Cost.WAITING
    seconds: float = 20.0
    one_after_another: bool = False
    """Each request is sent when the one before it is answered, and when its interval has come."""
    loop: str = ASYNCIO
    callers: Callers = Callers()

    @property
    def program_hash(self) -> str:
        return hashlib.sha256(self.program.encode()).hexdigest()

    @property
    def tokens(self) -> int | None:
        """The thread pool's size, where the lab has that parameter."""
        return int(self.parameters[TOKENS]) if TOKENS in self.parameters else None

    @property
    def method(self) -> str:
        return self.request.split(" ", 1)[0]

    def path(self, n: int) -> str:
        """The path of the n-th request (from 1), its placeholders filled."""
        return fill(self.request.split(" ", 1)[1], {**self.parameters, REQUEST_NUMBER: n})


def placeholders(template: str) -> tuple[str, ...]:
    """The names between braces, in order. Raises ValueError where the braces do not match."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def fill(template: str, values: Mapping[str, float]) -> str:
    """The template with each number written as shortly as it can be: 0.2, not 0.20000000000000001."""
    return template.format_map({name: f"{value:g}" for name, value in values.items()})
