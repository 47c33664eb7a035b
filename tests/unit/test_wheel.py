import math
import re
from dataclasses import replace
from datetime import date, datetime
from xml.etree import ElementTree

import pytest

from tests.factories import make_cycle, make_full_cycle, make_stage, make_story
from yearwheel.rehearsal.wheel import KIND_COLOURS, SIZE, place_arcs, year_wheel

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # written by us, a moment ago


def arcs_of(svg: str) -> dict[str, ElementTree.Element]:
    return {g.attrib["data-stage"]: g for g in parse(svg).iter(f"{SVG}g") if "data-stage" in g.attrib}


def part(arc: ElementTree.Element, css_class: str) -> ElementTree.Element | None:
    return next((e for e in arc if e.attrib.get("class") == css_class), None)


def degrees_clockwise_from_top(x: float, y: float) -> float:
    return math.degrees(math.atan2(x - SIZE / 2, SIZE / 2 - y)) % 360


def distance_from_centre(x: float, y: float) -> float:
    return math.hypot(x - SIZE / 2, y - SIZE / 2)


def points(path: ElementTree.Element) -> list[tuple[float, float]]:
    ends_of_lines = re.findall(r"[ML](\d+\.\d+) (\d+\.\d+)", path.attrib["d"])
    return [(float(x), float(y)) for x, y in ends_of_lines]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1, 1.4.3."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_stage_has_one_arc_with_its_number() -> None:
    cycle = make_full_cycle()

    arcs = arcs_of(year_wheel(cycle, {}))

    numbers = {key: part(arc, "number").text for key, arc in arcs.items()}
    assert numbers == {stage.key: str(n) for n, stage in enumerate(cycle.stages, start=1)}


def test_every_due_tick_points_at_its_moment_of_the_year() -> None:
    cycle = make_full_cycle()
    year = datetime(2028, 1, 1) - datetime(2027, 1, 1)  # noqa: DTZ001 - a share of local days

    arcs = arcs_of(year_wheel(cycle, {}))

    for stage in cycle.stages:
        due = datetime.combine(stage.dates.due.on, stage.dates.due.at)
        expected = 360 * ((due - datetime(2027, 1, 1)) / year)  # noqa: DTZ001
        tick = part(arcs[stage.key], "due").attrib
        for end in "12":
            drawn = degrees_clockwise_from_top(float(tick[f"x{end}"]), float(tick[f"y{end}"]))
            apart = (drawn - expected + 180) % 360 - 180
            assert apart == pytest.approx(0, abs=0.01), stage.key


def test_mid_year_is_at_the_bottom_in_a_leap_year_too() -> None:
    cycle = replace(make_cycle([make_stage(opens="2028-06-01", due="2028-07-01")]), year=2028)

    (arc,) = place_arcs(cycle)

    assert arc.due == pytest.approx(360 * (182 + 1439 / 1440) / 366)


def test_a_stage_from_december_before_is_clipped_with_an_arrow_at_the_top() -> None:
    cycle = make_cycle([make_stage("setup", opens="2026-12-01", due="2027-01-08")])

    arc = arcs_of(year_wheel(cycle, {}))["setup"]

    tip_x, tip_y = points(part(arc, "arrow"))[0]
    assert degrees_clockwise_from_top(tip_x, tip_y) == pytest.approx(0, abs=0.01)
    assert degrees_clockwise_from_top(*points(part(arc, "window"))[0]) == pytest.approx(0, abs=0.01)
    assert part(arc, "due") is not None


def test_a_stage_due_next_year_goes_on_with_an_arrow_and_has_no_tick() -> None:
    cycle = make_cycle([make_stage("report", opens="2027-12-01", due="2028-01-15")])

    arc = arcs_of(year_wheel(cycle, {}))["report"]

    assert part(arc, "arrow") is not None
    assert part(arc, "due") is None


def test_a_stage_outside_the_year_keeps_its_number_and_arrow() -> None:
    cycle = make_cycle([make_stage("past", opens="2026-10-01", due="2026-11-01")])

    arc = arcs_of(year_wheel(cycle, {"past": ((date(2026, 10, 20), 1.0),)}))["past"]

    assert part(arc, "number").text == "1"
    assert part(arc, "arrow") is not None
    assert part(arc, "done") is None


def test_the_hill_rises_from_the_inner_to_the_outer_edge_as_work_comes_in() -> None:
    cycle = make_cycle([make_stage(opens="2027-03-01", due="2027-04-15")])
    (arc,) = place_arcs(cycle)
    progress = {"drafting": ((date(2027, 3, 20), 0.5), (date(2027, 4, 10), 1.0))}

    hill = points(part(arcs_of(year_wheel(cycle, progress))["drafting"], "done"))

    heights = [round(distance_from_centre(x, y), 1) for x, y in hill[1:-1]]
    assert heights == sorted(heights)
    assert heights[0] == pytest.approx(arc.inner, abs=0.1)
    assert heights[25] == pytest.approx((arc.inner + arc.outer) / 2, abs=0.1)
    assert heights[-1] == pytest.approx(arc.outer, abs=0.1)


def test_work_handed_in_before_the_year_is_there_when_the_year_starts() -> None:
    cycle = make_cycle([make_stage(opens="2026-12-01", due="2027-01-20")])
    (arc,) = place_arcs(cycle)

    hill = points(
        part(arcs_of(year_wheel(cycle, {"drafting": ((date(2026, 12, 9), 1.0),)}))["drafting"], "done")
    )

    assert distance_from_centre(*hill[1]) == pytest.approx(arc.outer, abs=0.02)


def test_a_stage_of_the_whole_year_still_shows_its_arc() -> None:
    cycle = make_cycle([make_stage(opens="2027-01-01", due="2027-12-31", grace_days=0)])

    arc = arcs_of(year_wheel(cycle, {}))["drafting"]

    assert part(arc, "window").attrib["d"] != ""


def test_the_description_says_in_words_what_the_picture_shows() -> None:
    cycle = make_cycle([make_stage(), make_stage("input", "Stakeholder input")])

    root = parse(year_wheel(cycle, {"drafting": ((date(2027, 4, 1), 0.25), (date(2027, 4, 20), 0.98))}))

    assert root.find(f"{SVG}title").text == "Year wheel of Test state planning 2027"
    assert root.find(f"{SVG}desc").text == (
        "1 Drafting: Mar 1, 2027 to Apr 15, 2027, 98% handed in; "
        "2 Stakeholder input: Mar 1, 2027 to Apr 15, 2027."
    )


def test_hostile_titles_stay_text() -> None:
    cycle = make_cycle([make_stage('"><x', "<script>&'\"")], title="<b>&")

    root = parse(year_wheel(cycle, {}))

    assert {e.tag for e in root.iter()}.isdisjoint({f"{SVG}script", f"{SVG}b", f"{SVG}x"})
    assert root.find(f"{SVG}title").text == "Year wheel of <b>&"


def test_a_cycle_without_stages_is_an_empty_year() -> None:
    root = parse(year_wheel(make_cycle(), {}))

    assert root.find(f"{SVG}desc").text == "A year without stages."
    months = [t.text for t in root.iter(f"{SVG}text") if t.attrib["class"] == "name"]
    assert months == ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.mark.parametrize(("today", "shown"), [(date(2027, 5, 2), 1), (date(2028, 5, 2), 0), (None, 0)])
def test_today_is_marked_only_inside_the_year(today: date | None, shown: int) -> None:
    root = parse(year_wheel(make_full_cycle(), {}, today=today))

    assert sum(g.attrib.get("class") == "today" for g in root.iter(f"{SVG}g")) == shown


def test_the_full_year_fits_on_few_lanes_and_in_little_space() -> None:
    story = make_story(make_full_cycle(), 171)

    assert max(arc.lane for arc in place_arcs(story.cycle)) < 5
    assert len(year_wheel(story.cycle, story.progress)) < 60_000


@pytest.mark.parametrize("kind", KIND_COLOURS)
def test_numbers_on_their_discs_can_be_read_by_everyone(kind: str) -> None:
    light, dark = KIND_COLOURS[kind]

    assert contrast(light, "#ffffff") >= 4.5
    assert contrast(dark, "#10151d") >= 4.5
