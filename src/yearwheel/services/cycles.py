"""Creating, publishing and closing a cycle."""

from dataclasses import dataclass

from yearwheel.calendar.counted import counted
from yearwheel.calendar.cycle import Cycle
from yearwheel.config.cycle_file import load_cycle
from yearwheel.notifications.commands import command
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.planner import NOBODY
from yearwheel.notifications.what_if import first_standings
from yearwheel.notifications.whole_cycle import publication
from yearwheel.roster.generated import assign_reviewers
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.local_days import enter_on_own_days
from yearwheel.services.moves import tell
from yearwheel.services.note_people import told_by
from yearwheel.services.reasons import check_reason
from yearwheel.services.replan import replan
from yearwheel.services.requests import count_open
from yearwheel.services.see_roster import of_state
from yearwheel.services.tracks import carry_tracks, enter_on_tracks
from yearwheel.stages.status import OWED
from yearwheel.store import cycles, events, outbox, reminders, roster_version, rosters, standings, versions
from yearwheel.store.cycles import StoredCycle
from yearwheel.store.events import Event


def create_cycle(app: App, source: str, *, by: str, name: str = "calendar file") -> Cycle:
    """Keep a calendar file as a draft cycle, in which districts go on in their plans of several years.

    CycleFileError lists its faults; Refused if it exists.
    """
    cycle = load_cycle(source, name=name)
    now = app.clock.now()
    with app.database.writing() as work:
        if cycles.find(work.connection, cycle.key):
            raise Refused(f"there is already a cycle {cycle.key!r}; give the file another `cycle:` key")
        cycles.add(work.connection, StoredCycle(cycle.key, cycle.state, cycle.title, source, now))
        events.append(work.connection, [Event(now, by, "cycle_created", cycle.key)])
        carry_tracks(work.connection, cycle, by, now)
        work.commit()
    return cycle


def replace_draft(app: App, key: str, source: str, *, by: str, name: str = "calendar file") -> Cycle:
    """Put another calendar in a draft's place. Refused once it is published, or for another cycle's file."""
    cycle = load_cycle(source, name=name)
    now = app.clock.now()
    with app.database.writing() as work:
        stored = read_active(work.connection, key).stored
        if stored.published_at is not None or (cycle.key, cycle.state) != (stored.key, stored.state):
            raise Refused(f"{name} is the calendar of {cycle.key}; it cannot take the place of {key}")
        cycles.replace_draft(work.connection, key, cycle.title, source)
        events.append(work.connection, [Event(now, by, "draft_replaced", key)])
        work.commit()
    return cycle


@dataclass(frozen=True, slots=True)
class Promised:
    """What the ledger holds once a cycle is published; `notices` tell people that its dates are."""

    reminders: int
    notices: int

    def __str__(self) -> str:
        return (
            f"{self.reminders:,} reminders planned, and {self.notices:,} notices that the dates are published"
        )


def publish_cycle(app: App, key: str, *, by: str, save: bool = True) -> Promised:
    """Promise the dates: every district enters every stage. Returns what the ledger then holds."""
    now = app.clock.now()
    with app.database.writing() as work:
        stored = read_active(work.connection, key).stored
        if stored.published_at is not None:
            raise Refused(f"{key} was already published on {stored.published_at:%Y-%m-%d}")
        cycles.publish(work.connection, key, now)
        versions.add(work.connection, key, stored.source, now, by, "published")
        active = read_active(work.connection, key)
        roster = rosters.load(work.connection, active.state)
        if not roster.districts:
            raise Refused(
                f"no districts of {active.state} yet; import a roster first: "
                f"yearwheel roster import FILE{of_state(active.state)}"
            )
        rosters.assign(work.connection, active.state, key, spread_reviews(roster))
        entered, let_off = enter_on_tracks(
            work.connection, active, first_standings(active.cycle, roster), by=by
        )
        entered, own = enter_on_own_days(work.connection, active, entered, now, by=by)
        standings.add(work.connection, key, entered, now)
        difference = replan(work.connection, active, entered, now)
        codes = dict.fromkeys(standing.district_code for standing in entered)
        told = publication(active.cycle, roster, codes, now)
        reminders.add(work.connection, key, told, now, active.stored.version)
        detail = {"places": len(entered), "told": len(told)}
        events.append(work.connection, [Event(now, by, "cycle_published", key, detail=detail)])
        tell(work.connection, active, [*let_off, *own], now)
        if save:
            work.commit()
    to_people = [notice for notice in told if not notice.key.contact_key.startswith(NOBODY)]
    return Promised(len(difference.new), len(to_people))


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a cycle ends: letters that waited, and places whose work is still owed."""

    key: str
    letters: int
    by_hand: int  # besides, those that a person holds or has changed: they stay as they are
    notices: int  # receipts and other news that no letter tells yet
    requests: int  # of districts, that wait for an answer
    owed: int

    def lines(self) -> list[str]:
        """A sentence for each, where there is any."""
        waits = "waits and is" if self.letters == 1 else "wait and are"
        found = [f"{counted(self.letters, 'letter')} {waits} taken back"] if self.letters else []
        if self.by_hand:
            found.append(
                f"{counted(self.by_hand, 'letter')} that a person holds or has changed: kept as it is"
            )
        if self.notices:
            what = counted(self.notices, "receipt or other message", "receipts and other messages")
            are = "is" if self.notices == 1 else "are"
            send = command("advance", self.key)
            found.append(f"{what} {are} not written yet and will not go; to send them first: {send}")
        if self.requests:
            waits = "waits" if self.requests == 1 else "wait"
            see = command("tasks list", self.key)
            found.append(f"{counted(self.requests, 'request')} {waits} for an answer; to see: {see}")
        if self.owed:
            are, them = ("is", "it") if self.owed == 1 else ("are", "them")
            pieces = f"{counted(self.owed, 'piece')} of work {are} still owed"
            found.append(f"{pieces}; nobody is reminded of {them} any more")
        return found


def close_cycle(app: App, key: str, *, by: str, why: str, save: bool = True) -> Closed:
    """End a cycle: mail that waits is taken back, and rounds pass it by from now on.

    What a person holds or has changed stays so, and does not leave: it would be lost to a reopening. Who is
    told now is kept: who comes later is owed nothing of it, unless it is opened again.
    """
    check_reason(why)
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, key)
        stored, roster = active.stored, rosters.load(work.connection, active.state, key)
        if stored.closed_at is not None:
            raise Refused(f"{key} was already closed on {stored.closed_at:%Y-%m-%d}")
        cycles.close(work.connection, key, now)
        waiting = {row for row, _, _ in outbox.list_waiting(work.connection, key)}
        held = outbox.held_words(work.connection, key).keys()
        unread = outbox.first_uses(work.connection, key).keys()
        by_hand = (held - unread) | (waiting & events.letters_by_hand(work.connection, key))
        counts = standings.count_by_status(work.connection, key)
        in_force = [counts.get(stage.key, {}) for stage in active.cycle.stages]
        owed = sum(count for here in in_force for status, count in here.items() if status in OWED)
        due = reminders.list_due(work.connection, key, now)
        notices = sum(r.is_notice and not r.contact_key.startswith(NOBODY) for r in due)
        asked = count_open(work.connection, active, roster, active.day(now)) if stored.published_at else 0
        taken = outbox.move(work.connection, waiting - by_hand, outbox.NOT_LEFT, OutboxStatus.SUPPRESSED, now)
        reminders.take_back(work.connection, taken)
        told = sorted(told_by(roster))
        detail = {"told": list(map(list, told)), "roster": roster_version.read(work.connection, stored.state)}
        events.append(work.connection, [Event(now, by, "cycle_closed", key, why=why, detail=detail)])
        if save:
            work.commit()
    return Closed(key, len(waiting - by_hand), len(by_hand), notices, asked, owed)


def spread_reviews(roster: Roster) -> dict[str, str]:
    """A reviewer for every district, evenly; nothing when the office has none."""
    readers = [c for c in roster.contacts.values() if Role.REVIEWER in c.roles]
    owing = [d for d in roster.districts.values() if not d.is_state_office]
    return assign_reviewers(owing, readers) if readers else {}
