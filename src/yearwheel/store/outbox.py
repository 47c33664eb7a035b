"""The outbox: rendered messages, who holds them, and every attempt to send one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    UpdateBase,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
    update,
)

from yearwheel.notifications.ledger import OPEN, SYSTEM, Attempt, OutboxStatus
from yearwheel.notifications.words import Words, read_words
from yearwheel.store import bulk, raw_messages
from yearwheel.store.columns import Moment, as_row
from yearwheel.store.raw_messages import Kept
from yearwheel.store.tables import cycles, deliveries, pauses, reminders
from yearwheel.store.tables import outbox as table

NOT_LEFT = (OutboxStatus.HELD, OutboxStatus.QUEUED)
IN_HAND = (OutboxStatus.SENDING, OutboxStatus.UNCERTAIN)  # under a lease, or one that was swept
GIVEN_UP = (OutboxStatus.SUPPRESSED, OutboxStatus.DISCARDED)
# The messages that a server once did not take. Its word is written out, as the index of these few has it.
_TAKEN: ColumnElement[str] = literal_column(f"'{Attempt.ACCEPTED}'")
ONCE_NOT_TAKEN = select(deliveries.c.outbox_id).where(deliveries.c.outcome != _TAKEN)
FIRST_USE = SYSTEM  # who holds a letter whose words nobody has approved yet


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message about to enter the outbox."""

    cycle_key: str
    contact_key: str
    send_on: date
    nth: int  # of the letters to this reader on that day; with the three above its natural key
    recipient: str
    zone: str
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

    kept: Kept
    id: int
    cycle_key: str
    contact_key: str
    recipient: str
    message_id: str
    attempts: int

    @property
    def raw(self) -> bytes:
        """Unpacked when it is its turn, after the claim is committed."""
        return self.kept.unpack()


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


class Queued(NamedTuple):
    """A letter that waits to leave, and to whom."""

    id: int
    cycle_key: str
    contact_key: str
    recipient: str
    queued_at: datetime


def add(connection: Connection, new: Iterable[NewMessage]) -> list[int]:
    """Write messages; their ids come back in the same order."""
    rows = [as_row(message) for message in new]
    if not rows:
        return []
    raws = [row.pop("raw") for row in rows]
    # RETURNING would make the driver write them one by one.
    newest = connection.scalar(select(func.max(table.c.id))) or 0
    bulk.insert(connection, table, rows)
    written = select(table.c.message_id, table.c.id).where(table.c.id > newest)
    ids: dict[str, int] = dict(connection.execute(written).all())
    in_order = [ids[row["message_id"]] for row in rows]
    kinds = [row["template_version"] for row in rows]
    raw_messages.add(connection, zip(in_order, kinds, raws, strict=True))
    return in_order


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
    query = (
        select(table.c.contact_key, table.c.id, table.c.attempts)
        .where(table.c.id.in_(ONCE_NOT_TAKEN), table.c.cycle_key == cycle_key)
        .where(table.c.status == OutboxStatus.SUPPRESSED)
    )
    taken_back = connection.execute(query).all()
    if not taken_back:  # nearly always
        return {}
    alive = table.c.status.not_in(GIVEN_UP)
    newest = _newest(connection, cycle_key, {contact_key for contact_key, _, _ in taken_back}, alive)
    tries: dict[str, int] = {}
    for contact_key, row, attempts in taken_back:
        if row > newest.get(contact_key, 0):
            tries[contact_key] = max(attempts, tries.get(contact_key, 0))
    return tries


def _newest(
    connection: Connection, cycle_key: str, contact_keys: Collection[str], which: ColumnElement[bool]
) -> dict[str, int]:
    query = (
        select(table.c.contact_key, func.max(table.c.id))
        .where(table.c.cycle_key == cycle_key, table.c.contact_key.in_(contact_keys), which)
        .group_by(table.c.contact_key)
    )
    return dict(connection.execute(query).all())


def list_waiting(connection: Connection, cycle_key: str) -> list[tuple[int, str, date]]:
    """Id, reader's zone and day of every message that has not left."""
    query = select(table.c.id, table.c.zone, table.c.send_on).where(
        stands_in(NOT_LEFT), table.c.cycle_key == cycle_key
    )
    return [(row, zone, on) for row, zone, on in connection.execute(query).all()]


def list_queued(connection: Connection, ids: Collection[int]) -> list[Queued]:
    """Those of the messages that wait to leave and that nobody holds."""
    query = select(*(table.c[name] for name in Queued._fields)).order_by(table.c.id)
    query = query.where(table.c.id.in_(ids), stands_in([OutboxStatus.QUEUED]))
    return [Queued(*row) for row in connection.execute(query)]


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
    given = {"cycle": cycle_key, "now": now, "zones": list(zones), "most": limit}
    holding = {"until": until, "by": by}
    if among is None:
        found = connection.execute(_CLAIM, given | holding)
    else:
        found = connection.execute(_CLAIM_AMONG, given | holding | {"among": list(among)})
    rows = {row.id: row for row in found.all()}
    kept = raw_messages.read(connection, rows)
    return [Claimed(kept[outbox_id], *rows[outbox_id]) for outbox_id in sorted(rows)]


def put_back(connection: Connection, ids: Collection[int], by: str) -> None:
    """Give back what the holder of a lease never offered to the mail server; no attempt was made."""
    if not ids:
        return
    query = update(table).where(table.c.id.in_(ids), table.c.status.in_(IN_HAND), table.c.lease_by == by)
    connection.execute(
        query.values(
            status=OutboxStatus.QUEUED, attempts=table.c.attempts - 1, lease_by=None, lease_until=None
        )
    )


def list_claimable(
    connection: Connection, cycle_key: str, *, now: datetime, zones: Collection[str]
) -> list[tuple[int, str]]:
    """Id and recipient of every message that may leave now, in the order in which they are claimed."""
    query = select(table.c.id, table.c.recipient).where(_MAY_LEAVE).order_by(table.c.id)
    given = {"cycle": cycle_key, "now": now, "zones": list(zones)}
    return [(row, recipient) for row, recipient in connection.execute(query, given).all()]


def recently_tried(connection: Connection, since: datetime, until: datetime) -> list[str]:
    """Whom the mail server was asked to reach after `since`, and whom it is being asked for now.

    What lies after `until`, by a clock that was put back since, does not count. Until the transaction
    ends no other deliverer counts: two that counted at once would both go ahead.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_COUNTING)))
    tried = select(table.c.recipient).join(deliveries, deliveries.c.outbox_id == table.c.id)
    under_way = select(table.c.recipient).where(stands_in([OutboxStatus.SENDING]))
    tried = tried.where(deliveries.c.at > since, deliveries.c.at <= until)
    return list(connection.scalars(union_all(tried, under_way)))


def waiting_zones(connection: Connection) -> dict[str, set[str]]:
    """For each cycle neither paused nor closed, the readers' zones of all messages that wait to leave."""
    query = (
        select(table.c.cycle_key, table.c.zone)
        .where(stands_in([OutboxStatus.QUEUED]), _NOT_PAUSED, _NOT_CLOSED)
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for cycle_key, zone in connection.execute(query.order_by(table.c.cycle_key)):
        found.setdefault(cycle_key, set()).add(zone)
    return found


def record(connection: Connection, settled: Iterable[Settled], by: str) -> None:
    """Write a holder's attempts and what became of their messages.

    An answer that comes after the lease was swept ends the doubt, unless a person has settled it meanwhile.
    """
    rows = list(settled)
    if not rows:
        return
    bulk.insert(
        connection,
        deliveries,
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
    alike: dict[tuple[OutboxStatus, datetime | None, datetime], list[int]] = {}
    for r in rows:
        alike.setdefault((r.status, r.not_before, r.at), []).append(r.id)
    for (status, later, at), ids in alike.items():  # nearly always all of them
        ended = None if status in OPEN else at
        values = {"rows": ids, "to": status, "later": later, "ended": ended, "holder": by}
        connection.execute(_SETTLE, values)


def sweep(connection: Connection, *, now: datetime | None) -> list[int]:
    """Leases that ran out become `uncertain`; without `now` all do: their holders are known to be dead.

    Whose it was stays on record: a holder that was only stopped for a while knows what became of it.
    """
    query = update(table).where(stands_in([OutboxStatus.SENDING]))
    if now is not None:
        query = query.where(or_(table.c.lease_until < now, table.c.lease_until.is_(None)))
    query = query.values(status=OutboxStatus.UNCERTAIN, lease_until=None)
    return sorted(connection.scalars(query.returning(table.c.id)))


def move(
    connection: Connection,
    ids: Collection[int],
    before: Collection[OutboxStatus],
    after: OutboxStatus,
    at: datetime,
) -> list[int]:
    """Move messages that stand in one of `before`; the ids that moved come back."""
    # What came back had been settled when it left, unless nobody knew of that.
    ended = func.coalesce(table.c.settled_at, literal(at, Moment)) if after is OutboxStatus.BOUNCED else at
    query = (
        update(table)
        .where(table.c.id.in_(ids), table.c.status.in_(before))
        .values(status=after, lease_by=None, lease_until=None, settled_at=None if after in OPEN else ended)
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


def hurry(connection: Connection, ids: Collection[int], now: datetime) -> list[int]:
    """Let messages that were put off go now; the ids of those come back."""
    put_off = (table.c.id.in_(ids), stands_in([OutboxStatus.QUEUED]), table.c.not_before > now)
    query = update(table).where(*put_off).values(not_before=now)
    return sorted(connection.scalars(query.returning(table.c.id)))


def wait_since(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Let messages that wait again do so from now on."""
    connection.execute(update(table).where(table.c.id.in_(ids)).values(not_before=now))


def list_put_off(connection: Connection, cycle_key: str, now: datetime) -> list[int]:
    """The messages that a server put off, and that wait for a later moment."""
    query = select(table.c.id).where(stands_in([OutboxStatus.QUEUED]), table.c.cycle_key == cycle_key)
    return list(connection.scalars(query.where(table.c.not_before > now, table.c.attempts > 0)))


def held_words(
    connection: Connection, cycle_key: str, *where: ColumnElement[bool]
) -> dict[int, frozenset[Words]]:
    """For each held message the words it says: its kinds, each at the version of its templates."""
    query = select(table.c.id, table.c.template_version).where(
        table.c.cycle_key == cycle_key, stands_in([OutboxStatus.HELD]), *where
    )
    return {row: read_words(pinned) for row, pinned in connection.execute(query)}


def first_uses(connection: Connection, cycle_key: str) -> dict[int, frozenset[Words]]:
    """The same, of messages that wait only because nobody has approved their words."""
    return held_words(connection, cycle_key, table.c.held_by == FIRST_USE)


def last_released(connection: Connection, cycle_key: str) -> dict[str, datetime]:
    """For each person who had letters held back: when the newest of them was let go."""
    query = select(table.c.contact_key, func.max(table.c.released_at)).where(
        table.c.cycle_key == cycle_key, table.c.released_at.is_not(None)
    )
    return dict(connection.execute(query.group_by(table.c.contact_key)).all())


# A refused letter, or one in doubt, waits for a person; one that was put off only for its next try.
_NEWEST = (
    select(deliveries.c.outcome)
    .where(deliveries.c.outbox_id == table.c.id)
    .order_by(deliveries.c.attempt.desc())
    .limit(1)
    .scalar_subquery()
)
VAIN_UNTIL = case(
    (and_(_NEWEST == Attempt.DEFERRED, table.c.not_before < table.c.settled_at), table.c.not_before),
    else_=table.c.settled_at,
)


def last_in_vain(connection: Connection, cycle_key: str) -> dict[str, datetime]:
    """For each person whose letters were tried and taken back, since none took them: until when that kept
    them from being told."""
    query = select(table.c.contact_key, func.max(VAIN_UNTIL)).where(
        table.c.cycle_key == cycle_key, table.c.status == OutboxStatus.SUPPRESSED, table.c.attempts > 0
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
    query = select(table).order_by(table.c.id.desc())
    if cycle_key is not None:
        query = query.where(table.c.cycle_key == cycle_key)
    if statuses:
        query = query.where(stands_in(statuses))
    return list(connection.execute(query.limit(limit)).mappings())


def read(connection: Connection, outbox_id: int) -> dict[str, Any] | None:
    """One message with its exact bytes, `raw`."""
    row = connection.execute(select(table).where(table.c.id == outbox_id)).mappings().one_or_none()
    if row is None:
        return None
    return {**row, "raw": raw_messages.read(connection, [outbox_id])[outbox_id].unpack()}


def count_by_status(
    connection: Connection, cycle_key: str, statuses: Collection[OutboxStatus] = tuple(OutboxStatus)
) -> dict[OutboxStatus, int]:
    """How many messages stand in each of these statuses."""
    query = select(table.c.status, func.count()).where(stands_in(statuses))
    query = query.where(table.c.cycle_key == cycle_key).group_by(table.c.status)
    return dict(connection.execute(query).all())


def list_unmended(connection: Connection, cycle_key: str) -> list[tuple[int, OutboxStatus, str]]:
    """Each message refused or returned since which none to its reader was accepted: id, status, reader."""
    query = (
        select(table.c.id, table.c.status, table.c.contact_key)
        .where(
            table.c.status.in_([OutboxStatus.FAILED, OutboxStatus.BOUNCED]), table.c.cycle_key == cycle_key
        )
        .order_by(table.c.id)
    )
    found = connection.execute(query).all()
    sent = table.c.status == OutboxStatus.SENT
    newest = _newest(connection, cycle_key, {contact_key for _, _, contact_key in found}, sent)
    return [
        (row, status, contact_key) for row, status, contact_key in found if row > newest.get(contact_key, 0)
    ]


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


def accepted_letters(connection: Connection, cycle_key: str, days: Collection[date]) -> set[str]:
    """The Message-IDs of these days' letters that the mail server has said it took."""
    query = (
        select(table.c.message_id)
        .join(deliveries, deliveries.c.outbox_id == table.c.id)
        .where(table.c.cycle_key == cycle_key, table.c.send_on.in_(days))
        .where(deliveries.c.outcome == Attempt.ACCEPTED)
    )
    return set(connection.scalars(query))


def newest_outcomes(connection: Connection, limit: int) -> list[Attempt]:
    """How the newest attempts to send anything ended, oldest first."""
    newest = (deliveries.c.at.desc(), deliveries.c.outbox_id.desc(), deliveries.c.attempt.desc())
    query = select(deliveries.c.outcome).order_by(*newest).limit(limit)
    return list(connection.scalars(query))[::-1]


def stands_in(statuses: Collection[OutboxStatus]) -> ColumnElement[bool]:
    """That a message has one of these statuses; the open ones are few, and found by their index."""
    found = table.c.status.in_(statuses)
    return and_(table.c.settled_at.is_(None), found) if OPEN.issuperset(statuses) else found


_COUNTING = 7_934_201  # the number of the lock under which deliverers count

# Put together once: for a small batch that would cost as much as running them.
_NOT_PAUSED = table.c.cycle_key.not_in(select(pauses.c.cycle_key).where(pauses.c.resumed_at.is_(None)))
_NOT_CLOSED = table.c.cycle_key.not_in(select(cycles.c.key).where(cycles.c.closed_at.is_not(None)))
_MAY_LEAVE = and_(
    table.c.settled_at.is_(None),
    table.c.status == OutboxStatus.QUEUED,
    table.c.not_before <= bindparam("now"),
    table.c.cycle_key == bindparam("cycle"),
    table.c.zone.in_(bindparam("zones", expanding=True)),
    _NOT_PAUSED,
    _NOT_CLOSED,
)


def _claiming(*narrowed: ColumnElement[bool]) -> UpdateBase:
    waiting = select(table.c.id).where(_MAY_LEAVE, *narrowed).order_by(table.c.id).limit(bindparam("most"))
    # A CTE runs once; PostgreSQL may run a subquery again for each row, and then takes more than asked for.
    chosen = waiting.with_for_update(skip_locked=True, of=table).cte("chosen")  # SQLite has one writer anyway
    return (
        update(table)
        .where(table.c.id.in_(select(chosen.c.id)), table.c.status == OutboxStatus.QUEUED)
        .values(
            status=OutboxStatus.SENDING,
            lease_by=bindparam("by"),
            lease_until=bindparam("until"),
            attempts=table.c.attempts + 1,
        )
        .returning(
            table.c.id,
            table.c.cycle_key,
            table.c.contact_key,
            table.c.recipient,
            table.c.message_id,
            table.c.attempts,
        )
    )


_CLAIM = _claiming()
_CLAIM_AMONG = _claiming(table.c.id.in_(bindparam("among", expanding=True)))
_SETTLE = (
    update(table)
    .where(
        table.c.id.in_(bindparam("rows", expanding=True, literal_execute=True)),
        table.c.lease_by == bindparam("holder"),
        table.c.status.in_(IN_HAND),
    )
    .values(
        status=bindparam("to"),
        not_before=func.coalesce(bindparam("later", type_=Moment), table.c.not_before),
        settled_at=bindparam("ended"),
        lease_by=None,
        lease_until=None,
    )
)
