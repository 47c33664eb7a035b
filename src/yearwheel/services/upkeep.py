"""Upkeep: leases that ran out, doubts that a person or the mail server's own record settles, backups."""

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yearwheel.calendar.counted import counted
from yearwheel.notifications.ledger import SYSTEM, OutboxStatus
from yearwheel.services.app import App, Refused
from yearwheel.services.reasons import check_reason
from yearwheel.services.requeue import hold_to_facts
from yearwheel.store import events, outbox
from yearwheel.store.events import Event

BACKUPS_KEPT = 14


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message whose sender died in the middle."""

    outbox_id: int
    message_id: str
    recipient: str


def sweep_leases(app: App, *, holders_are_dead: bool = False) -> int:
    """Mark messages whose lease ran out as uncertain; all that are being sent, if their holders are dead."""
    now = app.clock.now()
    with app.database.writing() as work:
        swept = outbox.sweep(work.connection, now=None if holders_are_dead else now)
        if swept:
            events.append(work.connection, [Event(now, SYSTEM, "leases_swept", detail={"outbox": swept})])
        work.commit()
    return len(swept)


def list_doubts(app: App) -> list[Doubt]:
    """Every message of which nobody knows whether it left."""
    with app.database.reading() as connection:
        rows = outbox.list_messages(connection, statuses=[OutboxStatus.UNCERTAIN])
    return [Doubt(row["id"], row["message_id"], row["recipient"]) for row in reversed(rows)]


def split_doubts(
    app: App, cycle_key: str, taken: Collection[str], *, send_others: bool = False
) -> tuple[list[int], list[int]]:
    """Numbers of a cycle's doubts: of the letters that a mail server took, by its log, and of the others.

    Refused where it took none that we know it has: that is the log of another server, or of another day. To
    `send_others` again the log has to name every letter of those days that the server is known to have
    taken: one that was rotated or cut may leave out the very letters in doubt.
    """
    with app.database.reading() as connection:
        known = (OutboxStatus.SENT, OutboxStatus.BOUNCED, OutboxStatus.UNCERTAIN)
        rows = outbox.list_messages(connection, cycle_key=cycle_key, statuses=known)
        doubts = [row for row in reversed(rows) if row["status"] is OutboxStatus.UNCERTAIN]
        days = {row["send_on"] for row in doubts}
        accepted = outbox.accepted_letters(connection, cycle_key, days)
    if doubts and not any(row["message_id"] in taken for row in rows if row["send_on"] in days):
        raise Refused(
            f"the log names no letter of {', '.join(map(str, sorted(days)))}; "
            "is it of that day, and of the mail server that takes the letters first?"
        )
    if send_others and (absent := accepted - set(taken)):
        raise Refused(
            f"the log is not whole: of {counted(len(accepted), 'letter')} of these days that the mail server "
            f"took for certain it lacks {len(absent):,}; give every part of it: --log FILE --log FILE.1"
        )
    found = [row["id"] for row in doubts if row["message_id"] in taken]
    return found, [row["id"] for row in doubts if row["id"] not in set(found)]


def settle_doubts(app: App, accepted: Callable[[Doubt], bool], *, by: str, why: str) -> tuple[int, int]:
    """Settle doubts from what the mail server says it accepted: those were sent, the others go again.

    Returns how many were found sent and how many will be sent.
    """
    doubts = list_doubts(app)
    sent = [doubt.outbox_id for doubt in doubts if accepted(doubt)]
    again = [doubt.outbox_id for doubt in doubts if doubt.outbox_id not in set(sent)]
    resolve(app, sent, OutboxStatus.SENT, by=by, why=why)
    resolve(app, again, OutboxStatus.QUEUED, by=by, why=why)
    return len(sent), len(again)


def resolve(app: App, ids: Collection[int], verdict: OutboxStatus, *, by: str, why: str) -> list[int]:
    """Say of uncertain messages that they were sent, or that they shall go again. Returns those it settled.

    One that shall go again and is not true any more is taken back, and written afresh by the next round.
    """
    check_reason(why)
    if not ids:
        return []
    if verdict not in (OutboxStatus.SENT, OutboxStatus.QUEUED):
        raise Refused("a doubt is settled as `sent` or as `queued` (send it again)")
    now = app.clock.now()
    with app.database.writing() as work:
        moved = outbox.move(work.connection, ids, [OutboxStatus.UNCERTAIN], verdict, now)
        if verdict is OutboxStatus.QUEUED:
            outbox.wait_since(work.connection, moved, now)
            hold_to_facts(work.connection, moved, now)
        detail: dict[str, Any] = {"outbox": moved}
        events.append(
            work.connection, [Event(now, by, "doubts_settled", after=verdict, why=why, detail=detail)]
        )
        work.commit()
    return moved


def backup(app: App) -> Path | None:
    """Copy the SQLite database while it is in use; None on PostgreSQL, whose own tools do that."""
    if not app.database.is_sqlite:
        return None
    folder = app.settings.data_dir / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"yearwheel-{app.clock.now():%Y%m%dT%H%M%S}.sqlite"
    source = sqlite3.connect(str(app.database.url.database))
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    for old in sorted(folder.glob("yearwheel-*.sqlite"))[:-BACKUPS_KEPT]:
        old.unlink()
    return target
