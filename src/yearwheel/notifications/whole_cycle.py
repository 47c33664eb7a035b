"""Messages about a whole cycle: the table each carries, and the place in the ledger that each hangs on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from yearwheel.calendar.cycle import END_OF_DAY, Cycle, Deadline, OwedBy, Stage
from yearwheel.calendar.day_words import day_words, hour_words, zone_words
from yearwheel.notifications.ledger import NoticeKind, PlannedReminder, ReminderKey
from yearwheel.notifications.news import TOLD_THE_YEAR
from yearwheel.notifications.planner import NOBODY
from yearwheel.notifications.untrusted import Address
from yearwheel.roster.people import Role, Roster

Table = tuple[tuple[str, str], ...]
FIRST = 1  # the version of a calendar that was published

# What people typed stands inside a sentence; a cell that is an address alone can only be one of the roster.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII)


def write_table(table: Iterable[tuple[str, str]]) -> str:
    """The table as a ledger note: a line each, a tab between what and words."""
    return "\n".join(f"{_cell(what)}\t{_cell(words)}" for what, words in table)


def read_table(note: str) -> Table:
    """The table that `write_table` wrote. A cell that is an e-mail address and nothing else is an Address."""
    rows = (line.partition("\t") for line in note.splitlines())
    return tuple((_read_cell(what), _read_cell(words)) for what, _, words in rows)


def anchor(cycle: Cycle, roster: Roster, code: str) -> tuple[str, str]:
    """The (stage, district) that a message about the whole cycle hangs on: the first stage they owe.

    A state office that owes no stage borrows the place of the first district.
    """
    of_state = roster.districts[code].is_state_office
    for stage in cycle.stages:
        if of_state == (stage.owed_by is OwedBy.STATE):
            return stage.key, code
    others = sorted(d.code for d in roster.districts.values() if not d.is_state_office)
    return cycle.stages[0].key, others[0]


def anchors(cycles: Iterable[Cycle]) -> set[str]:
    """The stages on which what districts are told of a whole cycle hangs, under any of its calendars."""
    owed = ([s.key for s in cycle.stages if s.owed_by is OwedBy.DISTRICTS] for cycle in cycles)
    return {keys[0] for keys in owed if keys}


def publication(
    cycle: Cycle,
    roster: Roster,
    codes: Iterable[str],
    at: datetime,
    version: int = FIRST,
    added: Iterable[Stage] = (),
) -> list[PlannedReminder]:
    """That the dates of the year are set, for coordinators and superintendents of these districts.

    A later version of the calendar is told for the stages `added` to it. The dates themselves are those that
    hold when the letter is written: one may wait, and days may move.
    """
    note = write_table((stage.key, stage.title) for stage in added)
    found: list[PlannedReminder] = []
    for code in codes:
        if not roster.districts[code].is_state_office:
            rung = f"{NoticeKind.PUBLISHED}:{version}"
            year = tell(cycle, roster, TOLD_THE_YEAR, NoticeKind.PUBLISHED, rung, (), at, code=code)
            found += (replace(notice, note=note) for notice in year)
    return found


def added_words(note: str, due_days: Mapping[str, date]) -> str:
    """Which of the stages that a notice of the year says were added are in a reader's year; empty if none."""
    titles = ", ".join(title for key, title in read_table(note) if key in due_days)
    return f"New in it: {titles}." if titles else ""


def year_table(cycle: Cycle, due_days: Mapping[str, date], seen_from: date) -> Table:
    """A district's due days, by stage, as the table of the year in the order of its days."""
    due = (
        (stage.title, replace(stage.dates.due, on=due_days[stage.key]))
        for stage in cycle.stages
        if stage.key in due_days
    )
    return tuple((title, _due_words(day, seen_from)) for title, day in sorted(due, key=lambda row: row[1].on))


def _due_words(due: Deadline, seen_from: date) -> str:
    """The day, with the time where it is not the day's end: who hands in by midnight would be late."""
    words = day_words(due.on, seen_from)
    if due.at == END_OF_DAY:
        return words
    return f"{words} at {hour_words(due.at)} {zone_words(due.moment.astimezone(due.zone))}"


def tell(
    cycle: Cycle,
    roster: Roster,
    roles: Iterable[Role],
    kind: NoticeKind,
    rung: str,
    table: Iterable[tuple[str, str]],
    at: datetime,
    *,
    code: str = "",
) -> list[PlannedReminder]:
    """One message to everyone who holds one of the roles in a district, by default the state's office.

    A role that nobody holds has a row of its own, which says so.
    """
    code = code or (roster.office.code if roster.office else "")
    place = anchor(cycle, roster, code)
    note, on = write_table(table), at.astimezone(cycle.zone).date()
    due_on = cycle.stage(place[0]).dates.due.on
    readers: dict[str, Role] = {}
    for role in roles:
        for contact in roster.holders(code, role) or (None,):
            readers.setdefault(contact.key if contact else NOBODY + role, role)
    return [
        PlannedReminder(ReminderKey(*place, rung, reader, due_on), kind, role, at, on, note=note)
        for reader, role in readers.items()
    ]


def _cell(text: str) -> str:
    return " ".join(text.split())


def _read_cell(text: str) -> str:
    return Address(text) if _ADDRESS.fullmatch(text) else text
