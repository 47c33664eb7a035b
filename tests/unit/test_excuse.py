"""Excusing a district, and taking that back."""

import pytest

from tests.apps import (
    ASH,
    KEY,
    PEOPLE,
    begun,
    hand_in,
    ledger,
    logged,
    person,
    roster_of,
    round_at,
    set_clock,
    standing_of,
)
from yearwheel.roster.people import Role
from yearwheel.services.app import Refused
from yearwheel.services.decide import Decision, decide
from yearwheel.services.excuse import excuse, reinstate
from yearwheel.services.import_roster import RosterFiles, import_roster
from yearwheel.services.prove import prove
from yearwheel.stages.status import Status


@pytest.fixture
def app(sqlite_database):
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    return app


def free(app, code="001", stage_key="budget", **options):
    return excuse(app, KEY, stage_key, code, by="ada", **{"why": "the school burned down", **options})


def back(app, code="001", stage_key="budget"):
    return reinstate(app, KEY, stage_key, code, by="ada", why="it was rebuilt")


@pytest.mark.parametrize(("not_required", "status"), [(False, Status.EXCUSED), (True, Status.NOT_REQUIRED)])
def test_an_excused_district_owes_nothing_and_hears_no_more_of_it(app, not_required, status):
    assert free(app, not_required=not_required).status is status

    rows = ledger(app, stage_key="budget", district_code="001", kind="reminder")
    assert {row[2:] for row in rows} == {("cancelled", "waived")}
    (event,) = logged(app, str(status))
    assert (event.actor, event.why, event.before, event.after) == (
        "ada", "the school burned down", "open", str(status),
    )  # fmt: skip
    told = ("ann", "finn", "sue")  # the superintendent was written the year's dates
    assert ledger(app, kind="excused") == [("excused:1", who, "planned", None) for who in told]


def test_an_excuse_needs_a_reason(app):
    with pytest.raises(Refused, match="an excuse needs a reason: --why"):
        free(app, why=" ")

    assert standing_of(app, "budget", "001").status is Status.OPEN


def test_work_that_is_in_cannot_be_excused(app):
    hand_in(app, "budget", "001")
    with pytest.raises(Refused, match="cannot go from submitted to excused"):
        free(app)


def test_taking_an_excuse_back_brings_the_reminders_back(app):
    before = ledger(app, stage_key="budget", district_code="001", kind="reminder")
    free(app)
    assert back(app).status is Status.OPEN

    assert ledger(app, stage_key="budget", district_code="001", kind="reminder") == before
    assert [e.why for e in logged(app, "reinstated")] == ["it was rebuilt"]


def test_who_was_told_of_an_excuse_is_told_when_it_is_taken_back(app):
    free(app)
    round_at(app, "2027-02-02")
    back(app)
    round_at(app, "2027-02-03")

    assert ledger(app, kind="excused") == [("excused:1", who, "sent", None) for who in ("ann", "finn", "sue")]
    assert ledger(app, kind="reinstated") == [
        ("reinstated:1", who, "sent", None) for who in ("ann", "finn", "sue")
    ]
    with app.open_mailer() as mailer:
        letter = mailer.sent[-1]
    assert b"Subject: Asked for after all: Budget - Ash County" in letter.raw
    assert b"it was rebuilt" in letter.raw
    assert prove(app, KEY).breaches == ()


def test_an_excuse_taken_back_before_its_letter_left_is_told_to_nobody(app):
    free(app)
    back(app)
    round_at(app, "2027-02-02")

    people = ("ann", "finn", "sue")
    assert ledger(app, kind="excused") == [("excused:1", who, "cancelled", "undone") for who in people]
    assert ledger(app, kind="reinstated") == [("reinstated:1", who, "cancelled", "no_news") for who in people]
    assert prove(app, KEY).breaches == ()


def test_who_knows_of_an_excuse_is_not_told_it_again(app):
    free(app)
    round_at(app, "2027-02-02")
    back(app)
    free(app)
    round_at(app, "2027-02-03")

    people = ("ann", "finn", "sue")
    assert ledger(app, kind="excused") == [
        *(("excused:1", who, "sent", None) for who in people),
        *(("excused:2", who, "cancelled", "no_news") for who in people),
    ]
    assert ledger(app, kind="reinstated") == [("reinstated:1", who, "cancelled", "undone") for who in people]
    assert prove(app, KEY).breaches == ()


def test_who_came_meanwhile_hears_that_it_is_asked_if_their_dates_of_the_year_left_it_out(app):
    free(app, not_required=True)
    round_at(app, "2027-02-02")
    nia, fay = person("nia", ASH, Role.TECHNOLOGY_COORDINATOR), person("fay", ASH, Role.FINANCE_OFFICER)
    come = RosterFiles(roster_of(*PEOPLE.contacts.values(), nia, fay))
    import_roster(app, "KY", come, by="ada", source="people")
    round_at(app, "2027-02-03")
    back(app)
    round_at(app, "2027-02-04")

    assert ledger(app, kind="reinstated") == [
        ("reinstated:1", "ann", "sent", None),
        ("reinstated:1", "fay", "cancelled", "no_news"),  # nobody has written her a date
        ("reinstated:1", "finn", "sent", None),
        ("reinstated:1", "nia", "sent", None),
        ("reinstated:1", "sue", "sent", None),
    ]
    assert prove(app, KEY).breaches == ()


def test_an_excuse_taken_back_before_the_window_opens_leaves_the_stage_not_open(app):
    set_clock(app, "2027-02-02")
    free(app, stage_key="review")
    assert back(app, stage_key="review").status is Status.NOT_OPEN


def test_an_excuse_after_a_return_leads_back_to_the_return(app):
    hand_in(app, "budget", "001")
    decide(app, KEY, [Decision("budget", "001", "Ray", changes="Add the match.")])
    free(app)
    assert back(app).status is Status.RETURNED


def test_who_is_not_excused_cannot_be_reinstated(app):
    with pytest.raises(Refused, match="001 is open in budget, not excused"):
        back(app)


def test_who_is_excused_is_not_excused_again(app):
    free(app)
    with pytest.raises(Refused, match="001 is excused already in budget"):
        free(app)

    assert len(logged(app, "excused")) == 1
