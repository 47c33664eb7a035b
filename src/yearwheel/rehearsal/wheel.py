"""The year wheel: a year as a circle, January at the top, each stage an arc filled as work is handed in."""

import math
from calendar import isleap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from html import escape

from yearwheel.calendar.cycle import Cycle, Stage, StageKind

Progress = Sequence[tuple[date, float]]

SIZE = 560
MONTHS_OUTER, MONTHS_INNER = 278.0, 249.0
LANES_OUTER, LANES_INNER = 243.0, 80.0
WIDEST_LANE = 30.0
LANE_GAP = 6.0
ARROW = 9.0  # length of the arrow on an arc that goes on outside the year

# On paper white and on near black; each reaches 4.5:1 there, so its white or black number does on the disc.
KIND_COLOURS: dict[StageKind, tuple[str, str]] = {
    StageKind.BUDGET: ("#0a56b0", "#6fb2ff"),
    StageKind.INPUT: ("#0f7173", "#5fc9c4"),
    StageKind.DRAFTING: ("#6b4fa3", "#bba4ee"),
    StageKind.ALIGNMENT: ("#9c3a6e", "#ee9cc4"),
    StageKind.REVIEW: ("#8f5a0a", "#e6b566"),
    StageKind.INVENTORY: ("#3d7030", "#95cf83"),
    StageKind.MILESTONE: ("#4a6187", "#a5bbdf"),
}


@dataclass(frozen=True, slots=True)
class Arc:
    """Where a stage lies on the wheel. Degrees run clockwise from New Year's midnight at the top.

    `start` to `end` (its grace end) is clipped to the year; `due` is None when it falls outside it.
    `taken` also holds the number and the arrows: on one lane no two arcs share any of it.
    """

    number: int
    stage: Stage
    lane: int
    inner: float
    outer: float
    start: float
    due: float | None
    end: float
    number_at: float
    taken: tuple[float, float]
    from_before: bool
    goes_on: bool

    @property
    def middle(self) -> float:
        return (self.inner + self.outer) / 2


def angle(on: date, at: time, year: int) -> float:
    """Degrees clockwise from the start of the year; below 0 or above 360 outside it."""
    days = (on - date(year, 1, 1)).days + (at.hour * 60 + at.minute) / 1440
    return 360 * days / (366 if isleap(year) else 365)


def place_arcs(cycle: Cycle) -> tuple[Arc, ...]:
    """Each stage's place, on as few lanes as keep arcs and numbers apart, the outermost lane first."""
    lanes = 1
    while (arcs := _pack(cycle, lanes)) is None:
        lanes += 1
    return arcs


def year_wheel(cycle: Cycle, progress: Mapping[str, Progress], *, today: date | None = None) -> str:
    """The wheel as one `<svg>` with its own style for light, dark and print.

    `progress` gives for a stage key the share handed in by the end of a day; days not named keep the last.
    """
    arcs = place_arcs(cycle)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" class="year-wheel" '
            'role="img" aria-labelledby="wheel-title wheel-desc">',
            f'<title id="wheel-title">Year wheel of {escape(cycle.title)}</title>',
            f'<desc id="wheel-desc">{escape(_description(arcs, progress))}</desc>',
            f"<style>{_STYLE}</style>",
            '<defs><pattern id="wheel-grace" width="5" height="5" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><path class="hatch" d="M0 0V5"/></pattern></defs>',
            *_months(cycle.year),
            *(_draw(arc, progress.get(arc.stage.key, ()), cycle.year) for arc in arcs),
            *([_today(today, cycle.year)] if today and today.year == cycle.year else []),
            _text(SIZE / 2, SIZE / 2 - 2, str(cycle.year), "year"),
            _text(SIZE / 2, SIZE / 2 + 32, f"{len(arcs)} stage{'' if len(arcs) == 1 else 's'}", "small"),
            "</svg>",
        ]
    )


def _pack(cycle: Cycle, lanes: int) -> tuple[Arc, ...] | None:
    width = min(WIDEST_LANE, (LANES_OUTER - LANES_INNER) / lanes)
    numbered = sorted(enumerate(cycle.stages, start=1), key=lambda pair: pair[1].dates.opens.moment)
    placed: list[Arc] = []
    for number, stage in numbered:
        candidates = (_arc(number, stage, lane, width, cycle.year) for lane in range(lanes))
        free = (c for c in candidates if not any(_clash(c, other) for other in placed))
        arc = next(free, None)
        if arc is None:
            return None
        placed.append(arc)
    return tuple(sorted(placed, key=lambda a: a.number))


def _clash(one: Arc, other: Arc) -> bool:
    (a, b), (c, d) = one.taken, other.taken
    return one.lane == other.lane and any(a < d + turn and c + turn < b for turn in (-360, 0, 360))


def _arc(number: int, stage: Stage, lane: int, width: float, year: int) -> Arc:
    outer = LANES_OUTER - lane * width
    inner = outer - width * (1 - LANE_GAP / WIDEST_LANE)
    unit = math.degrees(2 / (outer + inner))  # what one unit of length spans on this lane
    opens, due, grace = (
        angle(d.on, d.at, year) for d in (stage.dates.opens, stage.dates.due, stage.dates.grace_end)
    )
    start, end = min(max(opens, 0), 360), min(max(grace, 0), 360)
    body_start = min(start, 360 - ARROW * unit) if grace > 360 else start
    body_end = max(end, start + ARROW * unit) if opens < 0 else end
    disc, gap = (outer - inner) * unit, 3 * unit
    if body_end - body_start + disc + 3 * gap > 360:
        number_at, taken = start + disc, (body_start, body_start + 360)
    elif opens < 0:
        number_at, taken = body_end + gap + disc / 2, (body_start - gap, body_end + disc + 2 * gap)
    else:
        number_at, taken = body_start - gap - disc / 2, (body_start - disc - 2 * gap, body_end + gap)
    return Arc(
        number,
        stage,
        lane,
        inner,
        outer,
        start,
        due if 0 <= due <= 360 else None,
        end,
        number_at,
        taken,
        opens < 0,
        grace > 360,
    )


def _draw(arc: Arc, progress: Progress, year: int) -> str:
    dates = arc.stage.dates
    due_until = min(max(angle(dates.due.on, dates.due.at, year), arc.start), arc.end)
    parts = [
        f'<g class="arc kind-{arc.stage.kind}" data-stage="{escape(arc.stage.key)}">',
        f"<title>{escape(_caption(arc, progress))}</title>",
        f'<path class="window" d="{_ring(arc.inner, arc.outer, arc.start, due_until)}"/>',
        f'<path class="grace" d="{_ring(arc.inner, arc.outer, due_until, arc.end)}"/>',
    ]
    if progress and arc.end > arc.start:
        parts.append(f'<path class="done" d="{_filled(arc, progress, year)}"/>')
    if arc.from_before:
        parts.append(_arrow(arc, 0, ARROW))
    if arc.goes_on:
        parts.append(_arrow(arc, 360, -ARROW))
    if arc.due is not None:
        ends = _ends(arc.inner - 2.5, arc.outer + 2.5, arc.due)
        parts.append(f'<line class="due" data-due="{arc.due:.3f}" {ends}/>')
    x, y = _point(arc.middle, arc.number_at)
    radius = (arc.outer - arc.inner) / 2
    parts.append(f'<circle class="disc" cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}"/>')
    parts.append(_text(x, y, str(arc.number), "number", size=radius * 1.42))
    return "".join([*parts, "</g>"])


def _filled(arc: Arc, progress: Progress, year: int) -> str:
    """The share handed in as a hill on the lane: nothing on its inner edge, everything on its outer."""
    full_day = angle(date(year, 1, 2), time(), year)
    shares = dict(progress)
    share = max((s for d, s in progress if angle(d, time(), year) + full_day <= arc.start), default=0.0)
    edge = [(arc.start, share)]
    day = date(year, 1, 1) + timedelta(days=math.floor(arc.start / full_day))
    while (at := angle(day, time(), year) + full_day) < arc.end:
        share = shares.get(day, share)
        edge.append((at, share))
        day += timedelta(days=1)
    edge.append((arc.end, shares.get(day, share)))
    hill = [_point(arc.inner + min(max(s, 0), 1) * (arc.outer - arc.inner), a) for a, s in edge]
    foot, back = _point(arc.inner, arc.end), _point(arc.inner, arc.start)
    large = int(arc.end - arc.start > 180)
    line = "L".join(_xy(p) for p in hill)
    return f"M{_xy(back)}L{line}L{_xy(foot)}A{arc.inner:.2f} {arc.inner:.2f} 0 {large} 0 {_xy(back)}Z"


def _ring(inner: float, outer: float, start: float, end: float) -> str:
    """A piece of a ring; empty when it has no length."""
    if end - start < 0.01:
        return ""
    end = min(end, start + 359.99)  # an SVG arc back to its own start would draw nothing
    large = int(end - start > 180)
    a, b, c, d = _point(outer, start), _point(outer, end), _point(inner, end), _point(inner, start)
    return (
        f"M{_xy(a)}A{outer:.2f} {outer:.2f} 0 {large} 1 {_xy(b)}"
        f"L{_xy(c)}A{inner:.2f} {inner:.2f} 0 {large} 0 {_xy(d)}Z"
    )


def _arrow(arc: Arc, tip: float, length: float) -> str:
    unit = math.degrees(1 / arc.middle)
    base = tip + length * unit
    points = [_point(arc.middle, tip), _point(arc.outer - 3, base), _point(arc.inner + 3, base)]
    return f'<path class="arrow" d="M{"L".join(_xy(p) for p in points)}Z"/>'


def _months(year: int) -> list[str]:
    parts = []
    for month in range(1, 13):
        first = date(year, month, 1)
        start = angle(first, time(), year)
        end = 360.0 if month == 12 else angle(date(year, month + 1, 1), time(), year)
        shade = "odd" if month % 2 else "even"
        parts.append(f'<path class="month {shade}" d="{_ring(MONTHS_INNER, MONTHS_OUTER, start, end)}"/>')
        parts.append(f'<line class="spoke" {_ends(LANES_INNER, MONTHS_INNER, start)}/>')
        middle = (start + end) / 2
        x, y = _point((MONTHS_INNER + MONTHS_OUTER) / 2, middle)
        turn = middle + 180 if 90 < middle < 270 else middle
        parts.append(_text(x, y, f"{first:%b}", "name", turn=turn))
    return parts


def _today(today: date, year: int) -> str:
    at = angle(today, time(12), year)
    x, y = _point(LANES_INNER, at)
    return (
        f'<g class="today"><title>{_day(today)}</title><line {_ends(LANES_INNER, MONTHS_OUTER, at)}/>'
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4"/></g>'
    )


def _text(x: float, y: float, words: str, css_class: str, *, size: float = 0, turn: float = 0) -> str:
    extra = f' font-size="{size:.1f}"' if size else ""
    extra += f' transform="rotate({turn:.2f} {x:.2f} {y:.2f})"' if turn else ""
    return f'<text class="{css_class}" x="{x:.2f}" y="{y:.2f}" dy=".36em"{extra}>{escape(words)}</text>'


def _point(radius: float, degrees: float) -> tuple[float, float]:
    turn = math.radians(degrees)
    return SIZE / 2 + radius * math.sin(turn), SIZE / 2 - radius * math.cos(turn)


def _ends(inner: float, outer: float, degrees: float) -> str:
    """The ends of a line from the centre outwards, as attributes."""
    (x1, y1), (x2, y2) = _point(inner, degrees), _point(outer, degrees)
    return f'x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}"'


def _xy(point: tuple[float, float]) -> str:
    return f"{point[0]:.2f} {point[1]:.2f}"


def _day(on: date) -> str:
    return f"{on:%b} {on.day}, {on.year}"


def _caption(arc: Arc, progress: Progress) -> str:
    dates = arc.stage.dates
    done = f", {max(progress)[1]:.0%} handed in" if progress else ""
    return f"{arc.number} {arc.stage.title}: {_day(dates.opens.on)} to {_day(dates.due.on)}{done}"


def _description(arcs: Sequence[Arc], progress: Mapping[str, Progress]) -> str:
    if not arcs:
        return "A year without stages."
    return "; ".join(_caption(arc, progress.get(arc.stage.key, ())) for arc in arcs) + "."


def _kind_rules(shade: int) -> str:
    return "".join(f".kind-{kind}{{--kind:{pair[shade]}}}" for kind, pair in KIND_COLOURS.items())


_DARK = (
    f"{_kind_rules(1)}.year-wheel{{--ink:#e9edf3;--soft:#a9b4c4;--line:#3a4452;--band:#252d39;--on:#10151d}}"
)
_STYLE = (
    _kind_rules(0)
    + ".year-wheel{--ink:#14213d;--soft:#566074;--line:#d5dae3;--band:#eceff5;--on:#fff;"
    + "font-family:system-ui,sans-serif}"
    + """
.year-wheel text{text-anchor:middle;fill:var(--ink)}
.year-wheel .year{font-size:50px;font-weight:700;letter-spacing:-1px}
.year-wheel .small{font-size:17px;fill:var(--soft)}
.year-wheel .name{font-size:17px;font-weight:600;letter-spacing:.5px}
.year-wheel .month{stroke:none}
.year-wheel .odd{fill:var(--band)}
.year-wheel .even{fill:var(--band);fill-opacity:.5}
.year-wheel .spoke{stroke:var(--line);stroke-width:1}
.year-wheel .window{fill:var(--kind);fill-opacity:.2;stroke:var(--kind);stroke-width:1}
.year-wheel .grace{fill:url(#wheel-grace);stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3}
.year-wheel .hatch{stroke:var(--soft);stroke-width:1.2;stroke-opacity:.7}
.year-wheel .done{fill:var(--kind);fill-opacity:.82}
.year-wheel .arrow{fill:var(--ink)}
.year-wheel .due{stroke:var(--ink);stroke-width:3.5;stroke-linecap:round}
.year-wheel .disc{fill:var(--kind)}
.year-wheel .number{fill:var(--on);font-weight:700}
.year-wheel .today line{stroke:var(--ink);stroke-width:2;stroke-dasharray:6 4}
.year-wheel .today circle{fill:var(--ink)}
@media(max-width:480px){.year-wheel .name{font-size:21px}.year-wheel .small{font-size:21px}}
"""
    + f"@media screen and (prefers-color-scheme:dark){{{_DARK}}}"
)
