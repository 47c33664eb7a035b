"""`yearwheel roster`: who takes part."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yearwheel.cli.desk import (
    AsJson,
    At,
    By,
    CycleKey,
    Unclear,
    Why,
    acting_at,
    cycle_desk,
    glance,
    installation,
    new_installation,
    read_day,
)
from yearwheel.cli.show import complain, print_json, say, table, weekday
from yearwheel.notifications.commands import command
from yearwheel.services.see_roster import USUAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yearwheel.roster.diff import RosterDiff
    from yearwheel.roster.people import Contact
    from yearwheel.services.import_roster import RosterFiles

roster = typer.Typer(no_args_is_help=True, help="Import districts and contacts; list them.")
days = typer.Typer(no_args_is_help=True, help="Districts' own days: board meetings and breaks.")
roster.add_typer(days, name="days")
SHIPPED = {"kentucky": "KY"}
SHOWN = 20  # differences of one sort that are printed; --json has them all


@roster.command(
    "import",
    epilog="Example: yearwheel roster import districts.csv --contacts contacts.csv --state KY --dry-run",
)
def take_in(
    by: By,
    districts: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Districts as CSV.", show_default=False)
    ] = None,
    contacts: Annotated[
        Path | None, typer.Option("--contacts", metavar="FILE", help="Contacts as CSV.")
    ] = None,
    generate: Annotated[
        bool, typer.Option("--generate-contacts", help="Invent people, at .example addresses, to try things.")
    ] = False,
    shipped: Annotated[
        str, typer.Option("--shipped", metavar="NAME", help="Instead of files: kentucky.")
    ] = "",
    state: Annotated[str, typer.Option("--state", metavar="XX", help="Whose roster it is.")] = USUAL,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Import a roster: every fault at once, or what it changes; running cycles follow.

    A row of FILE is a body: code, name, kind (county, independent, state_school, state_office) and timezone.
    The office that runs the cycle is the one of kind state_office. A row of contacts is a person:
    district_code, name, email and roles, with a ; between roles.
    """
    from yearwheel.services.import_roster import compare_roster, import_roster
    from yearwheel.services.lookup import zone_of

    files, source = _read(districts, contacts, shipped, generate=generate)
    if shipped and state != SHIPPED[shipped]:
        raise Unclear(
            f"the roster {shipped} is of {SHIPPED[shipped]}, and --state says {state}; leave it out"
        )
    with glance() if dry_run else new_installation() as app:
        if dry_run:
            done = compare_roster(app, state, files)
        else:
            then = acting_at(app, at, zone_of(app, state)) if at else app
            done = import_roster(then, state, files, by=by, source=source)
    if as_json:
        print_json({"written": not dry_run, "difference": done.difference, "reminders": done.reminders})
        return
    _print(done.difference)
    if dry_run:
        say("nothing was changed; leave out --dry-run to import")
        return
    say(f"imported into {state}; {done.reminders:,} reminders of running cycles follow")
    say("to undo: import the files from before")


@roster.command("list", epilog="Example: yearwheel roster list --state KY")
def list_all(
    state: Annotated[str, typer.Option("--state", metavar="XX", help="Whose roster.")] = USUAL,
    contacts: Annotated[bool, typer.Option("--contacts", help="List the people instead, by key.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the districts of a state and how many people each has, or the people themselves."""
    from yearwheel.services.import_roster import read_roster

    with installation() as app:
        known = read_roster(app, state)
    if as_json:
        print_json({"districts": known.districts, "contacts": known.contacts})
        return
    if contacts:
        everyone = known.contacts.values()
        table(("key", "name", "roles", "e-mail", "confirmed", ""), (_person(c) for c in everyone), keyed=True)
        return
    people: dict[str, int] = {}
    for contact in known.contacts.values():
        people[contact.district_code] = people.get(contact.district_code, 0) + 1
    rows = (
        (d.code, d.name, d.kind.replace("_", " "), d.zone.key, str(people.get(d.code, 0)))
        for d in known.districts.values()
    )
    table(("code", "name", "kind", "time zone", "contacts"), rows)
    say(f"\n{len(known.districts):,} bodies, {len(known.contacts):,} contacts")


def _person(contact: "Contact") -> tuple[str, ...]:
    confirmed = contact.verified_at.date().isoformat() if contact.verified_at else "never"
    facts = {
        "away until ": contact.away_until,
        "deputy for ": contact.deputy_for,
        "out of reach: ": contact.undeliverable,
    }
    notes = "; ".join(f"{words}{fact}" for words, fact in facts.items() if fact)
    roles = ", ".join(sorted(contact.roles)).replace("_", " ")
    return contact.key, contact.name, roles, contact.email, confirmed, notes


def _read(
    districts: Path | None, contacts: Path | None, shipped: str, *, generate: bool
) -> "tuple[RosterFiles, str]":
    from yearwheel.roster.shipped import shipped_roster
    from yearwheel.services.import_roster import RosterFiles, read_roster_files

    if shipped:
        if shipped not in SHIPPED:
            raise Unclear(f"no roster called {shipped!r} ships; there is {', '.join(SHIPPED)}")
        if districts or contacts or generate:
            raise Unclear("--shipped brings its own districts and people; give it alone")
        return RosterFiles(shipped_roster()), f"shipped {shipped}"
    if districts is None:
        raise Unclear("name a districts file, or the shipped roster with --shipped kentucky")
    if contacts and generate:
        raise Unclear("--contacts and --generate-contacts say two things; give one")
    return read_roster_files(districts, contacts, generate=generate), districts.name


def _print(difference: "RosterDiff") -> None:
    added = [f"{entry.part} {entry.key} {entry.name}" for entry in difference.added]
    gone = [f"{entry.part} {entry.key} {entry.name}" for entry in difference.gone]
    changed = [
        f"{c.part} {c.key} {c.name}: {c.field} {c.before!r} -> {c.after!r}" for c in difference.changed
    ]
    for sign, lines in (("+", added), ("~", changed), ("-", gone)):
        for line in lines[:SHOWN]:
            say(f"{sign} {line}")
        if len(lines) > SHOWN:
            say(f"{sign} and {len(lines) - SHOWN:,} more")
    _note(difference.warnings)
    say(f"{len(added):,} added, {len(changed):,} changed, {len(gone):,} gone")


def _note(warnings: "Sequence[str]") -> None:
    for warning in warnings[:SHOWN]:
        complain(f"note: {warning}")
    if len(warnings) > SHOWN:
        complain(f"note: and {len(warnings) - SHOWN:,} more; --json has them all")


@roster.command(epilog="Example: yearwheel roster deputy 001-ann 001-dan")
def deputy(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="The key of the contact.")],
    by: By,
    stand_in: Annotated[
        str, typer.Argument(metavar="DEPUTY", help="The deputy's key; without one, nobody.")
    ] = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Say who is told when a contact is away or mail cannot reach them."""
    from yearwheel.services.contacts import name_deputy

    with cycle_desk(cycle, at) as (app, active):
        named = name_deputy(app, active.key, contact, stand_in or None, by=by)
    _note([named.remark] if named.remark else [])
    said = f"{stand_in} stands in for {contact}" if stand_in else f"nobody stands in for {contact}"
    undo = f"roster deputy {contact} {named.before}".rstrip()
    say(f"{said}\nto undo: {command(undo, active.key)}")


@roster.command(epilog="Example: yearwheel roster away 001-ann --until 2027-03-05")
def away(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="The key of the contact.")],
    by: By,
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="The last day away; without one they are back.")
    ] = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Tell a contact's deputy while they are away; they are back by themselves."""
    from yearwheel.services.contacts import set_away

    with cycle_desk(cycle, at) as (app, active):
        stood_in_for = set_away(app, active.key, contact, read_day(until) if until else None, by=by)
    say(f"{contact} is away until {until}" if until else f"{contact} is back")
    if until and not stood_in_for:
        name = command(f"roster deputy {contact} DEPUTY", active.key)
        say(f"nobody stands in: they are told as before; next: {name}")
    undo = f"roster away {contact}" if until else f"roster away {contact} --until DAY"
    say(f"to undo: {command(undo, active.key)}")


@roster.command(epilog="Example: yearwheel roster reachable 001-ann --why 'their mailbox is repaired'")
def reachable(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="The key of the contact.")],
    by: By,
    why: Why = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Write to a contact again whose address was given up because mail came back or was refused."""
    from yearwheel.services.contacts import call_reachable

    with cycle_desk(cycle, at) as (app, active):
        call_reachable(app, active.key, contact, by=by, why=why)
    say(f"{contact} is written to again; what was to be said meanwhile is not said again")
    say("to undo: nothing; the address is given up again when mail to it is refused or comes back")


@roster.command("hand-over", epilog="Example: yearwheel roster hand-over 3 --accept")
def hand_over(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The proposal, as `tasks list` has it.")],
    by: By,
    accept: Annotated[bool, typer.Option("--accept/--refuse", help="The new person is right, or is not.")],
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Put the person whom a contact named in their place, or leave it as it is."""
    from yearwheel.services.contacts import decide_hand_over

    with cycle_desk(cycle, at) as (app, active):
        proposal = decide_hand_over(app, active.key, number, accept=accept, by=by)
    if accept:
        say(f"{proposal.name} <{proposal.email}> is told from now on, and {proposal.contact_key} is not")
        say("to undo: import the roster again, with both as they were in the file of contacts")
    else:
        say(f"{proposal.name} is not told\nto undo: nothing; it can be proposed again")


@days.command(
    "import", epilog="Example: yearwheel roster days import board-meetings.csv --meetings --dry-run"
)
def take_in_days(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file, or one district's .ics feed.")],
    by: By,
    meetings: Annotated[
        bool, typer.Option("--meetings/--breaks", help="What it lists: when boards meet, or breaks.")
    ],
    district: Annotated[
        str, typer.Option("--district", metavar="CODE", help="Whose breaks a calendar feed holds.")
    ] = "",
    state: Annotated[str, typer.Option("--state", metavar="XX", help="Whose districts.")] = USUAL,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Import districts' board meetings or breaks; their due days and reminders in running cycles follow."""
    from yearwheel.roster.district_days import DayKind
    from yearwheel.services.import_days import import_days, read_days_file
    from yearwheel.services.import_roster import read_roster
    from yearwheel.services.lookup import zone_of

    kind = DayKind.MEETING if meetings else DayKind.BREAK
    with installation() as app:
        known = read_roster(app, state).districts
        # Without a roster every row would be a fault; the import says that one is missing.
        read = read_days_file(file, kind, district, known or None)
        then = acting_at(app, at, zone_of(app, state)) if at else app
        done = import_days(then, state, read, by=by, save=not dry_run)
    moves = done.moves
    if as_json:
        moved = [
            {
                "stage": m.after.stage_key,
                "district": m.after.district_code,
                "due": m.after.due_on,
                "why": m.why,
            }
            for m in moves
        ]
        print_json(
            {
                "written": not dry_run,
                "days": read.count,
                "districts": len(read.districts),
                "moved": moved,
                "reminders": done.reminders,
                "notes": read.warnings,
            }
        )
        return
    _note(read.warnings)
    for move in moves[:SHOWN]:
        due = weekday(move.after.due_on) if move.after.due_on else "the stage's own day"
        say(f"~ {move.after.district_code} {move.after.stage_key}: due {due}; {move.why}")
    if len(moves) > SHOWN:
        say(f"~ and {len(moves) - SHOWN:,} more")
    say(
        f"days read: {read.count:,}, districts: {len(read.districts):,}, due days that move: {len(moves):,}, "
        f"reminders changed: {done.reminders:,}"
    )
    say(
        "nothing was changed; leave out --dry-run to import"
        if dry_run
        else "to undo: import the file from before"
    )
