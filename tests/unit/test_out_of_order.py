"""Nothing is put on record before the newest round: the ledger could no longer be told from its events."""

import pytest

from tests.apps import ANN, KEY, begun, hand_in, make_app, round_at, set_clock
from tests.browser import home_of, press, words
from yearwheel.services.decide import Decision, decide
from yearwheel.services.excuse import excuse
from yearwheel.services.prove import prove
from yearwheel.store.events import OutOfOrder


@pytest.fixture
def app(sqlite_database):
    return begun(sqlite_database)


def test_an_act_long_before_the_newest_round_is_refused_and_changes_nothing(app) -> None:
    round_at(app, "2027-02-15")
    hand_in(app, "budget", "001", by="Ann")
    set_clock(app, "2026-11-22")

    with pytest.raises(OutOfOrder, match=r"newest round of small-2027 was for 2027-02-15 .* lies before it"):
        decide(app, KEY, [Decision("budget", "001", "Ray", changes="more")])

    set_clock(app, "2027-02-16")
    assert prove(app, KEY).breaches == ()


def test_an_act_long_before_the_publication_is_refused_and_one_by_a_clock_put_back_harms_no_proof(
    sqlite_database,
) -> None:
    app = make_app(sqlite_database)
    set_clock(app, "2026-12-20")
    with pytest.raises(OutOfOrder, match=r"small-2027 was published at 2027-01-04 15:00 UTC, and this lies"):
        excuse(app, KEY, "budget", "001", by="ada", why="merged")

    set_clock(app, "2027-01-04 09:30")  # it was published at ten
    excuse(app, KEY, "budget", "001", by="ada", why="merged")
    round_at(app, "2027-01-04")
    assert prove(app, KEY).uncertain == 0


def test_a_button_pressed_in_a_year_that_was_acted_out_further_says_why_and_what_to_do(app) -> None:
    round_at(app, "2027-02-15")
    home = home_of(app, ANN)
    set_clock(app, "2026-11-22")

    page = press(app, home, act="need_help", stage="budget")
    assert page.status_code == 409
    assert "This year was only acted out, as far as Monday, February 15, 2027" in words(page)
    assert "yearwheel serve --at 2027-02-15T15:00Z" in words(page)

    set_clock(app, "2027-02-15")
    assert press(app, home, act="need_help", stage="budget").status_code == 200
