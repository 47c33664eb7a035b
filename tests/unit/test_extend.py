"""A later deadline for one district: with a reason, followed at once, and taken back as one act."""

from datetime import date

import pytest

from tests.apps import CYCLE, KEY, SOURCE, begun, hand_in, ledger, logged, round_at, set_clock, standing_of
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.services.app import Refused
from yearwheel.services.change_calendar import save_change
from yearwheel.services.decide import Decision, decide
from yearwheel.services.extend import Extension, extend, notes, take_back_extension
from yearwheel.services.mass import NewDay, extend_many
from yearwheel.services.others_days import warning
from yearwheel.services.selection import Selection
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import Status

MARCH_12 = date(2027, 3, 12)
BY_LAW = SOURCE.replace("basis: KRS 160.470}", "basis: KRS 160.470, statutory: yes}")


@pytest.fixture
def app(sqlite_database):
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-18")
    return app


def give(app, *codes, until=MARCH_12, why="flood", force=False):
    extensions = [Extension("budget", code, until) for code in codes]
    return extend(app, KEY, extensions, by="ada", why=why, force=force)


def by_law(app):
    save_change(app, KEY, BY_LAW, by="ada", why="the statute was found")


def ladder(app, code, contact="ann"):
    rows = ledger(app, stage_key="budget", district_code=code, contact_key=contact)
    return [row for row in rows if not row[0].startswith(("extension", "published"))]


def test_the_district_gets_its_own_day_and_the_reason_is_kept(app):
    (after,) = give(app, "001")

    assert (after.due_on, after.due_since, after.due_because) == (
        MARCH_12, date(2027, 2, 18), DueBecause.EXTENSION,
    )  # fmt: skip
    assert standing_of(app, "budget", "001") == after
    (event,) = logged(app, "deadline_moved")
    assert (event.actor, event.why, event.before, event.after) == ("ada", "flood", "2027-03-01", "2027-03-12")


def test_a_day_years_past_the_cycle_is_a_slip_that_force_does_not_save(app):
    """The small year ends with its review, on August 31; a year and a day past that is too far."""
    set_clock(app, "2027-02-18")
    (after,) = give(app, "001", until=date(2028, 8, 31), force=True)
    assert after.due_on == date(2028, 8, 31)

    for until in (date(2028, 9, 1), date(2199, 12, 31)):
        with pytest.raises(Refused) as refused:
            give(app, "002", until=until, force=True)
        assert str(refused.value) == (
            f"{until} is more than a year after small-2027 ends on 2027-08-31; nobody is given so late a day"
        )
        many = Selection(codes=("002",))
        with pytest.raises(Refused, match="nobody is given so late a day"):
            extend_many(app, KEY, many, ["budget"], NewDay(until), by="ada", why="flood", force=True)


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (date(2027, 3, 5), []),
        (
            date(2027, 3, 12),
            ["the stage closes on 2027-03-15; with its grace this work is taken in until 2027-03-19"],
        ),
        (
            date(2027, 3, 14),
            [
                "2027-03-14 is a Sunday; the office is closed, the day stands",
                "the stage closes on 2027-03-15; with its grace this work is taken in until 2027-03-19",
            ],
        ),
        (
            date(2027, 5, 31),
            [
                "2027-05-31 is closed: Memorial Day; the office is closed, the day stands",
                "2027-05-31 is past the stage's close, 2027-03-15; this work is taken in until 2027-06-07",
            ],
        ),
    ],
)
def test_a_day_on_which_nobody_works_or_that_moves_the_close_is_given_with_a_note(app, until, said):
    (after,) = give(app, "001", until=until, force=True)
    assert (after.due_on, notes(CYCLE, CYCLE.stage("budget"), after)) == (until, said)


def test_a_day_past_the_one_the_law_sets_is_given_with_a_warning_that_is_kept(app):
    by_law(app)
    (after,) = give(app, "001")
    said = "Budget: the law sets 2027-03-01 (KRS 160.470); a later day of ours does not move that"
    assert warning(load_cycle(BY_LAW).stage("budget"), after) == said
    assert [event.detail["warning"] for event in logged(app, "deadline_moved")] == [said]
    take_back_extension(app, KEY, "budget", "001", by="ada", why="a mistake")
    assert "warning" not in logged(app, "deadline_moved")[-1].detail

    hand_in(app, "budget", "001")
    decide(app, KEY, [Decision("budget", "001", "Ray", "Sign it.")])
    assert [event.detail["warning"] for event in logged(app, "returned")] == [said]


def test_a_day_that_somebody_else_sets_is_named_as_theirs_and_our_own_needs_no_warning(app):
    kentucky = load_cycle(read_shipped("kentucky-2027"))
    later = Standing("any", "001", Status.OPEN, date(2027, 12, 31), None, DueBecause.EXTENSION)
    said = {stage.key: warning(stage, later) for stage in kentucky.stages if warning(stage, later)}
    assert said["erate_471"].startswith("E-rate Form 471: USAC sets 2027-04-01 (window announced by USAC); ")
    assert "drafting" not in said


def test_the_ledger_follows_at_once_and_only_for_that_district(app):
    others = ladder(app, "002", "bob")
    give(app, "001")

    assert ladder(app, "001") == [
        ("1-workday-after", "ann", "superseded", "date_moved"),
        ("1-workday-after", "ann", "planned", None),
        ("14-days-before", "ann", "superseded", "date_moved"),
        ("14-days-before", "ann", "planned", None),
        ("7-days-before", "ann", "superseded", "date_moved"),
        ("7-days-before", "ann", "planned", None),
        ("on-the-day", "ann", "superseded", "date_moved"),
        ("on-the-day", "ann", "planned", None),
        ("when-it-opens", "ann", "sent", None),
    ]
    assert ladder(app, "002", "bob") == others


def test_the_people_of_the_stage_and_who_has_the_years_dates_are_told_with_the_reason(app):
    give(app, "001")

    assert ledger(app, kind="extension") == [
        ("extension:1", "ann", "planned", None),
        ("extension:1", "finn", "planned", None),
        ("extension:1", "sue", "planned", None),
    ]


def test_taking_it_back_revives_the_old_dates_and_says_so(app):
    before = ladder(app, "001")
    give(app, "001")
    after = take_back_extension(app, KEY, "budget", "001", by="ada", why="a mistake")

    assert (after.due_on, after.due_since, after.due_because) == (None, None, None)
    alive = [row for row in ladder(app, "001") if row[3] is None]
    assert alive == before
    assert [row[0] for row in ledger(app, kind="extension", contact_key="ann")] == [
        "extension:1",
        "extension:2",
    ]


def test_an_extension_of_an_extension_moves_the_day_again(app):
    give(app, "001")
    give(app, "001", until=date(2027, 3, 15))

    assert [(e.before, e.after) for e in logged(app, "deadline_moved")] == [
        ("2027-03-01", "2027-03-12"),
        ("2027-03-12", "2027-03-15"),
    ]


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"why": "  "}, "an extension needs a reason: --why '...'"),
        ({"until": date(2027, 3, 1)}, "2027-03-01 is not later than the present due day 2027-03-01"),
        ({"until": date(2027, 2, 20)}, "2027-02-20 is not later than the present due day 2027-03-01"),
        ({"until": date(2027, 2, 1)}, "2027-02-01 is past; give 2027-02-18 or a later day"),
        (
            {"until": date(2027, 3, 16)},
            "Budget closes on 2027-03-15; to go past it use --force",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_changes(app, change, because):
    before = (ledger(app), standing_of(app, "budget", "001"))
    with pytest.raises(Refused, match=because):
        give(app, "001", **change)

    assert (ledger(app), standing_of(app, "budget", "001")) == before


def test_past_the_close_it_is_given_when_forced_and_the_work_is_then_taken(app):
    give(app, "001", until=date(2027, 4, 1), force=True)
    set_clock(app, "2027-04-01 23:59")
    hand_in(app, "budget", "001")

    with pytest.raises(Refused, match="closed on 2027-03-15 for 002"):
        hand_in(app, "budget", "002")


def test_the_grace_keeps_its_length_after_an_extended_day(app):
    give(app, "001", until=date(2027, 3, 15))
    set_clock(app, "2027-03-22 23:59")  # five working days after the 15th
    hand_in(app, "budget", "001")


def test_a_district_with_a_close_of_its_own_is_held_to_that(app):
    """The stage closes on March 15; due then, the grace makes it the 22nd, and the note says until when."""
    give(app, "001", until=date(2027, 3, 15))
    with pytest.raises(Refused, match=r"Budget closes on 2027-03-22 for 001; to go past it use --force"):
        give(app, "001", until=date(2027, 3, 23))
    one = Selection(codes=("001",))
    with pytest.raises(Refused, match=r"Budget closes on 2027-03-22 for 001; to go past it use --force"):
        extend_many(app, KEY, one, ["budget"], NewDay(date(2027, 3, 23)), by="ada", why="flood")

    (after,) = give(app, "001", until=date(2027, 3, 22))
    assert notes(CYCLE, CYCLE.stage("budget"), after) == [
        "2027-03-22 is past the stage's close, 2027-03-15; this work is taken in until 2027-03-29"
    ]


def test_work_that_is_in_has_nothing_to_extend(app):
    hand_in(app, "budget", "001")
    with pytest.raises(Refused, match="001 is submitted in Budget; nothing to extend"):
        give(app, "001")


def test_all_extensions_are_given_or_none(app):
    hand_in(app, "budget", "002")
    with pytest.raises(Refused):
        give(app, "001", "002")

    assert standing_of(app, "budget", "001").due_on is None


def test_there_must_be_an_extension_to_take_back(app):
    with pytest.raises(Refused, match="001 has no extension in budget"):
        take_back_extension(app, KEY, "budget", "001", by="ada", why="a mistake")


def test_what_work_that_is_in_was_given_is_not_taken_back_nor_told(app):
    extend(app, KEY, [Extension("budget", "001", MARCH_12)], by="ada", why="flood")
    hand_in(app, "budget", "001")
    with pytest.raises(Refused, match="001 is submitted in budget; its day matters no more"):
        take_back_extension(app, KEY, "budget", "001", by="ada", why="not needed")
