"""The reminder ledger: one row for every message that should go, or should have gone."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from yearwheel.notifications.ledger import (
    MAY_HAVE_LEFT,
    NOTHING_DUE,
    LedgerRow,
    NoticeKind,
    OutboxStatus,
    PlannedReminder,
    Reason,
    ReminderKey,
    ReminderStatus,
)
from yearwheel.notifications.news import NOTICES, Notice
from yearwheel.notifications.planner import Difference
from yearwheel.store import bulk
from yearwheel.store.outbox import NOT_LEFT
from yearwheel.store.tables import events, outbox
from yearwheel.store.tables import reminders as table

_NOTICES = [str(kind) for kind in NoticeKind]
_OF_ACTS = sorted({str(kind) for kind in NOTICES.values()})
TOGETHER = 1000  # rows named in one statement; a database takes no more than some ten thousand
_KEY = tuple(table.c[name] for name in ReminderKey._fields)


class DueReminder(NamedTuple):
    """A planned reminder whose moment has come."""

    id: int
    stage_key: str
    district_code: str
    rung: str
    contact_key: str
    deadline_on: date
    kind: str
    role: str
    due_on: date
    due_at: datetime
    note: str
    capped_until: datetime | None = None

    @property
    def is_notice(self) -> bool:
        return self.kind in _NOTICES


class Carried(NamedTuple):
    """A reminder that a letter carries."""

    id: int
    key: ReminderKey
    kind: str
    due_at: datetime
    outbox_id: int

    @property
    def is_notice(self) -> bool:
        return self.kind in _NOTICES


def list_carried(connection: Connection, letters: Collection[int]) -> list[Carried]:
    """What these letters carry."""
    query = select(*_KEY, table.c.id, table.c.kind, table.c.due_at, table.c.outbox_id)
    query = query.where(table.c.outbox_id.in_(letters)).order_by(table.c.id)
    return [
        Carried(number, ReminderKey(*key), kind, due_at, letter)
        for *key, number, kind, due_at, letter in connection.execute(query).all()
    ]


def find_overtaken(connection: Connection, letters: Collection[int]) -> set[int]:
    """Those of the letters that ask for work about which a move was made since they were written.

    Of those that tell the dates of a district's year it may be any move of the district.
    """
    asks = and_(table.c.kind.not_in(_NOTICES), events.c.stage_key == table.c.stage_key)
    moved = (
        exists()
        .where(events.c.cycle_key == table.c.cycle_key, events.c.district_code == table.c.district_code)
        .where(events.c.stage_key.is_not(None), events.c.after.is_not(None))
        .where(events.c.at > outbox.c.queued_at, or_(asks, table.c.kind == NoticeKind.PUBLISHED))
    )
    query = select(outbox.c.id).join(table, table.c.outbox_id == outbox.c.id)
    return set(connection.scalars(query.where(outbox.c.id.in_(letters), moved)))


class Untold(NamedTuple):
    """A notice that no letter has told."""

    id: int
    note: str
    outbox_id: int | None  # the letter that waits to tell it
    cycle_key: str


def list_ladder(
    connection: Connection, cycle_key: str, places: Collection[tuple[str, str]]
) -> list[LedgerRow]:
    """Every ladder row (notices left out) of the given (stage, district) places."""
    columns = (*_KEY, table.c.id, table.c.kind, table.c.status, table.c.reason, table.c.due_at)
    query = select(*columns).where(table.c.cycle_key == cycle_key, table.c.kind.not_in(_NOTICES))
    query = query.where(table.c.stage_key.in_({stage for stage, _ in places}))
    query = query.where(table.c.district_code.in_({code for _, code in places}))
    return [
        LedgerRow(row[5], ReminderKey(*row[:5]), *row[6:])
        for row in connection.execute(query).all()
        if (row[0], row[1]) in places
    ]


def outline(
    connection: Connection, cycle_key: str, stage_keys: Collection[str]
) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """The ladder rows of stages by (stage, district) place: the contact, then all that a plan goes by.

    Values are as the database gives them: good for telling rows apart, and quick for a nation's.
    """
    kept = (type_coerce(table.c[name], NullType) for name in ("deadline_on", "status", "reason", "due_at"))
    query = select(table.c.stage_key, table.c.district_code, table.c.contact_key, table.c.rung, *kept)
    query = query.where(table.c.cycle_key == cycle_key, table.c.kind.not_in(_NOTICES))
    query = query.where(table.c.stage_key.in_(stage_keys))
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for row in connection.execute(query).all():
        found[row[0], row[1]].append(row[2:])
    return found


def list_notices(connection: Connection, cycle_key: str, places: Collection[tuple[str, str]]) -> list[Notice]:
    """The notices of acts at the given (stage, district) places, oldest first."""
    waits = or_(table.c.status == ReminderStatus.PLANNED, outbox.c.status.in_(NOT_LEFT))
    query = (
        select(*_KEY, table.c.id, table.c.kind, table.c.reason, waits, table.c.outbox_id)
        .outerjoin(outbox, outbox.c.id == table.c.outbox_id)
        .where(table.c.cycle_key == cycle_key, table.c.kind.in_(_OF_ACTS))
        .where(table.c.stage_key.in_({stage for stage, _ in places}))
        .where(table.c.district_code.in_({code for _, code in places}))
        .order_by(table.c.id)
    )
    return [
        Notice(row[5], ReminderKey(*row[:5]), row[6], row[7], bool(row[8]), row[9])
        for row in connection.execute(query).all()
        if (row[0], row[1]) in places
    ]


def find_said(
    connection: Connection, cycle_key: str, places: Collection[tuple[str, str]], kinds: Collection[str]
) -> set[tuple[str, str, date]]:
    """The (stage, district, deadline)s there that letters speak of, and live notices of these kinds."""
    by_letter = and_(table.c.kind.not_in(_NOTICES), table.c.status == ReminderStatus.QUEUED)
    by_notice = and_(table.c.kind.in_(kinds), table.c.reason.is_(None))
    query = (
        select(table.c.stage_key, table.c.district_code, table.c.deadline_on)
        .distinct()
        .where(table.c.cycle_key == cycle_key, or_(by_letter, by_notice))
        .where(table.c.stage_key.in_({stage for stage, _ in places}))
        .where(table.c.district_code.in_({code for _, code in places}))
    )
    return {(stage, code, on) for stage, code, on in connection.execute(query) if (stage, code) in places}


def told_the_year(connection: Connection, cycle_key: str, anchors: Collection[str]) -> dict[str, datetime]:
    """The districts whose dates of the year a letter took along, and when the last one was written.

    `anchors` are the stages on which such notices hang: by them a nation's are found without reading it all.
    """
    query = (
        select(table.c.district_code, func.max(outbox.c.queued_at))
        .join(outbox, outbox.c.id == table.c.outbox_id)
        .where(table.c.cycle_key == cycle_key, table.c.stage_key.in_(anchors))
        .where(table.c.kind == NoticeKind.PUBLISHED, outbox.c.status.in_(sorted(MAY_HAVE_LEFT)))
        .group_by(table.c.district_code)
    )
    return dict(connection.execute(query).all())


def readers_of_year(
    connection: Connection,
    cycle_key: str,
    anchors: Collection[str],
    codes: Collection[str],
    *,
    waiting: bool = False,
    version: int | None = None,
) -> set[tuple[str, str]]:
    """District and contact of all who were written the dates of the year there, or will be.

    If `waiting`, only of those to whom no letter with them has left yet; of a `version` of the calendar only
    those who were told by that one.
    """
    query = (
        select(table.c.district_code, table.c.contact_key)
        .outerjoin(outbox, outbox.c.id == table.c.outbox_id)
        .where(table.c.cycle_key == cycle_key, table.c.stage_key.in_(anchors))
        .where(table.c.district_code.in_(codes), table.c.kind == NoticeKind.PUBLISHED)
        .where(table.c.status != ReminderStatus.CANCELLED)  # who left before its letter was told nothing
    )
    if version is not None:
        query = query.where(table.c.rung == f"{NoticeKind.PUBLISHED}:{version}")
    if waiting:
        query = query.where(or_(table.c.status == ReminderStatus.PLANNED, outbox.c.status.in_(NOT_LEFT)))
    return {(code, contact_key) for code, contact_key in connection.execute(query)}


def revive_year(
    connection: Connection,
    cycle_key: str,
    anchors: Collection[str],
    readers: Collection[tuple[str, str]],
    version: int,
    now: datetime,
) -> set[tuple[str, str]]:
    """Let the dates of the year by a version wait again for those (district, contact)s, where they had ended
    untold; says for whom."""
    ended = select(table.c.id, table.c.district_code, table.c.contact_key).where(
        table.c.cycle_key == cycle_key,
        table.c.stage_key.in_(anchors),
        table.c.district_code.in_({code for code, _ in readers}),
        table.c.rung == f"{NoticeKind.PUBLISHED}:{version}",
        table.c.status == ReminderStatus.CANCELLED,
    )
    found = {(code, contact): row for row, code, contact in connection.execute(ended).all()}
    rows = {reader: row for reader, row in found.items() if reader in readers}
    revive(connection, list(rows.values()))
    connection.execute(update(table).where(table.c.id.in_(rows.values())).values(due_at=now))
    return set(rows)


def last_told(
    connection: Connection,
    cycle_key: str,
    places: Collection[tuple[str, str]],
    anchors: Collection[str],
) -> dict[tuple[str, str, str], tuple[datetime, date | None]]:
    """By stage, district and contact: when the letter was written that told them a due day last, and which.

    The day is None where it was the letter with the dates of the year: it speaks of every stage, and hangs on
    one of the `anchors`.
    """
    tells_day = table.c.kind.not_in(sorted(NOTHING_DUE - {NoticeKind.PUBLISHED}))
    query = (
        select(
            table.c.stage_key,
            table.c.district_code,
            table.c.contact_key,
            table.c.deadline_on,
            table.c.kind,
            outbox.c.queued_at,
        )
        .join(outbox, outbox.c.id == table.c.outbox_id)
        .where(table.c.cycle_key == cycle_key, tells_day, outbox.c.status.in_(sorted(MAY_HAVE_LEFT)))
        .where(table.c.stage_key.in_({*anchors, *(stage_key for stage_key, _ in places)}))
        .where(table.c.district_code.in_({code for _, code in places}))
        .order_by(outbox.c.queued_at, outbox.c.id)
    )
    stages = defaultdict(set)
    for stage_key, code in places:
        stages[code].add(stage_key)
    found: dict[tuple[str, str, str], tuple[datetime, date | None]] = {}
    for stage_key, code, contact_key, deadline_on, kind, at in connection.execute(query).all():
        if kind == NoticeKind.PUBLISHED:
            found |= {(key, code, contact_key): (at, None) for key in stages[code]}
        elif stage_key in stages[code]:
            found[stage_key, code, contact_key] = (at, deadline_on)
    return found


def revive(connection: Connection, ids: Collection[int]) -> None:
    """Let rows that had ended wait again."""
    again = update(table).where(table.c.id.in_(ids))
    connection.execute(again.values(status=ReminderStatus.PLANNED, reason=None, settled_at=None))


def apply(connection: Connection, cycle_key: str, difference: Difference, at: datetime, version: int) -> None:
    """Write a difference: new rows, revived rows, and the endings of rows no longer wanted.

    `version` is that of the calendar they are planned under.
    """
    add(connection, cycle_key, difference.new, at, version)
    revived = [
        {
            "row": row.id,
            "due_at_": plan.due_at,
            "due_on_": plan.due_on,
            "moved_": plan.moved_because,
            "version_": version,
        }
        for row, plan in difference.revived
    ]
    if revived:
        connection.execute(_REVIVE, revived)
    settle(connection, [(row.id, status, reason) for row, status, reason in difference.closed], at)


def add(
    connection: Connection,
    cycle_key: str,
    new: Iterable[PlannedReminder],
    at: datetime,
    version: int,
    *,
    ended: tuple[ReminderStatus, Reason] | None = None,
) -> None:
    """Enter reminders into the ledger as planned under a version of the calendar, or as `ended` at once."""
    status, reason = ended or (ReminderStatus.PLANNED, None)
    rows = [
        {
            "cycle_key": cycle_key,
            **reminder.key._asdict(),
            "kind": str(reminder.kind),
            "role": str(reminder.role),
            "due_on": reminder.due_on,
            "due_at": reminder.due_at,
            "moved_because": reminder.moved_because,
            "note": reminder.note,
            "status": status,
            "reason": reason,
            "settled_at": at if ended else None,
            "planned_at": at,
            "calendar_version": version,
        }
        for reminder in new
    ]
    bulk.insert(connection, table, rows)


def settle(
    connection: Connection, endings: Iterable[tuple[int, ReminderStatus, Reason]], at: datetime
) -> None:
    """End planned rows that will not go, each with its reason."""
    rows = [{"row": row, "status_": status, "reason_": reason, "at_": at} for row, status, reason in endings]
    if rows:
        connection.execute(_SETTLE, rows)


def list_due(
    connection: Connection, cycle_key: str, now: datetime, *, stage_key: str | None = None
) -> list[DueReminder]:
    """Planned rows whose moment has come, in an order that does not depend on row ids."""
    query = select(*(table.c[name] for name in DueReminder._fields)).where(
        table.c.cycle_key == cycle_key, table.c.status == ReminderStatus.PLANNED, table.c.due_at <= now
    )
    if stage_key is not None:
        query = query.where(table.c.stage_key == stage_key)
    order = (table.c.contact_key, table.c.stage_key, table.c.district_code, table.c.due_at, table.c.rung)
    found = connection.execute(query.order_by(*order, table.c.deadline_on)).all()
    return [DueReminder(*row) for row in found]


def stages_with_due(connection: Connection, cycle_key: str, now: datetime) -> set[str]:
    """The stages in which the moment of some ladder reminder has come; notices need no stage to act."""
    query = (
        select(table.c.stage_key)
        .distinct()
        .where(
            table.c.cycle_key == cycle_key,
            table.c.status == ReminderStatus.PLANNED,
            table.c.due_at <= now,
            table.c.kind.not_in(_NOTICES),
        )
    )
    return set(connection.scalars(query))


def has_due(connection: Connection, cycle_key: str, now: datetime) -> bool:
    """Whether any reminder or notice waits for its letter."""
    query = select(table.c.id).where(
        table.c.cycle_key == cycle_key, table.c.status == ReminderStatus.PLANNED, table.c.due_at <= now
    )
    return connection.execute(query.limit(1)).first() is not None


def list_untold(connection: Connection, kind: NoticeKind) -> list[Untold]:
    """The notices of a kind, of any cycle, that no letter has told yet."""
    waits = (table.c.status == ReminderStatus.QUEUED) & outbox.c.status.in_(NOT_LEFT)
    query = (
        select(*(table.c[name] for name in Untold._fields))
        .outerjoin(outbox, outbox.c.id == table.c.outbox_id)
        .where(table.c.kind == kind, or_(table.c.status == ReminderStatus.PLANNED, waits))
        .order_by(table.c.id)
    )
    return [Untold(*row) for row in connection.execute(query)]


def mark_queued(connection: Connection, rows: Sequence[int], first_letter: int, at: datetime) -> None:
    """Tie reminders to the letters that carry them: each reader's one among those just written."""
    for start in range(0, len(rows), TOGETHER):
        some = rows[start : start + TOGETHER]
        connection.execute(_QUEUE, {"rows": some, "first": first_letter, "at_": at})


def note_caps(connection: Connection, capped: Iterable[tuple[int, datetime]]) -> None:
    """Keep until when reminders wait for their reader's next digest."""
    rows = [{"row": row, "until_": until} for row, until in capped]
    if rows:
        connection.execute(_CAP, rows)


def take_back(connection: Connection, outbox_ids: Collection[int]) -> None:
    """Make the reminders of suppressed messages wait again."""
    connection.execute(
        update(table)
        .where(table.c.outbox_id.in_(outbox_ids))
        .values(status=ReminderStatus.PLANNED, outbox_id=None, settled_at=None)
    )


def list_outrun(connection: Connection, cycle_key: str) -> list[int]:
    """Planned rungs of which a later one, about the same deadline to the same person, is in a letter."""
    later = table.alias()
    natural = ("cycle_key", "stage_key", "district_code", "contact_key", "deadline_on")
    said = exists().where(
        *(later.c[name] == table.c[name] for name in natural),
        later.c.status == ReminderStatus.QUEUED,
        later.c.kind.not_in(_NOTICES),
        later.c.due_at > table.c.due_at,
    )
    query = select(table.c.id).where(table.c.cycle_key == cycle_key, table.c.kind.not_in(_NOTICES))
    return list(connection.scalars(query.where(table.c.status == ReminderStatus.PLANNED, said)))


def find_carrying(
    connection: Connection, outbox_ids: Collection[int], places: Collection[tuple[str, str]]
) -> list[int]:
    """Those of the messages that carry a ladder reminder of one of these (stage, district) places."""
    query = select(table.c.outbox_id, table.c.stage_key, table.c.district_code).where(
        table.c.outbox_id.in_(outbox_ids), table.c.kind.not_in(_NOTICES)
    )
    found = {row for row, stage, code in connection.execute(query) if (stage, code) in places}
    return sorted(found)


def find_telling(
    connection: Connection, outbox_ids: Collection[int], kind: NoticeKind, codes: Collection[str]
) -> list[int]:
    """Those of the messages that carry a notice of a kind for one of these districts."""
    query = select(table.c.outbox_id, table.c.district_code).where(
        table.c.outbox_id.in_(outbox_ids), table.c.kind == kind
    )
    return sorted({row for row, code in connection.execute(query) if code in codes})


def count_notices(
    connection: Connection, cycle_key: str, places: Collection[tuple[str, str]]
) -> dict[tuple[str, str, str], int]:
    """How many notices of each kind these (stage, district) places had; the next gets the number after."""
    query = (
        select(table.c.stage_key, table.c.district_code, table.c.kind, func.count(table.c.rung.distinct()))
        .where(table.c.cycle_key == cycle_key, table.c.kind.in_(_NOTICES))
        .where(table.c.stage_key.in_({stage for stage, _ in places}))
        .where(table.c.district_code.in_({code for _, code in places}))
        .group_by(table.c.stage_key, table.c.district_code, table.c.kind)
    )
    return {(stage, code, kind): count for stage, code, kind, count in connection.execute(query)}


def count_by_status(
    connection: Connection, cycle_key: str, statuses: Collection[ReminderStatus] = tuple(ReminderStatus)
) -> dict[ReminderStatus, int]:
    """How many rows stand in each of these statuses."""
    query = select(table.c.status, func.count()).where(table.c.cycle_key == cycle_key)
    query = query.where(table.c.status.in_(statuses)).group_by(table.c.status)
    return dict(connection.execute(query).all())


def tally(connection: Connection, cycle_key: str) -> Counter[str]:
    """What became of every row: its message's outcome if one carried it, else the reason, else "planned"."""
    query = (
        select(table.c.status, table.c.reason, outbox.c.status, func.count())
        .outerjoin(outbox, table.c.outbox_id == outbox.c.id)
        .where(table.c.cycle_key == cycle_key)
        .group_by(table.c.status, table.c.reason, outbox.c.status)
    )
    counts: Counter[str] = Counter()
    for status, reason, message, count in connection.execute(query):
        counts[str(message or reason or status)] += count
    return counts


def count_sent(connection: Connection, cycle_key: str) -> dict[str, dict[str, int]]:
    """For each stage, how many reminders of each kind left in a message the mail server accepted."""
    query = (
        select(table.c.stage_key, table.c.kind, func.count())
        .join(outbox, table.c.outbox_id == outbox.c.id)
        .where(table.c.cycle_key == cycle_key, outbox.c.status.in_([OutboxStatus.SENT, OutboxStatus.BOUNCED]))
        .group_by(table.c.stage_key, table.c.kind)
    )
    counts: dict[str, dict[str, int]] = {}
    for stage_key, kind, count in connection.execute(query):
        counts.setdefault(stage_key, {})[kind] = count
    return counts


def find_sent_example(connection: Connection, cycle_key: str, kind: str) -> int | None:
    """The outbox id of a message that left and carried a reminder of this kind: the first by natural key."""
    query = (
        select(outbox.c.id)
        .join(table, table.c.outbox_id == outbox.c.id)
        .where(table.c.cycle_key == cycle_key, table.c.kind == kind, outbox.c.status == OutboxStatus.SENT)
        .order_by(table.c.district_code, table.c.stage_key, table.c.rung, table.c.contact_key)
        .limit(1)
    )
    return connection.scalar(query)


def list_outcomes(connection: Connection, cycle_key: str, *where: ColumnElement[bool]) -> list[RowMapping]:
    """Every ledger row beside what became of the message that carried it, by natural key."""
    message = [
        outbox.c.status.label("outbox_status"),
        outbox.c.settled_at.label("sent_at"),
        outbox.c.recipient,
        outbox.c.subject,
        outbox.c.message_id,
        outbox.c.zone.label("reader_zone"),
    ]
    natural = (
        table.c.stage_key,
        table.c.district_code,
        table.c.rung,
        table.c.contact_key,
        table.c.deadline_on,
    )
    query = (
        select(table, *message)
        .outerjoin(outbox, table.c.outbox_id == outbox.c.id)
        .where(table.c.cycle_key == cycle_key, *where)
        .order_by(*natural)
    )
    return list(connection.execute(query).mappings())


_REVIVE = (
    update(table)
    .where(table.c.id == bindparam("row"))
    .values(
        status=ReminderStatus.PLANNED,
        reason=None,
        settled_at=None,
        due_at=bindparam("due_at_"),
        due_on=bindparam("due_on_"),
        moved_because=bindparam("moved_"),
        calendar_version=bindparam("version_"),
    )
)
_SETTLE = (
    update(table)
    .where(table.c.id == bindparam("row"), table.c.status == ReminderStatus.PLANNED)
    .values(status=bindparam("status_"), reason=bindparam("reason_"), settled_at=bindparam("at_"))
)
_CAP = update(table).where(table.c.id == bindparam("row")).values(capped_until=bindparam("until_"))
# All rows in one statement: one each would cost as much as the messages themselves.
_QUEUE = (
    update(table)
    .where(
        table.c.id.in_(bindparam("rows", expanding=True, literal_execute=True)),
        table.c.status == ReminderStatus.PLANNED,
    )
    .values(
        status=ReminderStatus.QUEUED,
        outbox_id=select(outbox.c.id)
        .where(outbox.c.cycle_key == table.c.cycle_key, outbox.c.contact_key == table.c.contact_key)
        .where(outbox.c.id >= bindparam("first"))
        .scalar_subquery(),
        settled_at=bindparam("at_"),
    )
)
