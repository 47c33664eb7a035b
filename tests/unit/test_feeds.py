"""Calendar feeds: read by two parsers, kept by a secret, and following every change."""

import asyncio
from datetime import date, timedelta

import httpx
import pytest
import vobject
from icalendar import Calendar

from tests.apps import KEY, SOURCE, begun, hand_in, logged, round_at, set_clock, standing_of, with_mail
from yearwheel.calendar.feed import FeedScope
from yearwheel.services.app import Refused
from yearwheel.services.change_calendar import save_change
from yearwheel.services.decide import Decision, decide
from yearwheel.services.excuse import excuse
from yearwheel.services.extend import Extension, extend, take_back_extension
from yearwheel.services.feeds import create_feed, list_feeds, read_feed, revoke_feed
from yearwheel.web.app import create_web

DISTRICT, PERSON, STATE = FeedScope.DISTRICT, FeedScope.PERSON, FeedScope.STATE


@pytest.fixture
def app(database):
    app = begun(database)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-18")
    return app


def make(app, scope=DISTRICT, subject="001"):
    return create_feed(app, KEY, scope, subject, by="ada").token


def fetch(app, path, known=""):
    """What a browser gets."""

    async def ask():
        transport = httpx.ASGITransport(create_web(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://planning.example") as web:
            return await web.get(path, headers={"If-None-Match": known} if known else {})

    return asyncio.run(ask())


def events(app, token):
    """Each event as both parsers read it, by stage."""
    raw = read_feed(app, token)
    one = {str(e["uid"]): e for e in Calendar.from_ical(raw).walk("VEVENT")}
    other = {e.uid.value: e for e in vobject.readOne(raw.decode()).vevent_list}
    assert one.keys() == other.keys()
    found = {}
    for uid, event in one.items():
        seen = (
            event.decoded("dtstart"),
            int(event["sequence"]),
            str(event["status"]),
            len(event.walk("VALARM")),
        )
        twin = other[uid]
        assert seen == (
            twin.dtstart.value,
            int(twin.sequence.value),
            twin.status.value,
            len(twin.contents.get("valarm", [])),
        )
        found[uid.split("@")[0].removeprefix(f"{KEY}.")] = seen
    return found


def test_a_districts_feed_has_its_due_days_as_whole_days_with_an_alarm(app):
    assert {uid: (seen[0], *seen[2:]) for uid, seen in events(app, make(app)).items()} == {
        "budget.001": (date(2027, 3, 1), "CONFIRMED", 1),
        "plan.001": (date(2027, 4, 15), "CONFIRMED", 1),
        "review.001": (date(2027, 6, 1), "CONFIRMED", 1),
    }


def test_the_reviewers_own_day_is_none_of_the_districts(app):
    token = make(app)
    set_clock(app, "2027-04-01")
    hand_in(app, "plan", "001")
    round_at(app, "2027-04-02")
    read_by = standing_of(app, "review", "001").due_on
    shown = events(app, token)["review.001"]
    decide(app, KEY, [Decision("review", "001", "Ray", "Sign it.")])
    changes_by = standing_of(app, "review", "001").due_on

    assert (shown[0], read_by) == (date(2027, 6, 1), date(2027, 4, 12))
    assert events(app, token)["review.001"][0] == changes_by


def test_the_alarm_goes_a_week_before(app):
    (alarm, *_) = Calendar.from_ical(read_feed(app, make(app))).walk("VALARM")
    assert (str(alarm["action"]), alarm.decoded("trigger")) == ("DISPLAY", -timedelta(days=7))


def test_a_person_sees_what_they_are_told_about_and_nothing_else(app):
    assert set(events(app, make(app, PERSON, "finn"))) == {"budget.001"}
    assert set(events(app, make(app, PERSON, "bob"))) == {"budget.002", "plan.002", "review.002"}


def test_the_states_feed_is_the_calendar(app):
    assert {uid: seen[0] for uid, seen in events(app, make(app, STATE, "")).items()} == {
        "setup": date(2027, 1, 8),
        "budget": date(2027, 3, 1),
        "plan": date(2027, 4, 15),
        "review": date(2027, 6, 1),
    }


def test_an_extension_moves_the_day_and_raises_the_sequence_of_that_event_only(app):
    token = make(app)
    before, other = events(app, token), events(app, make(app, DISTRICT, "002"))
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 9))], by="ada", why="flood")
    after = events(app, token)

    assert after["budget.001"] == (date(2027, 3, 9), before["budget.001"][1] + 1, "CONFIRMED", 1)
    assert (after["plan.001"], after.keys()) == (before["plan.001"], before.keys())
    assert events(app, make(app, DISTRICT, "002")) == other


def raised(before, after):
    """By how much each event's SEQUENCE rose, of those that did."""
    return {uid: seen[1] - before[uid][1] for uid, seen in after.items() if seen[1] != before[uid][1]}


def stamps(app, token):
    """When each event last changed, as its DTSTAMP and LAST-MODIFIED both say."""
    found = Calendar.from_ical(read_feed(app, token)).walk("VEVENT")
    assert all(event["dtstamp"].dt == event["last-modified"].dt for event in found)
    return {str(event["uid"]): event["dtstamp"].dt for event in found}


def test_a_changed_calendar_raises_the_sequence_of_the_events_that_moved_and_of_no_other(app):
    own, state = make(app), make(app, STATE, "")
    before, of_state, stamped = events(app, own), events(app, state), stamps(app, own)
    save_change(app, KEY, SOURCE.replace("on: March 1,", "on: March 3,"), by="ada", why="board week")

    assert raised(before, events(app, own)) == {"budget.001": 1}
    assert raised(of_state, events(app, state)) == {"budget": 1}
    assert {uid for uid, at in stamps(app, own).items() if at != stamped[uid]} == {
        f"{KEY}.budget.001@yearwheel.example"
    }


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("ask: Hand in the draft", "title: The budget\n    ask: Hand in the draft"),
        ("on: March 1,", 'on: March 1, at: "17:00",'),
        ("on: March 1,", "on: March 2,"),
    ],
)
def test_a_new_title_day_or_hour_is_worth_another_look(app, was, is_now):
    state = make(app, STATE, "")
    before = events(app, state)
    save_change(app, KEY, SOURCE.replace(was, is_now, 1), by="ada", why="clearer")
    assert raised(before, events(app, state))["budget"] == 1


def test_new_words_about_a_stage_are_shown_without_a_new_sequence(app):
    state = make(app, STATE, "")
    before, stamped = events(app, state), stamps(app, state)
    save_change(app, KEY, SOURCE.replace("Hand in the draft", "Send the draft"), by="ada", why="clearer")

    assert b"Send the draft" in read_feed(app, state)
    assert raised(before, events(app, state)) == {}
    assert {uid for uid, at in stamps(app, state).items() if at != stamped[uid]} == {
        f"{KEY}.budget@yearwheel.example"
    }


def test_extended_taken_back_and_extended_again_the_sequence_only_ever_rises(app):
    token = make(app)
    first = events(app, token)["budget.001"][1]

    def extended():
        extend(app, KEY, [Extension("budget", "001", date(2027, 3, 9))], by="ada", why="flood")

    def taken_back():
        take_back_extension(app, KEY, "budget", "001", by="ada", why="no flood")

    def state_moved_below_it():
        save_change(app, KEY, SOURCE.replace("on: March 1,", "on: March 3,"), by="ada", why="board week")

    def state_moved_past_it():
        save_change(app, KEY, SOURCE.replace("on: March 1,", "on: March 11,"), by="ada", why="board week")

    seen = []
    for act in (extended, taken_back, extended, state_moved_below_it, state_moved_past_it):
        act()  # all in one moment of a clock that stands still
        seen.append(events(app, token)["budget.001"][:2])
    assert seen == [
        (date(2027, 3, 9), first + 1),
        (date(2027, 3, 1), first + 2),
        (date(2027, 3, 9), first + 3),
        (date(2027, 3, 9), first + 3),
        (date(2027, 3, 11), first + 4),
    ]


def test_a_stage_that_comes_back_after_it_was_removed_is_told_again(app):
    state = make(app, STATE, "")
    before = events(app, state)
    shorter = SOURCE.replace(SOURCE[SOURCE.index("  - key: plan") : SOURCE.index("  - key: review")], "")
    save_change(app, KEY, shorter.replace("after: [plan]", "after: [budget]"), by="ada", why="not this year")
    save_change(app, KEY, SOURCE, by="ada", why="this year after all")

    after = events(app, state)
    assert (raised(before, after), after["plan"][2]) == ({"plan": 2}, "CONFIRMED")


def test_uids_are_the_same_whatever_is_set(app):
    token = make(app)
    before = events(app, token)
    with_mail(app, domain="planning.state.example")
    assert events(app, token).keys() == before.keys()


def test_handing_in_is_no_reason_to_look_at_the_day_again(app):
    token = make(app)
    before = events(app, token)
    hand_in(app, "budget", "001")
    assert raised(before, events(app, token)) == {}


def test_what_is_excused_or_removed_is_cancelled_with_a_higher_sequence(app):
    token, state = make(app), make(app, STATE, "")
    before, of_state = events(app, token), events(app, state)
    excuse(app, KEY, "budget", "001", by="ada", why="merged")
    shorter = SOURCE.replace(SOURCE[SOURCE.index("  - key: plan") : SOURCE.index("  - key: review")], "")
    save_change(app, KEY, shorter.replace("after: [plan]", "after: [budget]"), by="ada", why="not this year")
    after = events(app, token)

    for uid in ("budget.001", "plan.001"):
        assert after[uid][2:] == ("CANCELLED", 0)
        assert after[uid][1] > before[uid][1]
    assert events(app, state)["plan"][1:] == (of_state["plan"][1] + 1, "CANCELLED", 0)


def test_what_is_handed_in_rings_no_more(app):
    token = make(app)
    hand_in(app, "budget", "001")
    assert events(app, token)["budget.001"][2:] == ("CONFIRMED", 0)


def test_the_token_is_kept_as_a_digest_only(app):
    token = make(app)
    with app.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM feed").all()
        logs = connection.exec_driver_sql("SELECT * FROM event").all()
    assert token not in str(rows) + str(logs)
    assert len(token) >= 43


def test_a_revoked_feed_is_gone_and_stays_on_the_list(app):
    token = make(app)
    revoke_feed(app, KEY, 1, by="ada")

    assert read_feed(app, token) is None
    assert [(feed.subject, feed.revoked_at is not None) for feed in list_feeds(app, KEY)] == [("001", True)]
    assert [event.kind for event in logged(app, "feed_created", "feed_revoked")] == [
        "feed_created",
        "feed_revoked",
    ]
    with pytest.raises(Refused, match="no feed 1 to revoke; there are: none"):
        revoke_feed(app, KEY, 1, by="ada")


@pytest.mark.parametrize(("scope", "subject"), [(DISTRICT, "999"), (PERSON, "nobody"), (STATE, "001")])
def test_a_feed_for_nobody_is_refused(app, scope, subject):
    with pytest.raises(Refused, match=f"no {scope} '{subject}'"):
        create_feed(app, KEY, scope, subject, by="ada")
    assert list_feeds(app, KEY) == []


def test_over_the_web_the_token_is_the_permission(app):
    token, other = make(app), make(app, DISTRICT, "002")
    found = fetch(app, f"/feeds/{token}.ics")

    assert (found.status_code, found.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert found.content == read_feed(app, token)
    assert b"Ash County" in found.content
    assert b"Birch" not in found.content
    for wrong in (f"/feeds/{token[:-1]}.ics", "/feeds/1.ics", "/feeds/001.ics", "/feeds/.ics", "/feeds/"):
        assert fetch(app, wrong).status_code == 404
    revoke_feed(app, KEY, 1, by="ada")
    gone = fetch(app, f"/feeds/{token}.ics", found.headers["etag"])
    assert (gone.status_code, b"Ash" in gone.content) == (404, False)
    assert fetch(app, f"/feeds/{other}.ics").status_code == 200


def test_over_the_web_an_unchanged_feed_is_not_sent_twice(app):
    token = make(app)
    first = fetch(app, f"/feeds/{token}.ics")
    again = fetch(app, f"/feeds/{token}.ics", first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "private, no-cache"

    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 9))], by="ada", why="flood")
    assert fetch(app, f"/feeds/{token}.ics", first.headers["etag"]).status_code == 200
