from datetime import date, time
from pathlib import Path

import pytest

from yearwheel.calendar.cycle import OwedBy, RungKind, StageKind
from yearwheel.config.cycle_file import CycleFileError, load_cycle, read_shipped, shipped_cycles

CYCLES = Path(__file__).parent.parent / "cycles"
SAMPLE = (CYCLES / "sample.yaml").read_text("utf-8")
BROKEN = sorted((CYCLES / "broken").glob("*.yaml"))


def problems(text: str) -> list[str]:
    with pytest.raises(CycleFileError) as caught:
        load_cycle(text, "cycle.yaml")
    return [str(problem) for problem in caught.value.problems]


def ladder(text: str, stage: str) -> list[str]:
    return [f"{r.kind} {r.key} -> {', '.join(r.to)}" for r in load_cycle(text).stage(stage).ladder]


@pytest.mark.parametrize("file", BROKEN, ids=lambda f: f.stem)
def test_a_broken_file_is_reported_at_its_line_with_what_would_be_right(file: Path):
    expected = file.read_text("utf-8").splitlines()[0].removeprefix("# ").split(" | ")
    with pytest.raises(CycleFileError) as caught:
        load_cycle(file)
    assert sorted(str(p) for p in caught.value.problems) == [f"{file.name}:{line}" for line in expected]


def test_every_problem_is_reported_at_once_in_the_order_of_the_file():
    text = SAMPLE.replace("title:", "titel:").replace("March 1", "Marhc 1").replace("grace: 5", "grace: V")
    assert [line.split(":")[1] for line in problems(text)] == ["1", "2", "20", "27"]


def test_a_problem_says_file_line_key_message_and_fix_separately():
    with pytest.raises(CycleFileError) as caught:
        load_cycle(SAMPLE.replace("due: April 15", "due: April 31"), "ky.yaml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.key) == ("ky.yaml", 28, "stages[1].due")
    assert (problem.stage, problem.where) == ("drafting", "due")
    assert (problem.message, problem.fix) == ("April has no day 31", "last day of April")
    assert str(caught.value) == "ky.yaml:28: drafting: due: April has no day 31; write: last day of April"


def test_a_stage_without_a_key_is_told_by_its_place():
    text = SAMPLE.replace("key: drafting", "key: Drafting!").replace("due: April 15", "due: April 31")
    assert [line.split(": ")[1] for line in problems(text)] == ["stages[1].key", "stages[1].due"]


@pytest.mark.parametrize("state", ["KY", "DC", "PR"])
def test_states_the_district_of_columbia_and_territories_have_cycles(state: str):
    assert load_cycle(SAMPLE.replace("state: KY", f"state: {state}")).state == state


def test_two_letters_of_no_state_are_answered_with_those_that_begin_alike():
    said = "cycle.yaml:3: state: 'NO' is not a state's two letters; did you mean one of "
    assert problems(SAMPLE.replace("state: KY", "state: NO")) == [
        f"{said}NC, ND, NE, NH, NJ, NM, NV, NY?; write for example: KY"
    ]
    assert problems(SAMPLE.replace("state: KY", "state: ky")) == [
        "cycle.yaml:3: state: 'ky' is not a state's two letters; write: KY"
    ]


def test_a_sound_file_becomes_a_cycle_with_its_dates_worked_out():
    cycle = load_cycle(SAMPLE)
    assert (cycle.key, cycle.state, cycle.year, cycle.zone.key) == (
        "sample-2027",
        "KY",
        2027,
        "America/New_York",
    )
    assert (cycle.help_address, cycle.workdays.name) == ("help@education.example", "kentucky-state-offices")
    assert (cycle.send_window.opens, cycle.send_window.closes) == (time(8), time(16))
    budget = cycle.stage("budget_preparation")
    assert (budget.kind, budget.owed_by, budget.title) == (
        StageKind.BUDGET,
        OwedBy.DISTRICTS,
        "Budget preparation",
    )
    assert (budget.basis, budget.statutory) == ("KRS 160.470", True)
    assert (budget.dates.opens.on, budget.dates.opens.at) == (date(2027, 1, 4), time(0))
    assert (budget.dates.due.on, budget.dates.due.at) == (date(2027, 1, 29), time(23, 59))
    assert (budget.dates.grace_end.on, budget.dates.close.on) == (date(2027, 2, 5), date(2027, 2, 5))
    assert budget.words == {
        "opens": "first workday of January",
        "due": "January 31",
        "due_moved": "January 31, 2027 is a Sunday, so the previous workday, January 29",
        "grace": "5 workdays",
    }


def test_a_date_that_is_not_statutory_rolls_to_the_next_workday():
    text = SAMPLE.replace(", statutory: yes", "")
    assert load_cycle(text).stage("budget_preparation").dates.due.on == date(2027, 2, 1)


def test_the_file_has_the_last_word_on_where_a_closed_day_goes():
    text = SAMPLE.replace("statutory: yes", "statutory: yes, if_closed: none")
    assert load_cycle(text).stage("budget_preparation").dates.due.on == date(2027, 1, 31)


def test_recipients_and_ladders_are_named_once_and_the_opening_is_announced():
    assert ladder(SAMPLE, "budget_preparation") == [
        "opened when-it-opens -> technology_coordinator, finance_officer",
        "reminder 7-days-before -> technology_coordinator, finance_officer",
        "due_today on-the-day -> technology_coordinator, finance_officer",
        "escalation escalation:1-workday-after -> superintendent",
    ]


def test_an_opening_need_not_be_announced():
    text = SAMPLE.replace("    after: [budget", "    announce: no\n    after: [budget")
    assert ladder(text, "drafting") == [
        "reminder 21-days-before -> technology_coordinator",
        "reminder 7-days-before -> technology_coordinator",
    ]


def test_a_rung_named_for_another_role_joins_the_rung_of_the_same_day():
    ours = "[7 days before, {when: 7 days before, to: principal}]"
    text = SAMPLE.replace("[21 days before, 7 days before]", ours)
    assert ladder(text, "drafting") == [
        "opened when-it-opens -> technology_coordinator",
        "reminder 7-days-before -> technology_coordinator, principal",
    ]


def test_a_review_has_rounds_with_ladders_of_their_own():
    text = SAMPLE.replace("kind: drafting", "kind: review").replace(
        "    after: [budget_preparation]",
        "    after: [budget_preparation]\n"
        "    review:\n"
        "      first_look: 30 days\n"
        "      revise: 15 workdays\n"
        "      second_look: 10 workdays\n"
        "      reviewer_reminders: [5 days before, {when: 2 days after, to: office_lead}]\n"
        "      revision_reminders: [3 days before]\n",
    )
    review = load_cycle(text).stage("drafting").review
    assert review is not None
    assert [str(o) for o in (review.first_look, review.revise, review.second_look)] == [
        "30 days after",
        "15 workdays after",
        "10 workdays after",
    ]
    assert [(r.kind, r.key, r.to) for r in review.reviewer_ladder] == [
        (RungKind.REVIEW, "review:5-days-before", ("reviewer",)),
        (RungKind.REVIEW, "review:2-days-after", ("office_lead",)),
    ]
    assert [(r.kind, r.key, r.to) for r in review.revision_ladder] == [
        (RungKind.REVISION, "revision:3-days-before", ("technology_coordinator",))
    ]


def test_extra_closed_days_and_open_holidays_change_the_working_days():
    text = SAMPLE.replace(
        "holidays: kentucky-state-offices",
        "holidays:\n"
        "  calendar: kentucky-state-offices\n"
        "  also_closed: {2027-01-29: ice storm}\n"
        "  open: [2027-05-31]\n",
    )
    cycle = load_cycle(text)
    assert cycle.stage("budget_preparation").dates.due.on == date(2027, 1, 28)
    assert cycle.workdays.is_workday(date(2027, 5, 31))


def test_a_close_may_lean_on_the_stages_own_due_day_or_another_stage():
    text = SAMPLE.replace("grace: 5 workdays", "close: 10 workdays after due").replace(
        "due: April 15", "due: April 15\n    close: 3 weeks after budget_preparation.close"
    )
    with pytest.raises(CycleFileError, match="closes on March 5, 2027, but is accepted until April 15, 2027"):
        load_cycle(text)
    later = load_cycle(text.replace("3 weeks", "12 weeks"))
    assert later.stage("budget_preparation").dates.close.on == date(2027, 2, 12)
    assert later.stage("drafting").dates.close.on == date(2027, 5, 7)


def test_a_date_that_leans_on_an_unreadable_one_is_not_blamed_for_it():
    text = SAMPLE.replace("on: January 31", "on: Januray 31").replace(
        "due: April 15", "due: 11 weeks after budget_preparation.due"
    )
    assert problems(text) == [
        "cycle.yaml:19: budget_preparation: due.on: 'Januray 31' is not a date rule; write: January 31"
    ]


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path):
    file = tmp_path / "latin.yaml"
    file.write_bytes(SAMPLE.replace("A sample year", "Ein schönes Jahr").encode("latin-1"))
    with pytest.raises(CycleFileError) as caught:
        load_cycle(file)
    assert str(caught.value) == "latin.yaml:2: this is not UTF-8 text; save the file as UTF-8"


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path):
    file = tmp_path / "windows.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SAMPLE.replace("\n", "\r\n").encode())
    assert load_cycle(file) == load_cycle(SAMPLE)


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor():
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert problems(bomb) == [
        "cycle.yaml:1: a: anchors and aliases are not read; name a ladder under 'ladders' and use its name; "
        "the rest of the file can be checked once this is mended"
    ]


def test_deep_nests_and_huge_files_are_refused():
    assert problems("a: " + "[" * 5000) == [
        "cycle.yaml:1: a" + "[0]" * 12 + ": lists are nested too deeply; "
        "the rest of the file can be checked once this is mended"
    ]
    assert problems("#" * 500_001) == ["cycle.yaml:1: the file has 500001 bytes; at most 500000 are read"]


def test_shipped_cycles_are_listed_and_an_unknown_one_names_them():
    assert "kentucky-2027" in shipped_cycles()
    with pytest.raises(KeyError, match=r"there are .*kentucky-2027"):
        read_shipped("kentucky-1999")


@pytest.mark.parametrize("key", shipped_cycles())
def test_every_shipped_cycle_can_be_used_and_bears_its_own_key(key: str):
    assert load_cycle(read_shipped(key), f"{key}.yaml").key == key


def test_a_text_too_long_to_be_meant_is_not_repeated_in_the_message():
    assert problems(SAMPLE.replace("A sample year", "x" * 501)) == [
        "cycle.yaml:2: title: this has 501 characters; at most 500 are read"
    ]


def test_what_a_review_sends_back_is_the_plan_that_was_drafted_before_it():
    cycle = load_cycle(read_shipped("kentucky-2027"))

    assert cycle.work_of(cycle.stage("oet_review")) is StageKind.DRAFTING
    assert cycle.work_of(cycle.stage("plan_submission")) is StageKind.MILESTONE
