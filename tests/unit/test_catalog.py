"""The catalog names every kind of message, and says which of them a reader may decline."""

import pytest

from yearwheel.notifications.catalog import CATALOG, may_decline
from yearwheel.notifications.render import KINDS
from yearwheel.roster.people import Role


def test_the_catalog_has_every_kind_there_is_and_no_other() -> None:
    assert sorted(CATALOG) == sorted(KINDS)


def test_dates_are_brought_when_they_are_told_first_or_move() -> None:
    assert {kind for kind, entry in CATALOG.items() if entry.announces} == {
        "published",
        "opened",
        "extension",
        "date_moved",
        "reinstated",
        "returned",
    }


def test_only_what_is_not_asked_any_more_takes_a_date_out() -> None:
    assert {kind for kind, entry in CATALOG.items() if entry.withdraws} == {"excused"}


@pytest.mark.parametrize("kind", sorted(CATALOG))
def test_a_coordinator_can_decline_nothing_but_a_weekly_digest(kind: str) -> None:
    assert may_decline(kind, Role.TECHNOLOGY_COORDINATOR, statutory=False) == (kind == "weekly")


@pytest.mark.parametrize("kind", sorted(CATALOG))
def test_nobody_can_decline_a_message_about_a_statutory_date(kind: str) -> None:
    if kind != "weekly":  # it is about no one date
        assert not any(may_decline(kind, role, statutory=True) for role in Role)


def test_a_principal_may_decline_openings_and_reminders() -> None:
    declined = {kind for kind in CATALOG if may_decline(kind, Role.PRINCIPAL, statutory=False)}
    assert declined == {"opened", "reminder", "weekly"}
