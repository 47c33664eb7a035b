"""What every command shares: the options by one name each, and the way to an installation and its cycle."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:  # each costs what `--help` must not
    from yearwheel.config.settings import Settings
    from yearwheel.services.active import Active
    from yearwheel.services.app import App
    from yearwheel.store.cycles import StoredCycle

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]
CycleKey = Annotated[
    str, typer.Option("--cycle", metavar="KEY", help="The cycle; not needed while one only is published.")
]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it is kept and may be read.")]
At = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="MOMENT",
        help="Trial mode only: act as at this moment, in the cycle's zone unless it names one; "
        "for example 2027-03-15T09:00.",
    ),
]


FIRST_YEAR, LAST_YEAR = 1970, 2199


class Unclear(Exception):
    """What was typed cannot be understood; the message says what would be right."""


def login_name() -> str:
    """Who is logged in on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise Unclear("this machine does not say who you are; add --by 'Your Name'") from None


def _name(by: str) -> str:
    from yearwheel.services.reasons import check_name

    return check_name(by)


By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who does this; it is kept with the change.",
        default_factory=login_name,
        callback=_name,
        show_default="your login name",
    ),
]


@contextmanager
def installation() -> Iterator["App"]:
    """This installation, its database up to date. Unclear where there is none: looking must not make one."""
    from yearwheel.config.settings import Settings

    if not has_database():
        raise Unclear(
            f"nothing is kept in {Settings().data_dir.resolve()}; begin with: yearwheel roster import "
            "--shipped kentucky, or say with YEARWHEEL_DATA_DIR where your data is"
        )
    with new_installation() as app:
        yield app


@contextmanager
def new_installation(settings: "Settings | None" = None) -> Iterator["App"]:
    """This installation, made where there is none yet."""
    from yearwheel.bootstrap import build_app

    app = build_app(settings)
    try:
        yield app
    finally:
        app.database.close()


@contextmanager
def glance() -> Iterator["App"]:
    """This installation to look at; where there is none an empty one, which leaves nothing behind."""
    from yearwheel.config.settings import Settings

    if has_database():
        with installation() as app:
            yield app
        return
    with TemporaryDirectory() as folder, new_installation(Settings(data_dir=Path(folder))) as app:
        yield app


@contextmanager
def cycle_desk(key: str, at: str = "") -> Iterator[tuple["App", "Active"]]:
    """This installation and one of its cycles, on its own clock or, in trial mode, at a moment given."""
    from yearwheel.services.lookup import find_cycle, refuse_the_past

    with installation() as app:
        active = find_cycle(app, key)
        acting = acting_at(app, at, active.cycle.zone)
        if at:
            refuse_the_past(acting, active)
        yield acting, active


@contextmanager
def installation_at(key: str, at: str) -> Iterator["App"]:
    """This installation on its own clock or, in trial mode, at a moment in the zone of one of its cycles."""
    if at:
        with cycle_desk(key, at) as (app, _):
            yield app
    else:
        with installation() as app:
            yield app


def acting_at(app: "App", at: str, zone: ZoneInfo | None) -> "App":
    """The same installation on a clock that stands at a moment; only in trial mode."""
    from yearwheel.clock import VirtualClock
    from yearwheel.config.settings import MailMode

    if not at:
        return app
    if app.settings.mail.mode is not MailMode.TRIAL:
        raise Unclear("--at is for trial mode; here mail is live, and what is written must be true")
    return replace(app, clock=VirtualClock(read_moment(at, zone)))


def read_moment(given: str, zone: ZoneInfo | None) -> datetime:
    """The moment in UTC; without an offset of its own it is local time in `zone`, if there is one."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise Unclear(f"{given!r} is not a moment; write for example 2027-03-15T09:00") from None
    _refuse_far(given, moment)
    if moment.tzinfo is None and zone is None:
        named = f"{moment.isoformat(timespec='minutes')}-05:00"
        raise Unclear(f"there is no cycle yet in whose zone {given!r} could be read; name one: {named}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def read_day(given: str) -> date:
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise Unclear(f"{given!r} is not a day; write for example 2027-03-31") from None
    _refuse_far(given, day)
    return day


def _refuse_far(given: str, day: date) -> None:
    """Far years are slips of the hand, and the last of them have no tomorrow to reckon with."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unclear(f"{given!r} is far from any cycle; give a year from {FIRST_YEAR} to {LAST_YEAR}")


def find_calendar(name: str) -> tuple[str, str]:
    """A calendar file's text and what to call it: a path, a stored cycle's key, or a shipped one's."""
    from yearwheel.config.cycle_file import read_shipped, shipped_cycles
    from yearwheel.config.enclosed import enclose
    from yearwheel.services.lookup import did_you_mean

    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        # Bytes that are no UTF-8 reach the reader as they are, which names their line.
        text = path.read_text("utf-8", errors="surrogateescape")
        return enclose(text, lambda beside: _read_beside(path, beside)), path.name
    stored = _stored_calendars()
    if name in stored:
        return stored[name], f"{name}.yaml"
    shipped = shipped_cycles()
    if name in shipped:
        return read_shipped(name), f"{name}.yaml"
    known = [*stored, *(key for key in shipped if key not in stored)]
    raise Unclear(
        f"no cycle or file is called {name!r}{did_you_mean(name, known)}; there are {', '.join(known)}"
    )


def _read_beside(path: Path, name: str) -> str:
    return (path.parent / name).read_text("utf-8-sig", errors="surrogateescape")


def has_database() -> bool:
    """Whether there is an installation to look at."""
    from yearwheel.config.settings import Settings

    settings = Settings()
    return bool(settings.database_url) or (settings.data_dir / "yearwheel.sqlite").exists()


def is_published(key: str) -> bool:
    """Whether a cycle of that key is published here and not closed."""
    return any(c.key == key and c.published_at and not c.closed_at for c in _stored_cycles())


def _stored_calendars() -> dict[str, str]:
    return {cycle.key: cycle.source for cycle in _stored_cycles()}


def _stored_cycles() -> "list[StoredCycle]":
    """The cycles of an installation, if there is one."""
    from yearwheel.store import cycles

    if not has_database():
        return []
    with installation() as app, app.database.reading() as connection:
        return cycles.list_cycles(connection)
