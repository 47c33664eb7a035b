"""Days, times and distances as people say them, the same in letters and on pages."""

from contextlib import suppress
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

ZONE_WORDS = {"E": "Eastern", "C": "Central", "M": "Mountain", "P": "Pacific", "AK": "Alaska", "H": "Hawaii"}
NOTATIONS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y")
WITH_MONTHS = ("%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y")


def day_words(day: date, seen_from: date) -> str:
    """A day in words: "Friday, March 12"; with the year where it is another than the reader's."""
    words = f"{day:%A, %B} {day.day}"
    return words if day.year == seen_from.year else f"{words}, {day.year}"


def meant_day(written: str) -> date | None:
    """The day that a date in any notation can only mean: 2027/2/1, 12/23/2027 or Feb 1, 2027.

    None where it is no date, or one of two: 02/01/2027.
    """
    days = set()
    for notation in (*NOTATIONS, *WITH_MONTHS):
        with suppress(ValueError):
            days.add(datetime.strptime(written.strip(), notation).date())  # noqa: DTZ007
    return days.pop() if len(days) == 1 else None


def left_words(days: int) -> str:
    """How far away a deadline is: "5 days left", "today", "1 day late"."""
    if days == 0:
        return "today"
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"{count} left" if days > 0 else f"{count} late"


def time_words(moment: datetime, legal: ZoneInfo, own: ZoneInfo) -> str:
    """The time of day of an aware moment in the legal zone and, where they differ, in one's own:
    "11:59 PM Eastern (10:59 PM Central)"."""
    there, here = moment.astimezone(legal), moment.astimezone(own)
    words = f"{hour_words(there)} {zone_words(there)}"
    if here.utcoffset() == there.utcoffset():
        return words
    day = "" if here.date() == there.date() else f"{day_words(here.date(), there.date())}, "
    return f"{words} ({day}{hour_words(here)} {zone_words(here)})"


def hour_words(moment: datetime | time) -> str:
    """ "9:05 AM"."""
    return f"{moment.hour % 12 or 12}:{moment.minute:02} {'AM' if moment.hour < 12 else 'PM'}"


def zone_words(moment: datetime) -> str:
    """ "Eastern" for both EST and EDT: people name the zone, not whether summer time is kept."""
    short = moment.tzname() or str(moment.tzinfo)
    return ZONE_WORDS.get(short[:-2], short) if short[-2:] in {"ST", "DT"} else short
