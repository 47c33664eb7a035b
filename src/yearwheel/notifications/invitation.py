"""The .ics that comes with a letter: dates to be taken over into a reader's calendar, or taken out of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

from icalendar import Calendar, Event

from yearwheel.calendar.cycle import Cycle, Stage
from yearwheel.calendar.day_words import hour_words, zone_words
from yearwheel.calendar.ics import event_uid

_EPOCH, _MINUTE = datetime(2020, 1, 1, tzinfo=UTC), timedelta(minutes=1)
_PLACE = "\ue000"  # where the district's code goes in what is written once for all districts


class Method(StrEnum):
    """What a calendar program is to do with the dates it is brought (RFC 5546 1.4)."""

    PUBLISH = "PUBLISH"  # take them over
    CANCEL = "CANCEL"  # take them out: a published date that is withdrawn (RFC 5546 4.1.3)


@dataclass(frozen=True, slots=True)
class Announced:
    """One due day. Texts come from the calendar file; iCalendar's own escaping makes them safe."""

    cycle_key: str
    stage_key: str
    district_code: str
    title: str
    due_on: date
    words: str


def announce(
    cycle: Cycle, stage: Stage, district_code: str, due_on: date, basis: str, of: str = ""
) -> Announced:
    """A district's due day in words for a calendar. `of` names it where a letter speaks of several."""
    due = stage.dates.due
    rests = [f"Based on: {basis}"] if basis else []
    until = f"{hour_words(due.at)} {zone_words(due.moment.astimezone(due.zone))}"
    lines = [stage.ask, f"Due by {until}", *rests, f"Help: {cycle.help_address}"]
    title = f"Due: {stage.title} - {of}" if of else f"Due: {stage.title}"
    return Announced(cycle.key, stage.key, quote(district_code, safe=""), title, due_on, "\n".join(lines))


def write_dates(dates: Iterable[Announced], stamp: datetime, method: Method = Method.PUBLISH) -> bytes:
    """The dates as a calendar to publish (RFC 5546 3.2.1), the same bytes for the same dates and stamp.

    A date that moves keeps its UID, and its SEQUENCE is the minute it was told in: a later letter wins.
    `stamp` is an aware moment.
    """
    told = tuple(dates)
    codes = {announced.district_code for announced in told}
    if len(codes) != 1:
        return _write(told, stamp, method)
    shared = _write(tuple(replace(announced, district_code=_PLACE) for announced in told), stamp, method)
    return shared.replace(_PLACE.encode(), codes.pop().encode())


@lru_cache(maxsize=512)  # a round tells hundreds of districts the same dates, and icalendar is slow
def _write(dates: tuple[Announced, ...], stamp: datetime, method: Method) -> bytes:
    if not dates:
        return b""
    calendar = Calendar()
    calendar.add("prodid", "-//Yearwheel//Planning dates//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for announced in dates:
        calendar.add_component(_event(announced, stamp, method))
    return bytes(calendar.to_ical())


def _event(announced: Announced, stamp: datetime, method: Method) -> Event:
    event = Event()
    # Not the feed's own: of two events with one UID a program would keep a letter's old day or the feed's.
    uid = event_uid(announced.cycle_key, announced.stage_key, announced.district_code)
    event.add("uid", f"letter.{uid}")
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("sequence", (stamp - _EPOCH) // _MINUTE)
    if method is Method.CANCEL:
        event.add("status", "CANCELLED")
    event.add("dtstart", announced.due_on)  # a day, so that no zone moves it
    event.add("dtend", announced.due_on + timedelta(days=1))
    event.add("summary", announced.title)
    event.add("description", announced.words)
    event.add("transp", "TRANSPARENT")
    return event
