import pytest

from yearwheel.stages.status import HANDED_IN, LABELS, MOVES, OWED, WAIVED, MoveRefused, Status, check_move


def test_every_status_has_a_label_and_its_moves():
    assert set(LABELS) == set(Status)
    assert set(MOVES) == set(Status)
    assert len(set(LABELS.values())) == len(Status)


def test_every_status_can_be_reached_from_the_first_one():
    reached, to_visit = {Status.NOT_OPEN}, [Status.NOT_OPEN]
    while to_visit:
        new = MOVES[to_visit.pop()] - reached
        reached |= new
        to_visit += new

    assert reached == set(Status)


def test_no_status_is_a_dead_end():
    assert [status for status in Status if not MOVES[status]] == []


def test_every_status_is_either_owed_or_handed_in_or_waived():
    assert sorted([*OWED, *HANDED_IN, *WAIVED]) == sorted(Status)


@pytest.mark.parametrize(("before", "after"), [(b, a) for b in Status for a in Status])
def test_a_move_is_allowed_exactly_when_the_table_has_it(before, after):
    if after in MOVES[before]:
        check_move(before, after)
    else:
        with pytest.raises(MoveRefused):
            check_move(before, after)


def test_a_refused_move_names_the_allowed_ones():
    with pytest.raises(MoveRefused) as refused:
        check_move(Status.UNDER_REVIEW, Status.EXCUSED)

    assert str(refused.value) == (
        "cannot go from under review to excused; from here it may become: approved, returned for changes"
    )
