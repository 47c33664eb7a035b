"""What districts ask of the office, and telling its admins of it in the next round.

Each request has a task that waits for the answer. What was told is known by the tasks' numbers and not by the
hour, since a clock may be put back.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from yearwheel.calendar.day_words import day_words
from yearwheel.notifications.ledger import SYSTEM, NoticeKind, PlannedReminder
from yearwheel.notifications.requests import (
    Request,
    RequestKind,
    answers_in_words,
    hand_over_answers,
    read_numbers,
    rung_of,
    write_numbers,
    write_requests,
)
from yearwheel.notifications.whole_cycle import Table, read_table, tell, write_table
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.more_time import list_open
from yearwheel.services.moves import request_subject
from yearwheel.store import Connection, cycles, events, hand_overs, pauses, reminders, standings, tasks
from yearwheel.store.events import Event
from yearwheel.store.tasks import Task

TOLD = "requests_told"


def tell_requests(
    connection: Connection, active: Active, roster: Roster, written: Collection[str], now: datetime
) -> list[PlannedReminder]:
    """What was asked, was not told yet and still waits; none if today's letter about requests is written."""
    on = active.day(now)
    if rung_of(on) in written:
        return []
    known = _told(connection, active)
    new = sorted({number for number, _, _ in _find(connection, active, roster, on)} - known)
    if not new:
        return []
    events.append(connection, [Event(now, SYSTEM, TOLD, active.key, detail={"tasks": new})])
    told = tell(active.cycle, roster, [Role.STATE_ADMIN], NoticeKind.REQUESTS, rung_of(on), (), now)
    return [replace(notice, note=write_numbers(new)) for notice in told]


def read_told(connection: Connection, active: Active, roster: Roster, note: str, on: date) -> Table:
    """What a notice of requests says on a day: of those it names the ones that still wait."""
    if not (named := read_numbers(note)):
        return read_table(note)
    found = {number: request for number, _, request in _find(connection, active, roster, on)}
    for task in tasks.list_open(connection, active.state):
        if task.id in named - found.keys():  # who asked, or for whom, is not there any more
            found[task.id] = Request(RequestKind(task.kind), task.district_code, task.what)
    return read_table(write_table(write_requests([found[number] for number in found if number in named])))


def unanswered(
    connection: Connection, active: Active, roster: Roster, on: date
) -> list[tuple[RequestKind, date]]:
    """What was told and still waits for an answer, each with the day it was asked on."""
    known = _told(connection, active)
    found = _find(connection, active, roster, on) if known else ()
    return [(request.kind, active.day(task.opened_at)) for number, task, request in found if number in known]


def count_open(connection: Connection, active: Active, roster: Roster, on: date) -> int:
    """How many requests wait for an answer, told or not."""
    return len(list(_find(connection, active, roster, on)))


def _told(connection: Connection, active: Active) -> set[int]:
    """The numbers that letters of any of the state's cycles have told or will: a hand-over is every cycle's.

    What a cycle had not told when it was closed another tells.
    """
    of_state = [stored for stored in cycles.list_cycles(connection) if stored.state == active.state]
    told = (event for c in of_state for event in events.list_events(connection, c.key, kinds=[TOLD]))
    numbers = {number for event in told for number in (event.detail or {})["tasks"]}
    closed = {stored.key for stored in of_state if stored.closed_at}
    if not closed:
        return numbers
    untold = (
        row for row in reminders.list_untold(connection, NoticeKind.REQUESTS) if row.cycle_key in closed
    )
    return numbers.difference(*(read_numbers(row.note) for row in untold))


def _speaks_for_state(connection: Connection, active: Active) -> bool:
    """Whether this cycle tells what is asked of the whole state: the first that runs, and is not paused."""
    running = [
        stored.key
        for stored in cycles.list_cycles(connection)
        if stored.state == active.state and stored.published_at and not stored.closed_at
    ]
    awake = [key for key in running if pauses.find_open(connection, key) is None]
    return active.key in (awake or running)[:1]


def _find(
    connection: Connection, active: Active, roster: Roster, on: date
) -> Iterator[tuple[int, Task, Request]]:
    """Everything that waits for an answer of the office, with the task that does."""
    for kind, read in _KINDS.items():
        open_ = {
            (task.subject, task.district_code): task
            for task in tasks.list_open(connection, active.state, kind)
        }
        words = read(connection, active, roster, on) if open_ else {}
        yield from ((task.id, task, words[about]) for about, task in open_.items() if about in words)


About = tuple[str, str]  # subject and district code of a task


def _help(connection: Connection, active: Active, roster: Roster, on: date) -> Mapping[About, Request]:
    found: dict[About, Request] = {}
    for event in events.list_events(connection, active.key, kinds=[RequestKind.HELP]):
        stage_key, code = event.stage_key or "", event.district_code or ""
        contact = roster.contacts.get((event.detail or {}).get("contact", ""))
        stage, district = active.stages.get(stage_key), roster.districts.get(code)
        if stage and district:
            here = standings.find_one(connection, active.key, stage_key, code)
            due_on = (here and here.due_on) or stage.dates.due.on
            who = contact.name if contact else event.actor  # who asked may have left since
            about = contact.email if contact else f"{stage.title}: {district.name}"
            words = f"{who} of {district.name} asks for help with {stage.title}, due {day_words(due_on, on)}"
            found[request_subject(active, stage_key), code] = Request(RequestKind.HELP, about, words)
    return found


def _more_time(connection: Connection, active: Active, roster: Roster, on: date) -> Mapping[About, Request]:
    found: dict[About, Request] = {}
    for asked in list_open(connection, active):
        stage, district = active.stages[asked.stage_key], roster.districts[asked.district_code]
        words = f"{asked.by} asks for time until {day_words(asked.until, on)}: {asked.why}; "
        words += asked.how_to_answer(active.key)
        request = Request(RequestKind.MORE_TIME, f"{stage.title}: {district.name}", words)
        found[request_subject(active, stage.key), district.code] = request
    return found


def _hand_overs(connection: Connection, active: Active, roster: Roster, _: date) -> Mapping[About, Request]:
    found: dict[About, Request] = {}
    if not _speaks_for_state(connection, active):
        return found
    for proposal in hand_overs.list_open(connection, active.state):
        if old := roster.contacts.get(proposal.contact_key):
            answers = answers_in_words(hand_over_answers(proposal.id, active.key))
            where = roster.districts[old.district_code].name
            words = f"{old.name} of {where} says that {proposal.name} does their work now; {answers}"
            found[old.key, old.district_code] = Request(RequestKind.HAND_OVER, proposal.email, words)
    return found


_KINDS = {
    RequestKind.HELP: _help,
    RequestKind.MORE_TIME: _more_time,
    RequestKind.HAND_OVER: _hand_overs,
}
