"""Declaring a disaster: a relief for chosen districts, as one act that can be taken back as one."""

from datetime import date, timedelta

from yearwheel.services.active import read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.mass import MassAct, carry_out
from yearwheel.services.reasons import need_reason
from yearwheel.services.relief import standing_still
from yearwheel.services.selection import Selection, select
from yearwheel.store import Connection, events, reliefs, rosters, standings
from yearwheel.store.events import Event

LONGEST = timedelta(days=366)  # a cycle is a year; a later day is a slip of the hand


def declare_disaster(
    app: App, cycle_key: str, chosen: Selection, last: date, *, by: str, why: str, save: bool = True
) -> MassAct:
    """From today up to a day nothing is asked of these districts, and their deadlines wait as long.

    Refused without a reason, for a day that is past and for one beyond a year. It ends by itself.
    """
    need_reason(why, "a disaster needs a reason that people will read")
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        today = active.day(now)
        if last < today:
            raise Refused(f"{last} is past; a relief lasts at least until {today}")
        if last > today + LONGEST:
            raise Refused(f"{last} is more than a year away; a relief lasts until {today + LONGEST} at most")
        codes = [d.code for d in select(rosters.load(work.connection, active.state), chosen)]
        _refuse_overlap(work.connection, cycle_key, set(codes), today)
        stages = [stage.key for stage in active.cycle.stages]
        here = standings.find(work.connection, cycle_key, stage_keys=stages, codes=codes)
        moves = [move for s in here if (move := standing_still(active, s, today, last, by, why))]
        what = f"{chosen}: relief until {last}"
        done = carry_out(work.connection, active, moves, [], now, what, by, why, save)
        if save:
            number = reliefs.add(
                work.connection, cycle_key, codes, today, last, why=why, by=by, at=now, act=done.act
            )
            detail = {"relief": number, "act": done.act, "until": str(last), "districts": codes}
            declared = Event(now, by, "disaster_declared", cycle_key, why=why, detail=detail)
            events.append(work.connection, [declared])
            work.commit()
    return done


def _refuse_overlap(connection: Connection, cycle_key: str, codes: set[str], today: date) -> None:
    """The same days may stand still only once: a second relief would move every deadline again."""
    for relief in reliefs.list_reliefs(connection, cycle_key):
        if relief.holds_on(today) and (both := sorted(codes & set(relief.districts))):
            raise Refused(
                f"relief {relief.id} already runs until {relief.last_on} for {', '.join(both)}; "
                f"end it first (yearwheel disaster end {relief.id}) and declare the longer one"
            )
