"""`yearwheel calendar`: what a calendar file says, with every date worked out."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yearwheel.cli.desk import AsJson, find_calendar
from yearwheel.cli.show import print_json, say, table, weekday

if TYPE_CHECKING:
    from yearwheel.calendar.cycle import Cycle, Stage

calendar = typer.Typer(no_args_is_help=True, help="Read a calendar file: its dates, rules and feed.")
SHIPPED = "kentucky-2027"
Which = Annotated[str, typer.Argument(metavar="KEY|FILE", help="A cycle's key or a calendar file.")]


@calendar.command(epilog="Example: yearwheel calendar show kentucky-2027 --rules")
def show(
    which: Which = SHIPPED,
    rules: Annotated[bool, typer.Option("--rules", help="Also the words each date comes from.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the year: each stage, its dates, what moved them, and who is told."""
    cycle = _load(which)
    if as_json:
        print_json(_as_object(cycle))
        return
    say(f"{cycle.title} ({cycle.key}), all times in {cycle.zone.key}\n")
    table(
        ("stage", "opens", "due", "grace ends", "closes", "who is told", "basis", "moved because"),
        (_row(stage) for stage in cycle.stages),
    )
    if rules:
        say("")
        dates = ("opens", "due", "grace", "close")
        table(
            ("stage", *dates),
            ([stage.key, *(stage.words.get(name, "") for name in dates)] for stage in cycle.stages),
        )


@calendar.command(epilog="Example: yearwheel calendar lint my-state-2028.yaml")
def lint(
    which: Which = SHIPPED,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what would go wrong in the year, before anyone is promised a date."""
    from yearwheel.calendar.lint import Severity, standing
    from yearwheel.calendar.lint import lint as look

    _, name = find_calendar(which)
    found = look(_load(which))
    if as_json:
        print_json([{"severity": finding.severity, **asdict(finding)} for finding in found])
    else:
        for finding in found:
            say(f"{name}:{finding}")
        waived = len(found) - len(standing(found))
        say(f"{len(found) - waived} to look at, {waived} waived in the file")
    if any(strict or finding.severity is Severity.ERROR for finding in standing(found)):
        raise typer.Exit(1)


@calendar.command(epilog="Example: yearwheel calendar ics kentucky-2027 --out year.ics")
def ics(
    which: Which = SHIPPED,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The file to write.", show_default="print")
    ] = None,
) -> None:
    """Write the due dates as a calendar feed that Outlook, Google and Apple calendars read."""
    from yearwheel.calendar.ics import cycle_ics
    from yearwheel.clock import SystemClock

    feed = cycle_ics(_load(which), stamp=SystemClock().now())
    if out is None:
        typer.echo(feed.decode(), nl=False)
        return
    out.write_bytes(feed)
    say(f"wrote {out}; import it into a calendar program, or delete it to undo")


def _load(which: str) -> "Cycle":
    from yearwheel.config.cycle_file import load_cycle

    text, name = find_calendar(which)
    return load_cycle(text, name)


def _row(stage: "Stage") -> list[str]:
    from yearwheel.roster.people import ROLE_LABELS, Role

    dates = stage.dates
    days = [weekday(d.on) for d in (dates.opens, dates.due, dates.grace_end, dates.close)]
    told = ", ".join(ROLE_LABELS[Role(role)] for role in stage.tell)
    return [stage.key, *days, told, stage.basis, stage.words.get("due_moved", "")]


def _as_object(cycle: "Cycle") -> dict[str, Any]:
    stages = [
        {
            "key": stage.key,
            "title": stage.title,
            "kind": stage.kind,
            "owed_by": stage.owed_by,
            "opens": stage.dates.opens.moment.astimezone(cycle.zone),
            "due": stage.dates.due.moment.astimezone(cycle.zone),
            "grace_ends": stage.dates.grace_end.moment.astimezone(cycle.zone),
            "closes": stage.dates.close.moment.astimezone(cycle.zone),
            "after": stage.after,
            "tell": stage.tell,
            "basis": stage.basis,
            "statutory": stage.statutory,
            "rules": stage.words,
        }
        for stage in cycle.stages
    ]
    return {
        "cycle": cycle.key,
        "title": cycle.title,
        "state": cycle.state,
        "year": cycle.year,
        "timezone": cycle.zone.key,
        "stages": stages,
    }
