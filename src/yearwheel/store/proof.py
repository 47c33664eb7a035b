"""What the proof and its explanations read: everything on record about one cycle, a query each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, and_, case, func, not_, or_, select

from yearwheel.calendar.cycle import Cycle
from yearwheel.notifications.carrier import Act, Carrier, Halt
from yearwheel.notifications.explain import Entry
from yearwheel.notifications.facts import Message, Row, Stretch
from yearwheel.notifications.history import FOREVER, Change, Edition
from yearwheel.notifications.ledger import TO_THE_OFFICE, Attempt, NoticeKind, OutboxStatus, ReminderKey
from yearwheel.notifications.presence import PeopleChange
from yearwheel.store import pauses
from yearwheel.store.outbox import VAIN_UNTIL
from yearwheel.store.tables import cycles, deliveries, events, outbox, reminders

IN_FORCE = ("cycle_published", "calendar_changed")  # events that put a calendar in force
ABOUT_THE_ADDRESS = ("address_refused", "letter_refused", "bounced")  # after these a contact is given up
MENDED = "address_mended"  # after this one no more
ON_LETTERS = {  # what events make of the letters they name
    "mail_held": OutboxStatus.HELD,
    "mail_discarded": OutboxStatus.DISCARDED,
    "doubts_settled": OutboxStatus.SENT,
    "bounced": OutboxStatus.BOUNCED,
    "bounced_for_now": OutboxStatus.BOUNCED,
}


def read_rows(connection: Connection, cycle_key: str) -> list[Row]:
    """Every row of the ledger."""
    names = ("kind", "role", "status", "reason", "due_at", "outbox_id", "settled_at", "capped_until")
    asked = case((reminders.c.kind == NoticeKind.REQUESTS, reminders.c.note), else_="")
    query = select(*(reminders.c[n] for n in (*ReminderKey._fields, *names)), asked)
    query = query.where(reminders.c.cycle_key == cycle_key)
    found: list[Row] = []
    for row in connection.execute(query):
        values: list[Any] = [ReminderKey(*row[:5]), *row[5:]]
        found.append(Row(*values))
    return found


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
        select(
            *(outbox.c[n] for n in names),
            func.coalesce(accepted.c.times, 0).label("accepted"),
            outbox.c.held_by,
            outbox.c.released_at,
            outbox.c.lease_until,
            outbox.c.attempts,
            outbox.c.not_before,
            VAIN_UNTIL,
        )
        .outerjoin(accepted, accepted.c.outbox_id == outbox.c.id)
        .where(outbox.c.cycle_key == cycle_key)
        .order_by(outbox.c.id)
    )
    settled, zone = _settled_by_hand(connection), cache(ZoneInfo)
    return [
        Message(
            *row[:2],
            zone(row[2]),
            *row[3:9],
            settled_by_hand=row[0] in settled,
            lease_until=row[11],
            tried=row[12] > 0,
            not_before=row[13],
            vain_until=row[14],
            held=(row[6], row[10] or row[7] or FOREVER) if row[9] or row[4] is OutboxStatus.HELD else None,
        )
        for row in connection.execute(query)
    ]


def read_halts(connection: Connection, cycle_key: str) -> list[Halt]:
    """Every pause of a cycle with who made it and why, oldest first."""
    return [Halt(*pause) for pause in pauses.list_pauses(connection, cycle_key)]


def read_pauses(connection: Connection, cycle_key: str) -> list[tuple[datetime, datetime]]:
    """Every stretch in which a cycle was paused, oldest first."""
    return [(pause.since, pause.until or FOREVER) for pause in pauses.list_pauses(connection, cycle_key)]


def read_changes(connection: Connection, cycle_key: str, code: str | None = None) -> list[Change]:
    """Every change of where a district (or only this one) stands in a stage, oldest first."""
    query = (
        select(events)
        .where(events.c.cycle_key == cycle_key, events.c.stage_key.is_not(None))
        .where(events.c.district_code.is_not(None), events.c.after.is_not(None))
        .order_by(events.c.id)
    )
    if code is not None:
        query = query.where(events.c.district_code == code)
    return [_change(row) for row in connection.execute(query).mappings()]


def read_editions(connection: Connection, cycle_key: str, calendars: Sequence[Cycle]) -> list[Edition]:
    """Since when each of a cycle's calendars was in force, by the events that say so."""
    query = (
        select(events.c.at, events.c.id, events.c.actor, events.c.why)
        .where(events.c.cycle_key == cycle_key, events.c.kind.in_(IN_FORCE))
        .order_by(events.c.id)
    )
    found = connection.execute(query).all()
    return [Edition(cycle, *row) for cycle, row in zip(calendars, found, strict=True)]


def read_entries(connection: Connection, cycle_key: str, code: str, *, of_office: bool) -> list[Entry]:
    """Every ledger row of one district with the message that carries it and the server's newest answer.

    What only the office is told of the whole cycle is the office's, on whosever place it hangs.
    """
    names = ("kind", "role", "status", "reason", "due_at", "due_on", "moved_because", "settled_at")
    said = [reminders.c[name] for name in (*ReminderKey._fields, *names)]
    theirs, to_office = reminders.c.district_code == code, reminders.c.kind.in_(TO_THE_OFFICE)
    ours = or_(theirs, to_office) if of_office else and_(theirs, not_(to_office))
    tries = deliveries.alias()
    newest = select(func.max(tries.c.attempt)).where(tries.c.outbox_id == outbox.c.id).scalar_subquery()
    its_newest = and_(deliveries.c.outbox_id == outbox.c.id, deliveries.c.attempt == newest)
    query = (
        select(*said, reminders.c.capped_until, reminders.c.outbox_id)
        .where(reminders.c.cycle_key == cycle_key, ours)
        .order_by(reminders.c.due_at, reminders.c.rung, reminders.c.contact_key)
    )
    taken = (
        select(func.count())
        .where(tries.c.outbox_id == outbox.c.id, tries.c.outcome == Attempt.ACCEPTED)
        .scalar_subquery()
        .label("accepted")
    )
    carrying = (
        select(outbox, deliveries.c.outcome, deliveries.c.code, deliveries.c.detail, taken)
        .select_from(outbox.outerjoin(deliveries, its_newest))
        .where(outbox.c.id.in_(query.with_only_columns(reminders.c.outbox_id).order_by(None)))
    )
    acts = _acts(connection)
    carriers = {row["id"]: _carrier(row, acts) for row in connection.execute(carrying).mappings()}
    found: list[Entry] = []
    for *row, capped_until, outbox_id in connection.execute(query):
        values: list[Any] = [ReminderKey(*row[:5]), *row[5:], carriers.get(outbox_id), capped_until]
        found.append(Entry(*values))
    return found


def read_refusals(connection: Connection, state: str) -> dict[str, list[Stretch]]:
    """For each contact whose address was given up: from when until when. A roster is all its cycles'."""
    of_state = select(cycles.c.key).where(cycles.c.state == state)
    query = (
        select(events.c.kind, events.c.detail, events.c.at)
        .where(events.c.cycle_key.in_(of_state), events.c.kind.in_((*ABOUT_THE_ADDRESS, MENDED)))
        .order_by(events.c.id)
    )
    found: dict[str, list[Stretch]] = {}
    for kind, detail, at in connection.execute(query):
        stretches = found.setdefault(detail["contact"], [])
        given_up = bool(stretches) and stretches[-1][1] == FOREVER
        if kind == MENDED and given_up:
            stretches[-1] = (stretches[-1][0], at)
        elif kind != MENDED and not given_up:
            stretches.append((at, FOREVER))
    return found


def read_people(connection: Connection, cycle_key: str) -> list[PeopleChange]:
    """Who came to be told during the cycle and who left, oldest first."""
    query = (
        select(events.c.at, events.c.detail)
        .where(events.c.cycle_key == cycle_key, events.c.kind == "people_changed")
        .order_by(events.c.id)
    )
    return [
        PeopleChange(at, tuple(map(tuple, said["came"])), tuple(map(tuple, said["left"])))
        for at, said in connection.execute(query)
    ]


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


def _acts(connection: Connection) -> dict[tuple[OutboxStatus, int], Act]:
    """For each message the newest of each sort of act: holding, discarding, settling, coming back."""
    query = (
        select(events.c.kind, events.c.at, events.c.actor, events.c.why, events.c.detail)
        .where(events.c.kind.in_(ON_LETTERS))
        .order_by(events.c.id)
    )
    return {
        (ON_LETTERS[kind], outbox_id): Act(at, actor, why)
        for kind, at, actor, why, detail in connection.execute(query)
        for outbox_id in (detail["outbox"] if isinstance(detail["outbox"], list) else [detail["outbox"]])
    }


def _carrier(row: RowMapping, acts: Mapping[tuple[OutboxStatus, int], Act]) -> Carrier:
    number, status = row["id"], row["status"]
    held = Act(row["queued_at"], row["held_by"], row["held_because"] or "") if row["held_by"] else None
    ended = status if status in (OutboxStatus.DISCARDED, OutboxStatus.BOUNCED) else OutboxStatus.SENT
    return Carrier(
        id=number,
        subject=row["subject"],
        status=status,
        zone=ZoneInfo(row["zone"]),
        send_on=row["send_on"],
        queued_at=row["queued_at"],
        not_before=row["not_before"],
        settled_at=row["settled_at"],
        attempts=row["attempts"],
        outcome=row["outcome"],
        answer=f"{row['code'] or ''} {row['detail'] or ''}".strip(),
        lease_until=row["lease_until"],
        accepted=row["accepted"],
        held=acts.get((OutboxStatus.HELD, number), held),
        act=acts.get((ended, number)),
    )


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
        row["id"],
        row["detail"].get("own_day", False),
        _day(row["detail"].get("in_force_from")),
        _day(row["detail"].get("opens_on")),
        row["detail"].get("of_year", False),
    )


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
