"""Comings and goings on record: since when somebody is told, and when they were not."""

from datetime import UTC, datetime

from yearwheel.notifications.presence import BEGINNING, PeopleChange, Presence

ANN, ADA = ("001", "finance_officer", "ann"), ("state", "state_admin", "ada")


def at(day: int) -> datetime:
    return datetime(2027, 2, day, 12, tzinfo=UTC)


def test_who_was_never_seen_to_come_was_there_from_the_beginning():
    presence = Presence([PeopleChange(at(3), (ADA,), ())], "state")
    assert presence.since(*ANN) == BEGINNING
    assert not presence.was_away(*ANN, at(3))


def test_who_left_is_away_from_that_moment_until_they_come_back():
    presence = Presence([PeopleChange(at(3), (), (ANN,)), PeopleChange(at(5), (ANN,), ())], "state")
    away = [day for day in range(1, 8) if presence.was_away(*ANN, at(day))]
    assert away == [3, 4, 5]
    assert presence.since(*ANN) == at(5)


def test_who_left_and_came_back_within_one_moment_was_away_in_it():
    presence = Presence([PeopleChange(at(3), (), (ANN,)), PeopleChange(at(3), (ANN,), ())], "state")
    assert [presence.was_away(*ANN, at(day)) for day in (2, 3, 4)] == [False, True, False]


def test_the_offices_people_are_told_of_every_district():
    presence = Presence([PeopleChange(at(3), (ADA,), ())], "state")
    assert presence.since("001", "state_admin", "ada") == at(3)
    assert presence.since("001", "finance_officer", "ada") == BEGINNING
