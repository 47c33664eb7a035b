"""`yearwheel doctor` and `yearwheel db`: is everything here as it should be."""

from typing import TYPE_CHECKING

import typer
from rich.text import Text

from yearwheel.cli.desk import AsJson, installation, new_installation
from yearwheel.cli.show import print_json, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yearwheel.services.finding import Finding

db = typer.Typer(no_args_is_help=True, help="Upgrade, back up and check the database.")
STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(as_json: AsJson = False) -> None:
    """Look at everything a year needs here, and say what to do about what is wrong."""
    from yearwheel.clock import SystemClock
    from yearwheel.config.settings import Settings
    from yearwheel.services.checkup import check_installation

    _report(check_installation(Settings(), SystemClock()), as_json=as_json)


@db.command(epilog="Example: yearwheel db upgrade")
def upgrade() -> None:
    """Bring the tables to the newest version, or make them."""
    with new_installation() as app:
        where = app.database.url.render_as_string(hide_password=True)
        copy = "that db backup made" if app.database.is_sqlite else "that pg_dump made"
    say(f"the tables are the newest: {where}\nto undo: put back a copy {copy}")


@db.command(epilog="Example: yearwheel db backup")
def backup() -> None:
    """Copy the SQLite database while it is in use; the newest copies are kept."""
    from yearwheel.services.upkeep import backup as copy

    with installation() as app:
        target = copy(app)
    if target is None:
        say("this is PostgreSQL: back it up with pg_dump")
    else:
        say(f"wrote {target}\nto go back to it: stop yearwheel and put the file in the database's place")


@db.command(epilog="Example: yearwheel db check --json")
def check(as_json: AsJson = False) -> None:
    """Check the database: integrity, newest tables, and that the event log cannot be altered."""
    from yearwheel.config.settings import Settings
    from yearwheel.services.checkup import check_database

    _report(check_database(Settings()), as_json=as_json)


def _report(found: "Sequence[Finding]", *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        rows = ((Text(f.level, STYLES[f.level]), f.what, f.seen, f.remedy) for f in found)
        table(("", "looked at", "seen", "what to do"), rows)
    if any(finding.level == "fail" for finding in found):
        raise typer.Exit(1)
