"""`yearwheel extend` and `yearwheel excuse`: another due day for one district, or none at all."""

from typing import Annotated

import typer

from yearwheel.cli.desk import At, By, CycleKey, Unclear, Why, cycle_desk, read_day
from yearwheel.cli.district import Code, StageKey
from yearwheel.cli.show import say, weekday

TakeBack = Annotated[bool, typer.Option("--take-back", help="Undo it.")]


def extend(
    code: Code,
    stage: StageKey,
    by: By,
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="The new due day.")] = "",
    why: Why = "",
    force: Annotated[bool, typer.Option("--force", help="Even past the day the stage closes.")] = False,
    take_back: TakeBack = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Give a district a later due day; its reminders move with it at once."""
    from yearwheel.services.extend import Extension, take_back_extension
    from yearwheel.services.extend import extend as grant
    from yearwheel.services.lookup import find_district, find_stage

    if bool(until) == take_back:
        raise Unclear("give the new due day, --until 2027-03-31, or --take-back")
    if not why.strip():
        raise Unclear("a moved date needs a reason: --why '...'")
    with cycle_desk(cycle, at) as (app, active):
        find_district(app, active, code)
        own = find_stage(active.cycle, stage).dates.due.on
        if take_back:
            take_back_extension(app, active.key, stage, code, by=by, why=why)
        else:
            grant(app, active.key, [Extension(stage, code, read_day(until))], by=by, why=why, force=force)
    if take_back:
        say(f"{code} is due in {stage} on {weekday(own)} again\nto undo: extend it once more")
        return
    say(
        f"{code} is due in {stage} on {weekday(read_day(until))}\n"
        f"to undo: yearwheel extend {code} {stage} --take-back --why '...'"
    )


def excuse(
    code: Code,
    stage: StageKey,
    by: By,
    why: Why = "",
    not_required: Annotated[
        bool, typer.Option("--not-required", help="It does not apply to this district at all.")
    ] = False,
    take_back: TakeBack = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Free a district from a stage; it counts neither as on time nor as late."""
    from yearwheel.services.excuse import excuse as free
    from yearwheel.services.excuse import reinstate
    from yearwheel.services.lookup import find_district, find_stage

    if not why.strip():
        raise Unclear("to excuse, or to take it back, needs a reason: --why '...'")
    with cycle_desk(cycle, at) as (app, active):
        find_district(app, active, code)
        find_stage(active.cycle, stage)
        if take_back:
            reinstate(app, active.key, stage, code, by=by, why=why)
            say(f"{code} owes {stage} again\nto undo: yearwheel excuse {code} {stage} --why '...'")
            return
        free(app, active.key, stage, code, by=by, why=why, not_required=not_required)
    say(
        f"{code} need not do {stage}; its reminders end\n"
        f"to undo: yearwheel excuse {code} {stage} --take-back --why '...'"
    )
