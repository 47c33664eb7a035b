"""`yearwheel disaster`: nothing is asked of struck districts until a day, and their deadlines wait."""

from typing import Annotated

import typer

from yearwheel.calendar.counted import counted
from yearwheel.cli.desk import AsJson, At, By, CycleKey, Why, cycle_desk, read_day
from yearwheel.cli.selecting import Cooperative, County, Everyone, Near, Yes, choose, look_then_do
from yearwheel.cli.show import print_json, say, table, weekday
from yearwheel.notifications.commands import command

disaster = typer.Typer(no_args_is_help=True, help="Leave struck districts in peace until a day.")


@disaster.command(
    epilog="Example: yearwheel disaster declare --county Graves --until 2027-03-05 --why 'tornado of Feb 18'"
)
def declare(
    by: By,
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="The last day of it.")],
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE]...", help="Districts by their codes.")
    ] = None,
    county: County = None,
    cooperative: Cooperative = None,
    near: Near = "",
    everyone: Everyone = False,
    why: Why = "",
    yes: Yes = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Declare a disaster: deadlines wait, no reminder goes, and letters speak softly until a day."""
    from yearwheel.services.disaster import declare_disaster

    chosen = choose(tuple(codes or ()), county, cooperative, near, everyone)
    last = read_day(until)
    with cycle_desk(cycle, at) as (app, active):
        done = look_then_do(
            lambda save: declare_disaster(app, active.key, chosen, last, by=by, why=why, save=save), yes=yes
        )
    say(
        f"until {weekday(last)} nothing is asked of {counted(len(done.names), 'district')}; it ends by itself"
    )
    say("to undo: " + command(f"undo {done.act} --why '...'", active.key))


@disaster.command("list", epilog="Example: yearwheel disaster list --json")
def list_all(cycle: CycleKey = "", as_json: AsJson = False) -> None:
    """List the reliefs of a cycle, ended ones included."""
    from yearwheel.services.relief import list_reliefs

    with cycle_desk(cycle) as (app, active):
        found = list_reliefs(app, active.key)
    if as_json:
        print_json(found)
        return
    rows = [
        [
            str(r.id),
            weekday(r.first_on),
            weekday(r.last_on),
            str(len(r.districts)),
            r.declared_by,
            r.why,
            f"by {r.ended_by}" if r.ended_by else "",
            r.act,
        ]
        for r in found
    ]
    table(("relief", "from", "until", "districts", "by", "why", "ended", "act"), rows)


@disaster.command(epilog="Example: yearwheel disaster end 1 --why 'power is back'")
def end(
    relief: Annotated[int, typer.Argument(metavar="RELIEF", help="Its number, see disaster list.")],
    by: By,
    why: Why = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """End a relief early: its deadlines stay as promised, reminders go again."""
    from yearwheel.services.relief import end_relief

    with cycle_desk(cycle, at) as (app, active):
        ended = end_relief(app, active.key, relief, by=by, why=why)
    struck = counted(len(ended.districts), "district")
    say(f"relief {relief} is over for {struck}; the days they were promised stay")
    say("to undo: declare it again")
