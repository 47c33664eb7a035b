"""The outbox: rendered messages, who holds them, and every attempt to send one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union_all,
    update,
)

from yearwheel.notifications.ledger import Attempt, OutboxStatus
from yearwheel.store.columns import as_row
from yearwheel.store.tables import deliveries, pauses, reminders
from yearwheel.store.tables import outbox as table

NOT_LEFT = (OutboxStatus.HELD, OutboxStatus.QUEUED)
GIVEN_UP = (OutboxStatus.SUPPRESSED, OutboxStatus.DISCARDED)
FIRST_USE = "yearwheel"  # who holds a letter whose words nobody has approved yet


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message about to enter the outbox."""

    key: str
    cycle_key: str
    contact_key: str
    recipient: str
    zone: str
    send_on: date
    subject: str
    raw: bytes
    template_version: str
    message_id: str
    status: OutboxStatus
    not_before: datetime
    queued_at: datetime
    held_by: str | None = None
    held_because: str | None = None
    attempts: int = 0  # made with the letters it takes the place of


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message this deliverer holds under a lease."""

    id: int
    cycle_key: str
    contact_key: str
    recipient: str
    raw: bytes
    message_id: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of one attempt."""

    id: int
    attempt: int
    outcome: Attempt
    code: str
    detail: str
    status: OutboxStatus
    not_before: datetime | None
    at: datetime


def add(connection: Connection, new: Iterable[NewMessage]) -> list[int]:
    """Write messages; their ids come back in the same order."""
    rows = [as_row(message) for message in new]
    if not rows:
        return []
    query = table.insert().returning(table.c.id, sort_by_parameter_order=True)
    return list(connection.scalars(query, rows))


def letters_that_day(
    connection: Connection, cycle_key: str, days: Collection[date]
) -> dict[tuple[str, date], tuple[int, int]]:
    """For each contact and day: messages written, and how many of those may still reach them."""
    alive = func.count(case((table.c.status.not_in(GIVEN_UP), 1)))
    query = (
        select(table.c.contact_key, table.c.send_on, func.count(), alive)
        .where(table.c.cycle_key == cycle_key, table.c.send_on.in_(days))
        .group_by(table.c.contact_key, table.c.send_on)
    )
    return {(contact, on): (written, kept) for contact, on, written, kept in connection.execute(query)}


def letter_days(
    connection: Connection, cycle_key: str, after: date, contact_keys: Collection[str]
) -> dict[str, list[date]]:
    """The days after `after` on which each of these people was or will be written to, oldest first."""
    query = (
        select(table.c.contact_key, table.c.send_on)
        .where(table.c.cycle_key == cycle_key, table.c.contact_key.in_(contact_keys))
        .where(table.c.send_on > after, table.c.status.not_in(GIVEN_UP))
        .order_by(table.c.send_on)
    )
    found: dict[str, list[date]] = {}
    for contact_key, on in connection.execute(query):
        found.setdefault(contact_key, []).append(on)
    return found


def tries_so_far(connection: Connection, cycle_key: str) -> dict[str, int]:
    """For each person whose newest letter was taken back after attempts to send it: how many."""
    query = select(table.c.contact_key, table.c.id, table.c.attempts).where(
        table.c.status == OutboxStatus.SUPPRESSED, table.c.cycle_key == cycle_key, table.c.attempts > 0
    )
    taken_back = connection.execute(query).all()
    if not taken_back:  # nearly always
        return {}
    newest = _newest_alive(connection, cycle_key, {contact_key for contact_key, _, _ in taken_back})
    tries: dict[str, int] = {}
    for contact_key, row, attempts in taken_back:
        if row > newest.get(contact_key, 0):
            tries[contact_key] = max(attempts, tries.get(contact_key, 0))
    return tries


def _newest_alive(connection: Connection, cycle_key: str, contact_keys: Collection[str]) -> dict[str, int]:
    query = (
        select(table.c.contact_key, func.max(table.c.id))
        .where(table.c.cycle_key == cycle_key, table.c.contact_key.in_(contact_keys))
        .where(table.c.status.not_in(GIVEN_UP))
        .group_by(table.c.contact_key)
    )
    return dict(connection.execute(query).all())


def list_waiting(connection: Connection, cycle_key: str) -> list[tuple[int, str, date]]:
    """Id, reader's zone and day of every message that has not left."""
    query = select(table.c.id, table.c.zone, table.c.send_on).where(
        table.c.status.in_(NOT_LEFT), table.c.cycle_key == cycle_key
    )
    return [(row, zone, on) for row, zone, on in connection.execute(query)]


def claim(
    connection: Connection,
    cycle_key: str,
    *,
    now: datetime,
    until: datetime,
    by: str,
    zones: Collection[str],
    limit: int,
    among: Collection[int] | None = None,
) -> list[Claimed]:
    """Take messages that may leave now, under a lease. No two deliverers get the same one."""
    waiting = select(table.c.id).where(_may_leave(cycle_key, now, zones)).order_by(table.c.id).limit(limit)
    if among is not None:
        waiting = waiting.where(table.c.id.in_(among))
    if connection.dialect.name == "postgresql":
        waiting = waiting.with_for_update(skip_locked=True)
    # A CTE runs once; PostgreSQL may run a subquery again for each row, and then takes more than `limit`.
    chosen = waiting.cte("chosen")
    query = (
        update(table)
        .where(table.c.id.in_(select(chosen.c.id)), table.c.status == OutboxStatus.QUEUED)
        .values(status=OutboxStatus.SENDING, lease_by=by, lease_until=until, attempts=table.c.attempts + 1)
        .returning(*(table.c[name] for name in Claimed.__dataclass_fields__))
    )
    return sorted((Claimed(**row) for row in connection.execute(query).mappings()), key=lambda c: c.id)


def _may_leave(cycle_key: str, now: datetime, zones: Collection[str]) -> ColumnElement[bool]:
    return and_(
        table.c.status == OutboxStatus.QUEUED,
        table.c.not_before <= now,
        table.c.cycle_key == cycle_key,
        table.c.zone.in_(zones),
    )


def list_claimable(
    connection: Connection, cycle_key: str, *, now: datetime, zones: Collection[str]
) -> list[tuple[int, str]]:
    """Id and recipient of every message that may leave now, in the order in which they are claimed."""
    query = select(table.c.id, table.c.recipient).where(_may_leave(cycle_key, now, zones))
    return [(row, recipient) for row, recipient in connection.execute(query.order_by(table.c.id))]


def recently_tried(connection: Connection, since: datetime) -> list[str]:
    """Whom the mail server was asked to reach after `since`, and whom it is being asked for now.

    Until the transaction ends no other deliverer counts: two that counted at once would both go ahead.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_COUNTING)))
    tried = select(table.c.recipient).join(deliveries, deliveries.c.outbox_id == table.c.id)
    under_way = select(table.c.recipient).where(table.c.status == OutboxStatus.SENDING)
    return list(connection.scalars(union_all(tried.where(deliveries.c.at > since), under_way)))


def waiting_zones(connection: Connection) -> dict[str, set[str]]:
    """For each cycle that is not paused, the readers' zones of all messages that wait to leave."""
    paused = select(pauses.c.cycle_key).where(pauses.c.resumed_at.is_(None))
    query = (
        select(table.c.cycle_key, table.c.zone)
        .where(table.c.status == OutboxStatus.QUEUED, table.c.cycle_key.not_in(paused))
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for cycle_key, zone in connection.execute(query.order_by(table.c.cycle_key)):
        found.setdefault(cycle_key, set()).add(zone)
    return found


def record(connection: Connection, settled: Iterable[Settled]) -> None:
    """Write attempts and what became of their messages. A message whose lease was swept is left as it is."""
    rows = list(settled)
    if not rows:
        return
    connection.execute(
        deliveries.insert(),
        [
            {
                "outbox_id": r.id,
                "attempt": r.attempt,
                "outcome": r.outcome,
                "code": r.code,
                "detail": r.detail,
                "at": r.at,
            }
            for r in rows
        ],
    )
    final = [r for r in rows if r.not_before is None]
    again = [r for r in rows if r.not_before is not None]
    if final:
        connection.execute(_END, [{"row": r.id, "status_": r.status, "at_": r.at} for r in final])
    if again:
        connection.execute(_AGAIN, [{"row": r.id, "later": r.not_before} for r in again])


def sweep(connection: Connection, *, now: datetime | None) -> list[int]:
    """Leases that ran out become `uncertain`; without `now` all do: their holders are known to be dead."""
    query = update(table).where(table.c.status == OutboxStatus.SENDING)
    if now is not None:
        query = query.where(or_(table.c.lease_until < now, table.c.lease_until.is_(None)))
    query = query.values(status=OutboxStatus.UNCERTAIN, lease_by=None, lease_until=None)
    return sorted(connection.scalars(query.returning(table.c.id)))


def move(
    connection: Connection,
    ids: Collection[int],
    before: Collection[OutboxStatus],
    after: OutboxStatus,
    at: datetime,
) -> list[int]:
    """Move messages that stand in one of `before`; the ids that moved come back."""
    ending = {"settled_at": at} if after in (OutboxStatus.SENT, *GIVEN_UP) else {}
    query = (
        update(table)
        .where(table.c.id.in_(ids), table.c.status.in_(before))
        .values(status=after, lease_by=None, lease_until=None, **ending)
        .returning(table.c.id)
    )
    return sorted(connection.scalars(query))


def hold(connection: Connection, ids: Collection[int], by: str, because: str) -> list[int]:
    """Keep messages back that have not left, until they are released; their ids come back."""
    query = (
        update(table)
        .where(table.c.id.in_(ids), table.c.status.in_(NOT_LEFT))
        .values(status=OutboxStatus.HELD, held_by=by, held_because=because, released_at=None)
    )
    return sorted(connection.scalars(query.returning(table.c.id)))


def release(connection: Connection, ids: Collection[int], at: datetime) -> list[int]:
    """Let held messages go; who held them, and why, stays on record."""
    query = (
        update(table)
        .where(table.c.id.in_(ids), table.c.status == OutboxStatus.HELD)
        .values(status=OutboxStatus.QUEUED, released_at=at)
    )
    return sorted(connection.scalars(query.returning(table.c.id)))


def kinds_carried(
    connection: Connection, cycle_key: str, *where: ColumnElement[bool]
) -> dict[int, tuple[str, set[str]]]:
    """For each held message: the version of its templates, and the kinds of the reminders it carries."""
    query = (
        select(table.c.id, table.c.template_version, reminders.c.kind)
        .join(reminders, reminders.c.outbox_id == table.c.id)
        .where(table.c.cycle_key == cycle_key, table.c.status == OutboxStatus.HELD, *where)
    )
    found: dict[int, tuple[str, set[str]]] = {}
    for row, version, kind in connection.execute(query):
        found.setdefault(row, (version, set()))[1].add(kind)
    return found


def first_uses(connection: Connection, cycle_key: str) -> dict[int, tuple[str, set[str]]]:
    """The same, of messages that wait only because nobody has approved their words."""
    return kinds_carried(connection, cycle_key, table.c.held_by == FIRST_USE)


def last_released(connection: Connection, cycle_key: str) -> dict[str, datetime]:
    """For each person who had letters held back: when the newest of them was let go."""
    query = select(table.c.contact_key, func.max(table.c.released_at)).where(
        table.c.cycle_key == cycle_key, table.c.released_at.is_not(None)
    )
    return dict(connection.execute(query.group_by(table.c.contact_key)).all())


def replace(connection: Connection, old: int, new: NewMessage, at: datetime) -> int:
    """Put a message in another's place: the old one is taken back, the new one carries its reminders."""
    (row,) = add(connection, [new])
    connection.execute(update(reminders).where(reminders.c.outbox_id == old).values(outbox_id=row))
    move(connection, [old], NOT_LEFT, OutboxStatus.SUPPRESSED, at)
    return row


def list_messages(
    connection: Connection,
    *,
    cycle_key: str | None = None,
    statuses: Collection[OutboxStatus] = (),
    limit: int | None = None,
) -> list[RowMapping]:
    """Messages without their bytes, newest first."""
    columns = [column for column in table.c if column.name != "raw"]
    query = select(*columns).order_by(table.c.id.desc())
    if cycle_key is not None:
        query = query.where(table.c.cycle_key == cycle_key)
    if statuses:
        query = query.where(table.c.status.in_(statuses))
    return list(connection.execute(query.limit(limit)).mappings())


def read(connection: Connection, outbox_id: int) -> RowMapping | None:
    """One message with its exact bytes."""
    return connection.execute(select(table).where(table.c.id == outbox_id)).mappings().one_or_none()


def count_by_status(
    connection: Connection, cycle_key: str, statuses: Collection[OutboxStatus] = tuple(OutboxStatus)
) -> dict[OutboxStatus, int]:
    """How many messages stand in each of these statuses."""
    query = select(table.c.status, func.count()).where(table.c.status.in_(statuses))
    query = query.where(table.c.cycle_key == cycle_key).group_by(table.c.status)
    return dict(connection.execute(query).all())


def count_sent_by_day(connection: Connection, cycle_key: str) -> dict[date, int]:
    """Messages the mail server accepted, by the reader's day."""
    query = (
        select(table.c.send_on, func.count())
        .where(table.c.cycle_key == cycle_key, table.c.status.in_([OutboxStatus.SENT, OutboxStatus.BOUNCED]))
        .group_by(table.c.send_on)
        .order_by(table.c.send_on)
    )
    return dict(connection.execute(query).all())


def list_attempts(connection: Connection, outbox_id: int) -> list[dict[str, Any]]:
    """Every attempt to send one message, first to last."""
    query = select(deliveries).where(deliveries.c.outbox_id == outbox_id).order_by(deliveries.c.attempt)
    return [dict(row) for row in connection.execute(query).mappings()]


_COUNTING = 7_934_201  # the number of the lock under which deliverers count
_END = (
    update(table)
    .where(table.c.id == bindparam("row"), table.c.status == OutboxStatus.SENDING)
    .values(status=bindparam("status_"), settled_at=bindparam("at_"), lease_by=None, lease_until=None)
)
_AGAIN = (
    update(table)
    .where(table.c.id == bindparam("row"), table.c.status == OutboxStatus.SENDING)
    .values(status=OutboxStatus.QUEUED, not_before=bindparam("later"), lease_by=None, lease_until=None)
)
