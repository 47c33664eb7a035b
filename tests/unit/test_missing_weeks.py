"""Which weeks owe the state's admins a digest, by the record alone."""

from datetime import date

import pytest

from tests.apps import KEY, PEOPLE, begun, hand_in, ledger, make_app, roster_of, round_at, set_clock
from tests.unit.test_whole_cycle import tell_admins
from yearwheel.notifications.proof import Breach, BreachKind
from yearwheel.services.app import App
from yearwheel.services.excuse import excuse
from yearwheel.services.extend import Extension, extend
from yearwheel.services.pause import pause_cycle, resume_cycle
from yearwheel.services.prove import prove
from yearwheel.store.tables import reminders


@pytest.fixture
def app(sqlite_database) -> App:
    """Begun, with admins who are told from here on."""
    app = begun(sqlite_database)
    tell_admins(app)
    return app


def forget_weeks(app: App) -> None:
    """Take every weekly digest out of the ledger."""
    with app.database.writing() as work:
        work.connection.execute(reminders.delete().where(reminders.c.kind == "weekly"))
        work.commit()


def missing(app: App) -> list[Breach]:
    """The breaches that speak of no one message: the weeks."""
    return [b for b in prove(app, KEY).breaches if b.kind is BreachKind.FORGOTTEN and not b.stage_key]


def words(app: App) -> list[str]:
    return [breach.words for breach in missing(app)]


def test_a_week_with_late_work_and_no_digest_is_named(database) -> None:
    app = begun(database)
    tell_admins(app)
    round_at(app, "2027-03-08")
    assert missing(app) == []
    forget_weeks(app)
    assert words(app) == [
        "the state's admins were told nothing of the week 2027-W10, though 001 was late with budget"
    ]


def test_a_week_in_which_a_deadline_comes_near_owes_one_too(app) -> None:
    round_at(app, "2027-02-15")
    forget_weeks(app)
    assert words(app) == [
        "the state's admins were told nothing of the week 2027-W07, though 001 owed budget, due soon"
    ]


def test_a_day_that_has_moved_far_ahead_is_no_news_although_the_published_one_is_near(app) -> None:
    for code in ("001", "002", "003"):
        extend(app, KEY, [Extension("budget", code, date(2027, 3, 12))], by="ada", why="flood")
    round_at(app, "2027-02-15")

    assert (ledger(app, kind="weekly"), missing(app)) == ([], [])


def test_a_week_without_a_round_owes_nothing(app) -> None:
    round_at(app, "2027-02-15")
    round_at(app, "2027-03-08")
    forget_weeks(app)
    assert [line.split("week ")[1][:8] for line in words(app)] == ["2027-W07", "2027-W10"]


def test_a_week_with_nothing_to_say_owes_nothing(app) -> None:
    round_at(app, "2027-01-19")
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-10")
    hand_in(app, "budget", "001", "002")
    excuse(app, KEY, "budget", "003", by="ada", why="merges")
    round_at(app, "2027-02-16")
    round_at(app, "2027-03-08")
    assert ledger(app, kind="weekly") == []
    assert missing(app) == []


def test_a_paused_week_owes_nothing(app) -> None:
    set_clock(app, "2027-02-12")
    pause_cycle(app, KEY, by="ada", why="storm")
    round_at(app, "2027-02-16")
    set_clock(app, "2027-02-19")
    resume_cycle(app, KEY, by="ada")
    assert missing(app) == []
    round_at(app, "2027-02-19 11:00")
    forget_weeks(app)
    assert [line.split("week ")[1][:8] for line in words(app)] == ["2027-W07"]


def test_where_admins_are_not_told_or_there_are_none_nothing_is_owed(sqlite_database) -> None:
    app = begun(sqlite_database)
    round_at(app, "2027-03-08")
    tell_admins(app)
    assert missing(app) == []


def test_without_an_admin_nothing_is_owed(sqlite_database) -> None:
    app = make_app(
        sqlite_database, roster=roster_of(*(c for c in PEOPLE.contacts.values() if c.key != "ada"))
    )
    tell_admins(app)
    round_at(app, "2027-03-08")
    assert missing(app) == []


def test_the_week_of_the_publication_and_those_after_the_last_close_owe_nothing(sqlite_database) -> None:
    app = make_app(sqlite_database)
    tell_admins(app)
    round_at(app, "2027-01-06")  # cycle set-up is due on Friday
    round_at(app, "2027-09-06")
    round_at(app, "2027-09-07")
    forget_weeks(app)
    assert missing(app) == []


def test_one_forgotten_week_is_told_by_its_day_of_any_round(app) -> None:
    """Nobody ran a round before Wednesday: the week is that of the digest all the same."""
    round_at(app, "2027-03-10")
    assert date(2027, 3, 10).isocalendar().week == 10
    forget_weeks(app)
    assert [line.split("week ")[1][:8] for line in words(app)] == ["2027-W10"]
