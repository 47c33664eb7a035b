"""The difference between two rosters, shown before an import."""

from dataclasses import replace

import pytest

from yearwheel.roster.diff import Change, Entry, Part, diff_rosters
from yearwheel.roster.people import Role, Roster
from yearwheel.roster.shipped import shipped_roster


@pytest.fixture(scope="module")
def before():
    return shipped_roster(only=["001", "185", "186"])


def changed(roster, **fields):
    district = replace(roster.districts["001"], **fields)
    return Roster({**roster.districts, "001": district}, roster.contacts, roster.reviewers)


def test_the_same_roster_again_changes_nothing(before):
    again = diff_rosters(before, shipped_roster(only=["001", "185", "186"]))
    assert (again.is_empty, again.warnings) == (True, ())


def test_with_nothing_before_everything_is_added(before):
    diff = diff_rosters(None, before)
    assert {(entry.part, entry.key) for entry in diff.added} == {
        *((Part.DISTRICT, code) for code in before.districts),
        *((Part.CONTACT, key) for key in before.contacts),
    }
    assert (diff.changed, diff.gone, diff.warnings) == ((), (), ())


def test_a_change_names_the_field_and_both_values(before):
    diff = diff_rosters(before, changed(before, name="Adair", enrollment=2_600))
    assert diff.changed == (
        Change(Part.DISTRICT, "001", "Adair", "name", "Adair County", "Adair"),
        Change(Part.DISTRICT, "001", "Adair", "enrollment", "2594", "2600"),
    )
    assert (diff.added, diff.gone, diff.warnings) == ((), (), ())


def test_a_district_that_left_is_told_of_with_its_people_and_not_its_namesake(before):
    after = shipped_roster(only=["001", "185"])
    diff = diff_rosters(before, Roster(after.districts, after.contacts, before.reviewers))
    people = sorted((c.key, c.name) for c in before.contacts.values() if c.district_code == "186")
    assert diff.gone == (
        Entry(Part.DISTRICT, "186", "Fulton Independent"),
        *(Entry(Part.CONTACT, key, name) for key, name in people),
    )
    assert (diff.added, diff.changed) == ((), ())


@pytest.mark.parametrize(("pupils", "share"), [(3_113, "+20%"), (2_075, "-20%"), (0, "-100%")])
def test_an_enrollment_that_jumps_is_warned_of_but_not_held_back(before, pupils, share):
    diff = diff_rosters(before, changed(before, enrollment=pupils))
    assert diff.warnings == (f"001 Adair County: enrollment goes from 2,594 to {pupils:,} ({share})",)
    assert [change.field for change in diff.changed] == ["enrollment"]


@pytest.mark.parametrize("pupils", [3_112, 2_076, None])
def test_a_smaller_step_or_a_figure_not_given_is_no_jump(before, pupils):
    assert diff_rosters(before, changed(before, enrollment=pupils)).warnings == ()


def test_a_role_left_empty_is_warned_of(before):
    (left,) = before.holders("001", Role.SUPERINTENDENT)
    contacts = {key: contact for key, contact in before.contacts.items() if key != left.key}
    diff = diff_rosters(before, Roster(before.districts, contacts, before.reviewers))
    assert diff.gone == (Entry(Part.CONTACT, left.key, left.name),)
    assert diff.warnings == ("001 Adair County: nobody would be superintendent any more",)


def test_the_last_state_admin_is_missed_once_and_not_once_per_district(before):
    admins = {contact.key for contact in before.holders("OET", Role.STATE_ADMIN)}
    contacts = {key: contact for key, contact in before.contacts.items() if key not in admins}
    diff = diff_rosters(before, Roster(before.districts, contacts, before.reviewers))
    assert diff.warnings == (
        "OET Office of Education Technology: nobody would be state administrator any more",
    )


def test_another_reviewer_is_a_change_of_the_district(before):
    was = before.reviewers["001"]
    now = next(c.key for c in before.holders("OET", Role.REVIEWER) if c.key != was)
    diff = diff_rosters(before, Roster(before.districts, before.contacts, {**before.reviewers, "001": now}))
    assert diff.changed == (Change(Part.DISTRICT, "001", "Adair County", "reviewer", was, now),)


def test_what_the_mail_server_said_is_no_change(before):
    bounced = {key: replace(c, undeliverable="550 no such user") for key, c in before.contacts.items()}
    assert diff_rosters(Roster(before.districts, bounced, before.reviewers), before).is_empty
