"""The command line: the services' verbs, typed. Heavy imports wait until a command needs them."""

import signal
import sys
from collections.abc import Callable
from importlib.metadata import version as version_of
from io import TextIOWrapper
from typing import Annotated

import typer

from yearwheel.cli.board import board
from yearwheel.cli.bounces import bounces, tasks
from yearwheel.cli.calendar import calendar
from yearwheel.cli.cycle import cycle
from yearwheel.cli.dates import excuse, extend, undo
from yearwheel.cli.deploying import deploy
from yearwheel.cli.disaster import disaster
from yearwheel.cli.district import district
from yearwheel.cli.doctor import db, doctor
from yearwheel.cli.errors import Speaking
from yearwheel.cli.extension import extension
from yearwheel.cli.feed import feed
from yearwheel.cli.notifications import notifications
from yearwheel.cli.outbox import outbox
from yearwheel.cli.proof import explain, prove
from yearwheel.cli.rehearsal import demo, rehearse
from yearwheel.cli.roster import roster
from yearwheel.cli.rounds import advance
from yearwheel.cli.serving import serve
from yearwheel.cli.show import say

TRY, RUN, ACCOUNT, KEEP = (
    "Look before you begin",
    "Set up and run a year",
    "Account for it",
    "This installation",
)

HELP = "Run an annual planning cycle from one readable calendar file, and prove every message."

app = typer.Typer(
    cls=Speaking,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        say(f"yearwheel {version_of('yearwheel')}")
        raise typer.Exit


@app.callback(help=HELP)
def root(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    """Its own help is the app's; it stands here for `--version`."""


def _add(verb: Callable[..., None], panel: str, example: str) -> None:
    app.command(rich_help_panel=panel, epilog=f"Example: yearwheel {example}")(verb)


_add(demo, TRY, "demo")
_add(rehearse, TRY, "rehearse --direct --seed 7 --districts 20 --out out/trial")
app.add_typer(calendar, name="calendar", rich_help_panel=TRY)
app.add_typer(cycle, name="cycle", rich_help_panel=RUN)
app.add_typer(roster, name="roster", rich_help_panel=RUN)
_add(advance, RUN, "advance --at 2027-03-15T09:00")
_add(board, RUN, "board --late")
app.add_typer(district, name="district", rich_help_panel=RUN)
_add(extend, RUN, "extend 001 drafting --until 2027-04-30 --why 'flooded school'")
app.add_typer(extension, name="extension", rich_help_panel=RUN)
_add(excuse, RUN, "excuse 001 drafting --why 'merges with 002 in July'")
_add(undo, RUN, "undo 3f9c01aa --why 'the wrong county'")
app.add_typer(disaster, name="disaster", rich_help_panel=RUN)
app.add_typer(feed, name="feed", rich_help_panel=RUN)
app.add_typer(notifications, name="notifications", rich_help_panel=RUN)
app.add_typer(outbox, name="outbox", rich_help_panel=RUN)
app.add_typer(bounces, name="bounces", rich_help_panel=RUN)
app.add_typer(tasks, name="tasks", rich_help_panel=RUN)
_add(prove, ACCOUNT, "prove")
_add(explain, ACCOUNT, "explain 001 2027-03-15")
_add(serve, KEEP, "serve --port 8000")
_add(deploy, KEEP, "deploy --dry-run")
_add(doctor, KEEP, "doctor")
app.add_typer(db, name="db", rich_help_panel=KEEP)


def main() -> None:
    """The program `yearwheel`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old terminal shows "?" where it has no such sign
    # A service manager's way of stopping us is Ctrl-C's: what is known is recorded first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()
