"""Pausing a cycle: districts go on working, and nothing is written to them until it is resumed."""

from dataclasses import dataclass
from datetime import datetime

from yearwheel.calendar.cycle import RungKind
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.reasons import check_reason
from yearwheel.services.rounds import still_to_tell
from yearwheel.store import Connection, events, outbox, pauses
from yearwheel.store.events import Event
from yearwheel.store.pauses import Pause


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was kept back: letters that were written before, and what the next round tells."""

    letters: int
    people: int
    things: int
    escalations: int  # of the things, those that tell someone higher that a district is late


def pause_cycle(app: App, key: str, *, by: str, why: str) -> None:
    """Queue and deliver nothing of a cycle from now on. Refused if it is paused, a draft or closed."""
    check_reason(why)
    now = app.clock.now()
    with app.database.writing() as work:
        stored = read_active(work.connection, key).stored
        if stored.published_at is None or stored.closed_at is not None:
            raise Refused(f"{key} is not running, so there is nothing to pause")
        if pause := pauses.find_open(work.connection, key):
            raise Refused(f"{key} is paused since {pause.since:%Y-%m-%d} by {pause.by}: {pause.why}")
        pauses.begin(work.connection, key, by, why, now)
        events.append(work.connection, [Event(now, by, "cycle_paused", key, why=why)])
        work.commit()


def find_pause(app: App, key: str) -> Pause | None:
    """The pause in which a cycle is now, if it is in one."""
    with app.database.reading() as connection:
        return pauses.find_open(connection, key)


def resume_cycle(app: App, key: str, *, by: str, dry_run: bool = False) -> Resumed:
    """Let a paused cycle write again. The next round tells each person once what still counts.

    A `dry_run` counts that, and leaves the pause as it is. Refused if the cycle is closed or not paused.
    """
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, key)
        if active.stored.closed_at is not None:
            # Reopening writes down the closed time as a pause, and this one goes on until it is resumed.
            raise Refused(
                f"{key} is closed, and nothing is written to anybody; to go on with it: "
                f"yearwheel cycle reopen {key} --why '...'"
            )
        if pauses.find_open(work.connection, key) is None:
            raise Refused(f"{key} is not paused")
        kept_back = weigh(work.connection, active, now)
        pauses.end(work.connection, key, by, now)
        events.append(work.connection, [Event(now, by, "cycle_resumed", key)])
        if not dry_run:
            work.commit()
    return kept_back


def weigh(connection: Connection, active: Active, now: datetime) -> Resumed:
    """What a cycle that goes on has to say, beside the letters that it wrote before."""
    waiting = still_to_tell(connection, active, now)
    letters = len(outbox.list_waiting(connection, active.key))
    escalations = sum(reminder.kind == RungKind.ESCALATION for reminder in waiting)
    return Resumed(letters, len({reminder.contact_key for reminder in waiting}), len(waiting), escalations)
