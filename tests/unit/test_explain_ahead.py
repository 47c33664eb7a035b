"""Explaining a day that has not come yet: how things stand, and nothing told as if it had happened."""

from datetime import date

from tests.apps import KEY, begun, round_at
from yearwheel.services.explain import explain


def test_a_day_still_to_come_is_not_told_as_if_it_had_been(sqlite_database) -> None:
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    told = explain(app, KEY, "001", date(2027, 6, 1))

    assert told.day == "2027-06-01 is still to come; this is how things stand on 2027-02-01."
    budget = next(words for words in told.stages if words.stage_key == "budget")
    assert "will have closed" in budget.quiet
    assert "is not handed in so far" in budget.quiet
