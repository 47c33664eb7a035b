"""Declaring a disaster: a relief for chosen districts, as one act that can be taken back as one."""

from collections.abc import Collection
from datetime import date, timedelta

from yearwheel.services.active import read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.mass import MassAct, carry_out, taken_back
from yearwheel.services.reasons import need_reason
from yearwheel.services.relief import DAY, standing_still
from yearwheel.services.selection import Selection, off_the_map, select
from yearwheel.store import Connection, acts, events, reliefs, rosters, standings
from yearwheel.store.events import Event

LONGEST = timedelta(days=366)  # a cycle is a year; a later day is a slip of the hand


def declare_disaster(
    app: App, cycle_key: str, chosen: Selection, last: date, *, by: str, why: str, save: bool = True
) -> MassAct:
    """From today up to a day nothing is asked of these districts, and their deadlines wait as long.

    Where an earlier relief runs, or was ended before its day, the days it gave count once. Refused without a
    reason, for a day that is past, for one beyond a year, and where an earlier relief covers every district.
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
        roster = rosters.load(work.connection, active.state)
        codes = [d.code for d in select(roster, chosen)]
        given = _given_until(work.connection, cycle_key, today)
        covered = _covered(work.connection, cycle_key, codes, today, last)
        codes = [code for code in codes if code not in covered]
        if not codes:
            raise Refused(f"nothing to declare: {'; '.join(covered.values())}")
        stages = [stage.key for stage in active.cycle.stages]
        here = standings.find(work.connection, cycle_key, stage_keys=stages, codes=codes)
        first = {code: max(today, given[code] + DAY) if code in given else today for code in codes}
        still = (standing_still(active, s, first[s.district_code], last, by, why) for s in here)
        moves = [move for move in still if move]
        left = [*off_the_map(roster, chosen), *covered.values()]
        what = f"{chosen}: relief until {last}"
        done = carry_out(work.connection, active, moves, left, now, what, by, why, save)
        if save:
            number = reliefs.add(
                work.connection, cycle_key, codes, today, last, why=why, by=by, at=now, act=done.act
            )
            detail = {"relief": number, "act": done.act, "until": str(last), "districts": codes}
            declared = Event(now, by, "disaster_declared", cycle_key, why=why, detail=detail)
            events.append(work.connection, [declared])
            work.commit()
    return done


def struck_places(connection: Connection, cycle_key: str) -> frozenset[tuple[str, str]]:
    """The (stage, district) places that a relief touched, unless it was taken back as a whole."""
    declared = reliefs.list_reliefs(connection, cycle_key)
    back = taken_back(connection, cycle_key) if declared else {}
    return frozenset(
        (event.stage_key, event.district_code)
        for relief in declared
        if relief.act not in back
        for _, event in acts.find(connection, cycle_key, relief.act)
        if event.stage_key and event.district_code
    )


def _given_until(connection: Connection, cycle_key: str, today: date) -> dict[str, date]:
    """For each district the last day that an earlier relief has given it already, ended since or not."""
    back = taken_back(connection, cycle_key)
    found: dict[str, date] = {}
    for relief in reliefs.list_reliefs(connection, cycle_key):
        if relief.last_on >= today and relief.act not in back:
            found |= {code: max(relief.last_on, found.get(code, today)) for code in relief.districts}
    return found


def _covered(
    connection: Connection, cycle_key: str, codes: Collection[str], today: date, last: date
) -> dict[str, str]:
    """The districts that a running relief covers as long, each with words that say so."""
    runs = reliefs.quiet_until(connection, cycle_key, today)
    return {
        code: f"{code} has relief until {runs[code]} already"
        for code in codes
        if code in runs and runs[code] >= last
    }
