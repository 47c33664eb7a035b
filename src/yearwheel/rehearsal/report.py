"""The report of a year: one page that holds all it needs, without scripts and without any request."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from yearwheel.calendar.counted import counted
from yearwheel.calendar.cycle import OwedBy, Stage
from yearwheel.rehearsal.charts import mails_chart, outcome_strip
from yearwheel.rehearsal.narrative import long_day, reasons_in_words, sentences
from yearwheel.rehearsal.story import CellStanding, DistrictLine, Outcome, StageCount, YearStory
from yearwheel.rehearsal.wheel import year_wheel
from yearwheel.stages.status import LABELS

# One letter as the class: the grid has thousands of cells.
CELL_CLASSES = {
    Outcome.ON_TIME: "o",
    Outcome.LATE: "l",
    Outcome.RETURNED: "r",
    Outcome.NEVER: "n",
    Outcome.WAITING: "w",
    Outcome.WAIVED: "e",
    Outcome.UNREACHED: "w",
}


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell of the grid: what the eye sees, what a screen reader adds, what the pointer tells."""

    css: str
    sign: str
    words: str
    detail: str


@dataclass(frozen=True, slots=True)
class GridRow:
    """A district's row; `settled` when nothing in it was late, sent back or never came."""

    district: DistrictLine
    cells: tuple[GridCell | None, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage's line in the table, under the number it has on the wheel."""

    number: int
    stage: Stage
    opens: str
    due: str
    count: StageCount
    strip: Markup


def write_report(story: YearStory, path: Path) -> None:
    """Write the page; folders on the way are made. OSError when the place cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_report(story), encoding="utf-8")


def render_report(story: YearStory) -> str:
    """The page as HTML."""
    stage_rows = _stage_rows(story)
    columns = [row for row in stage_rows if row.stage.owed_by is OwedBy.DISTRICTS]
    wheel = year_wheel(story.cycle, story.progress, today=story.as_of if _is_under_way(story) else None)
    page = _templates().get_template("report.html.jinja")
    return page.render(
        story=story,
        ledger=story.ledger,
        holds=story.ledger.proof == "holds" and not story.problems,
        wheel=Markup(wheel),  # noqa: S704 - it escapes its own words
        chart=Markup(mails_chart(story.mails_per_day, story.cycle.year)),  # noqa: S704 - likewise
        sentences=sentences(story),
        reasons=list(reasons_in_words(story)),
        stage_rows=stage_rows,
        grid_columns=columns,
        grid=[_grid_row(story, line, [column.stage for column in columns]) for line in story.districts],
        months=_mails_per_month(story),
    )


def _templates() -> Environment:
    loader = PackageLoader("yearwheel.rehearsal")
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters.update(
        long_day=long_day,
        counted=counted,
        percent=lambda share: "–" if share is None else f"{share:.0%}",
        number=lambda n: f"{n:,}",
        href=lambda path: quote(path, safe="/"),  # a colon is quoted too, so no path can become a scheme
    )
    return templates


def _is_under_way(story: YearStory) -> bool:
    return any(story.as_of <= stage.dates.due.on for stage in story.cycle.stages)


def _stage_rows(story: YearStory) -> list[StageRow]:
    rows = []
    for number, stage in enumerate(story.cycle.stages, start=1):
        opens, due = (_day(d.on, story.cycle.year) for d in (stage.dates.opens, stage.dates.due))
        count = story.count_for(stage.key)
        strip = Markup(outcome_strip(count))  # noqa: S704 - made of numbers
        rows.append(StageRow(number, stage, opens, due, count, strip))
    return rows


def _grid_row(story: YearStory, line: DistrictLine, stages: Sequence[Stage]) -> GridRow:
    standings = [line.cells.get(stage.key) for stage in stages]
    outcomes = {s.outcome(story.as_of) for s in standings if s}
    cells = tuple(_grid_cell(s, story) if s else None for s in standings)
    return GridRow(line, cells, not outcomes & {Outcome.LATE, Outcome.RETURNED, Outcome.NEVER})


def _grid_cell(cell: CellStanding, story: YearStory) -> GridCell:
    outcome, year = cell.outcome(story.as_of), story.cycle.year
    sign, words = {
        Outcome.ON_TIME: ("✓", "on time"),
        Outcome.LATE: (f"+{cell.days_late}", "days late"),
        Outcome.RETURNED: ("↩", "returned"),
        Outcome.NEVER: ("✗", "never handed in"),
        Outcome.WAITING: ("·", LABELS[cell.status]),
        Outcome.WAIVED: ("–", LABELS[cell.status]),
        Outcome.UNREACHED: ("·", "no plan came"),
    }[outcome]
    due = f"Due {_day(cell.deadline_on, year)}{' (extended)' if cell.extended else ''}"
    detail = f"{due}, in {_day(cell.handed_in_on, year)}" if cell.handed_in_on else due
    return GridCell(CELL_CLASSES[outcome], sign + "*" * cell.extended, words, detail)


def _mails_per_month(story: YearStory) -> Iterator[tuple[str, int, int]]:
    """Month, mails, days with mail."""
    mails: Counter[date] = Counter()
    days: Counter[date] = Counter()
    for on, count in story.mails_per_day.items():
        mails[on.replace(day=1)] += count
        days[on.replace(day=1)] += bool(count)
    for month in sorted(mails):
        yield f"{month:%B %Y}", mails[month], days[month]


def _day(on: date, year: int) -> str:
    """ "Mar 1", with its year when that is not the cycle's."""
    return f"{on:%b} {on.day}" + (f", {on.year}" if on.year != year else "")
