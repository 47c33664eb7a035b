"""Proving a cycle: everything on record is read once and held to the first two promises."""

from datetime import datetime

from yearwheel.notifications import proof
from yearwheel.notifications.facts import Facts
from yearwheel.notifications.history import FOREVER
from yearwheel.notifications.presence import PeopleChange
from yearwheel.notifications.proof import Proof
from yearwheel.roster.people import Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.note_people import told_at_closing, told_by
from yearwheel.store import (
    Connection,
    bounces,
    district_days,
    events,
    rosters,
    rounds,
    standings,
    tasks,
)
from yearwheel.store import proof as record


def prove(app: App, cycle_key: str) -> Proof:
    """Check a cycle up to the present moment, or up to its close. Refused for a draft."""
    with app.database.reading() as connection:
        facts = read_facts(connection, read_active(connection, cycle_key), app.clock.now())
    return proof.prove(facts)


def read_facts(connection: Connection, active: Active, now: datetime) -> Facts:
    """All that is on record of a cycle."""
    key, stored = active.key, active.stored
    roster = rosters.load(connection, active.state, key)
    if stored.published_at is None:
        raise Refused(f"{key} is a draft: nothing was promised yet; publish it first")
    return Facts(
        cycle=active.cycle,
        roster=roster,
        published_at=stored.published_at,
        until=stored.closed_at or latest_moment(connection, key, now),
        changes=record.read_changes(connection, key),
        rows=record.read_rows(connection, key),
        messages=record.read_messages(connection, key),
        refused=record.read_refusals(connection, active.state),
        breaks=district_days.read_history(connection, active.state),
        people=[*record.read_people(connection, key), *_since_the_close(connection, active, roster)],
        standings={
            (s.stage_key, s.district_code): (
                s.status,
                s.due_on or active.stages[s.stage_key].dates.due.on,
            )
            for s in standings.find(connection, key)
        },
        declined=_ever_declined(connection, key),
        pauses=record.read_pauses(connection, key),
        editions=record.read_editions(connection, key, (*active.former, active.cycle)),
        bad_addresses={
            task.subject: task.id for task in tasks.list_open(connection, active.state, tasks.BAD_ADDRESS)
        },
        answered=tasks.answered(connection),
        back_for_now=bounces.soft(connection, key),
        rounds=rounds.list_telling(connection, key),
        newest_round=rounds.newest(connection, key),
        told_the_year=_told_the_year(connection, key),
    )


def _since_the_close(connection: Connection, active: Active, roster: Roster) -> list[PeopleChange]:
    """Who came after a cycle was closed is owed nothing of it, until it is opened again."""
    if active.stored.closed_at is None:
        return []
    was, is_now = told_at_closing(connection, active, roster), told_by(roster)
    return [PeopleChange(FOREVER, tuple(sorted(is_now - was)), tuple(sorted(was - is_now)))]


def _ever_declined(connection: Connection, key: str) -> set[tuple[str, str]]:
    """Contact and kind of message; a reader may have changed their mind since."""
    told = (event.detail or {} for event in events.list_events(connection, key, kinds=["declined"]))
    return {(detail["contact"], kind) for detail in told for kind in detail["kinds"]}


def _told_the_year(connection: Connection, key: str) -> int:
    """By the events of the publication, of everyone who came later, and of stages added since."""
    kinds = ["cycle_published", "people_changed", "year_told_again"]
    telling = events.list_events(connection, key, kinds=kinds)
    details = [event.detail or {} for event in telling]
    return sum(detail.get("told", 0) + detail.get("told_year", 0) for detail in details)


def latest_moment(connection: Connection, key: str, now: datetime) -> datetime:
    """The present, or the newest moment on record: a rehearsed year lies ahead of the machine's clock."""
    known = (now, rounds.newest(connection, key), record.newest_moment(connection, key))
    return max(moment for moment in known if moment is not None)
