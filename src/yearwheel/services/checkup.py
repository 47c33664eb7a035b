"""A check-up of the installation: each finding is ok, a warning or a fault, with its remedy."""

import importlib
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from yearwheel.clock import Clock
from yearwheel.config.settings import FILE, PREFIX, Settings, settings_file
from yearwheel.services.finding import Finding, Level
from yearwheel.services.mail_checkup import check_mail, check_mail_servers
from yearwheel.services.ringer import silent_bells
from yearwheel.store import Connection, OperationalError, SQLAlchemyError, health, ringer
from yearwheel.store.database import Database, UnusableUrl

PACKAGES = ("alembic", "apscheduler", "fastapi", "icalendar", "jinja2", "pydantic", "sqlalchemy", "uvicorn")
BUILT = datetime(2026, 11, 1, tzinfo=UTC)  # a clock that stands before this one has lost the time
NO_DISK = 50 << 20  # bytes: a round may need that
LOW_DISK = 1 << 30  # bytes


def check_installation(settings: Settings, clock: Clock) -> list[Finding]:
    """Everything that must hold for a year to run here."""
    return [
        _python(),
        _packages(),
        _prefect(),
        _settings(),
        _data_folder(settings.data_dir),
        _disk(settings.data_dir),
        *check_database(settings),
        *check_mail(settings),
        *check_mail_servers(settings.mail),
        _clock(clock),
    ]


def check_database(settings: Settings) -> list[Finding]:
    """Whether the database answers, is undamaged, has the newest tables and guards the event log."""
    try:
        database = Database(settings.database)
    except UnusableUrl as error:
        return [Finding(Level.FAIL, "database", str(error), "put YEARWHEEL_DATABASE_URL right")]
    if database.is_sqlite and not (file := Path(str(database.url.database))).exists():
        return [_no_file(file, settings.data_dir)]
    try:
        with database.reading() as connection:
            where = database.url.render_as_string(hide_password=True)
            answers = Finding(Level.OK, "database", where)
            sound = [answers, _integrity(connection), _version(connection), _guards(connection)]
            return sound + _bells(connection, settings)
    except SQLAlchemyError as error:
        words = str(getattr(error, "orig", None) or error).splitlines()[0]
        return [Finding(Level.FAIL, "database", words, _remedy(database, settings.data_dir, error))]
    finally:
        database.close()


def _no_file(file: Path, data_dir: Path) -> Finding:
    # The data folder is made when it is needed, any other is not.
    if not file.parent.is_dir() and file.parent != data_dir.resolve():
        return Finding(Level.FAIL, "database", f"there is no folder {file.parent}", "make the folder first")
    return Finding(Level.WARN, "database", "there is none yet", "to make it: yearwheel db upgrade")


def _remedy(database: Database, data_dir: Path, error: SQLAlchemyError) -> str:
    if not database.is_sqlite:
        return "check YEARWHEEL_DATABASE_URL and that the server runs"
    if isinstance(error, OperationalError):
        return f"see that {database.url.database} may be read and written and that its disk has room"
    return f"put back the newest copy of {data_dir / 'backups'}"


def _integrity(connection: Connection) -> Finding:
    if damage := health.damage(connection):
        return Finding(Level.FAIL, "integrity", "; ".join(damage[:3]), "restore the newest of data/backups")
    return Finding(Level.OK, "integrity", "no damage found")


def _version(connection: Connection) -> Finding:
    at, newest = health.version(connection), health.newest_version()
    if at != newest:
        remedy = (
            "yearwheel db upgrade" if health.is_known(at) else "run the newer program that brought it there"
        )
        return Finding(Level.FAIL, "tables", f"at {at or 'none'}, not {newest}", remedy)
    return Finding(Level.OK, "tables", f"at {at}, the newest")


def _guards(connection: Connection) -> Finding:
    if missing := health.missing_guards(connection):
        seen = f"missing: {', '.join(missing)}"
        return Finding(Level.FAIL, "event log", seen, "the log can be altered; restore the newest backup")
    return Finding(Level.OK, "event log", "append-only")


def _bells(connection: Connection, settings: Settings) -> list[Finding]:
    """Where Prefect rings: a cycle that was published since is forgotten until it is told."""
    if health.version(connection) != health.newest_version() or not (found := ringer.find(connection)):
        return []
    if silent := silent_bells(connection, settings.mail.has_rate):
        seen = f"Prefect on {found.api_url} does not know: {'; '.join(silent)}"
        return [Finding(Level.FAIL, "bells", seen, "to tell it: yearwheel deploy")]
    return [Finding(Level.OK, "bells", f"rung by Prefect on {found.api_url}, work pool {found.pool}")]


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
        remedy = "rounds run without it by the command advance; install the locked packages"
        return Finding(Level.FAIL, "prefect", fault, remedy)
    return Finding(Level.OK, "prefect", str(importlib.import_module("prefect").__version__))


def _settings() -> Finding:
    # What is misspelt never gets here: no command reads such settings.
    file = settings_file(os.environ)
    given = sorted(name for name in os.environ if name.startswith(PREFIX))
    read = f"read from {file.resolve()}" if file else f"no {FILE} in the data folder or here"
    return Finding(Level.OK, "settings", f"{read}; variables: {', '.join(given) or 'none'}")


def _fault_of(package: str) -> str:
    try:  # whatever an import throws is the finding
        importlib.import_module(package)
    except Exception as error:
        return f"{package}: {error}"
    return ""


def _data_folder(folder: Path) -> Finding:
    nearest = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    shut = [path for path in nearest.glob("*.sqlite*") if not os.access(path, os.R_OK | os.W_OK)]
    if shut or not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        seen = f"{shut[0] if shut else folder} cannot be written"
        return Finding(Level.FAIL, "data folder", seen, "give another with YEARWHEEL_DATA_DIR, or its rights")
    if nearest != folder:
        seen = f"{folder.resolve()} is not there yet; the first command that writes makes it"
        return Finding(Level.OK, "data folder", seen)
    return Finding(Level.OK, "data folder", str(folder.resolve()))


def _disk(folder: Path) -> Finding:
    nearest = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    seen = f"{free / (1 << 30):.1f} GiB free"
    if free < NO_DISK:
        return Finding(
            Level.FAIL, "disk", f"{free / (1 << 20):.0f} MiB free", "make room: nothing can be written"
        )
    if free < LOW_DISK:
        return Finding(Level.WARN, "disk", seen, "make room: a year of mail and backups takes about 1 GiB")
    return Finding(Level.OK, "disk", seen)


def _clock(clock: Clock) -> Finding:
    now = clock.now()
    seen = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < BUILT:
        return Finding(Level.FAIL, "clock", seen, "set the machine's clock; every deadline is read from it")
    return Finding(Level.OK, "clock", seen)
