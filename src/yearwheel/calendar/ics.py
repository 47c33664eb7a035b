"""A cycle as a calendar feed (RFC 5545): one all-day event per due date, with its window in words."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vDuration

from yearwheel.calendar.cycle import Cycle, OwedBy, Stage, StageDates
from yearwheel.calendar.feed import FeedEvent
from yearwheel.calendar.rules import in_words

REFRESH = timedelta(hours=12)
WARNING = timedelta(days=7)  # how long before a due day its alarm goes


def cycle_ics(cycle: Cycle, *, stamp: datetime, district_name: str | None = None) -> bytes:
    """The feed's bytes; the same cycle and stamp always give the same ones. `stamp` is an aware moment.

    A district's feed leaves out what only the state owes.
    """
    feed = _begin(cycle.title if district_name is None else f"{cycle.title}, {district_name}")
    for stage in cycle.stages:
        if district_name is None or stage.owed_by is OwedBy.DISTRICTS:
            feed.add_component(_event(cycle, stage, stamp))
    return bytes(feed.to_ical())


def _begin(name: str) -> Calendar:
    feed = Calendar()
    feed.add("prodid", "-//Yearwheel//Planning cycle//EN")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", name)
    feed.add("name", name)
    # RFC 7986 wants the value type said; the library leaves it out by itself.
    feed.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    return feed


def event_uid(cycle_key: str, stage_key: str, district_code: str = "") -> str:
    """The UID of a stage's due day, or of one district's.

    Nothing in it comes from a setting: a UID that changed would put every day twice into people's calendars.
    """
    place = f"{stage_key}.{district_code}" if district_code else stage_key
    return f"{cycle_key}.{place}@yearwheel.example"


def write_feed(name: str, events: Iterable[FeedEvent]) -> bytes:
    """A feed to subscribe to; the same events always give the same bytes.

    A withdrawn day stays in it as CANCELLED, so that programs take it out.
    """
    feed = _begin(name)
    for event in events:
        feed.add_component(_feed_event(event))
    return bytes(feed.to_ical())


def _feed_event(day: FeedEvent) -> Event:
    event = Event()
    event.add("uid", day.uid)
    event.add("dtstamp", day.changed_at.astimezone(UTC))
    event.add("last-modified", day.changed_at.astimezone(UTC))
    event.add("sequence", day.sequence)
    event.add("status", "CANCELLED" if day.cancelled else "CONFIRMED")
    event.add("dtstart", day.due.on)
    event.add("dtend", day.due.on + timedelta(days=1))
    event.add("summary", day.summary)
    event.add("description", day.description)
    event.add("transp", "TRANSPARENT")
    if day.alarm and not day.cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -WARNING)
        alarm.add("description", day.summary)
        event.add_component(alarm)
    return event


def _event(cycle: Cycle, stage: Stage, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", event_uid(cycle.key, stage.key))
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", stage.dates.due.on)
    event.add("dtend", stage.dates.due.on + timedelta(days=1))
    event.add("summary", f"Due: {stage.title}")
    event.add("description", describe(cycle, stage, stage.dates))
    event.add("transp", "TRANSPARENT")
    return event


def describe(cycle: Cycle, stage: Stage, dates: StageDates) -> str:
    """What a calendar says of a due day: what to do, the window, why it moved, on what basis."""
    lines = [
        stage.ask,
        f"Opens {in_words(dates.opens.on)}. Due {in_words(dates.due.on)} at {dates.due.at:%H:%M} "
        f"({cycle.zone.key}). Closes {in_words(dates.close.on)}.",
    ]
    if "due_moved" in stage.words and dates == stage.dates:
        lines.append(f"{stage.words['due_moved']}.")
    if stage.basis:
        of = "" if dates == stage.dates else f" of the published day, {in_words(stage.dates.due.on)}"
        lines.append(f"Basis{of}: {stage.basis}.")
    return "\n".join([*lines, f"Help: {cycle.help_address}"])
