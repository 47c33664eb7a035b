"""`yearwheel extend`, `excuse` and `undo`: another due day for one district or many, or none at all."""

from typing import Annotated

import typer

from yearwheel.calendar.counted import counted
from yearwheel.cli.desk import At, By, CycleKey, Unclear, Why, cycle_desk, read_day
from yearwheel.cli.selecting import (
    Cooperative,
    County,
    Everyone,
    Near,
    Stages,
    Yes,
    choose,
    look_then_do,
)
from yearwheel.cli.show import say, weekday
from yearwheel.notifications.commands import command

TakeBack = Annotated[bool, typer.Option("--take-back", help="Undo it, for one district.")]
Code = Annotated[str, typer.Argument(metavar="[CODE]", help="One district's code, such as 001.")]
StageKey = Annotated[str, typer.Argument(metavar="[STAGE]", help="Its stage, such as drafting.")]


def extend(
    by: By,
    code: Code = "",
    stage: StageKey = "",
    county: County = None,
    cooperative: Cooperative = None,
    near: Near = "",
    everyone: Everyone = False,
    stages: Stages = None,
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="The new due day.")] = "",
    workdays: Annotated[
        int | None, typer.Option("--workdays", metavar="N", help="For many: so many working days later.")
    ] = None,
    why: Why = "",
    force: Annotated[bool, typer.Option("--force", help="Even past the day the stage closes.")] = False,
    take_back: TakeBack = False,
    yes: Yes = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Give a district, or many at once, a later due day; reminders move with it at once."""
    if not why.strip():
        raise Unclear("a moved date needs a reason: --why '...'")
    if county or cooperative or near or everyone:
        if take_back:
            raise Unclear("what many districts were given is taken back as one, with the command undo")
        if bool(until) == (workdays is not None):
            raise Unclear("for many districts give either --until 2027-03-31 or --workdays 5")
        from yearwheel.services.mass import NewDay, extend_many

        chosen = choose((code,) if code else (), county, cooperative, near, everyone)
        day = NewDay(read_day(until) if until else None, workdays or 0)
        named = [*(stages or ()), *([stage] if stage else [])]
        with cycle_desk(cycle, at) as (app, active):
            done = look_then_do(
                lambda save: extend_many(
                    app, active.key, chosen, named, day, by=by, why=why, force=force, save=save
                ),
                yes=yes,
            )
        say(f"a later day for {counted(len(done.names), 'district')}")
        say(f"to undo: {_take_back(done.act, active.key)}")
        return
    if workdays is not None:
        raise Unclear("--workdays is for many districts; for one give the day itself: --until 2027-03-31")
    _extend_one(code, stage, by, until, why, force, take_back, cycle, at)


def _extend_one(
    code: str, stage: str, by: str, until: str, why: str, force: bool, take_back: bool, cycle: str, at: str
) -> None:
    from yearwheel.services.extend import Extension, notes, take_back_extension
    from yearwheel.services.extend import extend as grant
    from yearwheel.services.lookup import find_district, find_stage

    _one_place(code, stage)
    if bool(until) == take_back:
        raise Unclear("give the new due day, --until 2027-03-31, or --take-back")
    with cycle_desk(cycle, at) as (app, active):
        find_district(app, active, code)
        known = find_stage(active.cycle, stage)
        if take_back:
            after = take_back_extension(app, active.key, stage, code, by=by, why=why)
        else:
            given = [Extension(stage, code, read_day(until))]
            (after,) = grant(app, active.key, given, by=by, why=why, force=force)
    if take_back:
        due_on = weekday(after.due_on or known.dates.due.on)
        say(f"{code} is due in {stage} on {due_on} again\nto undo: extend it once more")
        return
    for note in notes(active.cycle, known, after):
        say(f"note: {note}")
    say(
        f"{code} is due in {stage} on {weekday(read_day(until))}\n"
        "to undo, back to the day without any extension: "
        + command(f"extend {code} {stage} --take-back --why '...'", active.key)
    )


def excuse(
    by: By,
    code: Code = "",
    stage: StageKey = "",
    county: County = None,
    cooperative: Cooperative = None,
    near: Near = "",
    everyone: Everyone = False,
    stages: Stages = None,
    why: Why = "",
    not_required: Annotated[
        bool, typer.Option("--not-required", help="It does not apply to this one district at all.")
    ] = False,
    take_back: TakeBack = False,
    yes: Yes = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Free a district, or many at once, from a stage; it counts neither as on time nor as late."""
    if not why.strip():
        raise Unclear("to excuse, or to take it back, needs a reason: --why '...'")
    if county or cooperative or near or everyone:
        if take_back or not_required:
            raise Unclear("many districts are excused together; take it back with the command undo")
        from yearwheel.services.mass import excuse_many

        chosen = choose((code,) if code else (), county, cooperative, near, everyone)
        named = [*(stages or ()), *([stage] if stage else [])]
        with cycle_desk(cycle, at) as (app, active):
            done = look_then_do(
                lambda save: excuse_many(app, active.key, chosen, named, by=by, why=why, save=save), yes=yes
            )
        say(f"excused: {counted(len(done.names), 'district')}")
        say(f"to undo: {_take_back(done.act, active.key)}")
        return
    _excuse_one(code, stage, by, why, not_required, take_back, cycle, at)


def _excuse_one(
    code: str, stage: str, by: str, why: str, not_required: bool, take_back: bool, cycle: str, at: str
) -> None:
    from yearwheel.services.excuse import excuse as free
    from yearwheel.services.excuse import reinstate
    from yearwheel.services.lookup import find_district, find_stage

    _one_place(code, stage)
    with cycle_desk(cycle, at) as (app, active):
        find_district(app, active, code)
        find_stage(active.cycle, stage)
        if take_back:
            reinstate(app, active.key, stage, code, by=by, why=why)
            say(f"{code} owes {stage} again")
            say("to undo: " + command(f"excuse {code} {stage} --why '...'", active.key))
            return
        free(app, active.key, stage, code, by=by, why=why, not_required=not_required)
    say(
        f"{code} need not do {stage}; its reminders end\nto undo: "
        + command(f"excuse {code} {stage} --take-back --why '...'", active.key)
    )


def undo(
    act: Annotated[str, typer.Argument(metavar="ACT", help="The name the act was given when it was done.")],
    by: By,
    why: Why = "",
    yes: Yes = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Take back what was done for many districts, as one, unless later changes stand in the way."""
    from yearwheel.services.mass import undo as take_back

    if not why.strip():
        raise Unclear("to take something back needs a reason: --why '...'")
    with cycle_desk(cycle, at) as (app, active):
        done = look_then_do(lambda save: take_back(app, active.key, act, by=by, why=why, save=save), yes=yes)
    say(f"{act} is undone for {counted(len(done.names), 'district')}")
    say(f"to undo: {_take_back(done.act, active.key)}")


def _take_back(act: str, cycle_key: str) -> str:
    """The command that takes back, as one, what was done for many districts."""
    return command(f"undo {act} --why '...'", cycle_key)


def _one_place(code: str, stage: str) -> None:
    if not code or not stage:
        raise Unclear("name a district and a stage, or many districts with --county, --near or --all")
