"""One number that sums up a year: a hash over natural keys and outcomes, free of row ids and wall-clock."""

from hashlib import sha256

from yearwheel.services.app import App
from yearwheel.store import reminders

SEPARATOR = "\x1f"


def ledger_digest(app: App, cycle_key: str) -> str:
    """The digest of a cycle's ledger, as hexadecimal SHA-256."""
    total = sha256()
    with app.database.reading() as connection:
        for row in reminders.list_outcomes(connection, cycle_key):
            words = (
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
            total.update(SEPARATOR.join(words).encode() + b"\n")
    return total.hexdigest()
