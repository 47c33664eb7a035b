"""The outbox as a person sees it: read letters, approve, change, hold or discard them, retry what failed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from yearwheel.notifications.commands import command
from yearwheel.notifications.edit import Change, edited
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.mime import letter_id
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.approve_kinds import record_approval
from yearwheel.services.reasons import check_reason
from yearwheel.services.requeue import hold_to_facts
from yearwheel.store import Connection, approvals, events, outbox, rosters
from yearwheel.store.events import Event
from yearwheel.store.outbox import NewMessage


class Desk(StrEnum):
    """What a person may do with a message."""

    HOLD = "hold"  # keep one back that has not left
    DISCARD = "discard"  # it shall not go; what it said is not said again


PAST: dict[Desk, OutboxStatus] = {Desk.HOLD: OutboxStatus.HELD, Desk.DISCARD: OutboxStatus.DISCARDED}
CAN_GO_AGAIN = (OutboxStatus.FAILED, OutboxStatus.QUEUED)


@dataclass(frozen=True, slots=True)
class Listed:
    """One message in a list."""

    id: int
    status: OutboxStatus
    send_on: date
    recipient: str
    subject: str
    attempts: int
    message_id: str  # by which mail servers know it
    held_because: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approval lets go: the letters asked for, others that waited for the same words, the kinds.

    A letter that a person holds, or has changed, goes only when it is asked for by its number.
    """

    letters: tuple[int, ...]
    others: tuple[int, ...]
    people: int
    kinds: tuple[str, ...]  # automatic from now on
    afresh: int  # of an earlier day: written again in the next round
    as_changed: int  # of an earlier day and changed by hand: sent as they are
    kept: tuple[int, ...] = ()  # held by a person: they stay
    first_from: datetime | None = None  # where no reader's window is open now: when the first one is


@dataclass(frozen=True, slots=True)
class Opened:
    """One message as it is or was sent, and every attempt to send it."""

    message: Listed
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
            raise Refused(f"there is no message {outbox_id}; outbox list has them")
        attempts = outbox.list_attempts(connection, outbox_id)
    return Opened(_listed(row), row["queued_at"], row["settled_at"], row["raw"], tuple(attempts))


def weigh_approval(app: App, cycle_key: str, ids: Sequence[int] | None) -> Approval:
    """What approving these letters, or without numbers all that wait for it, would let go."""
    with app.database.reading() as connection:
        return _weigh(app, connection, cycle_key, ids)


def approve(app: App, cycle_key: str, ids: Sequence[int] | None, *, by: str, why: str = "") -> Approval:
    """Let held letters go, and approve their kinds, so that later letters in the same words do not wait.

    Letters that waited for nothing but those words go with them. All of it happens or, Refused, none.
    """
    check_reason(why)
    now = app.clock.now()
    with app.database.writing() as work:
        read_active(work.connection, cycle_key)
        approval = _weigh(app, work.connection, cycle_key, ids)
        held = outbox.held_words(work.connection, cycle_key)
        words = {pinned for row in approval.letters for pinned in held[row]}
        outbox.release(work.connection, approval.letters, now)
        detail = {"outbox": list(approval.letters)}
        after = str(OutboxStatus.QUEUED)
        event = Event(now, by, "mail_approved", cycle_key, after=after, why=why, detail=detail)
        events.append(work.connection, [event])
        record_approval(work.connection, cycle_key, words, by, now)
        work.commit()
    return approval


def _weigh(app: App, connection: Connection, cycle_key: str, ids: Sequence[int] | None) -> Approval:
    held = {
        row["id"]: row
        for row in outbox.list_messages(connection, cycle_key=cycle_key, statuses=[OutboxStatus.HELD])
    }
    unread = [number for number, row in held.items() if row["held_by"] == outbox.FIRST_USE]
    chosen = sorted(unread if ids is None else set(ids))
    if other := [number for number in chosen if number not in held]:
        raise _not_movable(connection, cycle_key, "held", "approved", other)
    carried = outbox.held_words(connection, cycle_key)
    before = approvals.read(connection, cycle_key)
    approved = before.union(*(carried[row] for row in chosen))
    others = [
        row
        for row, words in outbox.first_uses(connection, cycle_key).items()
        if row not in chosen and words <= approved
    ]
    leaving = [held[row] for row in (*chosen, *others)]
    now = app.clock.now()
    earlier = {row["id"] for row in leaving if row["send_on"] < now.astimezone(ZoneInfo(row["zone"])).date()}
    by_hand = events.letters_by_hand(connection, cycle_key)
    return Approval(
        letters=tuple(chosen),
        others=tuple(sorted(others)),
        people=len({row["contact_key"] for row in leaving}),
        kinds=tuple(sorted({kind for kind, _ in approved - before})),
        afresh=len(earlier - by_hand),
        as_changed=len(earlier & by_hand),
        kept=tuple(sorted(held.keys() - {*chosen, *others, *unread})),
        first_from=_first_opening(connection, cycle_key, {row["zone"] for row in leaving}, now),
    )


def _first_opening(
    connection: Connection, cycle_key: str, zones: Collection[str], now: datetime
) -> datetime | None:
    """When mail may leave to the first of these zones; None where it may now, or there is none."""
    cycle = read_active(connection, cycle_key).cycle
    openings = [cycle.send_window.next_opening(now, ZoneInfo(zone), cycle.workdays) for zone in zones]
    first = min(openings, default=now)
    return first if first > now else None


def move_messages(app: App, cycle_key: str, ids: Sequence[int], act: Desk, *, by: str, why: str) -> list[int]:
    """Hold or discard; all of the messages or, Refused, none."""
    check_reason(why)
    now, after = app.clock.now(), PAST[act]
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        if act is Desk.HOLD:
            _refuse_what_is_held(work.connection, ids, why)
            moved = outbox.hold(work.connection, ids, by, why)
        else:
            moved = outbox.move(work.connection, ids, outbox.NOT_LEFT, after, now)
        if other := sorted(set(ids) - set(moved)):
            raise _not_movable(work.connection, active.key, " or ".join(outbox.NOT_LEFT), after, other)
        detail = {"outbox": moved}
        event = Event(now, by, f"mail_{after}", active.key, after=after, why=why, detail=detail)
        events.append(work.connection, [event])
        work.commit()
    return moved


@dataclass(frozen=True, slots=True)
class Retried:
    """Letters that are tried again: as they were written, or taken back since they are true no more."""

    again: tuple[int, ...] = ()
    afresh: tuple[int, ...] = ()  # the next round writes what is so now, if anything
    waiting: tuple[int, ...] = ()  # they waited to leave, and nobody had put them off: nothing was done


def retry(app: App, cycle_key: str, ids: Sequence[int], *, by: str, why: str) -> Retried:
    """Send letters again that the mail server refused, or now that it put off; all or, Refused, none."""
    check_reason(why)
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        _refuse_what_would_not_go(work.connection, active, ids, now)
        queued = [letter.id for letter in outbox.list_queued(work.connection, ids)]
        hurried = outbox.hurry(work.connection, queued, now)
        moved = outbox.move(work.connection, ids, [OutboxStatus.FAILED], OutboxStatus.QUEUED, now)
        if other := sorted(set(ids) - {*moved, *queued}):
            raise _not_movable(work.connection, active.key, " or ".join(CAN_GO_AGAIN), "retried", other)
        outbox.wait_since(work.connection, moved, now)
        tried = sorted({*moved, *hurried})
        afresh = hold_to_facts(work.connection, tried, now)
        if tried:
            detail = {"outbox": tried, "afresh": afresh}
            after = OutboxStatus.QUEUED
            event = Event(now, by, "mail_retried", active.key, after=after, why=why, detail=detail)
            events.append(work.connection, [event])
        work.commit()
    again, waiting = set(tried) - set(afresh), set(queued) - set(hurried)
    return Retried(tuple(sorted(again)), tuple(afresh), tuple(sorted(waiting)))


def list_refused(app: App, cycle_key: str) -> list[int]:
    """The letters that a mail server refused and that can be sent again, and those that it put off.

    Left out are those whose reader has had a later letter, has left, or has an address that was given up.
    """
    now = app.clock.now()
    with app.database.reading() as connection:
        active = read_active(connection, cycle_key)
        put_off = outbox.list_put_off(connection, cycle_key, now)
        return [*put_off, *still_refused(connection, active)]


def still_refused(connection: Connection, active: Active) -> list[int]:
    """The letters that a mail server refused for good and that can be sent again."""
    people = rosters.load(connection, active.state).contacts
    return [
        row
        for row, status, reader in outbox.list_unmended(connection, active.key)
        if status is OutboxStatus.FAILED and reader in people and not people[reader].undeliverable
    ]


def _refuse_what_is_held(connection: Connection, ids: Sequence[int], why: str) -> None:
    """The first person's reason stays; what waits for its words to be approved may be held besides."""
    for number in ids:
        row = outbox.read(connection, number)
        if not row or row["status"] is not OutboxStatus.HELD or row["held_by"] == outbox.FIRST_USE:
            continue
        if row["held_because"] or not why:
            because = f": {row['held_because']}" if row["held_because"] else ""
            raise Refused(f"message {number} is held already, by {row['held_by']}{because}")


def _refuse_what_would_not_go(
    connection: Connection, active: Active, ids: Sequence[int], now: datetime
) -> None:
    """A letter of an earlier day is written afresh, and to an address that was given up nothing is."""
    people = rosters.load(connection, active.state).contacts
    for number in ids:
        row = outbox.read(connection, number)
        contact = people.get(row["contact_key"]) if row else None
        if not row or not contact or not contact.undeliverable:
            continue
        if row["send_on"] < now.astimezone(ZoneInfo(row["zone"])).date():
            raise Refused(
                f"message {number} is of {row['send_on']} and would be written afresh, but {contact.email} "
                f"was given up; if it works again: {command(f'roster reachable {contact.key}', active.key)}"
            )


def edit(app: App, cycle_key: str, outbox_id: int, change: Change, *, by: str) -> int:
    """Put a changed copy in a held letter's place; both are kept. Returns the copy's number.

    The copy is held, too, until it is approved.
    """
    now = app.clock.now()
    with app.database.writing() as work:
        read_active(work.connection, cycle_key)
        old = outbox.read(work.connection, outbox_id)
        if old is None or old["cycle_key"] != cycle_key or old["status"] is not OutboxStatus.HELD:
            raise _not_editable(work.connection, cycle_key, outbox_id, old)
        place = (old["contact_key"], old["send_on"])
        written, _ = outbox.letters_that_day(work.connection, cycle_key, [old["send_on"]])[place]
        nth = written + 1
        new_id = letter_id(cycle_key, *place, nth, app.settings.mail.domain)
        values = {name: old[name] for name in NewMessage.__dataclass_fields__}
        subject = change.subject or old["subject"]
        copy = NewMessage(
            **{
                **values,
                "nth": nth,
                "message_id": new_id,
                "subject": subject,
                "raw": edited(old["raw"], change, new_id, sent_at=now),
                "queued_at": now,
                "held_by": by,
                "held_because": f"changed by {by}",
            }
        )
        row = outbox.replace(work.connection, outbox_id, copy, now)
        events.append(
            work.connection,
            [
                Event(
                    now,
                    by,
                    "mail_edited",
                    cycle_key,
                    before=old["subject"],
                    after=subject,
                    why=change.line,
                    detail={"outbox": [outbox_id, row]},
                )
            ],
        )
        work.commit()
    return row


def _not_editable(
    connection: Connection, cycle_key: str, outbox_id: int, row: Mapping[Any, Any] | None
) -> Refused:
    if row is None or row["cycle_key"] != cycle_key:
        return Refused(f"{cycle_key} has no message {outbox_id}; see: {command('outbox list', cycle_key)}")
    if row["status"] in outbox.NOT_LEFT:
        first = command(f"outbox hold {outbox_id}", cycle_key)
        return Refused(f"message {outbox_id} is not held; first: {first}")
    edits = events.list_events(connection, cycle_key, kinds=["mail_edited"])
    copies = dict(event.detail["outbox"] for event in edits if event.detail)
    if outbox_id in copies:
        return Refused(f"message {outbox_id} was replaced by its changed copy; edit {copies[outbox_id]}")
    return Refused(f"message {outbox_id} is {row['status']}; only a letter that is held can be changed")


def _not_movable(
    connection: Connection, cycle_key: str, before: str, past: str, other: Sequence[int]
) -> Refused:
    unknown = [number for number in other if outbox.read(connection, number) is None]
    numbers = ", ".join(str(number) for number in unknown or other)
    if unknown:
        see = command("outbox list", cycle_key)
        return Refused(f"there is no message {numbers}; nothing was changed; see: {see}")
    return Refused(f"only what is {before} can be {past}, not {numbers}; nothing was changed")


def _listed(row: Mapping[Any, Any]) -> Listed:
    because = row["held_because"] if row["status"] is OutboxStatus.HELD else None
    return Listed(
        row["id"],
        row["status"],
        row["send_on"],
        row["recipient"],
        row["subject"],
        row["attempts"],
        row["message_id"],
        because,
    )
