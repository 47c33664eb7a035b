"""A published calendar is changed: what is foreseen is what the ledger does, and nothing is said twice."""

import re
from collections import Counter
from datetime import date
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest

from tests.apps import (
    ANN,
    BOB,
    CAL,
    KEY,
    PEOPLE,
    SAM,
    SID,
    SOURCE,
    SUE,
    begun,
    hand_in,
    ledger,
    logged,
    make_app,
    roster_of,
    round_at,
    set_clock,
    standing_of,
)
from tests.browser import visit
from tests.fakes import FakeMailer
from yearwheel.config.cycle_file import CycleFileError, read_shipped
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.active import read_active
from yearwheel.services.app import Refused
from yearwheel.services.change_calendar import find_version, list_versions, preview_change, save_change
from yearwheel.services.contacts import name_deputy, set_away
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend, take_back_extension
from yearwheel.services.import_roster import RosterFiles, import_roster
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.store import reminders, rosters

LATER = SOURCE.replace("due: {on: March 1, basis", "due: {on: March 15, basis")
WITHOUT_PLAN = SOURCE.replace(
    SOURCE[SOURCE.index("  - key: plan") : SOURCE.index("  - key: review")], ""
).replace("after: [plan]", "after: [budget]")
WITH_REPORT = (
    SOURCE
    + """\
  - key: report
    kind: milestone
    ask: Report.
    opens: June 1
    due: June 15
    tell: technology_coordinator
    reminders: [7 days before]
"""
)


@pytest.fixture
def app(sqlite_database):
    """The budget was announced on February 1 and reminded of on the 15th; it is February 18."""
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    round_at(app, "2027-02-15")
    set_clock(app, "2027-02-18")
    return app


def save(app, source, why="the snow"):
    return save_change(app, KEY, source, by="ada", why=why)


def statuses(app, key=KEY):
    """How many ladder rows stand where."""
    notices = {str(kind) for kind in NoticeKind}
    with app.database.reading() as connection:
        rows = reminders.list_outcomes(connection, key)
    return Counter(str(row["status"]) for row in rows if row["kind"] not in notices)


def budget_of_ann(app):
    rows = ledger(app, stage_key="budget", district_code="001", contact_key="ann")
    return [row for row in rows if row[0] not in ("published:1", "weekly:1")]


def test_what_is_foreseen_is_what_the_ledger_does(app):
    before, foreseen = statuses(app), preview_change(app, KEY, LATER)
    assert statuses(app) == before
    assert save(app, LATER) == foreseen

    after = statuses(app)
    assert sum(after.values()) - sum(before.values()) == foreseen.writes["new"]
    assert after["superseded"] - before["superseded"] == foreseen.writes["superseded"]
    assert after["queued"] == before["queued"]
    assert (foreseen.districts, foreseen.total("at_once")) == (3, 0)


def test_moving_kentuckys_drafting_by_two_weeks_does_what_its_preview_counts(database):
    app = make_app(database)
    source = read_shipped("kentucky-2027").replace("cycle: kentucky-2027", "cycle: ky")
    with database.writing() as work:
        rosters.save(work.connection, "KY", shipped_roster(limit=12))
        work.commit()
    create_cycle(app, source, by="ada")
    publish_cycle(app, "ky", by="ada")
    set_clock(app, "2027-03-20")
    moved = source.replace("due: {on: April 15, basis", "due: {on: April 29, basis")

    before, foreseen = statuses(app, "ky"), preview_change(app, "ky", moved)
    save_change(app, "ky", moved, by="ada", why="two more weeks")
    after = statuses(app, "ky")

    ended = {status: after[status] - before[status] for status in ("superseded", "cancelled")}
    assert ended == {status: foreseen.writes.get(status, 0) for status in ended}
    assert sum(after.values()) - sum(before.values()) == foreseen.writes["new"] > 0
    drafting = next(stage for stage in foreseen.stages if stage.stage == "drafting")
    assert foreseen.districts == drafting.districts
    assert [(move.stage, move.days) for move in foreseen.diff.chosen] == [("drafting", 14)]


def test_rungs_of_the_new_day_that_lie_behind_are_not_called(app):
    save(app, LATER)

    assert [row for row in budget_of_ann(app) if row[2] in ("planned", "sent")] == [
        ("1-workday-after", "ann", "planned", None),
        ("14-days-before", "ann", "sent", None),
        ("14-days-before", "ann", "planned", None),
        ("7-days-before", "ann", "planned", None),
        ("date_moved:1", "ann", "planned", None),
        ("on-the-day", "ann", "planned", None),
        ("when-it-opens", "ann", "sent", None),
    ]


def test_who_was_told_the_old_day_is_told_the_new_one_and_nobody_else(app):
    extend(app, KEY, [Extension("budget", "002", date(2027, 3, 20))], by="ada", why="flood", force=True)
    foreseen = save(app, LATER.replace("due: May 31", "due: June 1"))

    assert (foreseen.notices, len(ledger(app, kind="date_moved"))) == (5, 5)
    told = [("date_moved:1", name) for name in ("ann", "finn", "sue", "cal", "sid")]
    assert [row[:2] for row in ledger(app, kind="date_moved")] == told
    assert {(e.stage_key, e.district_code) for e in logged(app, "date_moved")} == {
        ("budget", "001"),
        ("budget", "003"),
    }


def test_a_letter_that_waits_is_taken_back_and_counted_as_planned(app):
    set_clock(app, "2027-02-22")
    assert queue_mail(app, KEY).letters > 0
    before, foreseen = statuses(app), save(app, LATER)

    after = statuses(app)
    assert before["queued"] - after["queued"] == 4
    assert after["superseded"] - before["superseded"] == foreseen.writes["superseded"]


def test_each_version_can_be_read_again_with_who_when_and_why(app):
    save(app, LATER)

    first, second = list_versions(app, KEY)
    assert (first.number, first.source, first.made_by) == (1, SOURCE, "ada")
    assert (second.number, second.source, second.why) == (2, LATER, "the snow")
    assert first.sha256 != second.sha256
    assert find_version(app, KEY, 1) == first
    with pytest.raises(Refused, match="has no version 3; there are: 1, 2"):
        find_version(app, KEY, 3)
    (event,) = logged(app, "calendar_changed")
    assert (event.actor, event.why, event.detail["version"]) == ("ada", "the snow", 2)


def test_every_reminder_knows_the_version_it_was_planned_under(app):
    save(app, LATER)

    with app.database.reading() as connection:
        rows = reminders.list_outcomes(connection, KEY)
    of_version = {(row["stage_key"], str(row["deadline_on"])): row["calendar_version"] for row in rows}
    assert of_version["budget", "2027-03-01"] == 1
    assert of_version["budget", "2027-03-15"] == 2
    assert of_version["plan", "2027-04-15"] == 1


def test_a_stage_that_is_taken_out_asks_nothing_more_and_comes_back_with_the_calendar(app):
    hand_in(app, "budget", "001")
    foreseen = save(app, WITHOUT_PLAN)

    assert foreseen.writes["cancelled"] > 0
    assert {row[2:] for row in ledger(app, stage_key="plan") if row[0] == "on-the-day"} == {
        ("cancelled", "rung_removed")
    }
    round_at(app, "2027-02-19")
    set_clock(app, "2027-02-22")
    save(app, SOURCE, why="we need it after all")
    assert {row[2] for row in ledger(app, stage_key="plan") if row[0] == "on-the-day"} == {"planned"}
    assert prove(app, KEY).breaches == ()


def test_a_new_stage_is_entered_by_every_district(app):
    foreseen = save(app, WITH_REPORT)

    assert standing_of(app, "report", "001").status == "not_open"
    assert (foreseen.writes["new"], foreseen.total("new")) == (6, 6)
    assert len(ledger(app, stage_key="report")) == 6


def test_an_extension_outlives_the_change_until_the_calendars_day_reaches_it(app):
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 20))], by="ada", why="flood", force=True)
    save(app, LATER)
    assert standing_of(app, "budget", "001").due_on == date(2027, 3, 20)

    set_clock(app, "2027-02-19")
    save(app, LATER.replace("on: March 15, basis", "on: March 25, basis"))
    assert standing_of(app, "budget", "001").due_on is None
    (event,) = logged(app, "extension_overtaken")
    assert (event.before, event.after) == ("2027-03-20", "2027-03-25")
    assert prove(app, KEY).breaches == ()


def test_an_extension_taken_back_after_the_change_leads_to_the_new_day(app):
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 20))], by="ada", why="flood", force=True)
    save(app, LATER)
    set_clock(app, "2027-02-19")
    take_back_extension(app, KEY, "budget", "001", by="ada", why="a mistake")

    with app.database.reading() as connection:
        assert read_active(connection, KEY).cycle.stage("budget").dates.due.on == date(2027, 3, 15)
    planned = [row[0] for row in budget_of_ann(app) if row[2] == "planned" and ":" not in row[0]]
    assert planned == ["1-workday-after", "14-days-before", "7-days-before", "on-the-day"]
    assert prove(app, KEY).breaches == ()


def test_the_proof_judges_each_moment_by_the_calendar_then_in_force(app):
    round_at(app, "2027-02-22")
    set_clock(app, "2027-02-23")
    save(app, LATER)
    for day in ("02-24", "03-01", "03-02", "03-08", "03-15", "03-16", "03-18", "03-22"):
        round_at(app, f"2027-{day}")
    set_clock(app, "2027-03-23")

    proof = prove(app, KEY)
    assert (proof.breaches, proof.holds, proof.expected) == ((), True, proof.sent + proof.reasoned)


def test_the_proof_misses_the_news_that_was_not_given(app):
    save(app, LATER)
    with app.database.writing() as work:
        work.connection.exec_driver_sql("DROP TRIGGER event_no_delete")
        work.connection.exec_driver_sql("DELETE FROM event WHERE kind = 'date_moved'")
        work.commit()

    assert {(b.kind, b.stage_key) for b in prove(app, KEY).breaches} == {("forgotten", "budget")}


def test_the_explanation_names_the_change(app):
    save(app, LATER)

    words = "\n".join(explain(app, KEY, "001", date(2027, 2, 22)).lines())
    assert "the calendar was changed on 2027-02-18 by ada, and moved the deadline (the snow)" in words


@pytest.mark.parametrize(
    ("source", "why", "words"),
    [
        (SOURCE, "why", "nothing would change"),
        (LATER, " ", "needs a reason"),
        (LATER.replace("small-2027", "other"), "why", "has the key other; small-2027 has small-2027"),
        (
            LATER.replace("    owed_by: state\n", ""),
            "why",
            "setup was published as another kind of stage, or as",
        ),
    ],
)
def test_what_cannot_be_saved_changes_nothing(app, source, why, words):
    before = ledger(app)

    with pytest.raises(Refused, match=words):
        save(app, source, why)
    assert (ledger(app), len(list_versions(app, KEY))) == (before, 1)


def test_a_broken_file_is_refused_with_its_faults(app):
    with pytest.raises(CycleFileError, match="Marhc"):
        save(app, SOURCE.replace("due: {on: March 1", "due: {on: Marhc 1"))
    assert len(list_versions(app, KEY)) == 1


# A stage that a change opens


SOONER = ("    opens: February 1\n    due: {on: March 1", "    opens: January 11\n    due: {{on: {due}")


@pytest.mark.parametrize("due", ["March 1", "March 8"])
def test_a_stage_whose_opening_comes_to_lie_in_the_past_is_announced_once(database, due) -> None:
    app = begun(database)
    set_clock(app, "2027-01-20")
    before, after = SOONER
    save_change(app, KEY, SOURCE.replace(before, after.format(due=due)), by="ada", why="sooner")
    round_at(app, "2027-01-20 11:00")

    announced = [("when-it-opens", person, "sent", None) for person in ("ann", "finn")]
    assert _sent_openings(app, "budget") == announced
    for on in ("2027-01-21", "2027-01-25", "2027-02-01", "2027-02-02"):
        round_at(app, on)
    assert _sent_openings(app, "budget") == announced
    assert (prove(app, KEY).breaches, prove(app, KEY).holds) == ((), True)


def test_a_stage_that_is_added_with_its_opening_in_the_past_is_announced_too(app) -> None:
    added = """\
  - key: survey
    kind: milestone
    ask: Answer the survey.
    opens: January 18
    due: April 1
    tell: technology_coordinator
    reminders: [on the day]
"""
    set_clock(app, "2027-02-19")
    save_change(app, KEY, SOURCE + added, by="ada", why="a survey")
    round_at(app, "2027-02-22")

    assert _sent_openings(app, "survey") == [("when-it-opens", "ann", "sent", None)]
    assert prove(app, KEY).breaches == ()


def test_a_stage_that_was_open_already_is_not_announced_again(app) -> None:
    told = _sent_openings(app, "budget")
    set_clock(app, "2027-02-19")
    before, after = SOONER
    save_change(app, KEY, SOURCE.replace(before, after.format(due="March 8")), by="ada", why="more time")
    round_at(app, "2027-02-22")

    assert _sent_openings(app, "budget") == told
    assert prove(app, KEY).breaches == ()


def _sent_openings(app, stage_key):
    rows = ledger(app, stage_key=stage_key, district_code="001", kind="opened")
    return [row for row in rows if row[2] == "sent"]


def test_a_day_before_a_stage_was_added_is_explained_as_before(sqlite_database):
    app = make_app(sqlite_database)
    round_at(app, "2027-01-04")
    before = explain(app, KEY, "001", date(2027, 1, 4)).lines()
    set_clock(app, "2027-01-06")
    save_change(app, KEY, WITH_REPORT, by="ada", why="one stage more")

    assert explain(app, KEY, "001", date(2027, 1, 4)).lines() == before


# A stage that is taken out, and comes back


@pytest.fixture
def without_plan(sqlite_database):
    """The dates of the year were told, and then the plan was taken out of it."""
    mailer = FakeMailer()
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    save_change(app, KEY, WITHOUT_PLAN, by="ada", why="not this year")
    mailer.sent.clear()
    round_at(app, "2027-01-05")
    return app, mailer


def test_people_come_and_go_also_when_a_stage_was_taken_out(without_plan):
    app, _ = without_plan
    name_deputy(app, KEY, "ann", "sue", by="ada")
    set_away(app, KEY, "ann", date(2027, 1, 6), by="ada")
    round_at(app, "2027-01-08")
    people = [contact for contact in PEOPLE.contacts.values() if contact != BOB]
    import_roster(app, "KY", RosterFiles(roster_of(*people)), by="ada", source="people.csv")

    assert prove(app, KEY).breaches == ()


def test_the_letter_about_a_stage_that_was_taken_out_leads_to_a_page_and_is_explained(without_plan):
    app, mailer = without_plan
    (letter,) = [
        message_from_bytes(e.raw, policy=policy.default) for e in mailer.sent if e.recipient == ANN.email
    ]
    text = letter.get_body(("plain",)).get_content()
    (link,) = re.findall(r"See the details:\s+(\S+)", text)
    said = [line.strip() for line in explain(app, KEY, "001", date(2027, 1, 5)).lines()]

    assert link.endswith("/001")
    assert visit(app, urlsplit(link).path).status_code == 200
    assert [line for line in said[said.index("Plan") :] if line.startswith("Sent: Excused notice")] != []


def test_a_stage_that_comes_back_is_asked_for_again_of_who_heard_that_it_was_out(without_plan):
    app, mailer = without_plan
    mailer.sent.clear()
    foreseen = save_change(app, KEY, SOURCE, by="ada", why="this year after all")
    round_at(app, "2027-01-06")

    told = sorted(contact for _, contact, status, _ in ledger(app, kind="reinstated") if status == "sent")
    assert told == sorted(c.key for c in (ANN, BOB, CAL, SUE, SAM, SID))
    assert foreseen.notices == len(told)
    assert b"method=PUBLISH" in mailer.sent[0].raw
    assert prove(app, KEY).breaches == ()


def test_a_stage_that_comes_back_before_anybody_heard_is_no_news(sqlite_database):
    app = make_app(sqlite_database)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    save_change(app, KEY, WITHOUT_PLAN, by="ada", why="not this year")
    save_change(app, KEY, SOURCE, by="ada", why="this year after all")
    round_at(app, "2027-01-05")

    assert {
        status for _, _, status, _ in (*ledger(app, kind="excused"), *ledger(app, kind="reinstated"))
    } == {"cancelled"}
    assert prove(app, KEY).breaches == ()
