"""Opening a closed cycle again: rounds go on, and the time between counts as a pause."""

from datetime import datetime

from yearwheel.roster.people import Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.import_days import follow_days
from yearwheel.services.import_roster import follow_roster
from yearwheel.services.note_people import told_at_closing, told_by
from yearwheel.services.pause import Resumed, weigh
from yearwheel.services.reasons import check_reason
from yearwheel.store import Connection, cycles, district_days, events, pauses, roster_version, rosters
from yearwheel.store.events import Event


def reopen_cycle(app: App, key: str, *, by: str, why: str, dry_run: bool = False) -> Resumed:
    """Let a closed cycle go on. The next round tells each person once what still counts, as after a pause.

    What became of the roster and of districts' own days meanwhile, it follows now. A `dry_run` counts what
    that round would tell, and leaves it closed. Refused if it is not closed.
    """
    if not dry_run:
        check_reason(why)
    now = app.clock.now()
    with app.database.writing() as work:
        stored = read_active(work.connection, key).stored
        if stored.closed_at is None:
            raise Refused(f"{key} is not closed")
        cycles.reopen(work.connection, key)
        active = read_active(work.connection, key)
        closing = events.list_events(work.connection, key, kinds=["cycle_closed"])[-1]
        events.append(work.connection, [Event(now, by, "cycle_reopened", key, why=why)])
        kept_back = Resumed(0, 0, 0, 0)
        if stored.published_at is not None:
            if pauses.find_open(work.connection, key) is None:
                pauses.begin(work.connection, key, closing.actor, f"closed: {closing.why}", stored.closed_at)
                pauses.end(work.connection, key, by, now)
            roster = rosters.load(work.connection, active.state, key)
            _follow_roster(work.connection, active, roster, closing, now)
            follow_days(work.connection, active, None, now, by)
            kept_back = weigh(work.connection, active, now)
        if not dry_run:
            work.commit()
    return kept_back


def _follow_roster(
    connection: Connection, active: Active, roster: Roster, closing: Event, now: datetime
) -> None:
    """Only where people or breaks changed is anything planned anew: that takes back what a person holds."""
    if (closing.detail or {}).get("roster") == roster_version.read(connection, active.state):
        return
    told = told_at_closing(connection, active, roster)
    changed = {code for code, _, _ in told ^ told_by(roster)}
    history = district_days.read_history(connection, active.state)
    changed |= {code for code, known in history.items() if any(breaks.at >= closing.at for breaks in known)}
    of_office = roster.office is not None and roster.office.code in changed
    follow_roster(connection, active, told, roster.districts if of_office else changed, now)
