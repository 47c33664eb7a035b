"""`yearwheel cycle`: keep a calendar file as a cycle, promise its dates, end it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yearwheel.calendar.counted import counted
from yearwheel.cli.desk import (
    AsJson,
    At,
    By,
    Unclear,
    Why,
    acting_at,
    cycle_desk,
    find_calendar,
    has_database,
    installation,
    new_installation,
)
from yearwheel.cli.selecting import Yes
from yearwheel.cli.show import complain, print_json, say, table
from yearwheel.notifications.commands import command

if TYPE_CHECKING:
    from yearwheel.services.pause import Resumed

cycle = typer.Typer(no_args_is_help=True, help="Create, publish, close and list cycles.")
Key = Annotated[str, typer.Argument(metavar="KEY", help="The cycle's key.")]


@cycle.command(epilog="Example: yearwheel cycle create kentucky-2027")
def create(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE|KEY", help="A calendar file or shipped cycle; with --from a new key."),
    ],
    by: By,
    like: Annotated[
        str, typer.Option("--from", metavar="KEY|FILE", help="Roll this calendar over to the new key's year.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the rolled-over file goes.")
    ] = None,
    at: At = "",
) -> None:
    """Keep a calendar as a draft cycle. It promises nothing until it is published."""
    from yearwheel.config.cycle_file import load_cycle
    from yearwheel.services.cycles import create_cycle
    from yearwheel.services.lint import lint_stored
    from yearwheel.services.lookup import find_cycle
    from yearwheel.services.tracks import count_tracks

    text, name = _roll_over(source, like, out) if like else find_calendar(source)
    zone = load_cycle(text, name).zone
    with new_installation() as app:
        made = create_cycle(acting_at(app, at, zone), text, by=by, name=name)
        found = lint_stored(app, find_cycle(app, made.key))
        carried = count_tracks(app, made.key)
    if like:
        for finding in found:
            say(f"{name}, line {finding}")
    if carried:
        going = ", ".join(f"{count} in {year}" for year, count in sorted(carried.items()))
        many = counted(
            sum(carried.values()), "district goes on in its plan", "districts go on in their plans"
        )
        say(f"{many}: {going}")
        say("to change one: " + command("district track CODE --year 1 --of 3", made.key))
    doubts = f"{len(found)} to look at: yearwheel calendar lint {made.key}; " if found else ""
    say(
        f"{made.key} is a draft of {len(made.stages)} stages; {doubts}"
        f"next: yearwheel cycle publish {made.key}\n"
        "to undo: nothing; a draft does nothing by itself"
    )


def _roll_over(key: str, like: str, out: Path | None) -> tuple[str, str]:
    """The next year's file, written for the user to edit even where it does not hold yet."""
    from yearwheel.calendar.lint import years_named
    from yearwheel.config.cycle_file import CycleFileError, load_cycle
    from yearwheel.config.roll_over import NotLater, roll_over

    text, name = find_calendar(like)
    try:
        rolled = roll_over(text, key, name)
    except NotLater as fault:
        raise Unclear(str(fault)) from None
    path = out or Path(f"{key}.yaml")
    with path.open("x", encoding="utf-8", errors="surrogateescape") as file:
        file.write(rolled.source)
    if not years_named(key):
        complain(f"note: the key {key} does not name the year of its calendar, {rolled.year}")
    say(f"wrote {path}, for {rolled.year}; {_lines_need(len(rolled.confirm))}")
    for line in rolled.confirm:
        say(f"  {line}")
    try:
        load_cycle(rolled.source, path.name)
    except CycleFileError as fault:
        raise Unclear(
            f"{fault}\n{path} stays, but is no cycle yet; put this right in it, then: "
            f"yearwheel cycle create {path}"
        ) from None
    say(f"when it is right: yearwheel cycle change {key} {path} --why 'dates confirmed'\n")
    return rolled.source, path.name


def _lines_need(count: int) -> str:
    if count == 0:
        return "no line needs a person"
    return "1 line needs a person:" if count == 1 else f"{count} lines need a person:"


@cycle.command(
    epilog="Example: yearwheel cycle change kentucky-2027 new.yaml --why 'drafting needs two weeks'"
)
def change(
    key: Key,
    source: Annotated[str, typer.Argument(metavar="FILE", help="The changed calendar file.")],
    by: By,
    why: Why = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; save it.")] = False,
    at: At = "",
) -> None:
    """Change a cycle's calendar: see what that does to dates, letters and people, then save a version."""
    from yearwheel.services.change_calendar import preview_change, save_change
    from yearwheel.services.cycles import replace_draft

    if not why.strip():
        raise Unclear("a changed calendar needs a reason: --why '...'")
    text, name = find_calendar(source)
    with cycle_desk(key, at) as (app, active):
        if active.stored.published_at is None:
            replace_draft(app, key, text, by=by, name=name)
            say(f"the draft {key} holds {name} now")
            say(f"to undo: yearwheel cycle change {key} OLD-FILE --why '...'")
            return
        foreseen = preview_change(app, key, text, name)
        say("\n".join(foreseen.lines()))
        if not yes:
            typer.confirm("Save this as a new version?", abort=True)
        save_change(app, key, text, by=by, why=why, name=name)
    say(
        f"{key} runs by {name} from now on; where somebody had been told an old day, "
        "the people in charge are told the new one\n"
        f"to undo: yearwheel calendar show {key} --version {active.version} --source > old.yaml\n"
        f"then: yearwheel cycle change {key} old.yaml --why '...'"
    )


@cycle.command(epilog="Example: yearwheel cycle versions kentucky-2027")
def versions(key: Key, as_json: AsJson = False) -> None:
    """List every calendar a cycle was run by: since when, by whom and why."""
    from yearwheel.services.change_calendar import list_versions

    with cycle_desk(key) as (app, active):
        found = list_versions(app, key)
    if as_json:
        names = ("number", "made_at", "made_by", "why", "sha256")
        print_json([{name: getattr(version, name) for name in names} for version in found])
        return
    rows = [
        [
            str(v.number),
            f"{v.made_at.astimezone(active.cycle.zone):%Y-%m-%d %H:%M}",
            v.made_by,
            v.why,
            v.sha256[:16],
        ]
        for v in found
    ]
    table(("version", "since", "by", "why", "sha256"), rows)


@cycle.command(epilog="Example: yearwheel cycle publish kentucky-2027 --by 'Pat Doe'")
def publish(
    key: Key,
    by: By,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, whatever the linter finds.")] = False,
    at: At = "",
) -> None:
    """Promise the dates: every district enters every stage, and the year's reminders are planned.

    What the linter still finds in the calendar is shown first, and has to be confirmed.
    """
    from yearwheel.services.cycles import publish_cycle
    from yearwheel.services.lint import lint_stored
    from yearwheel.services.ringer import find_ringer

    with cycle_desk(key, at) as (app, active):
        found = lint_stored(app, active) if active.stored.published_at is None else []
        for finding in found:
            say(f"{key}, line {finding}")
        if found and not yes:
            say(str(publish_cycle(app, key, by=by, save=False)))
            typer.confirm(f"Promise these dates with {len(found)} to look at?", abort=True)
        promised = publish_cycle(app, key, by=by)
        ringer = find_ringer(app)
    if ringer:
        say(f"Prefect on {ringer.api_url} rings the bells and has to be told: yearwheel deploy")
    say(
        f"{key} is published: {promised}\n"
        "the first letter of each kind is held until you approve it: "
        f"{command('outbox list --status held', key)}\n"
        f"to undo: a promise stays; end it with yearwheel cycle close {key} --why '...'"
    )


@cycle.command(epilog="Example: yearwheel cycle close kentucky-2027 --why 'the year is over'")
def close(key: Key, by: By, why: Why = "", yes: Yes = False, at: At = "") -> None:
    """End a cycle: no round looks at it from now on, and none of its mail is written.

    What that ends is shown first, and has to be confirmed.
    """
    from yearwheel.services.cycles import close_cycle

    if not why.strip():
        raise Unclear("closing a cycle needs a reason: --why '...'")
    with cycle_desk(key, at) as (app, _):
        for line in close_cycle(app, key, by=by, why=why, save=False).lines():
            say(line)
        if not yes:
            typer.confirm(f"Close {key}?", abort=True)
        close_cycle(app, key, by=by, why=why)
    say(f"{key} is closed; what it holds stays readable")
    say(f"to undo: yearwheel cycle reopen {key} --why '...'")


@cycle.command(epilog="Example: yearwheel cycle reopen kentucky-2027 --why 'two districts still owe work'")
def reopen(
    key: Key,
    by: By,
    why: Why = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the next round would tell, and stay closed.")
    ] = False,
    at: At = "",
) -> None:
    """Let a closed cycle go on: the next round tells each person once what still counts.

    The time in which it was closed counts as a pause: what fell due then is told as after one, and letters
    that closing took back are written afresh.
    """
    from yearwheel.services.pause import find_pause
    from yearwheel.services.reopen import reopen_cycle
    from yearwheel.services.ringer import find_ringer

    if not (dry_run or why.strip()):
        raise Unclear("opening a cycle again needs a reason: --why '...'")
    with cycle_desk(key, at) as (app, active):
        waiting = reopen_cycle(app, key, by=by, why=why, dry_run=dry_run)
        paused, ringer = find_pause(app, key), find_ringer(app)
    if ringer and not dry_run:
        say(f"Prefect on {ringer.api_url} rings the bells and has to be told: yearwheel deploy")
    if dry_run:
        say(f"{key} stays closed")
    elif paused:
        say(f"{key} is open again, and still paused; to go on: yearwheel cycle resume {key}")
    elif active.stored.published_at is None:
        say(f"{key} is a draft again")
    else:
        say(f"{key} goes on with the next round")
    say(f"that it was closed kept back {_kept_back(waiting)}")
    if not dry_run:
        say(f"to undo, before that round: yearwheel cycle close {key} --why '...'")


@cycle.command(epilog="Example: yearwheel cycle pause kentucky-2027 --why 'flood in the east'")
def pause(key: Key, by: By, why: Why = "", at: At = "") -> None:
    """Write nothing to anybody until the cycle is resumed; districts can go on handing in."""
    from yearwheel.services.pause import pause_cycle

    if not why.strip():
        raise Unclear("a pause needs a reason: --why '...'")
    with cycle_desk(key, at) as (app, _):
        pause_cycle(app, key, by=by, why=why)
    say(f"{key} is paused: nothing is queued or delivered\nto undo: yearwheel cycle resume {key}")


@cycle.command(epilog="Example: yearwheel cycle resume kentucky-2027")
def resume(
    key: Key,
    by: By,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the next round would tell, and stay paused.")
    ] = False,
    at: At = "",
) -> None:
    """Write again: the next round tells each person once what still counts, and how much that is.

    Where a deadline passed during the pause, the people in charge and those who hear of lateness are told in
    the same round. To give time first: yearwheel extend, while the cycle is paused.
    """
    from yearwheel.services.pause import resume_cycle

    with cycle_desk(key, at) as (app, _):
        waiting = resume_cycle(app, key, by=by, dry_run=dry_run)
    say(f"{key} {'stays paused' if dry_run else 'goes on with the next round'}")
    say(f"the pause kept back {_kept_back(waiting)}")
    if not dry_run:
        say(f"to undo, before that round: yearwheel cycle pause {key} --why '...'")


def _kept_back(waiting: "Resumed") -> str:
    """What a pause kept back, in words."""
    parts = []
    if waiting.things:
        parts.append(
            f"{counted(waiting.things, 'thing')} to tell {counted(waiting.people, 'person', 'people')}"
        )
    if waiting.escalations:
        parts[0] += f" ({waiting.escalations} of them to someone higher, that a district is late)"
    if waiting.letters:
        parts.append(counted(waiting.letters, "letter already written", "letters already written"))
    return " and ".join(parts) or "nothing"


@cycle.command("list", epilog="Example: yearwheel cycle list --json")
def list_all(as_json: AsJson = False) -> None:
    """List the cycles here and those that ship."""
    from yearwheel.config.cycle_file import load_cycle, read_shipped, shipped_cycles
    from yearwheel.services.status import status

    found = []
    if has_database():
        with installation() as app:
            found = status(app).cycles
    shipped = [key for key in shipped_cycles() if key not in {line.key for line in found}]
    lines = [
        {"cycle": line.key, "phase": line.phase, "done_percent": line.done, "title": line.title}
        for line in found
    ]
    lines += [
        {
            "cycle": key,
            "phase": "shipped",
            "done_percent": None,
            "title": load_cycle(read_shipped(key), key).title,
        }
        for key in shipped
    ]
    if as_json:
        print_json(lines)
        return
    rows = [
        [str(line["cycle"]), str(line["phase"]), _percent(line["done_percent"]), str(line["title"])]
        for line in lines
    ]
    table(("cycle", "phase", "done", "title"), rows)
    if shipped:
        say(f"\nto keep a shipped one as a cycle of yours: yearwheel cycle create {shipped[0]}")


def _percent(done: object) -> str:
    return "" if done is None else f"{done} %"
