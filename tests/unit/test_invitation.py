"""The dates that come with a letter, as two calendar programs' libraries read them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
import vobject

from tests.apps import ANN, CYCLE, KEY, at, begun, make_app, round_at
from tests.fakes import FakeMailer
from tests.unit.test_mime import parsed
from yearwheel.calendar.ics import event_uid
from yearwheel.notifications.invitation import Method, announce, write_dates
from yearwheel.services.excuse import excuse, reinstate
from yearwheel.services.extend import Extension, extend

STAMP = datetime(2027, 2, 1, 15, tzinfo=UTC)
BUDGET, PLAN = CYCLE.stage("budget"), CYCLE.stage("plan")
MARCH_1, MARCH_12 = date(2027, 3, 1), date(2027, 3, 12)


def dates(due_on: date = MARCH_1, stamp: datetime = STAMP, **changes: str) -> bytes:
    return write_dates([announce(CYCLE, replace(BUDGET, **changes), "001", due_on, BUDGET.basis)], stamp)


def events(raw: bytes) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(raw).walk("VEVENT"))


def test_it_is_one_whole_day_to_publish_and_not_the_event_of_a_feed() -> None:
    calendar = icalendar.Calendar.from_ical(dates())
    (event,) = events(dates())

    assert calendar["method"] == "PUBLISH"
    assert (event["uid"], event.start, event.end) == (
        f"letter.{event_uid(KEY, 'budget', '001')}",
        MARCH_1,
        MARCH_1 + timedelta(days=1),
    )
    assert "DTSTART;VALUE=DATE:20270301" in dates().decode()
    assert event["transp"] == "TRANSPARENT"


def test_another_library_reads_the_same() -> None:
    event = vobject.readOne(dates().decode()).vevent
    assert (event.dtstart.value, event.summary.value) == (MARCH_1, "Due: Budget")
    assert event.description.value.splitlines() == [
        "Hand in the draft budget.",
        "Due by 11:59 PM Eastern",
        "Based on: KRS 160.470",
        "Help: help@state.example",
    ]


def test_two_districts_of_one_reader_are_two_events_in_whichever_letter() -> None:
    """Who works for two districts takes two letters into one calendar, with a day of each."""
    here = announce(CYCLE, BUDGET, "001", MARCH_1, "", "Adair County")
    there = announce(CYCLE, BUDGET, "002", MARCH_12, "", "Allen County")
    told = {(str(e["uid"]), str(e["summary"]), e.start) for e in events(write_dates([here, there], STAMP))}
    assert told == {
        (f"letter.{event_uid(KEY, 'budget', '001')}", "Due: Budget - Adair County", MARCH_1),
        (f"letter.{event_uid(KEY, 'budget', '002')}", "Due: Budget - Allen County", MARCH_12),
    }
    (alone,) = events(write_dates([announce(CYCLE, BUDGET, "002", MARCH_12, "")], STAMP))
    assert alone["uid"] == f"letter.{event_uid(KEY, 'budget', '002')}"


def test_the_same_dates_are_the_same_bytes() -> None:
    assert dates() == dates()


def test_a_date_that_moves_stays_the_same_event_and_the_later_letter_wins() -> None:
    (first,), (moved,) = events(dates()), events(dates(MARCH_12, STAMP + timedelta(days=3)))
    assert moved["uid"] == first["uid"]
    assert moved["sequence"] > first["sequence"]


def test_of_two_moves_on_one_day_the_later_wins() -> None:
    (first,), (second,) = events(dates()), events(dates(MARCH_12, STAMP + timedelta(hours=1)))
    assert second["sequence"] == first["sequence"] + 60


@pytest.mark.parametrize("title", ["A; B, C\\n", "X\r\nEND:VEVENT\r\nBEGIN:VALARM", "Bücher " * 30])
def test_a_title_cannot_break_out_of_its_line(title: str) -> None:
    (event,) = events(dates(title=title))
    assert event["summary"] == f"Due: {title}".replace("\r\n", "\n")
    assert not event.subcomponents


def test_a_date_that_is_withdrawn_is_the_same_event_cancelled() -> None:
    (told,) = events(write_dates([announce(CYCLE, BUDGET, "001", MARCH_1, "")], STAMP))
    raw = write_dates([announce(CYCLE, BUDGET, "001", MARCH_1, "")], STAMP + timedelta(days=1), Method.CANCEL)
    (gone,) = events(raw)

    assert b"METHOD:CANCEL\r\n" in raw
    assert (str(gone["uid"]), str(gone["status"]), gone["sequence"]) == (
        str(told["uid"]),
        "CANCELLED",
        told["sequence"] + 24 * 60,
    )


def test_nothing_announced_is_nothing_attached() -> None:
    assert write_dates([], STAMP) == b""


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


def attached(mailer: FakeMailer, recipient: str) -> list[list[tuple[str, date]]]:
    """For each letter that a person got: the events it brought."""
    found = []
    for envelope in mailer.sent:
        if envelope.recipient == recipient:
            parts = {p.get_content_type(): p for p in parsed(envelope.raw).iter_parts()}
            calendar = parts.get("text/calendar")
            raw = calendar.get_payload(decode=True) if calendar else None
            found.append([(str(e["summary"]), e.start) for e in events(raw)] if raw else [])
    return found


def test_the_publication_brings_every_date_of_the_district(sqlite_database, mailer) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")
    assert attached(mailer, ANN.email) == [
        [("Due: Budget", MARCH_1), ("Due: Plan", date(2027, 4, 15)), ("Due: Review", date(2027, 6, 1))]
    ]


def test_an_excuse_takes_the_date_out_and_its_end_brings_it_again(sqlite_database, mailer) -> None:
    app = begun(sqlite_database, mailer)
    excuse(app, KEY, "plan", "001", by="ada", why="merged")
    round_at(app, "2027-01-12")
    excused = parsed(mailer.sent[-1].raw)
    *_, last = excused.iter_parts()
    reinstate(app, KEY, "plan", "001", by="ada", why="not merged")
    round_at(app, "2027-01-13")

    assert (last.get_param("method"), last.get_param("name")) == ("CANCEL", "withdrawn.ics")
    assert attached(mailer, ANN.email)[-2:] == [[("Due: Plan", date(2027, 4, 15))]] * 2
    assert b"method=PUBLISH" in mailer.sent[-1].raw


def test_a_letter_with_days_that_come_and_days_that_go_brings_each_where_a_program_acts_on_it(
    sqlite_database, mailer
) -> None:
    app = begun(sqlite_database, mailer)
    excuse(app, KEY, "plan", "001", by="ada", why="merged")
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 8))], by="ada", why="flood")
    round_at(app, "2027-01-12")

    message = parsed([e.raw for e in mailer.sent if e.recipient == ANN.email][-1])
    words, gone = message.iter_parts()
    *_, come = words.iter_parts()
    types = ["multipart/mixed", "multipart/alternative"]
    assert [message.get_content_type(), words.get_content_type()] == types
    assert [part.get_param("method") for part in (come, gone)] == ["PUBLISH", "CANCEL"]
    summaries = [[str(e["summary"]) for e in events(p.get_payload(decode=True))] for p in (come, gone)]
    assert summaries == [["Due: Budget"], ["Due: Plan"]]
    assert "Budget has a new date" in message.get_body(("plain",)).get_content()
    assert not message.defects


def test_openings_and_extensions_bring_their_date_and_reminders_none(sqlite_database, mailer) -> None:
    app = begun(sqlite_database, mailer)
    mailer.sent.clear()
    round_at(app, "2027-02-01")
    round_at(app, "2027-02-15")
    app.clock.set(at("2027-02-18 09:00"))
    extend(app, KEY, [Extension("budget", "001", MARCH_12)], by="ada", why="flood")
    round_at(app, "2027-02-18")

    opened = [("Due: Budget", MARCH_1), ("Due: Plan", date(2027, 4, 15))]
    assert attached(mailer, ANN.email) == [opened, [], [("Due: Budget", MARCH_12)]]
