from datetime import date

from tests.unit.gates import changed, said
from yearwheel.calendar.cycle import StageKind

MILESTONE = StageKind.MILESTONE


def test_a_milestone_needs_a_day_and_what_shows_it():
    assert said(MILESTONE, {}) == [
        ("error", "done_on", "Give the day it was done, or say why it does not apply"),
        ("error", "reference", "Give what shows that it was done: a form number, a link or a minute"),
    ]


def test_a_milestone_reached_late_is_still_reached():
    late = changed(MILESTONE, done_on="2027-04-02")
    assert said(MILESTONE, late, today=date(2027, 4, 2)) == [
        ("warning", "done_on", "It was done on 2027-04-02, after 2027-04-01")
    ]


def test_a_milestone_may_not_apply_but_not_also_be_done():
    reason = {"does_not_apply": "Not filing this year"}

    assert said(MILESTONE, reason) == []
    assert said(MILESTONE, changed(MILESTONE, **reason)) == [
        ("error", "does_not_apply", "It is both done and said not to apply; keep one of the two")
    ]
