"""What districts ask of the office, and telling its admins of it on the day of the next round."""

from collections.abc import Mapping
from datetime import date, datetime

from yearwheel.calendar.day_words import day_words
from yearwheel.notifications.ledger import NoticeKind, PlannedReminder
from yearwheel.notifications.requests import Request, RequestKind, rung_of, write_requests
from yearwheel.notifications.whole_cycle import tell
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.more_time import list_open
from yearwheel.store import Connection, events, hand_overs, standings, tasks


def requests(
    connection: Connection, active: Active, roster: Roster, written: Mapping[str, datetime], now: datetime
) -> list[PlannedReminder]:
    """What was asked since the last letter about it and still waits; none if today's is written."""
    on = active.day(now)
    if rung_of(on) in written:
        return []
    assert active.stored.published_at is not None
    told = (at for rung, at in written.items() if rung.startswith(f"{NoticeKind.REQUESTS}:"))
    since = max(told, default=active.stored.published_at)
    new = [request for at, request in _find(connection, active, roster, on) if at > since]
    if not new:
        return []
    table = write_requests(new)
    return tell(active.cycle, roster, [Role.STATE_ADMIN], NoticeKind.REQUESTS, rung_of(on), table, now)


def days_asked(
    connection: Connection, active: Active, roster: Roster, on: date
) -> list[tuple[RequestKind, date]]:
    """What waits for an answer, each with the day it was asked on."""
    return [(request.kind, active.day(at)) for at, request in _find(connection, active, roster, on)]


def _find(connection: Connection, active: Active, roster: Roster, on: date) -> list[tuple[datetime, Request]]:
    """Everything that waits for an answer of the office, with the moment it was asked."""
    return [
        *_help(connection, active, roster, on),
        *_more_time(connection, active, roster, on),
        *_hand_overs(connection, active, roster),
    ]


def _help(connection: Connection, active: Active, roster: Roster, on: date) -> list[tuple[datetime, Request]]:
    waiting = {
        (t.subject, t.district_code): t for t in tasks.list_open(connection, active.state, RequestKind.HELP)
    }
    asked = events.list_events(connection, active.key, kinds=[RequestKind.HELP]) if waiting else []
    found: dict[tuple[str, str], tuple[datetime, Request]] = {}
    for event in asked:
        stage_key, code = event.stage_key or "", event.district_code or ""
        task = waiting.get((f"{active.key}/{stage_key}", code))
        contact = roster.contacts.get((event.detail or {}).get("contact", ""))
        stage, district = active.stages.get(stage_key), roster.districts.get(code)
        if task and contact and stage and district:
            standing = standings.find_one(connection, active.key, stage_key, code)
            due_on = (standing and standing.due_on) or stage.dates.due.on
            words = (
                f"{contact.name} of {district.name} asks for help with {stage.title}, "
                f"due {day_words(due_on, on)}"
            )
            found[stage_key, code] = task.opened_at, Request(RequestKind.HELP, contact.email, words)
    return list(found.values())


def _more_time(
    connection: Connection, active: Active, roster: Roster, on: date
) -> list[tuple[datetime, Request]]:
    found = []
    for asked in list_open(connection, active):
        stage, district = active.stages[asked.stage_key], roster.districts[asked.district_code]
        answer = f"yearwheel extension grant {district.code} {stage.key}, or refuse"
        words = (
            f"{asked.by} asks for time until {day_words(asked.until, on)}: {asked.why}. To answer: {answer}"
        )
        request = Request(RequestKind.MORE_TIME, f"{stage.title}: {district.name}", words)
        found.append((asked.asked_at, request))
    return found


def _hand_overs(connection: Connection, active: Active, roster: Roster) -> list[tuple[datetime, Request]]:
    found = []
    for proposal in hand_overs.list_open(connection, active.state):
        if old := roster.contacts.get(proposal.contact_key):
            answer = f"yearwheel roster hand-over {proposal.id} --accept, or --refuse"
            where = roster.districts[old.district_code].name
            words = (
                f"{old.name} of {where} says that {proposal.name} does their work now. To answer: {answer}"
            )
            request = Request(RequestKind.HAND_OVER, proposal.email, words)
            found.append((proposal.proposed_at, request))
    return found
