"""A cycle as a calendar feed (RFC 5545): one all-day event per due date, with its window in words."""

from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vDuration

from yearwheel.calendar.cycle import Cycle, OwedBy, Stage
from yearwheel.calendar.rules import in_words

REFRESH = timedelta(hours=12)


def cycle_ics(cycle: Cycle, *, stamp: datetime, district_name: str | None = None) -> bytes:
    """The feed's bytes; the same cycle and stamp always give the same ones. `stamp` is an aware moment.

    A district's feed leaves out what only the state owes.
    """
    feed = Calendar()
    feed.add("prodid", "-//Yearwheel//Planning cycle//EN")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    name = cycle.title if district_name is None else f"{cycle.title}, {district_name}"
    feed.add("x-wr-calname", name)
    feed.add("name", name)
    # RFC 7986 wants the value type said; the library leaves it out by itself.
    feed.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    for stage in cycle.stages:
        if district_name is None or stage.owed_by is OwedBy.DISTRICTS:
            feed.add_component(_event(cycle, stage, stamp))
    return bytes(feed.to_ical())


def event_uid(cycle_key: str, stage_key: str) -> str:
    """The UID of a stage's due day: the feed and a letter's .ics speak of the same event."""
    return f"{cycle_key}.{stage_key}@yearwheel.example"


def _event(cycle: Cycle, stage: Stage, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", event_uid(cycle.key, stage.key))
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", stage.dates.due.on)
    event.add("dtend", stage.dates.due.on + timedelta(days=1))
    event.add("summary", f"Due: {stage.title}")
    event.add("description", _description(cycle, stage))
    event.add("transp", "TRANSPARENT")
    return event


def _description(cycle: Cycle, stage: Stage) -> str:
    dates = stage.dates
    lines = [
        stage.ask,
        f"Opens {in_words(dates.opens.on)}. Due {in_words(dates.due.on)} at {dates.due.at:%H:%M} "
        f"({cycle.zone.key}). Closes {in_words(dates.close.on)}.",
    ]
    if "due_moved" in stage.words:
        lines.append(f"{stage.words['due_moved']}.")
    if stage.basis:
        lines.append(f"Basis: {stage.basis}.")
    return "\n".join([*lines, f"Help: {cycle.help_address}"])
