"""One act for many districts: seen before, carried out together, taken back as one."""

from collections import Counter
from datetime import date

import pytest

from tests.apps import KEY, SOURCE, begun, hand_in, ledger, logged, round_at, set_clock, standing_of
from yearwheel.services.app import Refused
from yearwheel.services.change_calendar import save_change
from yearwheel.services.excuse import excuse
from yearwheel.services.extend import Extension, extend
from yearwheel.services.mass import MassAct, NewDay, excuse_many, extend_many, in_lines, undo
from yearwheel.services.prove import prove
from yearwheel.services.selection import Selection

EVERYONE = Selection(everyone=True)
MARCH_10 = date(2027, 3, 10)
THAT_DAY = NewDay(MARCH_10)
BY_LAW = "Budget: the law sets 2027-03-01 (KRS 160.470); a later day of ours does not move that"


@pytest.fixture
def app(database):
    app = begun(database)
    round_at(app, "2027-02-01")
    round_at(app, "2027-02-15")
    set_clock(app, "2027-02-18")
    return app


def give(app, chosen=EVERYONE, stages=("budget",), day=THAT_DAY, **options):
    return extend_many(app, KEY, chosen, stages, day, by="ada", why="ice storm", **options)


def counted(done):
    return {stage.stage_key: stage.districts for stage in done.stages}


def dues(app, stage="budget"):
    return [standing_of(app, stage, code).due_on for code in ("001", "002", "003")]


def alive(app):
    """The ladder rows of people that wait or went."""
    rows = ledger(app, stage_key="budget")
    return [row for row in rows if row[3] is None and ":" not in row[0] + row[1]]


def test_a_look_counts_and_names_and_changes_nothing(app):
    hand_in(app, "budget", "003")
    before = ledger(app)
    seen = give(app, save=False)

    assert (counted(seen), seen.names, seen.act) == ({"budget": 2}, ("Ash County", "Birch County"), "")
    assert seen.skipped == ("003 budget is submitted",)
    assert (ledger(app), dues(app), logged(app, "mass_act")) == (before, [None] * 3, [])


def test_a_look_says_from_which_day_to_which_and_whose_day_it_is(app):
    by_law = SOURCE.replace("basis: KRS 160.470}", "basis: KRS 160.470, statutory: yes}")
    save_change(app, KEY, by_law, by="ada", why="the statute was found")
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 5))], by="ada", why="flood")
    assert list(in_lines(give(app, save=False))) == [
        "  budget: 3 districts",
        "    Mon 2027-03-01 -> Wed 2027-03-10: 2 districts",
        "    Fri 2027-03-05 -> Wed 2027-03-10: 1 district",
        f"    note: {BY_LAW}",
        "    note: the stage closes on 2027-03-15; with its grace this work is taken in until 2027-03-17",
        "  3 districts in all: Ash County, Birch County, Cedar Independent",
        "  reminders that follow: 49; notices to people who are told: 7",
    ]
    done = give(app)
    assert {e.detail["warning"] for e in logged(app, "deadline_moved") if "act" in e.detail} == {BY_LAW}
    assert [s.notes for s in undo(app, KEY, done.act, by="ada", why="no storm").stages] == [(BY_LAW,)]


def test_a_look_notes_a_day_on_which_nobody_works(app):
    sunday = extend_many(
        app, KEY, EVERYONE, ["budget"], NewDay(date(2027, 3, 14)), by="ada", why="storm", save=False
    )
    assert (
        list(in_lines(sunday))[2] == "    note: 2027-03-14 is a Sunday; the office is closed, the day stands"
    )


def test_every_stage_that_closes_before_its_new_day_is_named_at_once(app):
    """The budget closes on March 15 and the plan with its due day; the review stays open until August."""
    with pytest.raises(Refused) as refused:
        give(app, stages=(), day=NewDay(workdays=11))
    assert str(refused.value).splitlines() == [
        f"{title} closes on {day}; to go past it use --force with a reason"
        for title, day in (("Budget", "2027-03-15"), ("Plan", "2027-04-15"))
    ]
    assert dues(app) == [None] * 3


def test_a_look_at_very_many_names_the_first_of_them():
    names = tuple(f"District {n}" for n in range(171))
    line, counts = in_lines(MassAct((), (), (), names, 40_000, 342))
    assert line.endswith("District 38, District 39 and 131 more")
    assert counts == "  reminders that follow: 40,000; notices to people who are told: 342"


def test_what_is_done_is_what_was_seen_and_carries_one_name(app):
    seen, done = give(app, save=False), give(app)

    assert (done.stages, done.names, done.skipped) == (seen.stages, seen.names, seen.skipped)
    assert dues(app) == [MARCH_10] * 3
    assert {event.detail["act"] for event in logged(app, "deadline_moved", "mass_act")} == {done.act}
    (act,) = logged(app, "mass_act")
    assert (act.actor, act.why, act.detail["places"]) == ("ada", "ice storm", 3)


def test_it_is_taken_back_as_one_and_the_old_dates_come_alive(app):
    before = alive(app)
    done = give(app)
    undone = undo(app, KEY, done.act, by="ada", why="the wrong day")

    assert (dues(app), alive(app), undone.names) == ([None] * 3, before, done.names)
    round_at(app, "2027-02-19")
    assert prove(app, KEY).breaches == ()


def test_taking_it_back_leads_to_the_extension_there_was_before(app):
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 4))], by="ada", why="flood")
    set_clock(app, "2027-02-19")
    done = give(app)
    set_clock(app, "2027-02-22")
    undo(app, KEY, done.act, by="ada", why="not needed")

    assert dues(app) == [date(2027, 3, 4), None, None]
    round_at(app, "2027-02-22")
    assert prove(app, KEY).breaches == ()


def test_a_look_counts_what_the_ledger_then_does(app):
    seen, before = give(app, save=False), ledger(app)
    done = give(app)
    after = ledger(app)
    assert (seen.reminders, seen.notices) == (done.reminders, done.notices) == (47, 7)
    assert len([row for row in after if row[0].startswith("extension:")]) == seen.notices
    assert sum((Counter(after) - Counter(before)).values()) > seen.notices


def test_of_a_whole_year_what_is_left_as_it_is_is_summed_by_stage(app):
    hand_in(app, "budget", "001", "003")
    assert (
        "budget is submitted: 2 districts"
        in give(app, stages=(), day=NewDay(workdays=2), force=True, save=False).skipped
    )


def test_an_act_that_was_taken_back_stands_in_nobodys_way(app):
    first = give(app, Selection(codes=("002",)))
    second = give(app, day=NewDay(workdays=2))
    again = undo(app, KEY, second.act, by="ada", why="one storm is enough")
    undo(app, KEY, again.act, by="ada", why="it came after all")
    with pytest.raises(Refused, match=f"{first.act} cannot be undone; since then:"):
        undo(app, KEY, first.act, by="ada", why="no flood")

    with pytest.raises(Refused, match=f"{again.act} was undone already"):
        undo(app, KEY, again.act, by="ada", why="once more")

    undo(app, KEY, second.act, by="ada", why="it did not come")
    with pytest.raises(Refused, match=f"{second.act} was undone already"):
        undo(app, KEY, second.act, by="ada", why="once more")
    undo(app, KEY, first.act, by="ada", why="no flood")
    assert dues(app) == [None] * 3
    round_at(app, "2027-02-19")
    assert prove(app, KEY).breaches == ()


def test_later_changes_stand_in_the_way_and_are_named(app):
    done = give(app)
    hand_in(app, "budget", "002")
    before = ledger(app)

    with pytest.raises(Refused) as refusal:
        undo(app, KEY, done.act, by="ada", why="oh")
    assert str(refusal.value).splitlines() == [
        f"{done.act} cannot be undone; since then:",
        "  002 budget: submitted, submitted on 2027-02-18 by Ann",
    ]
    assert ledger(app) == before


def test_a_statewide_shift_moves_each_day_by_working_days(app):
    give(app, stages=(), day=NewDay(workdays=3), force=True)

    assert dues(app) == [date(2027, 3, 4)] * 3
    assert dues(app, "plan") == [date(2027, 4, 20)] * 3
    assert standing_of(app, "review", "001").due_on is None


def test_a_shift_past_a_close_needs_force(app):
    with pytest.raises(Refused, match="Budget closes on 2027-03-15"):
        give(app, day=NewDay(date(2027, 3, 20)))
    assert dues(app) == [None] * 3


def test_many_are_excused_and_owe_it_again_when_it_is_undone(app):
    excuse(app, KEY, "budget", "003", by="ada", why="merged")
    done = excuse_many(app, KEY, Selection(codes=("001", "003")), ["budget"], by="ada", why="fire")

    assert (done.names, done.skipped) == (("Ash County",), ("003 budget is excused",))
    assert standing_of(app, "budget", "001").status == "excused"
    undo(app, KEY, done.act, by="ada", why="not burnt after all")
    assert [standing_of(app, "budget", c).status for c in ("001", "003")] == ["open", "excused"]
    assert prove(app, KEY).breaches == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda app: undo(app, KEY, "nothing", by="ada", why="x"), "no act 'nothing'"),
        (lambda app: give(app, stages=("nope",)), "no stage nope"),
        (lambda app: give(app, day=NewDay(date(2027, 2, 1))), "this would change nothing"),
        (lambda app: extend_many(app, KEY, EVERYONE, (), NewDay(MARCH_10), by="a", why=" "), "a reason"),
    ],
)
def test_what_cannot_be_done_changes_nothing(app, change, words):
    before = ledger(app)
    with pytest.raises(Refused, match=words):
        change(app)
    assert ledger(app) == before


def test_a_day_that_is_past_already_is_given_to_nobody(app):
    set_clock(app, "2027-03-12")
    with pytest.raises(Refused, match="001 budget was due on 2027-03-01, and 2027-03-08 is past as well"):
        give(app, day=NewDay(workdays=5), force=True)

    assert dues(app) == [None, None, None]
