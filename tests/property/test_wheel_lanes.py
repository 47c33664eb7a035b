import math
from datetime import date, timedelta
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_cycle, make_stage
from yearwheel.rehearsal.wheel import Arc, place_arcs

windows = st.lists(
    st.tuples(st.integers(-60, 400), st.integers(0, 200), st.integers(0, 30)), min_size=1, max_size=25
)


def cycle_of(drawn: list[tuple[int, int, int]]):
    start = date(2027, 1, 1)
    return make_cycle(
        make_stage(
            f"stage-{n}",
            opens=(start + timedelta(days=opens)).isoformat(),
            due=(start + timedelta(days=opens + length)).isoformat(),
            grace_days=grace,
        )
        for n, (opens, length, grace) in enumerate(drawn)
    )


def pieces(arc: Arc) -> list[tuple[float, float]]:
    """The stretches of its lane that ink falls on: the window with its grace, and the number's disc."""
    half_disc = math.degrees((arc.outer - arc.inner) / 2 / arc.middle)
    return [(arc.start, arc.end), (arc.number_at - half_disc, arc.number_at + half_disc)]


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return any(one[0] < other[1] + turn and other[0] + turn < one[1] for turn in (-360, 0, 360))


@given(windows)
def test_no_ink_of_two_stages_on_one_lane_meets(drawn: list[tuple[int, int, int]]) -> None:
    arcs = place_arcs(cycle_of(drawn))

    for one, other in combinations(arcs, 2):
        if one.lane == other.lane:
            assert not any(overlap(a, b) for a in pieces(one) for b in pieces(other))


@given(windows)
def test_every_stage_is_placed_once_inside_the_year_and_the_lanes(drawn: list[tuple[int, int, int]]) -> None:
    arcs = place_arcs(cycle_of(drawn))

    assert [arc.number for arc in arcs] == list(range(1, len(drawn) + 1))
    for arc in arcs:
        assert 0 <= arc.start <= arc.end <= 360
        assert 79 < arc.inner < arc.outer < 244


@given(windows)
def test_lanes_are_separate_rings(drawn: list[tuple[int, int, int]]) -> None:
    rings = sorted({(arc.lane, arc.inner, arc.outer) for arc in place_arcs(cycle_of(drawn))})

    assert all(inner > next_outer for (_, inner, _), (_, _, next_outer) in pairwise(rings))
