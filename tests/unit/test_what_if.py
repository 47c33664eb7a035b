"""Before a changed calendar is saved, its admin knows what it would do; the counts are the planner's own."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest

from yearwheel.calendar.timetable import DistrictDays
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.notifications.alike import alike
from yearwheel.notifications.ledger import LedgerRow, ReminderStatus
from yearwheel.notifications.planner import Planner, compare
from yearwheel.notifications.what_if import StageChange, first_standings, what_if
from yearwheel.roster.shipped import shipped_roster
from yearwheel.stages.status import Status

SHIPPED = read_shipped("kentucky-2027")
OLD = load_cycle(SHIPPED)
LATER = load_cycle(SHIPPED.replace("on: April 15, basis", "on: April 29, basis"))
ROSTER = shipped_roster(limit=12)
SINCE, TODAY = date(2026, 12, 1), date(2027, 2, 10)
FRESH = first_standings(OLD, ROSTER)


def ask(new=LATER, standings=FRESH, today=TODAY, **more):
    return what_if(OLD, new, ROSTER, standings, SINCE, today, **more)


def ledger_of(cycle, standings, today) -> list[LedgerRow]:
    return [
        LedgerRow(
            n,
            r.key,
            r.kind,
            ReminderStatus.QUEUED if r.due_on < today else ReminderStatus.PLANNED,
            None,
            r.due_at,
        )
        for n, r in enumerate(Planner(cycle, ROSTER, SINCE).plan(standings), start=1)
    ]


def outline_of(rows):
    found = defaultdict(list)
    for row in rows:
        stage, code, rung, contact, deadline_on = row.key
        found[stage, code].append((contact, rung, deadline_on, row.status, row.reason, row.due_at))
    return found


def test_places_with_other_rows_are_not_alike():
    rows = ledger_of(OLD, FRESH, TODAY)
    drafting = [s for s in FRESH if s.stage_key == "drafting"]
    groups = alike((OLD, LATER), ROSTER, drafting, outline_of(rows))
    (one, *_), *_ = (codes for codes in groups.values() if len(codes) > 1)
    place = ("drafting", one)
    (told, *_) = (n for n, row in enumerate(rows) if row.key[:2] == place)
    rows[told] = replace(rows[told], status=ReminderStatus.MISSED)
    apart = alike((OLD, LATER), ROSTER, drafting, outline_of(rows))
    assert apart[place] == (one,)
    assert sum(map(len, apart.values())) == len(drafting) == 12


def mixed():
    """Some districts have handed in, some have more time, some are excused."""

    def changed(number, standing):
        if standing.stage_key == "drafting" and number % 4 == 0:
            return replace(standing, status=Status.SUBMITTED)
        if standing.stage_key == "drafting" and number % 4 == 1:
            return replace(standing, due_on=date(2027, 5, 3), due_since=date(2027, 2, 1))
        return replace(standing, status=Status.EXCUSED) if number % 7 == 0 else standing

    return [changed(number, standing) for number, standing in enumerate(FRESH)]


@pytest.mark.parametrize("standings", [FRESH, mixed()], ids=["fresh", "mixed"])
@pytest.mark.parametrize("today", [TODAY, date(2027, 4, 10)])
@pytest.mark.parametrize(
    "change",
    [
        ("on: April 15, basis", "on: April 29, basis"),
        ("on: April 15, basis", "on: April 8, basis"),
        ("planning: [21 days before, 7", "planning: [10 days before, 7"),
        ("planners: [technology_coordinator, planning_team]", "planners: [planning_team]"),
        ("first_look: 30 days", "first_look: 20 days"),
        ("year: 2027", "year: 2028"),
    ],
)
def test_the_counts_are_what_the_ledger_then_does(standings, today, change):
    new = load_cycle(SHIPPED.replace(*change))
    rows = ledger_of(OLD, standings, today)
    places = {(s.stage_key, s.district_code): s for s in standings}
    difference = compare(new, Planner(new, ROSTER, SINCE).plan(standings), rows, places)
    found = ask(new, standings, today, rows=rows)
    assert (found.writes["new"], found.writes["revived"]) == (len(difference.new), len(difference.revived))
    assert found.writes["superseded"] + found.writes["cancelled"] == len(difference.closed)
    assert found.total("moved") + found.total("cancelled") >= len(difference.closed)
    assert found.total("moved") + found.total("new") == len(difference.new) + len(difference.revived)
    # One place may stand for all that are alike, in the roster and in the ledger.
    groups = alike((OLD, new), ROSTER, standings, outline_of(rows))
    assert len(groups) < len(standings)
    chosen = [row for row in rows if row.key[:2] in groups]
    assert ask(new, standings, today, rows=chosen, groups=groups).as_json() == found.as_json()
    # Without the ledger the old plan stands in, district by district or by those who stand alike.
    assert ask(new, standings, today).as_json() == found.as_json()


def test_a_date_moved_two_weeks_moves_every_reminder_of_every_district_and_no_other():
    found = ask()
    (drafting,) = found.stages
    assert drafting == StageChange("drafting", "Drafting", 12, drafting.moved, 0, 0, 0)
    assert drafting.moved == sum(
        s.key.stage_key == "drafting" for s in ledger_of(OLD, FRESH, TODAY)
    ) == found.writes["superseded"] == found.writes["new"]  # fmt: skip
    assert found.districts == 12


def test_reminders_whose_new_day_has_passed_are_due_at_once():
    found = ask(
        load_cycle(SHIPPED.replace("on: April 15, basis", "on: April 5, basis")), today=date(2027, 4, 1)
    )
    assert found.total("at_once") > 0
    assert ask().total("at_once") == 0


def test_a_district_with_an_extension_is_not_touched():
    extended = [
        replace(s, due_on=date(2027, 5, 10), due_since=date(2027, 2, 1)) if s.district_code == "001" else s
        for s in FRESH
    ]
    assert "001" in {s.district_code for s in FRESH}
    assert ask(standings=extended).districts == 11


def test_a_stage_that_goes_takes_its_reminders_along_and_one_that_comes_brings_them():
    start = SHIPPED.index("  # Set by the OET, timed to feed")
    end = SHIPPED.index("  # Set by the OET: count as of November 15")
    without = load_cycle(SHIPPED[:start] + SHIPPED[end:])
    gone = ask(without)
    planned = sum(r.key.stage_key == "progress_check" for r in ledger_of(OLD, FRESH, TODAY))
    assert gone.stages == (StageChange("progress_check", "Progress check", 12, 0, 0, planned, 0),)
    standings = [s for s in FRESH if s.stage_key != "progress_check"]
    back = what_if(without, OLD, ROSTER, standings, SINCE, TODAY)
    assert back.stages == (StageChange("progress_check", "Progress check", 12, 0, planned, 0, 0),)


def test_reviewers_see_their_weeks_shift_when_plans_may_arrive_later():
    found = ask(load_cycle(SHIPPED.replace("on: June 15, basis", "on: June 29, basis")))
    assert found.weeks[0].monday == date(2027, 6, 14)
    assert (found.weeks[0].before > 0, found.weeks[0].after) == (True, 0)
    assert (found.weeks[-1].before, found.weeks[-1].after > 0) == (0, True)
    assert ask().weeks == ()


def test_holidays_and_breaks_in_the_way_are_named():
    found = ask(
        load_cycle(SHIPPED.replace("on: April 15, basis", "on: April 12, basis")),
        district_days={
            "001": DistrictDays(breaks={date(2027, 4, 12): "spring break"}),
            "005": DistrictDays(),
        },
    )
    assert found.hits == ("Drafting: 1 district is on a break on April 12, when it is due",)


def test_nothing_changed_says_so():
    found = ask(OLD)
    assert (found.lines(), found.stages, found.districts) == (["Nothing changes."], (), 0)
    assert "Nothing changes." in found.as_html()


def test_it_can_be_read_as_text_json_and_a_page_without_scripts_or_requests():
    found = ask()
    assert found.lines()[3].startswith("12 districts touched; reminders: ")
    assert json.loads(json.dumps(found.as_json()))["reminders"]["moved"] == found.total("moved")
    page = found.as_html()
    assert "<ins>Apr 29, 2027</ins>" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_words_from_the_file_cannot_break_the_page():
    found = ask(load_cycle(SHIPPED.replace("title: Drafting", 'title: "<script>alert(1)</script>"')))
    assert "<script" not in found.as_html()
