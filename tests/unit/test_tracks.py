"""Plans of several years: in a later year a district is let off what only a new plan needs."""

from email import message_from_bytes, policy

import pytest

from tests.apps import (
    CAL,
    KEY,
    PEOPLE,
    SOURCE,
    bare_app,
    hand_in,
    ledger,
    logged,
    make_app,
    round_at,
    set_clock,
    standing_of,
)
from tests.browser import home_of, visit, words
from tests.fakes import BROKEN_OFF, FakeMailer
from yearwheel.config.cycle_file import CycleFileError, load_cycle
from yearwheel.config.roll_over import roll_over
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.services.app import Refused
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.change_calendar import preview_change, save_change
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.outbox_desk import list_outbox
from yearwheel.services.prove import prove
from yearwheel.services.reader_link import last_signals
from yearwheel.services.tracks import count_tracks, set_track
from yearwheel.services.upkeep import resolve
from yearwheel.store import events, rosters, standings

FULL_ONLY = SOURCE.replace("    ask: Write the plan.\n", "    ask: Write the plan.\n    tracks: [full]\n")
REPORT = """\
  - key: report
    kind: milestone
    ask: Report.
    opens: June 2
    due: June 15
    tell: technology_coordinator
    tracks: [update]
"""


@pytest.fixture
def app(database):
    """Two districts on tracks of their own before the year is published; Ash is in year 2 of 3."""
    app = bare_app(database, "2027-01-04")
    with database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        work.commit()
    create_cycle(app, FULL_ONLY, by="ada")
    set_track(app, KEY, "001", 2, 3, by="ada")
    set_track(app, KEY, "002", 1, 3, by="ada")
    publish_cycle(app, KEY, by="ada")
    return app


def texts(app, contact):
    """What letters told a contact, oldest first."""
    with app.open_mailer() as mailer:
        sent = [e.raw for e in mailer.sent if e.recipient == f"{contact}@mail.example"]
    parts = (message_from_bytes(raw, policy=policy.default).get_body(("plain",)) for raw in sent)
    return [part.get_content().replace("\r\n", "\n") for part in parts]


def statuses(app, stage):
    return [str(standing_of(app, stage, code).status) for code in ("001", "002", "003")]


def test_at_publication_the_update_track_is_let_off_what_only_a_full_plan_needs(app):
    assert statuses(app, "plan") == ["not_required", "not_open", "not_open"]
    assert statuses(app, "budget") == ["not_open"] * 3
    assert [row for row in ledger(app, stage_key="plan", district_code="001") if ":" not in row[0]] == []
    (event,) = logged(app, "off_track")
    assert (event.district_code, event.why) == ("001", "year 2 of 3")
    assert prove(app, KEY).breaches == ()


def test_what_is_let_off_does_not_hold_up_what_comes_after(app):
    set_clock(app, "2027-02-01")
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001", "002")
    round_at(app, "2027-04-01")
    assert [str(standing_of(app, "review", code).status) for code in ("001", "002")] == [
        "under_review", "not_open",
    ]  # fmt: skip


def test_a_track_set_in_mid_year_counts_at_once_and_can_be_taken_back(app):
    _, changed = set_track(app, KEY, "003", 3, 3, by="ada")
    assert [(s.stage_key, str(s.status)) for s in changed] == [("plan", "not_required")]
    set_track(app, KEY, "003", 1, 3, by="ada")

    assert statuses(app, "plan") == ["not_required", "not_open", "not_open"]
    alive = [row for row in ledger(app, stage_key="plan", district_code="003") if row[2] == "planned"]
    assert {row[0] for row in alive} >= {"7-days-before", "on-the-day"}
    with app.database.reading() as connection:
        assert last_signals(connection, KEY) == {}  # nobody said "on track"
    assert prove(app, KEY).breaches == ()


def test_who_was_told_the_year_hears_what_a_track_set_later_leaves_out_and_asks_again(app):
    approve_kinds(app, KEY, by="ada")
    round_at(app, "2027-01-04")
    set_track(app, KEY, "003", 3, 3, by="ada")
    round_at(app, "2027-01-05")
    set_track(app, KEY, "003", 1, 3, by="ada")
    round_at(app, "2027-01-06")

    for kind in ("excused", "reinstated"):
        told = ledger(app, kind=kind, stage_key="plan", district_code="003")
        assert [(contact, status) for _, contact, status, _ in told] == [("cal", "sent"), ("sid", "sent")], (
            kind
        )
    assert prove(app, KEY).breaches == ()


def test_a_stage_added_later_keeps_to_the_tracks_and_is_counted_so_before(app):
    foreseen = preview_change(app, KEY, FULL_ONLY + REPORT)
    assert save_change(app, KEY, FULL_ONLY + REPORT, by="ada", why="asked for") == foreseen

    assert statuses(app, "report") == ["not_open", "not_required", "not_open"]
    assert foreseen.writes["new"] == len(ledger(app, stage_key="report"))
    assert prove(app, KEY).breaches == ()


def test_what_a_track_leaves_out_is_said_in_words_that_are_true_of_either_track(database):
    app = make_app(database)
    set_track(app, KEY, "003", 2, 3, by="ada")
    save_change(app, KEY, SOURCE + REPORT, by="ada", why="asked for")
    page = home_of(app, CAL) + "/003/report"
    round_at(app, "2027-01-04 11:00")  # the report is told with the dates of the year

    set_track(app, KEY, "003", 1, 3, by="ada")  # a new plan is written, and no report
    assert "Left out by the year of the plan" in words(visit(app, page))
    set_track(app, KEY, "003", 2, 3, by="ada")
    assert "Asked for again by the year of the plan" in words(visit(app, page))
    assert [event.why for event in logged(app, "let_off", "brought_back")] == ["year 1 of 3", "year 2 of 3"]


@pytest.mark.parametrize(("code", "year", "of"), [("001", 0, 3), ("001", 4, 3), ("001", 1, 9), ("999", 1, 3)])
def test_what_is_no_year_of_a_plan_or_no_district_is_refused(app, code, year, of):
    with pytest.raises(Refused):
        set_track(app, KEY, code, year, of, by="ada")
    assert len(logged(app, "track_set")) == 2


def test_an_unknown_track_is_a_fault_of_the_file():
    with pytest.raises(CycleFileError, match="'ful' is not one of full, update"):
        load_cycle(FULL_ONLY.replace("[full]", "[ful]"))


def test_a_calendar_that_asks_a_stage_of_full_plans_only_lets_off_who_is_on_the_update_track(app):
    asked_of_all = save_change(app, KEY, SOURCE, by="ada", why="everyone writes it")
    assert "Plan: owed on the tracks full, update" in asked_of_all.lines()
    assert statuses(app, "plan") == ["not_open"] * 3
    approve_kinds(app, KEY, by="ada")
    round_at(app, "2027-01-04 11:00")

    foreseen = preview_change(app, KEY, FULL_ONLY)
    assert save_change(app, KEY, FULL_ONLY, by="ada", why="only who writes one") == foreseen

    assert statuses(app, "plan") == ["not_required", "not_open", "not_open"]
    round_at(app, "2027-01-05")
    told = ledger(app, kind="excused", stage_key="plan")
    assert [(contact, status) for _, contact, status, _ in told] == [("ann", "sent"), ("sue", "sent")]
    assert foreseen.notices == len(told)
    assert prove(app, KEY).breaches == ()


def test_a_track_is_set_while_a_stage_is_out_of_the_calendar_and_counts_when_it_comes_again(app):
    start = SOURCE.index("  - key: plan\n")
    end = SOURCE.index("  - key: ", start + 1)
    save_change(app, KEY, SOURCE[:start] + SOURCE[end:].replace("after: [plan]", ""), by="ada", why="out")
    set_track(app, KEY, "003", 3, 3, by="ada")
    set_track(app, KEY, "001", 1, 3, by="ada")
    save_change(app, KEY, FULL_ONLY, by="ada", why="in again")

    assert statuses(app, "plan") == ["not_open", "not_open", "not_required"]
    assert [event.kind for event in logged(app, "off_track")][-1] == "off_track"
    assert logged(app, "let_off") == []
    assert prove(app, KEY).breaches == ()


def test_a_stage_that_is_new_and_left_out_by_the_track_before_a_letter_told_it_is_no_news(app):
    approve_kinds(app, KEY, by="ada")
    round_at(app, "2027-01-04 11:00")
    set_clock(app, "2027-01-05")
    essay = REPORT.replace("key: report", "key: essay").replace("[update]", "[full]")
    audit = REPORT.replace("key: report", "key: audit").replace(
        "    tracks: [update]\n", "    owed_by: state\n"
    )
    save_change(
        app,
        KEY,
        FULL_ONLY + REPORT.replace("    tracks: [update]\n", "") + essay + audit,
        by="ada",
        why="new",
    )
    set_track(app, KEY, "003", 3, 3, by="ada")
    round_at(app, "2027-01-06")

    assert [row[1] for row in ledger(app, kind="excused", stage_key="essay")] == []
    text = texts(app, "cal")[-1]
    assert "New in it: Report.\n" in text
    assert "Plan is not asked of you this time" in text
    assert prove(app, KEY).breaches == ()
    assert "New in it: Report, Essay.\n" in texts(app, "bob")[-1]  # of another track


def next_year(source: str, key: str = "small-2028") -> str:
    return roll_over(source, key, "small.yaml").source


def test_in_the_next_year_each_goes_on_in_its_plan_and_writes_a_new_one_after_the_last(app):
    set_track(app, KEY, "003", 3, 3, by="ada")
    create_cycle(app, next_year(FULL_ONLY), by="ada")

    assert count_tracks(app, "small-2028") == {"year 3 of 3": 1, "year 2 of 3": 1, "year 1 of 3": 1}
    with app.database.reading() as connection:
        (carried,) = events.list_events(connection, "small-2028", kinds=["tracks_carried"])
    assert carried.detail["districts"] == {"001": "year 3 of 3", "002": "year 2 of 3", "003": "year 1 of 3"}


def test_a_track_set_in_the_draft_counts_when_it_is_published(app):
    create_cycle(app, next_year(FULL_ONLY), by="ada")
    set_track(app, "small-2028", "001", 1, 3, by="ada")
    publish_cycle(app, "small-2028", by="ada")

    with app.database.reading() as connection:
        plans = standings.find(connection, "small-2028", stage_keys=["plan"])
    assert {s.district_code: str(s.status) for s in plans} == {
        "001": "not_open", "002": "not_required", "003": "not_open",
    }  # fmt: skip


def test_only_the_year_before_is_carried_on(app):
    create_cycle(app, next_year(FULL_ONLY), by="ada")
    create_cycle(app, next_year(FULL_ONLY, "small-2029"), by="ada")

    assert count_tracks(app, "small-2028") == {"year 3 of 3": 1, "year 2 of 3": 1}
    assert count_tracks(app, "small-2029") == {}


def test_a_letter_in_doubt_that_is_taken_back_makes_no_reason_untrue(sqlite_database):
    mailer = FakeMailer({"ann@mail.example": BROKEN_OFF})
    app = bare_app(sqlite_database, "2027-01-04", mailer)
    with app.database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        work.commit()
    create_cycle(app, FULL_ONLY, by="ada")
    approve_kinds(app, KEY, by="ada")
    set_track(app, KEY, "001", 2, 3, by="ada")
    publish_cycle(app, KEY, by="ada")
    round_at(app, "2027-01-04 10:30")  # the dates of the year may have reached Ann, or not
    for minute, year in ((40, 1), (45, 2)):
        set_clock(app, f"2027-01-04 10:{minute}")
        set_track(app, KEY, "001", year, 3, by="ada")
    mailer.answers = {}
    set_clock(app, "2027-01-04 11:00")
    doubts = [m.id for m in list_outbox(app, KEY, [OutboxStatus.UNCERTAIN])]
    resolve(app, doubts, OutboxStatus.QUEUED, by="ada", why="the log has none")
    round_at(app, "2027-01-05")

    assert len(doubts) == 1
    assert "Plan" not in texts(app, "ann")[0]  # written afresh, as the track has it
    assert prove(app, KEY).breaches == ()
