from datetime import UTC, date, datetime

import vobject
from icalendar import Calendar

from yearwheel.calendar.ics import cycle_ics
from yearwheel.config.cycle_file import load_cycle, read_shipped

CYCLE = load_cycle(read_shipped("kentucky-2027"))
STAMP = datetime(2026, 12, 1, 12, tzinfo=UTC)
FEED = cycle_ics(CYCLE, stamp=STAMP)


def test_the_feed_holds_one_all_day_event_for_each_due_day():
    events = Calendar.from_ical(FEED).walk("VEVENT")
    assert [(str(e["uid"]), e.decoded("dtstart"), e.decoded("dtend").toordinal()) for e in events] == [
        (f"kentucky-2027.{s.key}@yearwheel.example", s.dates.due.on, s.dates.due.on.toordinal() + 1)
        for s in CYCLE.stages
    ]


def test_an_event_says_what_to_do_its_window_why_it_moved_and_on_what_basis():
    events = {str(e["uid"]): e for e in Calendar.from_ical(FEED).walk("VEVENT")}
    budget = events["kentucky-2027.budget_preparation@yearwheel.example"]
    assert str(budget["summary"]) == "Due: Budget preparation"
    assert str(budget["description"]).split("\n") == [
        "Have your board examine the draft technology budget in public, and hand it in.",
        "Opens January 4, 2027. Due January 29, 2027 at 23:59 (America/New_York). Closes February 5, 2027.",
        "January 31, 2027 is a Sunday, so the previous workday, January 29.",
        "Basis: KRS 160.470(6)(a).",
        "Help: oet-help@education.ky.example",
    ]


def test_the_same_cycle_and_stamp_give_the_same_bytes():
    assert cycle_ics(CYCLE, stamp=STAMP) == FEED
    assert cycle_ics(CYCLE, stamp=datetime(2026, 12, 2, tzinfo=UTC)) != FEED


def test_a_districts_feed_bears_its_name_and_leaves_out_what_the_state_owes():
    feed = Calendar.from_ical(cycle_ics(CYCLE, stamp=STAMP, district_name="Adair County"))
    assert str(feed["x-wr-calname"]) == "Kentucky education technology planning 2027, Adair County"
    assert "kentucky-2027.cycle_setup@yearwheel.example" not in {str(e["uid"]) for e in feed.walk("VEVENT")}
    assert len(feed.walk("VEVENT")) == len(CYCLE.stages) - 1


def test_lines_are_folded_and_the_refresh_interval_says_its_type():
    assert all(len(line) <= 75 for line in FEED.split(b"\r\n"))
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT12H\r\n" in FEED
    assert b"VTIMEZONE" not in FEED


def test_another_reader_sees_the_same_events():
    events = vobject.readOne(FEED.decode()).vevent_list
    assert len(events) == len(CYCLE.stages)
    assert events[1].dtstart.value == date(2027, 1, 29)
