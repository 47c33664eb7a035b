"""The outbox as a person sees it: list and read messages, approve, hold, and try again what failed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.services.active import read_active
from yearwheel.services.app import App, Refused
from yearwheel.store import events, outbox
from yearwheel.store.events import Event


class Desk(StrEnum):
    """What a person may do with a message."""

    APPROVE = "approve"  # let a held one go
    HOLD = "hold"  # keep one back that has not left
    RETRY = "retry"  # send one again that the mail server refused


MOVES: dict[Desk, tuple[OutboxStatus, OutboxStatus]] = {
    Desk.APPROVE: (OutboxStatus.HELD, OutboxStatus.QUEUED),
    Desk.HOLD: (OutboxStatus.QUEUED, OutboxStatus.HELD),
    Desk.RETRY: (OutboxStatus.FAILED, OutboxStatus.QUEUED),
}
PAST: dict[Desk, str] = {Desk.APPROVE: "approved", Desk.HOLD: "held", Desk.RETRY: "retried"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One message in a list."""

    id: int
    status: OutboxStatus
    send_on: date
    recipient: str
    subject: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Opened:
    """One message as it is or was sent, and every attempt to send it."""

    message: Listed
    message_id: str
    queued_at: datetime
    settled_at: datetime | None
    raw: bytes
    attempts: tuple[dict[str, Any], ...]


def list_outbox(
    app: App, cycle_key: str, statuses: Collection[OutboxStatus] = (), limit: int | None = None
) -> list[Listed]:
    """Messages, newest first; all of them without statuses."""
    with app.database.reading() as connection:
        rows = outbox.list_messages(connection, cycle_key=cycle_key, statuses=statuses, limit=limit)
    return [_listed(row) for row in rows]


def open_message(app: App, outbox_id: int) -> Opened:
    """One message; Refused if there is none of that number."""
    with app.database.reading() as connection:
        row = outbox.read(connection, outbox_id)
        if row is None:
            raise Refused(f"there is no message {outbox_id}; see: yearwheel outbox list")
        attempts = outbox.list_attempts(connection, outbox_id)
    return Opened(
        _listed(row), row["message_id"], row["queued_at"], row["settled_at"], row["raw"], tuple(attempts)
    )


def move_messages(app: App, cycle_key: str, ids: Sequence[int], act: Desk, *, by: str, why: str) -> list[int]:
    """Approve, hold or try again; all of the messages or, Refused, none."""
    before, after = MOVES[act]
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        moved = outbox.move(work.connection, ids, [before], after, now)
        if other := sorted(set(ids) - set(moved)):
            numbers = ", ".join(str(number) for number in other)
            raise Refused(f"only what is {before} can be {PAST[act]}, not {numbers}; nothing was changed")
        detail = {"outbox": moved}
        event = Event(now, by, f"mail_{PAST[act]}", active.key, after=after, why=why, detail=detail)
        events.append(work.connection, [event])
        work.commit()
    return moved


def _listed(row: Mapping[Any, Any]) -> Listed:
    return Listed(row["id"], row["status"], row["send_on"], row["recipient"], row["subject"], row["attempts"])
