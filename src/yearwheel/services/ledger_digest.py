"""One number that sums up a year: a hash over natural keys and outcomes, free of row ids and wall-clock."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from yearwheel.notifications.ledger import NoticeKind
from yearwheel.services.app import App
from yearwheel.store import reminders

SEPARATOR = "\x1f"


def ledger_digest(app: App, cycle_key: str) -> str:
    """The digest of a cycle's ledger, as hexadecimal SHA-256. Alerts tell of a machine, not of the year."""
    with app.database.reading() as connection:
        outcomes = reminders.list_outcomes(connection, cycle_key)
    rows = [_words(row) for row in outcomes if row["kind"] != NoticeKind.ALERT]
    # Sorted here: each database sorts text by a language of its own.
    lines = (SEPARATOR.join(words) + "\n" for words in sorted(rows))
    return sha256("".join(lines).encode()).hexdigest()


def _words(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return (
        row["stage_key"],
        row["district_code"],
        row["rung"],
        row["contact_key"],
        row["deadline_on"].isoformat(),
        row["kind"],
        row["status"],
        row["reason"] or "",
        row["outbox_status"] or "",
        row["message_id"] or "",
    )
