"""Small pictures for the report: mails per day as bars, a stage's outcomes as one strip."""

from calendar import isleap
from collections.abc import Mapping
from datetime import date
from html import escape

from yearwheel.rehearsal.story import StageCount, busiest_day

WIDTH, HEIGHT, BASELINE = 730, 220, 186
PLOT = 150.0  # height of the tallest bar


def mails_chart(mails_per_day: Mapping[date, int], year: int) -> str:
    """One bar for each day of the year on which mail went out; other years are left to tables."""
    inside = {on: n for on, n in mails_per_day.items() if on.year == year and n}
    most = max(inside.values(), default=0)
    day_width = WIDTH / (366 if isleap(year) else 365)
    bars = [
        f'<rect class="bar" x="{_day_of_year(on) * day_width:.2f}" y="{BASELINE - PLOT * n / most:.2f}" '
        f'width="{day_width:.2f}" height="{PLOT * n / most:.2f}">'
        f"<title>{on:%a}, {on:%b} {on.day}: {n:,}</title></rect>"
        for on, n in sorted(inside.items())
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" class="mails-chart" '
            'role="img" aria-labelledby="mails-title mails-desc">',
            f'<title id="mails-title">Mails per day in {year}</title>',
            f'<desc id="mails-desc">{escape(_peak_words(inside))}</desc>',
            *_months(year, day_width),
            *bars,
            f'<path class="axis" d="M0 {BASELINE}H{WIDTH}"/>',
            *_peak(inside, day_width),
            "</svg>",
        ]
    )


def outcome_strip(count: StageCount) -> str:
    """On time (solid), late (hatched) and never (outlined) of those who had to hand in, side by side."""
    if not count.owed:
        return ""
    words = f"{count.on_time:,} on time, {count.late:,} late, {count.never:,} never"
    on_time, late = 200 * count.on_time / count.owed, 200 * count.late / count.owed
    never = 200 - on_time - late
    hatch = "".join(
        f'<path class="stroke" d="M{on_time + x:.1f} 16L{min(on_time + x + 6, on_time + late):.1f} 0"/>'
        for x in range(0, int(late), 5)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 202 18" class="strip" role="img" '
        f'aria-label="{words}"><title>{words}</title><g transform="translate(1 1)">'
        f'<rect class="s-on" width="{on_time:.2f}" height="16"/>'
        f'<rect class="s-late" x="{on_time:.2f}" width="{late:.2f}" height="16"/>{hatch}'
        f'<rect class="s-never" x="{on_time + late:.2f}" width="{never:.2f}" height="16"/></g></svg>'
    )


def _day_of_year(on: date) -> int:
    return on.timetuple().tm_yday - 1


def _months(year: int, day_width: float) -> list[str]:
    parts = []
    for month in range(1, 13):
        x = _day_of_year(date(year, month, 1)) * day_width
        parts.append(f'<path class="grid" d="M{x:.2f} 14V{BASELINE + 8}"/>')
        parts.append(
            f'<text class="month" x="{x + 30:.2f}" y="{HEIGHT - 8}">{date(year, month, 1):%b}</text>'
        )
    return parts


def _peak(inside: Mapping[date, int], day_width: float) -> list[str]:
    if not (peak := busiest_day(inside)):
        return []
    on, count = peak
    x = (_day_of_year(on) + 0.5) * day_width
    anchor, step = ("end", -6) if x > WIDTH / 2 else ("start", 6)
    place = f'x="{x + step:.2f}" y="{BASELINE - PLOT - 8}" text-anchor="{anchor}"'
    return [f'<text class="peak" {place}>{on:%b} {on.day}: {count:,}</text>']


def _peak_words(inside: Mapping[date, int]) -> str:
    if not (peak := busiest_day(inside)):
        return "No mail went out."
    on, count = peak
    total = sum(inside.values())
    return f"{total:,} mails on {len(inside)} days; most on {on:%A}, {on:%B} {on.day}, with {count:,}."
