"""Asking for more time: a district's request waits as a task until the office grants or refuses it."""

from dataclasses import dataclass
from datetime import date, datetime

from yearwheel.calendar.day_words import day_words
from yearwheel.notifications.commands import command
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.requests import RequestKind, answers_in_words, more_time_answers
from yearwheel.services.active import Active, read_active
from yearwheel.services.answered import close_request
from yearwheel.services.app import App, Refused
from yearwheel.services.extend import Extension, check_later, extend
from yearwheel.services.moves import Move, find_standing, request_subject, tell
from yearwheel.services.reader_link import read_asked, read_reader
from yearwheel.services.reasons import need_reason
from yearwheel.stages.standing import Standing
from yearwheel.store import Connection, events, rosters, tasks
from yearwheel.store.events import Event
from yearwheel.store.tasks import Task

ASKED = "extension_asked"


@dataclass(frozen=True, slots=True)
class Request:
    """What a district asked for, and that nobody has answered yet."""

    stage_key: str
    district_code: str
    until: date
    by: str
    why: str
    asked_at: datetime
    past_close: date | None = None  # when the stage closes for them, where they ask for a later day

    def in_a_sentence(self, on: date) -> str:
        """Who asked for what, for all who are told the answer."""
        return f"{self.by} asked for time until {day_words(self.until, on)}."

    def how_to_answer(self, cycle_key: str) -> str:
        """The commands that answer it, each with what it does."""
        return answers_in_words(
            more_time_answers(self.district_code, self.stage_key, cycle_key, self.past_close)
        )


def ask(app: App, cycle_key: str, stage_key: str, code: str, until: date, *, by: str, why: str) -> Request:
    """Ask for a later due day; a task tells the office. Nothing moves before somebody grants it.

    Refused without a reason, for a day that is not later, where nothing is owed, and while an earlier request
    waits. A day past the stage's close may be asked for.
    """
    need_reason(why, "to ask for more time needs a reason")
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        here = find_standing(work.connection, active, stage_key, code)
        check_later(active, here, until, active.day(now), force=True)
        close = active.stages[stage_key].dates_for(here.due_on, active.cycle.workdays).close.on
        request = Request(stage_key, code, until, by, why, now, close if until > close else None)
        if not tasks.open_once(work.connection, _task(work.connection, active, request)):
            title = active.stages[stage_key].title
            raise Refused(f"more time for {title} was asked for already, and that waits for an answer")
        past = {"past_close": close.isoformat()} if request.past_close else {}
        detail = {"until": until.isoformat(), **past}
        asked = Event(now, by, ASKED, active.key, stage_key, code, why=why, detail=detail)
        events.append(work.connection, [asked])
        work.commit()
    return request


def ask_by_link(app: App, token: str, stage_key: str, until: str, why: str) -> Request:
    """The same from a letter's reader, in their own district's name. Refused where they are asked nothing."""
    with app.database.reading() as connection:
        reader = read_reader(app, connection, token)
        if stage_key not in read_asked(connection, reader):
            raise Refused("your district owes nothing here at the moment; nothing was changed")
    if not why.strip():
        raise Refused("say why you need more time; nothing was changed")
    try:
        day = date.fromisoformat(until.strip())
    except ValueError:
        raise Refused(f"that is not a day; write it like {reader.today}") from None
    code = reader.contact.district_code
    return ask(app, reader.active.key, stage_key, code, day, by=reader.actor, why=why)


def list_requests(app: App, cycle_key: str) -> list[Request]:
    """What waits for an answer, oldest first."""
    with app.database.reading() as connection:
        return list_open(connection, read_active(connection, cycle_key))


def grant(
    app: App,
    cycle_key: str,
    stage_key: str,
    code: str,
    *,
    by: str,
    why: str = "",
    until: date | None = None,
    force: bool = False,
) -> Standing:
    """Extend as a district asked, or until another day. Without a reason of its own it keeps the district's.

    Refused without an open request, and as an extension is.
    """
    with app.database.reading() as connection:
        active = read_active(connection, cycle_key)
        request = _find_open(connection, active, stage_key, code)
    if until not in (None, request.until) and not why.strip():
        raise Refused(
            f"{code} asked for {request.until}, and its reason speaks of that day; another one needs a reason"
            " of the office: --why '...'"
        )
    asked = request.in_a_sentence(active.day(app.clock.now()))
    given = Extension(stage_key, code, until or request.until, asked)
    (after,) = extend(app, cycle_key, [given], by=by, why=why.strip() or request.why, force=force)
    return after


def refuse(app: App, cycle_key: str, stage_key: str, code: str, *, by: str, why: str) -> Request:
    """Leave the due day as it is; those whom the stage tells hear so, with the reason.

    Refused without a reason and without an open request.
    """
    need_reason(why, "a refusal needs a reason, which the district is told")
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        request = _find_open(work.connection, active, stage_key, code)
        here = find_standing(work.connection, active, stage_key, code)
        detail = {"asked": request.until.isoformat()}
        kind = NoticeKind.EXTENSION_REFUSED
        note = f"{why}\n{request.in_a_sentence(active.day(now))}"
        tell(work.connection, active, [Move(here, here, by, str(kind), why, kind, note, detail)], now)
        subject = request_subject(active, stage_key)
        close_request(work.connection, active.state, RequestKind.MORE_TIME, code, subject, by, now)
        work.commit()
    return request


def _task(connection: Connection, active: Active, request: Request) -> Task:
    stage_key, code = request.stage_key, request.district_code
    name = rosters.load(connection, active.state, active.key).districts[code].name
    title = active.cycle.stage(stage_key).title
    what = f"{name} asks for time until {request.until} in {title}: {request.why}; "
    what += request.how_to_answer(active.key)
    subject = request_subject(active, stage_key)
    return Task(active.state, RequestKind.MORE_TIME, code, subject, what, request.asked_at)


def list_open(connection: Connection, active: Active) -> list[Request]:
    """The same, read by a connection."""
    open_ = {
        (task.subject, task.district_code)
        for task in tasks.list_open(connection, active.state, RequestKind.MORE_TIME)
    }
    newest = {
        (request_subject(active, event.stage_key or ""), event.district_code or ""): event
        for event in events.list_events(connection, active.key, kinds=[ASKED])
    }
    waiting = (event for place, event in newest.items() if place in open_)
    return [_request(event) for event in sorted(waiting, key=lambda event: event.at)]


def find_request(connection: Connection, active: Active, stage_key: str, code: str) -> Request | None:
    """What a district asked for in a stage, if that waits for an answer."""
    place = (stage_key, code)
    waiting = list_open(connection, active)
    return next((request for request in waiting if (request.stage_key, request.district_code) == place), None)


def _find_open(connection: Connection, active: Active, stage_key: str, code: str) -> Request:
    if request := find_request(connection, active, stage_key, code):
        return request
    raise Refused(
        f"{code} has no open request for more time in {stage_key}; "
        f"to see them: {command('extension list', active.key)}; to give time unasked: "
        + command(f"extend {code} {stage_key} --until DAY --why '...'", active.key)
    )


def _request(event: Event) -> Request:
    detail = event.detail or {}
    until, close = date.fromisoformat(detail["until"]), detail.get("past_close")
    past = date.fromisoformat(close) if close else None
    place = event.stage_key or "", event.district_code or ""
    return Request(*place, until, event.actor, event.why, event.at, past)
