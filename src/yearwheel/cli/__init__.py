"""The command line: the services' verbs, typed. Heavy imports wait until a command needs them."""

import sys
from io import TextIOWrapper

import typer

from yearwheel.cli.board import board
from yearwheel.cli.calendar import calendar
from yearwheel.cli.cycle import cycle
from yearwheel.cli.dates import excuse, extend
from yearwheel.cli.district import district
from yearwheel.cli.doctor import db, doctor
from yearwheel.cli.errors import Speaking
from yearwheel.cli.outbox import outbox
from yearwheel.cli.proof import explain, prove
from yearwheel.cli.rehearsal import demo, rehearse
from yearwheel.cli.roster import roster
from yearwheel.cli.rounds import advance

app = typer.Typer(
    cls=Speaking,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Run an annual planning cycle from one readable calendar file, and prove every message.",
)


def _teach(example: str) -> str:
    return f"Example: yearwheel {example}"


app.command(epilog=_teach("demo"))(demo)
app.command(epilog=_teach("rehearse --direct --seed 7 --districts 20 --out out/trial"))(rehearse)
app.add_typer(calendar, name="calendar")
app.add_typer(cycle, name="cycle")
app.add_typer(roster, name="roster")
app.add_typer(district, name="district")
app.command(epilog=_teach("extend 001 drafting --until 2027-04-30 --why 'flooded school'"))(extend)
app.command(epilog=_teach("excuse 001 drafting --why 'merges with 002 in July'"))(excuse)
app.command(epilog=_teach("advance --at 2027-03-15T09:00"))(advance)
app.command(epilog=_teach("board --late"))(board)
app.add_typer(outbox, name="outbox")
app.command(epilog=_teach("prove"))(prove)
app.command(epilog=_teach("explain 001 2027-03-15"))(explain)
app.command(epilog=_teach("doctor"))(doctor)
app.add_typer(db, name="db")


def main() -> None:
    """The program `yearwheel`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old terminal shows "?" where it has no such sign
    app()
