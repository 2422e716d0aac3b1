"""Where the site finds its things and what it may do. The only reader of the environment.

An option of the command line wins over its `INTERLEAVE_*` variable, that over `PORT`, that over the default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from webapp.addresses import is_loopback

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
SHIPPED = "shipped"
"""Names the folder of the course that came with Interleave: where that is, an installation alone knows."""
OWN_CODE = {"yes": True, "no": False, "local": None}
"""What INTERLEAVE_OWN_CODE may say; `local` is yes where only this machine can reach the site, and no elsewhere."""


class OperatorError(Exception):
    """Something that only the person who hosts the site can mend: one sentence that says what to do."""


def resource(name: str) -> Path:
    """A folder that ships with the project: inside the installed package, or beside it in a checkout."""
    installed = Path(__file__).parent / "resources" / name
    return installed if installed.is_dir() else Path(__file__).parent.parent / name


def is_installed() -> bool:
    """Whether this is an installed package, whose folders an upgrade replaces, and no checkout."""
    return (Path(__file__).parent / "resources").is_dir()


@dataclass(frozen=True, slots=True)
class Settings:
    data: Path = field(default_factory=lambda: Path("data"))
    database: str = ""
    """The address of a PostgreSQL database; empty where a file in the data folder is the database."""
    lessons: Path | tuple[Path, ...] = field(default_factory=lambda: resource("lessons"))
    """The lesson folder, or several that lie over each other, the top one first."""
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    hosts: tuple[str, ...] = ()
    """Names under which the site is reached besides addresses and this machine's own (a proxy's public name)."""
    watch: bool = True
    """Whether edits of the lessons are taken up while the site runs."""
    own_code: bool = False
    """Whether who sits at this machine is an author, who may edit programs in the page and run them with the site's rights."""
    measure: bool = False
    """Whether the server measures the lessons' numbers by itself while nobody runs anything; `serve` does."""


def from_environment(
    environment: Mapping[str, str] | None = None,
    *,
    data: Path | None = None,
    database: str | None = None,
    lessons: Sequence[Path] | None = None,
    host: str | None = None,
    port: int | None = None,
    own_code: bool | None = None,
) -> Settings:
    """Settings from options (None where not given) and variables. Raises OperatorError for a value that cannot be used."""
    known = os.environ if environment is None else environment
    host = host or known.get("INTERLEAVE_HOST") or DEFAULT_HOST
    return Settings(
        data=data or Path(known.get("INTERLEAVE_DATA") or "data"),
        database=database or known.get("INTERLEAVE_DATABASE", ""),
        lessons=named_folders(lessons or _paths(known.get("INTERLEAVE_LESSONS", ""))),
        host=host,
        port=port if port is not None else _port(known),
        measure=known.get("INTERLEAVE_MEASURE", "1") != "0",
        hosts=tuple(name.strip().lower() for name in known.get("INTERLEAVE_HOSTS", "").split(",") if name.strip()),
        own_code=_own_code(known, own_code, host),
    )


def named_folders(named: Sequence[Path]) -> Path | tuple[Path, ...]:
    """Folders as somebody names them, the top one first; `shipped` is the course that came with Interleave, as is none at all."""
    folders = tuple(resource("lessons") if folder == Path(SHIPPED) else folder for folder in named)
    return folders if len(folders) > 1 else next(iter(folders), resource("lessons"))


def _paths(text: str) -> list[Path]:
    return [Path(name) for name in text.split(os.pathsep) if name]


def _own_code(environment: Mapping[str, str], chosen: bool | None, host: str) -> bool:
    said = environment.get("INTERLEAVE_OWN_CODE") or "no"
    if said not in OWN_CODE:
        raise OperatorError(f"INTERLEAVE_OWN_CODE is {said!r}: it can be {', '.join(OWN_CODE)}.")
    wanted = OWN_CODE[said] if chosen is None else chosen
    if wanted and not is_loopback(host):
        raise OperatorError(
            f"Programs of readers' own (--own-code) would run for everybody who reaches {host}: "
            "leave the option out, or listen on 127.0.0.1."
        )
    return is_loopback(host) if wanted is None else wanted


def _port(environment: Mapping[str, str]) -> int:
    for name in ("INTERLEAVE_PORT", "PORT"):
        text = environment.get(name)
        if not text:
            continue
        if not text.isascii() or not text.isdigit() or int(text) > 65535:
            raise OperatorError(f"{name} is {text!r}, which is no port: give a number from 0 to 65535.")
        return int(text)
    return DEFAULT_PORT
