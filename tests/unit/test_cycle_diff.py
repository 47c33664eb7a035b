"""What changes between two calendars, and which dates follow."""

from datetime import date
from pathlib import Path

import pytest

from yearwheel.calendar.diff import diff_cycles
from yearwheel.calendar.rules import Point
from yearwheel.config.cycle_file import load_cycle, read_shipped

SHIPPED = read_shipped("kentucky-2027")
OLD = load_cycle(SHIPPED)


def changed(*pairs: tuple[str, str]):
    text = SHIPPED
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return diff_cycles(OLD, load_cycle(text))


def test_the_same_calendar_has_no_difference():
    same = changed()
    assert not same
    assert same.lines() == []


def test_a_moved_date_takes_along_the_dates_that_lean_on_it():
    diff = changed(("on: April 15, basis", "on: April 29, basis"))
    assert [(m.stage, m.point, m.old, m.new, m.days, str(m.follows)) for m in diff.moves] == [
        ("stakeholder_input", Point.CLOSE, date(2027, 4, 15), date(2027, 4, 29), 14, "drafting.due"),
        ("drafting", Point.DUE, date(2027, 4, 15), date(2027, 4, 29), 14, "None"),
        ("drafting", Point.GRACE, date(2027, 4, 22), date(2027, 5, 6), 14, "drafting.due"),
    ]
    assert [m.stage for m in diff.chosen] == ["drafting"]
    assert diff.lines()[0] == (
        "Drafting is due on Thursday, April 29, 2027 instead of Thursday, April 15, 2027, 14 days later "
        "('April 29' instead of 'April 15')"
    )


def test_a_date_that_falls_on_a_holiday_says_where_it_went():
    diff = changed(("on: May 15, basis", "on: May 31, basis"), ("on: May 30, basis", "on: June 9, basis"))
    (due,) = [m for m in diff.chosen if m.stage == "alignment"]
    assert (due.new, due.because) == (
        date(2027, 6, 1),
        "May 31, 2027 is closed: Memorial Day, so the next workday, June 1",
    )


def test_stages_that_come_and_go_are_named():
    start = SHIPPED.index("  # Set by the OET, timed to feed")
    end = SHIPPED.index("  # Set by the OET: count as of November 15")
    diff = diff_cycles(OLD, load_cycle(SHIPPED[:start] + SHIPPED[end:]))
    assert ([s.key for s in diff.removed], [s.key for s in diff.added], diff.moves) == (
        ["progress_check"],
        [],
        (),
    )
    assert diff.lines() == ["Progress check is gone; it was due on Tuesday, November 30, 2027"]
    back = diff_cycles(load_cycle(SHIPPED[:start] + SHIPPED[end:]), OLD)
    assert back.lines() == ["Progress check is new, due on Tuesday, November 30, 2027"]


def test_changes_that_move_no_date_are_told_too():
    diff = changed(
        ("title: Drafting", "title: Writing"),
        ("announced: [30 days before, 14", "announced: [14"),
        ("revise: 15 workdays", "revise: 20 workdays"),
    )
    assert (diff.moves, set(diff.other)) == (
        (),
        {
            "Writing: the title is 'Writing' instead of 'Drafting'",
            "E-rate Form 470: no message '30 days before' any more",
            "E-rate Form 471: no message '30 days before' any more",
            "OET review: the rounds of its review are different",
        },
    )


def test_working_days_won_and_lost_are_told_with_the_dates_they_move():
    diff = changed(
        ("holidays: kentucky-state-offices", "holidays: {calendar: kentucky-state-offices, "
         "also_closed: {2027-04-15: flood}}  "),
    )  # fmt: skip
    assert diff.closed_days == ("Thursday, April 15, 2027 is closed now: flood",)
    assert ("drafting", date(2027, 4, 16)) in {(m.stage, m.new) for m in diff.moves if m.point is Point.DUE}


def test_a_difference_is_plain_values_in_json():
    assert changed(("on: April 15, basis", "on: April 29, basis")).as_json()["moves"][1] == {
        "stage": "drafting",
        "point": "due",
        "old": "2027-04-15",
        "new": "2027-04-29",
        "days": 14,
        "old_words": "April 15",
        "new_words": "April 29",
        "follows": None,
        "because": None,
    }


SMALL = (Path(__file__).parents[1] / "cycles" / "small.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("was", "is_now", "line"),
    [
        ("help@state.example", "desk@state.example",
         "The address for help is 'desk@state.example' instead of 'help@state.example'"),
        ("office: Office of Testing", "office: Office of Trials",
         "The office is 'Office of Trials' instead of 'Office of Testing'"),
        ("title: Small planning 2027", "title: Planning 2027",
         "The title is 'Planning 2027' instead of 'Small planning 2027'"),
        ('until: "16:00"', 'until: "17:00"',
         "Mail leaves from 08:00 to 17:00 instead of from 08:00 to 16:00"),
        ("basis: KRS 160.470}", "set_by: the board}",
         "Budget: the body that sets its day is 'the board' instead of none"),
        ("    due: April 15\n", "    due: April 15\n    tracks: [full]\n", "Plan: owed on the tracks full"),
    ],
)  # fmt: skip
def test_what_moves_no_date_is_a_difference_too(was, is_now, line):
    assert SMALL.count(was) == 1
    assert line in diff_cycles(load_cycle(SMALL), load_cycle(SMALL.replace(was, is_now))).lines()
