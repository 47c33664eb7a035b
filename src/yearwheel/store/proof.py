"""What the proof reads: everything on record about one cycle, a query each."""

from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from yearwheel.notifications.history import Change
from yearwheel.notifications.ledger import Attempt, OutboxStatus, ReminderKey
from yearwheel.notifications.proof import Message, Row
from yearwheel.store.tables import deliveries, events, outbox, reminders

ABOUT_THE_ADDRESS = ("address_refused", "letter_refused")  # events after which a contact is given up


def read_rows(connection: Connection, cycle_key: str) -> list[Row]:
    """Every row of the ledger."""
    names = ("kind", "role", "status", "reason", "due_at", "outbox_id", "settled_at")
    query = select(*(reminders.c[n] for n in (*ReminderKey._fields, *names)))
    query = query.where(reminders.c.cycle_key == cycle_key)
    return [Row(ReminderKey(*row[:5]), *row[5:]) for row in connection.execute(query)]


def read_messages(connection: Connection, cycle_key: str) -> list[Message]:
    """Every message of the outbox without its bytes, in the order written."""
    names = ("id", "contact_key", "zone", "send_on", "status", "message_id", "queued_at", "settled_at")
    accepted = (
        select(deliveries.c.outbox_id, func.count().label("times"))
        .where(deliveries.c.outcome == Attempt.ACCEPTED)
        .group_by(deliveries.c.outbox_id)
        .subquery()
    )
    query = (
        select(*(outbox.c[n] for n in names), func.coalesce(accepted.c.times, 0))
        .outerjoin(accepted, accepted.c.outbox_id == outbox.c.id)
        .where(outbox.c.cycle_key == cycle_key)
        .order_by(outbox.c.id)
    )
    settled, zone = _settled_by_hand(connection), cache(ZoneInfo)
    return [
        Message(row[0], row[1], zone(row[2]), *row[3:], settled_by_hand=row[0] in settled)
        for row in connection.execute(query)
    ]


def read_changes(connection: Connection, cycle_key: str) -> list[Change]:
    """Every change of where a district stands in a stage, oldest first."""
    query = (
        select(events)
        .where(events.c.cycle_key == cycle_key, events.c.stage_key.is_not(None))
        .where(events.c.district_code.is_not(None), events.c.after.is_not(None))
        .order_by(events.c.id)
    )
    return [_change(row) for row in connection.execute(query).mappings()]


def read_refusals(connection: Connection, cycle_key: str) -> dict[str, datetime]:
    """For each contact whose address was given up: since when."""
    query = (
        select(events.c.detail, events.c.at)
        .where(events.c.cycle_key == cycle_key, events.c.kind.in_(ABOUT_THE_ADDRESS))
        .order_by(events.c.id.desc())
    )
    return {detail["contact"]: at for detail, at in connection.execute(query)}


def newest_moment(connection: Connection, cycle_key: str) -> datetime | None:
    """The moment of the newest event of a cycle."""
    newest: datetime | None = connection.scalar(
        select(func.max(events.c.at)).where(events.c.cycle_key == cycle_key)
    )
    return newest


def _settled_by_hand(connection: Connection) -> set[int]:
    query = select(events.c.detail).where(
        events.c.kind == "doubts_settled", events.c.after == str(OutboxStatus.SENT)
    )
    return {outbox_id for detail in connection.scalars(query) for outbox_id in detail["outbox"]}


def _change(row: Any) -> Change:
    return Change(
        row["at"],
        row["stage_key"],
        row["district_code"],
        row["kind"],
        row["actor"],
        row["before"],
        row["after"],
        row["why"],
        date.fromisoformat(row["detail"]["due_on"]),
    )
