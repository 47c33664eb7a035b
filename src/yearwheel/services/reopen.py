"""Opening a closed cycle again: rounds go on, and the time between counts as a pause."""

from yearwheel.services.active import read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.import_days import follow_days
from yearwheel.services.import_roster import follow_roster
from yearwheel.services.note_people import told_at_closing
from yearwheel.services.pause import Resumed, weigh
from yearwheel.services.reasons import check_reason
from yearwheel.store import cycles, events, pauses, roster_version, rosters
from yearwheel.store.events import Event


def reopen_cycle(app: App, key: str, *, by: str, why: str, dry_run: bool = False) -> Resumed:
    """Let a closed cycle go on. The next round tells each person once what still counts, as after a pause.

    What became of the roster and of districts' own days meanwhile, it follows now. A `dry_run` counts what
    that round would tell, and leaves it closed. Refused if it is not closed.
    """
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
            # Of a roster that is the same nothing is planned anew, which would take back what a person holds.
            same = (closing.detail or {}).get("roster") == roster_version.read(work.connection, active.state)
            if not same:
                told = told_at_closing(work.connection, active, roster)
                follow_roster(work.connection, active, told, roster.districts, now)
            follow_days(work.connection, active, None, now, by)
            kept_back = weigh(work.connection, active, now)
        if not dry_run:
            work.commit()
    return kept_back
