"""Explaining what was not said on a day, what went on another one, and a day that has not come yet."""

from datetime import date

from tests.apps import KEY, begun, hand_in, round_at, set_clock
from yearwheel.services.app import App
from yearwheel.services.decide import Decision, decide
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend
from yearwheel.services.pause import pause_cycle, resume_cycle


def test_a_day_still_to_come_is_not_told_as_if_it_had_been(sqlite_database) -> None:
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    told = explain(app, KEY, "001", date(2027, 6, 1))

    assert told.day == "2027-06-01 is still to come; this is how things stand on 2027-02-01."
    budget = next(words for words in told.stages if words.stage_key == "budget")
    assert "will have closed" in budget.quiet
    assert "is not handed in so far" in budget.quiet


def quiet(app: App, on: str) -> str:
    told = explain(app, KEY, "001", date.fromisoformat(on))
    return next(words.quiet for words in told.stages if words.stage_key == "budget")


def test_what_came_before_is_what_went_also_about_an_earlier_deadline(sqlite_database) -> None:
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    round_at(app, "2027-02-15")
    assert "the one before was '14 days before' on 2027-02-15, the next is" in quiet(app, "2027-02-16")

    set_clock(app, "2027-02-16 18:00")
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 26))], by="ada", why="flood", force=True)
    for day in range(17, 27):
        round_at(app, f"2027-02-{day}")
    said = quiet(app, "2027-02-25")
    assert (
        "the one before was '14 days before' of 2027-03-01 on 2027-02-15, the next is '14 days before'"
        in said
    )


def test_work_that_came_back_was_handed_in(sqlite_database) -> None:
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001")
    set_clock(app, "2027-02-02")
    decide(app, KEY, [Decision("budget", "001", "ray", "page 2 is missing")])
    for day in ("02-03", "03-01", "03-15", "03-16", "04-20"):
        round_at(app, f"2027-{day}")
    assert quiet(app, "2027-04-20").startswith(
        "It closed on 2027-03-15 and was returned for changes, and not handed in again. "
    )


def test_a_letter_that_left_on_another_day_than_its_own_says_what_is_known_of_why(sqlite_database) -> None:
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-12 18:00")
    pause_cycle(app, KEY, by="ada", why="snow")
    set_clock(app, "2027-02-17 09:00")
    resume_cycle(app, KEY, by="ada")
    round_at(app, "2027-02-17")
    told = explain(app, KEY, "001", date(2027, 2, 17))
    (sent,) = [words for stage in told.stages for words in stage.sent if "'14 days before'" in words]
    assert sent.endswith(
        "because that is 12 days before the deadline; its own day was 2027-02-15, when the cycle was paused "
        "by ada (snow)."
    )
