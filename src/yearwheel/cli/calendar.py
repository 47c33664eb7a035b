"""`yearwheel calendar`: what a calendar file says, with every date worked out."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yearwheel.cli.desk import (
    AsJson,
    At,
    Unclear,
    cycle_desk,
    find_calendar,
    has_database,
    installation,
    is_published,
)
from yearwheel.cli.show import print_json, say, table, weekday

if TYPE_CHECKING:
    from yearwheel.calendar.cycle import Cycle, Stage
    from yearwheel.calendar.workdays import WorkCalendar
    from yearwheel.notifications.what_if import WhatIf
    from yearwheel.roster.people import Roster

calendar = typer.Typer(no_args_is_help=True, help="Read a calendar file: its dates, rules and feed.")
SHIPPED = "kentucky-2027"
Which = Annotated[str, typer.Argument(metavar="KEY|FILE", help="A cycle's key or a calendar file.")]


@calendar.command(epilog="Example: yearwheel calendar show kentucky-2027 --rules")
def show(
    which: Which = SHIPPED,
    rules: Annotated[bool, typer.Option("--rules", help="Also the words each date comes from.")] = False,
    version: Annotated[
        int | None,
        typer.Option(
            "--version", metavar="N", help="A stored cycle's calendar as it was then.", show_default="newest"
        ),
    ] = None,
    source: Annotated[bool, typer.Option("--source", help="Print the file itself.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the year: each stage, its dates, what moved them, and who is told."""
    text, name = find_calendar(which) if version is None else _version(which, version)
    if source:
        typer.echo(text, nl=False)
        return
    cycle = _read(text, name)
    if as_json:
        print_json(_as_object(cycle))
        return
    say(f"{cycle.title} ({cycle.key}), all times in {cycle.zone.key}\n")
    table(
        ("stage", "opens", "due", "grace ends", "closes", "who is told", "basis", "moved because"),
        (_row(stage) for stage in cycle.stages),
        keyed=True,
    )
    if rules:
        say("")
        dates = ("opens", "due", "grace", "close")
        table(
            ("stage", *dates),
            ([stage.key, *(stage.words.get(name, "") for name in dates)] for stage in cycle.stages),
            keyed=True,
        )


@calendar.command(epilog="Example: yearwheel calendar lint my-state-2028.yaml")
def lint(
    which: Which = SHIPPED,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what would go wrong in the year, before anyone is promised a date.

    With a roster of the calendar's state also whether its people can do it, and can be told.
    """
    from yearwheel.calendar.lint import Severity, standing
    from yearwheel.services.lint import read_far

    text, name = find_calendar(which)
    reading = read_far(text, name)
    roster = _stored_roster(reading.cycle.state) if reading.cycle else None
    found = reading.findings(roster)
    if as_json:
        print_json([{"severity": finding.severity, **asdict(finding)} for finding in found])
    else:
        for finding in found:
            say(f"{name}:{finding}")
        waived = len(found) - len(standing(found))
        say(f"{len(found) - waived} to look at, {waived} waived in the file")
        if reading.cycle is None:
            say("what else would go wrong in the year can be seen once these are put right")
        elif reading.faults:
            say("what is at fault was looked at no further; lint again once it is put right")
        if reading.cycle and roster is None:
            say(f"no roster of {reading.cycle.state} is here, so what depends on people was not looked at")
    if any(strict or finding.severity is Severity.ERROR for finding in standing(found)):
        raise typer.Exit(1)


def _stored_roster(state: str) -> "Roster | None":
    """The people of a state, if an installation is here and has some."""
    from yearwheel.services.import_roster import read_roster

    if not has_database():
        return None
    with installation() as app:
        roster = read_roster(app, state)
    return roster if roster.districts else None


@calendar.command(epilog="Example: yearwheel calendar holidays us-federal --year 2028")
def holidays(
    which: Annotated[
        str, typer.Argument(metavar="CALENDAR", help="A calendar of holidays, a cycle's key or a file.")
    ] = SHIPPED,
    year: Annotated[
        int, typer.Option("--year", metavar="N", min=2000, max=2099, help="The calendar year.")
    ] = 2027,
    as_json: AsJson = False,
) -> None:
    """List the days of a year on which nobody works, for an office to sign off."""
    from yearwheel.calendar.holidays import closed_days

    days = _work_calendar(which)
    found = closed_days(days, year)
    if as_json:
        print_json({"calendar": days.name, "year": year, "closed": [asdict(day) for day in found]})
        return
    say(f"{days.name}, closed in {year}; weekends are closed as well\n")
    rows = ((weekday(day.on), day.name, "on a weekend" if day.on_weekend else "") for day in found)
    table(("day", "closed because", ""), rows)
    open_days = sum(not day.on_weekend for day in found)
    say(f"\n{len(found)} days, {open_days} of them on weekdays")
    say("\nchecked by ______________________  on ____________")


def _work_calendar(which: str) -> "WorkCalendar":
    from yearwheel.calendar.holidays import CALENDARS, work_calendar

    if which in CALENDARS or (which.isupper() and not Path(which).exists()):
        try:
            return work_calendar(which)
        except ValueError as fault:
            raise Unclear(str(fault)) from None
    try:
        return _load(which).workdays
    except Unclear as fault:
        named = f"{', '.join(CALENDARS)} or a code such as US-TN"
        raise Unclear(f"{fault}; the calendars of holidays are {named}") from None


@calendar.command(epilog="Example: yearwheel calendar page kentucky-2027 --out year.html")
def page(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page to write.")],
    which: Which = SHIPPED,
    for_districts: Annotated[
        bool, typer.Option("--for-districts", help="Leave out what only the state owes.")
    ] = False,
) -> None:
    """Write the year to print: wheel, list, bars, months and closed days on one HTML page."""
    from yearwheel.calendar.year_page import year_page
    from yearwheel.rehearsal.wheel import year_wheel

    cycle = _load(which)
    out.write_text(year_page(cycle, wheel=year_wheel(cycle, {}), for_districts=for_districts), "utf-8")
    say(f"wrote {out}; open it in a browser and print it, or delete it to undo")


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


@calendar.command(epilog="Example: yearwheel calendar diff kentucky-2027 my-changes.yaml --html diff.html")
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A cycle's key or a calendar file.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The other one.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page to read and to print.")
    ] = None,
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Compare two calendars: dates moved, dates that follow, messages and districts touched."""
    foreseen = _compare(old, new, at)
    if as_json:
        print_json(foreseen.as_json())
    elif html:
        html.write_text(foreseen.as_html(), "utf-8")
        say(f"wrote {html}; nothing was changed")
    else:
        say("\n".join(foreseen.lines()))


def _compare(old: str, new: str, at: str) -> "WhatIf":
    """On the ledger where NEW would be the next version of a published OLD; else on the shipped people."""
    from yearwheel.notifications.what_if import first_standings, what_if
    from yearwheel.roster.shipped import shipped_roster

    (text, name), (new_text, new_name) = find_calendar(old), find_calendar(new)
    before, after = _read(text, name), _read(new_text, new_name)
    stored = is_published(old)
    if stored and before.key == after.key:
        from yearwheel.services.change_calendar import preview_change

        with cycle_desk(old, at) as (app, _):
            return preview_change(app, old, new_text, new_name)
    if at:
        raise Unclear("--at is for a published cycle of yours and the file that would follow it")
    roster = shipped_roster()
    since = min(stage.dates.opens.on for stage in before.stages)
    return what_if(before, after, roster, first_standings(before, roster), since, since)


def _version(key: str, number: int) -> tuple[str, str]:
    from yearwheel.services.change_calendar import find_version

    with cycle_desk(key) as (app, active):
        return find_version(app, active.key, number).source, f"{key}.yaml"


def _load(which: str) -> "Cycle":
    return _read(*find_calendar(which))


def _read(text: str, name: str) -> "Cycle":
    from yearwheel.config.cycle_file import load_cycle

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
            "moved_because": stage.words.get("due_moved", ""),
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
