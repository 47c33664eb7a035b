"""A reviewer's decision: by a second person, with what must change, and a date of its own."""

from datetime import date
from email import message_from_bytes, policy

import pytest

from tests.apps import KEY, begun, hand_in, ledger, logged, round_at, set_clock, standing_of
from tests.fakes import FakeMailer
from yearwheel.services.app import Refused
from yearwheel.services.decide import Decision, decide
from yearwheel.stages.standing import DueBecause
from yearwheel.stages.status import Status

CHANGES = "Give strategy 2 a baseline."


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer):
    """The plan of district 001 is with its reviewer since Thursday, April 29."""
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001")
    round_at(app, "2027-02-02")
    hand_in(app, "plan", "001")
    round_at(app, "2027-04-29")
    set_clock(app, "2027-05-03")
    return app


def say(app, changes="", by="Ray", code="001"):
    return decide(app, KEY, [Decision("review", code, by, changes)])


def readers_rows(app):
    """How the reminders of the reviewer's own deadline, May 10, stand."""
    return {row[2:] for row in ledger(app, stage_key="review", kind="review") if row[3] != "date_moved"}


def test_an_approval_ends_the_stage_and_the_district_is_told(app):
    (after,) = say(app)

    assert after.status is Status.APPROVED
    assert readers_rows(app) == {("cancelled", "work_in")}
    assert ledger(app, kind="approved") == [("approved:1", "ann", "planned", None)]
    (event,) = logged(app, "approved")
    assert (event.actor, event.before, event.after) == ("Ray", "under_review", "approved")


def test_a_return_gives_the_district_its_own_day_its_ladder_and_the_words(app):
    (after,) = say(app, CHANGES)

    assert (after.status, after.rounds, after.due_because) == (Status.RETURNED, 1, DueBecause.RETURNED)
    assert (after.due_since, after.due_on) == (date(2027, 5, 3), date(2027, 5, 10))
    assert ledger(app, stage_key="review", kind="revision") == [
        ("revision:2-days-before", "ann", "planned", None),
        ("revision:on-the-day", "ann", "planned", None),
    ]
    assert readers_rows(app) == {("cancelled", "not_owed")}
    assert ledger(app, kind="returned") == [("returned:1", "ann", "planned", None)]
    assert [e.why for e in logged(app, "returned")] == [CHANGES]


def test_a_return_outside_reviews_is_told_to_all_who_have_the_years_dates(app):
    decide(app, KEY, [Decision("budget", "001", "Ray", CHANGES)])

    assert ledger(app, stage_key="budget", kind="returned") == [
        ("returned:1", "ann", "planned", None),
        ("returned:1", "finn", "planned", None),
        ("returned:1", "sue", "planned", None),
    ]


def test_a_second_look_has_its_own_shorter_time(app):
    say(app, CHANGES)
    set_clock(app, "2027-05-05")
    hand_in(app, "review", "001")
    round_at(app, "2027-05-06")
    here = standing_of(app, "review", "001")

    assert (here.status, here.due_since, here.due_on) == (
        Status.UNDER_REVIEW, date(2027, 5, 6), date(2027, 5, 13),
    )  # fmt: skip


def test_who_handed_in_does_not_decide(app):
    say(app, CHANGES)
    hand_in(app, "review", "001", by="Ray")
    round_at(app, "2027-05-06")
    with pytest.raises(Refused, match="Ray handed this in and cannot decide on it; another person has to"):
        say(app)

    assert say(app, by="Leo")[0].status is Status.APPROVED


def test_there_must_be_something_to_decide(app):
    with pytest.raises(Refused, match="002 is not open yet in review; nothing to decide"):
        say(app, code="002")


def test_decisions_are_carried_out_together_or_not_at_all(app):
    with pytest.raises(Refused):
        decide(app, KEY, [Decision("review", "001", "Ray"), Decision("review", "002", "Ray")])

    assert standing_of(app, "review", "001").status is Status.UNDER_REVIEW
    assert logged(app, "approved") == []


def test_approved_work_may_be_called_back_for_re_evaluation(app):
    say(app)
    (after,) = say(app, CHANGES)

    assert after.status is Status.RETURNED


def test_other_stages_give_ten_working_days_for_changes(app):
    (after,) = decide(app, KEY, [Decision("plan", "001", "Ray", CHANGES)])

    assert after.due_on == date(2027, 5, 17)


def test_a_return_never_brings_a_deadline_forward(sqlite_database):
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001")
    (after,) = decide(app, KEY, [Decision("budget", "001", "Ray", CHANGES)])

    assert after.due_on == date(2027, 3, 1)  # ten working days from February 1 would be the 15th


def test_what_is_approved_is_not_approved_again(app):
    say(app)
    with pytest.raises(Refused, match="001 is approved already in review"):
        say(app)

    assert len(logged(app, "approved")) == 1


def letters_to(mailer: FakeMailer, address: str) -> list[str]:
    found = (
        message_from_bytes(e.raw, policy=policy.default).get_body(("plain",)).get_content()
        for e in mailer.sent
        if e.recipient == address
    )
    return [text.replace("\r\n", "\n") for text in found]


def test_each_letter_about_the_changes_says_what_the_reviewer_asked_for(app, mailer):
    say(app, CHANGES)
    round_at(app, "2027-05-04")
    round_at(app, "2027-05-07")  # Saturday, two days before, goes on Friday
    (text,) = [t for t in letters_to(mailer, "ann@mail.example") if "your changes are due" in t]
    assert f"Comment from the reviewer:\n  | {CHANGES}\n" in text


def test_the_offices_lead_hears_whose_review_is_late(app, mailer):
    for day in ("05-07", "05-10", "05-11"):
        round_at(app, f"2027-{day}")
    (text,) = letters_to(mailer, "leo@mail.example")
    assert "The review of Ash County is late\n" in text
    assert "You are told because Ray has not decided yet." in text
    assert "you are listed as office lead.\n" in text
    assert all("Your review of Ash County is" in t for t in letters_to(mailer, "ray@mail.example")[1:])
