from dataclasses import replace
from datetime import date

from tests.factories import make_cycle, make_stage, make_story
from yearwheel.notifications.ledger import OutboxStatus, Reason
from yearwheel.rehearsal.narrative import REASON_WORDS, reasons_in_words, sentences
from yearwheel.rehearsal.story import CellStanding, DistrictLine, LedgerFigures, StageCount
from yearwheel.stages.status import Status

DUE = date(2027, 4, 15)
IN = CellStanding(Status.APPROVED, DUE, DUE, 0)
EXTENDED = CellStanding(Status.APPROVED, DUE, DUE, 0, extended=True)
SILENT = CellStanding(Status.OPEN, DUE)


def line(name: str, *cells: CellStanding) -> DistrictLine:
    return DistrictLine(name, name, "", "", None, dict(zip(("drafting", "input"), cells, strict=True)))


def test_the_year_is_told_in_its_own_figures() -> None:
    cycle = make_cycle([make_stage(), make_stage("input", "Stakeholder input")])
    story = replace(
        make_story(cycle, 0),
        districts=(
            line("Adair", IN, SILENT),
            line("Allen", SILENT, SILENT),
            line("Bath", EXTENDED, EXTENDED),
        ),
        stage_counts=(
            StageCount("drafting", on_time=2, never=1, returned=1),
            StageCount("input", on_time=1, never=2),
        ),
        mails_per_day={date(2027, 3, 1): 5, date(2027, 3, 2): 9, date(2027, 3, 3): 9, date(2027, 3, 4): 0},
    )

    assert sentences(story) == (
        "6 pieces of work fell due in 2 stages: 50% came in on time, 0 late and 3 never.",
        "Hardest was “Stakeholder input”: 33% on time, 0 late, 2 never.",
        "Mail went out on 3 days; the busiest was Tuesday, March 2, with 9 messages.",
        "2 extensions were granted, to 1 district.",
        "2 districts left something unanswered: Allen (2 stages) and Adair (1 stage).",
        "Reviewers sent 1 submission back for changes at least once.",
    )


def test_a_year_without_fault_says_so() -> None:
    cycle = make_cycle([make_stage(), make_stage("input")])
    story = replace(
        make_story(cycle, 0),
        districts=(line("Adair", IN, IN),),
        stage_counts=(StageCount("drafting", on_time=1), StageCount("input", on_time=1)),
        mails_per_day={date(2027, 3, 1): 1},
    )

    assert sentences(story)[1:] == (
        "Every stage was handed in on time by everyone.",
        "Mail went out on 1 day; the busiest was Monday, March 1, with 1 message.",
        "No extension was granted.",
        "No district left a stage unanswered.",
    )


def test_many_silent_districts_are_counted_and_the_first_named() -> None:
    cycle = make_cycle([make_stage(), make_stage("input")])
    lines = tuple(line(f"D{n:02}", SILENT, IN) for n in range(1, 21))

    told = sentences(replace(make_story(cycle, 0), districts=lines))[-1]

    assert told.startswith("20 districts left something unanswered: D01 (1 stage), D02 (1 stage)")
    assert told.endswith("D08 (1 stage) and 12 more in the grid below.")


def test_an_empty_year_has_little_to_say() -> None:
    assert sentences(make_story(make_cycle(), 0)) == ("No mail went out.",)


def test_every_reason_of_the_ledger_has_words() -> None:
    not_sent = {OutboxStatus.FAILED, OutboxStatus.UNCERTAIN, OutboxStatus.BOUNCED}

    assert set(REASON_WORDS) == {*Reason, *not_sent}


def test_reasons_come_with_the_commonest_first() -> None:
    ledger = LedgerFigures(reasons={"date_moved": 2, "work_in": 30, "new_reason": 2})

    assert list(reasons_in_words(replace(make_story(make_cycle(), 0), ledger=ledger))) == [
        ("the work was already in", 30),
        ("the deadline had moved to another day", 2),
        ("new reason", 2),
    ]
