"""`yearwheel district`: one district's year, and what it and its reviewer do in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yearwheel.calendar.counted import counted
from yearwheel.cli.board import sign
from yearwheel.cli.desk import AsJson, At, By, CycleKey, Unclear, Why, cycle_desk
from yearwheel.cli.json_file import read_object
from yearwheel.cli.show import print_json, say, table, weekday
from yearwheel.notifications.commands import command

if TYPE_CHECKING:
    from yearwheel.calendar.cycle import Cycle
    from yearwheel.services.district_page import DistrictPage, StagePart
    from yearwheel.stages.standing import Standing

district = typer.Typer(no_args_is_help=True, help="See one district's year; begin, hand in, return, approve.")
Code = Annotated[str, typer.Argument(metavar="CODE", help="The district's code, such as 001.")]
StageKey = Annotated[str, typer.Argument(metavar="STAGE", help="The stage's key, such as drafting.")]


@district.command(epilog="Example: yearwheel district show 001")
def show(code: Code, cycle: CycleKey = "", at: At = "", as_json: AsJson = False) -> None:
    """Show everything about one district: stages, receipts, extensions, next reminders, people."""
    from yearwheel.services.district_page import read_district
    from yearwheel.services.lookup import find_district

    with cycle_desk(cycle, at) as (app, active):
        page = read_district(app, active, find_district(app, active, code))
    if as_json:
        print_json(_as_object(page))
    else:
        _print(page, active.cycle)


@district.command(epilog="Example: yearwheel district track 001 --year 2 --of 3")
def track(
    code: Code,
    by: By,
    year: Annotated[int, typer.Option("--year", metavar="N", help="Which year of its plan this is.")],
    of: Annotated[int, typer.Option("--of", metavar="N", help="How many years the plan runs for.")],
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Say which year of its plan a district is in: after the first it only updates it."""
    from yearwheel.services.lookup import find_district
    from yearwheel.services.tracks import find_track, set_track

    with cycle_desk(cycle, at) as (app, active):
        find_district(app, active, code)
        before = find_track(app, active.key, code)
        chosen, changed = set_track(app, active.key, code, year, of, by=by)
    say(
        f"{code} is in {chosen}, on the {chosen.track} track; {counted(len(changed), 'stage')} changed for it"
    )
    for standing in changed:
        say(f"  {standing.stage_key}: {standing.status.replace('_', ' ')}")
    year, of = (before.plan_year, before.plan_years) if before else (1, of)
    say(f"to undo: {command(f'district track {code} --year {year} --of {of}', active.key)}")


@district.command(epilog="Example: yearwheel district start 001 drafting --by 'Pat Doe'")
def start(code: Code, stage: StageKey, by: By, cycle: CycleKey = "", at: At = "") -> None:
    """Note that a district has begun its work."""
    from yearwheel.services.lookup import find_district, find_stage
    from yearwheel.services.submit import start as begin

    with cycle_desk(cycle, at) as (app, active):
        find_district(app, active, code)
        find_stage(active.cycle, stage)
        begin(app, active.key, stage, code, by=by)
    say(f"{code} has begun {stage}; its reminders go on until the work is in\nto undo: nothing was handed in")


@district.command(
    epilog="Example: yearwheel district submit 001 drafting --example > plan.json; "
    "yearwheel district submit 001 drafting plan.json"
)
def submit(
    code: Code,
    stage: StageKey,
    by: By,
    evidence: Annotated[
        Path | None, typer.Argument(metavar="EVIDENCE.json", help="The work, as JSON.", show_default=False)
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Say yes to what the gate found odd but possibly true.")
    ] = False,
    example: Annotated[
        bool, typer.Option("--example", help="Print evidence to fill in, and hand in nothing.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Take it although the stage has closed.")] = False,
    why: Why = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Hand in a district's work; every gap is named, and nothing is kept until there is none."""
    from yearwheel.services.lookup import find_district, find_stage
    from yearwheel.services.submit import HandIn
    from yearwheel.services.submit import submit as hand_in
    from yearwheel.stages.evidence import describe_for

    with cycle_desk(cycle, at) as (app, active):
        home = find_district(app, active, code)
        found = find_stage(active.cycle, stage)
        if example:
            print_json(describe_for(active.cycle.work_of(found), found, home.schools or 1))
            return
        if force and not why.strip():
            raise Unclear("--force needs a reason: --why '...'")
        work = HandIn(stage, code, _read(evidence), by, confirm, why if force else "")
        (kept,) = hand_in(app, active.key, [work])
    say(
        f"{code} handed in {stage}, version {kept.version}, sha256 {kept.sha256[:16]}; its reminders end\n"
        + "to undo: "
        + command(f"district return {code} {stage} --by SOMEBODY-ELSE --changes '...'", active.key)
    )


@district.command(
    "return", epilog="Example: yearwheel district return 001 drafting --changes 'Name an owner.'"
)
def send_back(
    code: Code,
    stage: StageKey,
    by: By,
    changes: Annotated[str, typer.Option("--changes", metavar="TEXT", help="What has to change.")],
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Return work for changes; the district gets the words and a date of its own."""
    if not changes.strip():
        raise Unclear("say what has to change: --changes '...'")
    _, after, said = _decide(code, stage, by, changes, cycle, at)
    assert after.due_on is not None
    say(
        "\n".join([f"{code} has {stage} back, due again on {weekday(after.due_on)}", *said]) + "\n"
        "to undo: let the district hand in again as it was; the letter says what you wrote"
    )


@district.command(epilog="Example: yearwheel district approve 001 oet_review --by 'Sam Roe'")
def approve(code: Code, stage: StageKey, by: By, cycle: CycleKey = "", at: At = "") -> None:
    """Accept a district's work; the stage is over for it."""
    key, _, _ = _decide(code, stage, by, "", cycle, at)
    say(f"{code} is approved in {stage}")
    say("to undo: " + command(f"district return {code} {stage} --changes '...'", key))


def _decide(
    code: str, stage: str, by: str, changes: str, cycle: str, at: str
) -> tuple[str, "Standing", list[str]]:
    """Carry out a decision; in which cycle, how the district then stands, and what to know of its day."""
    from yearwheel.services.decide import Decision, decide
    from yearwheel.services.extend import notes
    from yearwheel.services.lookup import find_district, find_stage

    with cycle_desk(cycle, at) as (app, active):
        find_district(app, active, code)
        found = find_stage(active.cycle, stage)
        (after,) = decide(app, active.key, [Decision(stage, code, by, changes)])
    return active.key, after, notes(active.cycle, found, after)


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        raise Unclear("name the file with the work, or print one to fill in with --example")
    return read_object(path)


def _print(page: "DistrictPage", cycle: "Cycle") -> None:
    who = page.district
    say(f"{who.code} {who.name}, {who.kind.replace('_', ' ')}, {who.zone.key}; {cycle.title}\n")
    headings = ("stage", "", "status", "due", "", "next reminder")
    table(headings, (_row(part) for part in page.parts))
    for part in page.parts:
        for receipt in part.receipts:
            when = receipt.at.astimezone(cycle.zone)
            say(f"\nreceipt {receipt.number}, {when:%a %Y-%m-%d %H:%M %Z}, by {receipt.by}")
            say(f"        sha256 {receipt.sha256}")
        for event in part.moved:
            was = (event.detail or {}).get("instead_of") or event.before
            say(f"\n{part.stage.key}: due day {was} -> {event.after} by {event.actor}: {event.why}")
    say("")
    people = ((c.name, ", ".join(sorted(c.roles)), c.email, c.undeliverable or "") for c in page.contacts)
    table(("contact", "roles", "e-mail", "why mail does not reach them"), people)


def _row(part: "StagePart") -> list[Any]:
    return [
        part.stage.key,
        sign(part.cell, word=False),
        part.cell.label,
        weekday(part.cell.due_on),
        _left(part),
        _next_reminder(part),
    ]


def _next_reminder(part: "StagePart") -> str:
    if not part.waiting:
        return ""
    first = part.waiting[0]
    return f"{'next round' if first.with_next_round else weekday(first.on)} {first.rung}"


def _left(part: "StagePart") -> str:
    from yearwheel.services.board import days
    from yearwheel.stages.status import OWED

    return f"{days(part.days_left)} left" if part.cell.status in OWED and part.days_left >= 0 else ""


def _as_object(page: "DistrictPage") -> dict[str, Any]:
    return {
        "code": page.district.code,
        "name": page.district.name,
        "timezone": page.district.zone.key,
        "stages": {
            part.stage.key: {
                "status": part.cell.status,
                "due_on": part.cell.due_on,
                "days_left": part.days_left,
                "days_late": part.cell.days_late,
                "receipts": part.receipts,
                "due_day_moved": part.moved,
                "waiting": part.waiting,
            }
            for part in page.parts
        },
        "contacts": page.contacts,
    }
