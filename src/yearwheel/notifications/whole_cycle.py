"""Messages about a whole cycle: the table each carries, and the place in the ledger that each hangs on."""

import re
from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter

from yearwheel.calendar.cycle import Cycle, OwedBy
from yearwheel.calendar.day_words import day_words
from yearwheel.notifications.ledger import NoticeKind, PlannedReminder, ReminderKey
from yearwheel.notifications.untrusted import Address
from yearwheel.roster.people import Role, Roster
from yearwheel.stages.standing import Standing

Table = tuple[tuple[str, str], ...]

# What people typed stands inside a sentence; a cell that is an address alone can only be one of the roster.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII)

_TOLD_THE_DATES = (Role.TECHNOLOGY_COORDINATOR, Role.SUPERINTENDENT)


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


def publication(
    cycle: Cycle, roster: Roster, entered: Iterable[Standing], at: datetime
) -> list[PlannedReminder]:
    """The dates of the year, for the coordinators and superintendents of the districts that entered it."""
    on = at.astimezone(cycle.zone).date()
    due_days = {(s.stage_key, s.district_code): s.due_on for s in entered}
    found: list[PlannedReminder] = []
    for code in dict.fromkeys(code for _, code in due_days):
        if not roster.districts[code].is_state_office:
            days = [
                (due_days[stage.key, code] or stage.dates.due.on, stage.title)
                for stage in cycle.stages
                if (stage.key, code) in due_days
            ]
            table = [(title, day_words(due_on, on)) for due_on, title in sorted(days, key=itemgetter(0))]
            rung = f"{NoticeKind.PUBLISHED}:1"
            found += tell(cycle, roster, _TOLD_THE_DATES, NoticeKind.PUBLISHED, rung, table, at, code=code)
    return found


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
    """One message to everyone who holds one of the roles in a district, by default the state's office."""
    code = code or (roster.office.code if roster.office else "")
    place = anchor(cycle, roster, code)
    note, on = write_table(table), at.astimezone(cycle.zone).date()
    due_on = cycle.stage(place[0]).dates.due.on
    readers: dict[str, Role] = {}
    for role in roles:
        for contact in roster.holders(code, role):
            readers.setdefault(contact.key, role)
    return [
        PlannedReminder(ReminderKey(*place, rung, reader, due_on), kind, role, at, on, note=note)
        for reader, role in readers.items()
    ]


def _cell(text: str) -> str:
    return " ".join(text.split())


def _read_cell(text: str) -> str:
    return Address(text) if _ADDRESS.fullmatch(text) else text
