"""What a receipt says, so that a district can show later what it handed in, and when. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from yearwheel.calendar.day_words import time_words


def write_receipt(
    number: str, by: str, at: datetime, fingerprint: str, legal: ZoneInfo, own: ZoneInfo
) -> str:
    """The words of a receipt, a fact a line; the time is told in the legal zone and in their own."""
    day = at.astimezone(legal)
    return "\n".join(
        (
            f"Number: {number}",
            f"Handed in by: {by}",
            f"When: {day:%A, %B} {day.day}, {day.year}, {time_words(at, legal, own)}",
            f"Fingerprint (SHA-256): {fingerprint}",
        )
    )
