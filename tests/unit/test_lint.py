"""The linter finds each fault planted in tests/cycles/lint, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from yearwheel.calendar.lint import Code, Finding, Load, Severity, lint, standing
from yearwheel.config.cycle_file import CycleFileError, load_cycle, read_shipped, shipped_cycles
from yearwheel.roster.people import Role, Roster
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.lint import load_of, read_far

CYCLES = Path(__file__).parent.parent / "cycles"
PLANTED = sorted((CYCLES / "lint").glob("*.yaml"))
SAMPLE = (CYCLES / "sample.yaml").read_text("utf-8")
ROSTER = shipped_roster()
NO_SECRETARIES = Roster(
    ROSTER.districts,
    {key: replace(c, roles=c.roles - {Role.BOARD_SECRETARY}) for key, c in ROSTER.contacts.items()},
    ROSTER.reviewers,
)


@pytest.mark.parametrize("file", PLANTED, ids=lambda f: f.stem)
def test_each_planted_fault_is_found_at_its_line_and_nothing_else(file: Path):
    header = file.read_text("utf-8").splitlines()[0]
    found = read_far(file).findings(NO_SECRETARIES)
    assert [f"# {f.line} {f.code} {f.stage}".rstrip() for f in found] == [header]
    (finding,) = found
    assert finding.why
    assert finding.fix or finding.example
    assert finding.waived is None


LATE = (
    "  - {key: report, kind: milestone, ask: Report., tell: finance_officer, after: [drafting],\n"
    "     opens: April 12, due: April 16}\n"
)


def test_a_stage_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_others():
    text = (SAMPLE + LATE).replace("opens: March 1", "opens: May 1").replace("help@", "help at ")
    assert [(f.line, f.code, f.severity, f.stage) for f in read_far(text).findings()] == [
        (7, Code.UNREADABLE, Severity.ERROR, ""),
        (28, Code.DUE_BEFORE_OPEN, Severity.ERROR, "drafting"),
        (33, Code.SHORT_WINDOW, Severity.WARNING, "report"),
    ]


def test_stages_that_wait_in_a_ring_do_not_hide_what_is_wrong_with_the_others():
    ring = (SAMPLE + LATE).replace("    grace: 5", "    after: [drafting]\n    grace: 5")
    assert [(f.line, f.code, f.stage) for f in read_far(ring).findings()] == [
        (20, Code.CIRCULAR_AFTER, "budget_preparation"),
        (34, Code.SHORT_WINDOW, "report"),
    ]


@pytest.mark.parametrize("fault", ["year: 20x7", "holidays: [{file: gone.csv}]", "clock_stops: summer"])
def test_nothing_is_said_of_dates_that_a_fault_may_falsify(fault: str):
    key = fault.split(":", maxsplit=1)[0]
    lines = [line for line in (SAMPLE + LATE).splitlines() if not line.startswith(f"{key}:")]
    reading = read_far("\n".join([fault, *lines]))
    assert (reading.cycle, {f.code for f in reading.findings()}) == (None, {Code.UNREADABLE})


def test_a_waiver_is_not_called_unused_while_a_stage_cannot_be_looked_at():
    waived = SAMPLE.replace("stages:", "waive: [{finding: short-window, why: known}]\nstages:")
    assert [f.code for f in read_far(waived).findings()] == [Code.UNUSED_WAIVER]
    broken = waived.replace("opens: March 1", "opens: Marhc 1")
    assert [f.code for f in read_far(broken).findings()] == [Code.UNREADABLE]


def test_each_code_has_a_planted_fault():
    planted = {file.read_text("utf-8").split()[2] for file in PLANTED}
    assert planted == set(Code)


def test_the_sound_sample_has_no_finding():
    assert read_far(SAMPLE).findings(NO_SECRETARIES) == []


@pytest.mark.parametrize("key", shipped_cycles())
def test_a_shipped_calendar_has_no_finding_that_it_does_not_explain(key: str):
    assert standing(read_far(read_shipped(key)).findings(ROSTER)) == []


@pytest.mark.parametrize("year", range(2024, 2061))
def test_kentuckys_rules_give_a_year_without_errors_whatever_the_weekdays(year: int):
    text = read_shipped("kentucky-2027").replace("year: 2027", f"year: {year}")
    assert [f for f in read_far(text).findings(ROSTER) if f.severity is Severity.ERROR] == []


def test_what_rolling_over_to_2028_would_ask_of_a_person():
    text = read_shipped("kentucky-2027").replace("year: 2027", "year: 2028")
    text = text.replace("cycle: kentucky-2027", "cycle: kentucky-2028")
    assert [f"{f.stage}: {f.code}" for f in standing(read_far(text).findings(ROSTER))] == [
        "budget_preparation: rung-doubled",
        "erate_471: due-on-closed-day",
        "local_approval: rung-doubled",
        "local_approval: unused-waiver",
    ]


def test_what_kentucky_accepts_and_why():
    found = read_far(read_shipped("kentucky-2027")).findings(ROSTER)
    assert {(f.stage, f.code): f.waived for f in found} == {
        ("local_approval", Code.SHORT_WINDOW): (
            "certifying a finished plan needs a signature and not ten days of work"
        ),
        ("close", Code.SHORT_WINDOW): "the year's report is drawn from what the stages already hold",
    }


@pytest.mark.parametrize("file", PLANTED, ids=lambda f: f.stem)
def test_every_finding_of_a_readable_file_can_be_waived_with_a_reason(file: Path):
    text = file.read_text("utf-8")
    try:
        load_cycle(text)
    except CycleFileError:
        return
    code = text.split()[2]
    if code != Code.UNUSED_WAIVER:
        waived = text.replace("stages:", f"waive: [{{finding: {code}, why: we know}}]\nstages:")
        (finding,) = read_far(waived).findings(NO_SECRETARIES)
        assert (finding.code, finding.waived) == (code, "we know")


def test_a_finding_reads_as_one_line_with_its_fix():
    (finding,) = read_far(CYCLES / "lint" / "statutory_missed.yaml").findings()
    assert str(finding) == (
        "20: error [statutory-missed] budget_preparation: the law says January 31, 2027, "
        "but it is due on February 1, 2027; fix: if_closed: previous workday"
    )
    assert finding.severity is Severity.ERROR


def found_with(holidays: str, closures: str = "") -> list[str]:
    text = SAMPLE.replace("holidays: kentucky-state-offices", f"holidays: {holidays}")
    found = read_far(text, files={"closures.csv": f"date,reason\n{closures}".encode()}).findings()
    return [f"{f.code}: {f.why}; {f.fix}" for f in found]


def test_the_days_of_a_file_of_closed_days_that_no_date_reaches_are_named_once():
    closures = "2026-02-03,ice\n2027-02-03,ice\n2028-01-04,snow\n"
    assert found_with("[{file: closures.csv}]", closures) == [
        "day-of-other-year: closures.csv names 2026-02-03, 2028-01-04, but the calendar's dates lie in 2027; "
        "leave out 2026-02-03, 2028-01-04"
    ]
    many = "".join(f"2026-02-{day:02},ice\n" for day in range(1, 13))
    (said,) = found_with("[{file: closures.csv}]", many)
    assert said.endswith("2026-02-10 and 2 more")


def test_a_year_in_which_a_stage_opens_or_closes_is_one_of_the_calendars():
    text = SAMPLE.replace("opens: first workday of January", "opens: December 1 of the year before").replace(
        "holidays: kentucky-state-offices",
        "holidays: {calendar: us-federal, also_closed: {2026-12-02: snow, 2025-12-02: snow}}",
    )
    (finding,) = read_far(text).findings()
    assert finding.why == "also_closed names 2025-12-02, but the calendar's dates lie in 2026 to 2027"


def test_days_are_not_called_out_of_the_year_while_a_stage_cannot_be_looked_at():
    text = (CYCLES / "lint" / "day_of_other_year.yaml").read_text("utf-8").replace("April 15", "the moon")
    assert [f.code for f in read_far(text).findings()] == [Code.UNREADABLE]


def test_a_weekend_cannot_be_opened_and_a_stale_day_is_told_once():
    assert found_with("{calendar: us-federal, open: [2027-01-30, 2025-01-06]}") == [
        "day-of-other-year: open names 2025-01-06, but the calendar's dates lie in 2027; "
        "leave out 2025-01-06",
        "open-anyway: open names 2027-01-30, on which no holiday falls, so nothing is opened; "
        "leave out 2027-01-30",
    ]


@pytest.mark.parametrize("key", ["sample", "sample-2027", "sample-2026-2027", "sample-20271"])
def test_a_key_that_names_its_year_or_none_is_left_alone(key: str):
    assert read_far(SAMPLE.replace("sample-2027", key)).findings() == []


@pytest.mark.parametrize(
    ("written", "fix", "example"),
    [
        ("Aprl 15", "April 15", ""),
        ("Easter Monday", "", "first Monday of May"),
    ],
)
def test_a_finding_tells_a_fix_from_an_example_of_the_form(written: str, fix: str, example: str):
    (finding,) = read_far(SAMPLE.replace("April 15", written)).findings()
    assert (finding.fix, finding.example) == (fix, example)
    assert str(finding).endswith(f"; fix: {fix}" if fix else f"; for example: {example}")


@pytest.mark.parametrize(
    ("before", "fix"),
    [
        ("60 days", "opens: February 12"),
        ("14 weeks", "opens: January 7"),
        ("16 weeks", "opens: December 23 of the year before"),
        ("150 weeks", "leave out '150 weeks before'"),
    ],
)
def test_an_opening_to_paste_for_an_early_reminder_is_of_the_reminders_own_year(before: str, fix: str):
    text = SAMPLE.replace("[21 days before,", f"[{before} before,")
    (finding,) = read_far(text).findings()
    assert (finding.code, finding.fix) == (Code.RUNG_BEFORE_OPEN, fix)


def test_a_stage_that_comes_often_needs_one_waiver():
    text = SAMPLE + (
        "  - {key: report, kind: milestone, every: quarter, ask: Report.,\n"
        "     opens: first workday of the quarter, due: 5 workdays after opens, tell: finance_officer,\n"
        "     waive: [{finding: short-window, why: one form}]}\n"
    )
    assert [(f.stage, f.waived) for f in read_far(text).findings()] == [
        (f"report_q{n}", "one form") for n in range(1, 5)
    ]


def test_without_a_roster_people_are_not_looked_at():
    assert read_far(CYCLES / "lint" / "role_empty.yaml").findings() == []
    assert read_far(CYCLES / "lint" / "review_too_short.yaml").findings() == []


def test_reviewers_who_read_more_have_time_enough():
    cycle = load_cycle(CYCLES / "lint" / "review_too_short.yaml")
    assert lint(cycle, Load(171, 6, plans_a_day=6)) == []
    (finding,) = lint(cycle, Load(171, 0))
    assert finding.fix == "a contact with the role reviewer"


def test_the_load_of_the_shipped_roster():
    assert load_of(ROSTER) == Load(171, 6)
    assert {role: len(names) for role, names in load_of(NO_SECRETARIES).unheld.items()} == {
        "board_secretary": 171
    }


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["Adair County"], "whom Adair County does not have"),
        (["Adair County", "Allen County"], "whom Adair County and Allen County do not have"),
        (list("ABCDEFG"), "whom A, B, C, D, E and 2 more do not have"),
        ([str(n) for n in range(171)], "whom all 171 districts do not have"),
    ],
)
def test_it_is_named_who_lacks_a_role(names, words):
    cycle = load_cycle(CYCLES / "lint" / "role_empty.yaml")
    found = lint(cycle, Load(171, 6, {"board_secretary": names}))
    assert [finding.why for finding in found if finding.code is Code.ROLE_EMPTY] == [
        f"it writes to the board secretary, {words}"
    ]


def test_without_a_row_for_the_office_that_is_said():
    without = {code: d for code, d in ROSTER.districts.items() if not d.is_state_office}
    unheld = load_of(Roster(without, {})).unheld
    assert unheld["state_admin"] == ["the office (the roster has no row of kind state_office)"]


def test_an_unknown_code_in_a_waiver_is_told_with_the_nearest_one():
    text = SAMPLE.replace("stages:", "waive: [{finding: short-windo, why: x}]\nstages:")
    (finding,) = read_far(text).findings()
    assert (finding.code, finding.line, finding.fix) == (Code.UNREADABLE, 14, "short-window")


def test_the_documentation_lists_each_code_with_its_severity():
    doc = (Path(__file__).parents[2] / "docs" / "lint.md").read_text("utf-8")
    rows = [line.split("|")[1:3] for line in doc.splitlines() if line.startswith("| `")]
    documented = {code.strip(" `"): severity.strip() for code, severity in rows}
    assert documented == {str(c): str(Finding(c, 1, "", "", "").severity) for c in Code}
