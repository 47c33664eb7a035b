"""How pages say dates, standings and what happened: plain words, the same everywhere."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Cycle, RungKind, StageDates
from yearwheel.calendar.day_words import day_words, hour_words, left_words, time_words, zone_words
from yearwheel.notifications.history import OWN_DAY
from yearwheel.notifications.ledger import SYSTEM, NoticeKind
from yearwheel.services.board import days
from yearwheel.services.stage_line import StageLine
from yearwheel.stages.standing import DueBecause
from yearwheel.stages.status import HANDED_IN, LABELS, Status
from yearwheel.store.events import Event
from yearwheel.web.evidence import read_entries

HAPPENED: dict[str, str] = {
    "opened": "Opened",
    "started": "Begun",
    "submitted": "Handed in",
    "received": "Arrived for review",
    "taken_up": "Given to the reviewer",
    "returned": "Returned for changes",
    "approved": "Approved",
    "excused": "Excused",
    "not_required": "Found not to apply",
    "reinstated": "Asked for again",
    "deadline_moved": "Due day moved",
    "date_moved": "Due day moved in the calendar",
    OWN_DAY: "Due day follows the district's own calendar",
    "relieved": "Nothing is asked for a time",
    "relief_ended": "Asked for again after the relief",
    "extension_overtaken": "Extension ended: the calendar's own day is as late",
    "off_track": "Left out by the year of the plan",
    "let_off": "Left out by the year of the plan",
    "brought_back": "Asked for again by the year of the plan",
    "extension_asked": "More time asked for",
    "extension_refused": "More time could not be given",
    "withdrawn": "Taken out of the year",
    "restored": "In the year again",
}
KINDS: dict[str, str] = {  # of message, as far as readers may decline them
    RungKind.OPENED: "the news that a part of the year is open",
    RungKind.REMINDER: "the reminders before a deadline",
    NoticeKind.WEEKLY: "the digest of each week",
}
SAID = {"on_track": "Said to be on track", "need_help": "Help asked for"}

OWN_DAYS: dict[str, str] = {
    DueBecause.LOCAL: "This district's own calendar gives it another day than the published one",
    DueBecause.EXTENSION: "The office gave this district more time",
    DueBecause.RELIEF: "The clock stood still for this district",
    DueBecause.RETURNED: "The work came back for changes, with a day of its own",
    DueBecause.RECEIVED: "The reviewer's time began when the work arrived",
}


def day(on: date, seen_from: date) -> str:
    """A day in words whose month and number stay on one line."""
    return _whole(day_words(on, seen_from))


def kind_words(kind: str) -> str:
    """A kind of message that a reader may stop, as they know it."""
    return KINDS.get(kind, kind.replace("_", " "))


def full_day(on: date) -> str:
    """ "Friday, March 12, 2027"."""
    return _whole(f"{on:%A, %B} {on.day}, {on.year}")


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """ "March 12, 2027, 10:00 AM Eastern"."""
    there = moment.astimezone(zone)
    return _whole(f"{there:%B} {there.day}, {there.year}, {hour_words(there)} {zone_words(there)}")


def clock(moment: datetime, legal: ZoneInfo, own: ZoneInfo) -> str:
    """A time of day in the legal zone and, where it differs, in one's own, which stays on one line."""
    words = _whole(time_words(moment, legal, own))
    return re.sub(r"\(.*\)", lambda found: found[0].replace(" ", "\xa0"), words)


def zone_of(cycle: Cycle) -> str:
    """The cycle's zone as people name it: "Eastern"."""
    return zone_words(cycle.stages[0].dates.due.moment.astimezone(cycle.zone))


def status_words(status: Status) -> str:
    """A status to stand alone: "Open"."""
    return LABELS[status].capitalize()


def urgency(line: StageLine) -> str:
    """How far away an open deadline is: "5 days left", "due today", "2 days late"; else nothing."""
    if line.is_late:
        return f"{days(line.cell.days_late)} late"
    if not line.is_owed or line.cell.status is Status.NOT_OPEN:
        return ""
    return "due today" if line.days_left == 0 else left_words(line.days_left)


def tone(line: StageLine) -> str:
    """Which colour a line has; its words always say the same."""
    if line.is_late:
        return "late"
    if line.cell.status in HANDED_IN:
        return "done"
    if not line.is_owed or line.cell.status is Status.NOT_OPEN:
        return "quiet"
    return "today" if line.days_left == 0 else "ahead"


def happened(event: Event, dates: StageDates) -> str:
    """What an event was. A change of track and a reader's button have one name; only the first moves."""
    if _is_too_late_to_open(event, dates):
        return "The work before it came in, after this had closed"
    if event.after is None and event.kind in SAID:
        return SAID[event.kind]
    return HAPPENED.get(event.kind, event.kind.replace("_", " ").capitalize())


def moved(event: Event, dates: StageDates) -> tuple[str, str] | None:
    """From what to what an event went, or None where nothing moved."""
    if event.before is None or event.after is None or event.before == event.after:
        return None
    if _is_too_late_to_open(event, dates):
        return None
    return _place(event.before), _place(event.after)


def _is_too_late_to_open(event: Event, dates: StageDates) -> bool:
    """Whether a stage waited for earlier work until its own last day was past."""
    return event.kind == "opened" and event.at > dates.close.moment


def actor_words(event: Event) -> str:
    """Who did it; what follows from the dates alone nobody did."""
    return "the calendar" if event.actor == SYSTEM else event.actor


def mail_link(address: str, subject: str) -> str:
    """A link that opens a letter with its subject filled in."""
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject)}"


def _place(written: str) -> str:
    if written in set(Status):
        return LABELS[Status(written)]
    return full_day(date.fromisoformat(written))


def _whole(words: str) -> str:
    """The words with spaces that do not break between month and day, nor between hour and half of the day."""
    return re.sub(r"(?<=[a-z]) (?=\d{1,2}\b)| (?=[AP]M\b)", "\xa0", words)


FILTERS: dict[str, Callable[..., Any]] = {
    "day": day,
    "full_day": full_day,
    "left": left_words,
    "clock": clock,
    "moment": moment_words,
    "zone_of": zone_of,
    "status": status_words,
    "urgency": urgency,
    "tone": tone,
    "happened": happened,
    "moved": moved,
    "actor": actor_words,
    "days": days,
    "kind_words": kind_words,
    "mail_link": mail_link,
    "entries": read_entries,
}
