"""Letters for tests: one ordinary reminder, changed by keyword."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from yearwheel.notifications.letter import LINKS_WORK, Item, Letter
from yearwheel.notifications.mime import message_id

EASTERN = ZoneInfo("America/New_York")
CENTRAL = ZoneInfo("America/Chicago")
SUNDAY = date(2027, 1, 24)
FRIDAY = date(2027, 1, 29)


def item(**changes: Any) -> Item:
    due_on = changes.get("due_on", FRIDAY)
    facts = {
        "kind": "reminder",
        "stage_title": "Budget preparation",
        "ask": "Enter the technology budget your board approved and hand it in.",
        "district_name": "Adair County",
        "due_on": due_on,
        "due_at": datetime.combine(due_on, time(23, 59), EASTERN).astimezone(UTC),
        "zone": CENTRAL,
        "cycle_zone": EASTERN,
        "days_left": (due_on - SUNDAY).days,
        "missing": ("Technology budget lines", "Date of the board meeting"),
        "page": "001/budget",
        "basis": "KRS 160.470(6)(a)",
        "note": "",
        "role_label": "district technology coordinator",
    }
    return Item(**facts | changes)


def letter(*items: Item, **changes: Any) -> Letter:
    facts = {
        "to_name": "Pat Morgan",
        "to_address": "pat.morgan@adair.example",
        "office": "Office of Education Technology",
        "help_address": "help@oet.example",
        "cycle_title": "Kentucky education technology planning 2027",
        "on": SUNDAY,
        "items": items or (item(),),
        "message_id": message_id("kentucky-2027/pat/2027-01-24", "oet.example"),
        "sent_at": datetime(2027, 1, 24, 13, tzinfo=UTC),
        "sender": "planning@oet.example",
        "reader_link": "https://planning.example/l/pat",
        "links_until": changes.get("on", SUNDAY) + LINKS_WORK,
    }
    return Letter(**facts | changes)
