"""A check-up of the installation: each finding is ok, a warning or a fault, with its remedy."""

import importlib
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path

from yearwheel.clock import Clock
from yearwheel.config.settings import Mail, MailMode, Settings
from yearwheel.store import Connection, SQLAlchemyError, health
from yearwheel.store.database import Database

PACKAGES = ("alembic", "apscheduler", "fastapi", "icalendar", "jinja2", "pydantic", "sqlalchemy", "uvicorn")
BUILT = datetime(2026, 11, 1, tzinfo=UTC)  # a clock that stands before this one has lost the time
LOW_DISK = 1 << 30  # bytes


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was seen, and what to do about it."""

    level: Level
    what: str
    seen: str
    remedy: str = ""


def check_installation(settings: Settings, clock: Clock) -> list[Finding]:
    """Everything that must hold for a year to run here."""
    return [
        _python(),
        _packages(),
        _prefect(),
        _environment(),
        _data_folder(settings.data_dir),
        _disk(settings.data_dir),
        *check_database(settings),
        _mail(settings),
        _clock(clock),
    ]


def check_database(settings: Settings) -> list[Finding]:
    """Whether the database answers, is undamaged, has the newest tables and guards the event log."""
    database = Database(settings.database)
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        return [Finding(Level.WARN, "database", "there is none yet", "yearwheel db upgrade makes it")]
    try:
        with database.reading() as connection:
            where = database.url.render_as_string(hide_password=True)
            answers = Finding(Level.OK, "database", where)
            return [answers, _integrity(connection), _version(connection), _guards(connection)]
    except SQLAlchemyError as error:
        words = str(getattr(error, "orig", None) or error).splitlines()[0]
        return [
            Finding(Level.FAIL, "database", words, "check YEARWHEEL_DATABASE_URL and that the server runs")
        ]
    finally:
        database.close()


def _integrity(connection: Connection) -> Finding:
    if damage := health.damage(connection):
        return Finding(Level.FAIL, "integrity", "; ".join(damage[:3]), "restore the newest of data/backups")
    return Finding(Level.OK, "integrity", "no damage found")


def _version(connection: Connection) -> Finding:
    at, newest = health.version(connection), health.newest_version()
    if at != newest:
        return Finding(Level.FAIL, "tables", f"at {at or 'none'}, not {newest}", "yearwheel db upgrade")
    return Finding(Level.OK, "tables", f"at {at}, the newest")


def _guards(connection: Connection) -> Finding:
    if missing := health.missing_guards(connection):
        seen = f"missing: {', '.join(missing)}"
        return Finding(Level.FAIL, "event log", seen, "the log can be altered; restore the newest backup")
    return Finding(Level.OK, "event log", "append-only")


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info < (3, 14):
        return Finding(Level.OK, "python", seen)
    return Finding(Level.FAIL, "python", seen, "use Python 3.11, 3.12 or 3.13")


def _packages() -> Finding:
    faults = [fault for name in PACKAGES if (fault := _fault_of(name))]
    if faults:
        return Finding(Level.FAIL, "packages", "; ".join(faults), "install the locked packages: make demo")
    return Finding(Level.OK, "packages", f"{len(PACKAGES)} can be imported")


def _prefect() -> Finding:
    if fault := _fault_of("prefect"):
        remedy = "rounds run without it by yearwheel advance; install the locked packages"
        return Finding(Level.FAIL, "prefect", fault, remedy)
    return Finding(Level.OK, "prefect", str(importlib.import_module("prefect").__version__))


def _environment() -> Finding:
    # A misspelt key in yearwheel.toml is an error; a misspelt variable would be silence.
    known = {f"YEARWHEEL_{name.upper()}" for name in Settings.model_fields}
    known |= {f"YEARWHEEL_MAIL__{name.upper()}" for name in Mail.model_fields}
    unknown = sorted(n for n in os.environ if n.upper().startswith("YEARWHEEL_") and n.upper() not in known)
    if not unknown:
        return Finding(Level.OK, "settings", "every YEARWHEEL_ variable is known")
    near = [match for name in unknown for match in get_close_matches(name.upper(), known, n=1)]
    remedy = f"did you mean {' and '.join(near)}?" if near else f"there are {', '.join(sorted(known))}"
    return Finding(Level.WARN, "settings", f"not a setting: {', '.join(unknown)}", remedy)


def _fault_of(package: str) -> str:
    try:  # whatever an import throws is the finding
        importlib.import_module(package)
    except Exception as error:
        return f"{package}: {error}"
    return ""


def _data_folder(folder: Path) -> Finding:
    nearest = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        seen = f"{folder} cannot be written"
        return Finding(Level.FAIL, "data folder", seen, "give another with YEARWHEEL_DATA_DIR, or its rights")
    return Finding(Level.OK, "data folder", str(folder.resolve()))


def _disk(folder: Path) -> Finding:
    nearest = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    seen = f"{free / (1 << 30):.1f} GiB free"
    if free < LOW_DISK:
        return Finding(Level.WARN, "disk", seen, "make room: a year of mail and backups takes about 1 GiB")
    return Finding(Level.OK, "disk", seen)


def _mail(settings: Settings) -> Finding:
    mail = settings.mail
    if mail.mode is MailMode.TRIAL:
        return Finding(Level.OK, "mail", f"trial: everything goes to {settings.inboxes}, nothing leaves")
    if mail.sender.endswith(".example"):
        seen = f"live, but the sender is {mail.sender}"
        return Finding(Level.FAIL, "mail", seen, "set YEARWHEEL_MAIL__SENDER to an address of yours")
    return Finding(Level.OK, "mail", f"live, over {mail.host}:{mail.port} as {mail.sender}")


def _clock(clock: Clock) -> Finding:
    now = clock.now()
    seen = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < BUILT:
        return Finding(Level.FAIL, "clock", seen, "set the machine's clock; every deadline is read from it")
    return Finding(Level.OK, "clock", seen)
