"""`yearwheel extension`: districts ask for more time, and the office answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from yearwheel.cli.desk import AsJson, At, By, CycleKey, Why, cycle_desk, read_day
from yearwheel.cli.district import Code, StageKey
from yearwheel.cli.show import print_json, say, table, weekday
from yearwheel.notifications.commands import command

if TYPE_CHECKING:
    from yearwheel.services.active import Active
    from yearwheel.services.app import App

extension = typer.Typer(no_args_is_help=True, help="Ask for more time; grant it or refuse it.")


@extension.command(epilog="Example: yearwheel extension ask 001 drafting --until 2027-04-30 --why 'flood'")
def ask(
    code: Code,
    stage: StageKey,
    by: By,
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="The day that is asked for.")],
    why: Why = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Ask for a later due day in a district's name. Reminders go on until it is granted."""
    from yearwheel.services.more_time import ask as ask_for

    with _place(code, stage, cycle, at) as (app, active):
        request = ask_for(app, active.key, stage, code, read_day(until), by=by, why=why)
    say(f"{code} asks for time in {stage} until {weekday(request.until)}; the office has a task to answer")
    say("to undo: " + command(f"extension refuse {code} {stage} --why '...'", active.key))


@extension.command("list", epilog="Example: yearwheel extension list")
def list_open(cycle: CycleKey = "", at: At = "", as_json: AsJson = False) -> None:
    """List the requests that wait for an answer, oldest first."""
    from yearwheel.services.more_time import list_requests

    with cycle_desk(cycle, at) as (app, active):
        found = list_requests(app, active.key)
    if as_json:
        print_json(found)
        return
    rows = (
        (r.district_code, r.stage_key, weekday(r.until), weekday(active.day(r.asked_at)), r.by, r.why)
        for r in found
    )
    table(("district", "stage", "until", "asked", "by", "why"), rows)


@extension.command(epilog="Example: yearwheel extension grant 001 drafting")
def grant(
    code: Code,
    stage: StageKey,
    by: By,
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="Another day than the one asked for.")
    ] = "",
    why: Annotated[
        str,
        typer.Option("--why", metavar="TEXT", help="The office's reason; else the district's own stands."),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Even past the day the stage closes.")] = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Give a district the day it asked for, or another; it is told, and reminders move at once."""
    from yearwheel.services.extend import notes
    from yearwheel.services.more_time import grant as give

    day = read_day(until) if until else None
    with _place(code, stage, cycle, at) as (app, active):
        after = give(app, active.key, stage, code, by=by, why=why, until=day, force=force)
    for note in notes(active.cycle, active.cycle.stage(stage), after):
        say(f"note: {note}")
    say(f"{code} is due in {stage} on {weekday(after.due_on)}" if after.due_on else f"{code}: nothing moved")
    say(
        "to undo, back to the day without any extension: "
        + command(f"extend {code} {stage} --take-back --why '...'", active.key)
    )


@extension.command(epilog="Example: yearwheel extension refuse 001 drafting --why 'the date is set by law'")
def refuse(code: Code, stage: StageKey, by: By, why: Why = "", cycle: CycleKey = "", at: At = "") -> None:
    """Leave the date as it is; the district is told, with the reason."""
    from yearwheel.services.more_time import refuse as turn_down

    with _place(code, stage, cycle, at) as (app, active):
        turn_down(app, active.key, stage, code, by=by, why=why)
    say(f"{code} keeps its date in {stage} and is told why")
    say("to undo: " + command(f"extend {code} {stage} --until DAY --why '...'", active.key))


@contextmanager
def _place(code: str, stage: str, cycle: str, at: str) -> "Iterator[tuple[App, Active]]":
    """The desk of a cycle that has this district and this stage."""
    from yearwheel.services.lookup import find_district, find_stage

    with cycle_desk(cycle, at) as (app, active):
        find_district(app, active, code)
        find_stage(active.cycle, stage)
        yield app, active
