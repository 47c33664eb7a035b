"""`yearwheel board`: every district in every stage, as wide as the terminal allows."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from yearwheel.cli.desk import AsJson, At, CycleKey, cycle_desk
from yearwheel.cli.show import console, print_json, say, table, weekday

if TYPE_CHECKING:
    from yearwheel.services.board import Board, Cell, Line

# Status -> symbol, short word, colour. The symbol tells it without colour, the word without the symbol.
SIGNS = {
    "not_open": ("·", "not open", "dim"),
    "open": ("○", "open", ""),
    "in_progress": ("◐", "begun", "cyan"),
    "submitted": ("●", "in", "green"),
    "under_review": ("◉", "reading", "blue"),
    "returned": ("↩", "returned", "yellow"),
    "approved": ("✔", "approved", "green"),
    "excused": ("–", "excused", "dim"),
    "not_required": ("×", "not asked", "dim"),
}
LATE = ("!", "late", "bold red")
NAME_WIDTH = 30
WORD_WIDTH = 10


def board(
    stage: Annotated[
        list[str] | None, typer.Option("--stage", metavar="STAGE", help="Only this one.")
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="Only districts that are late somewhere.")] = False,
    cycle: CycleKey = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Show where every district stands in every stage."""
    from yearwheel.services.board import read_board
    from yearwheel.services.lookup import find_stage

    with cycle_desk(cycle, at) as (app, active):
        stages = [find_stage(active.cycle, key) for key in stage or ()]
        found = read_board(app, active, stages, late_only=late)
    if as_json:
        print_json(_as_object(found))
        return
    say(f"{found.cycle.title}, {found.at.astimezone(found.cycle.zone):%a %Y-%m-%d %H:%M %Z}\n")
    if len(found.shown) == 1:
        _list_stage(found)
    else:
        _grid(found)


def sign(cell: "Cell", *, word: bool) -> Text:
    """A cell as symbol, or symbol and word, in its colour."""
    symbol, short, style = SIGNS[cell.status]
    if cell.days_late:
        mark, late, style = LATE
        symbol, short = symbol + mark, f"{cell.days_late} d {late}"
    return Text(f"{symbol} {short}" if word else symbol, style=style)


def _list_stage(found: "Board") -> None:
    (stage,) = found.shown
    rows = [
        (line.district.code, line.district.name, sign(cell, word=False), cell.label, weekday(cell.due_on))
        for line in found.lines
        for cell in [line.cells.get(stage.key)]
        if cell
    ]
    table(("code", "district", "", stage.title, "due"), rows)
    say(f"\n{_sum(found, stage.key)}")


def _grid(found: "Board") -> None:
    words = console().width >= NAME_WIDTH + len(found.shown) * (WORD_WIDTH + 2)
    headings = [str(number) for number, _ in enumerate(found.shown, 1)]
    table(("code", "district", *headings), (_row(found, line, words) for line in found.lines))
    say("")
    for number, stage in enumerate(found.shown, 1):
        say(f"{number:>3}  {stage.title}, due {weekday(stage.dates.due.on)}: {_sum(found, stage.key)}")
    legend = "  ".join(f"{symbol} {short}" for symbol, short, _ in SIGNS.values())
    say(f"\n{legend}  {LATE[0]} {LATE[1]}")


def _row(found: "Board", line: "Line", words: bool) -> list[str | Text]:
    cells = (line.cells.get(stage.key) for stage in found.shown)
    signs = [sign(cell, word=words) if cell else Text("") for cell in cells]
    return [line.district.code, line.district.name[: NAME_WIDTH - 6], *signs]


def _sum(found: "Board", stage_key: str) -> str:
    sums = found.totals(stage_key)
    waived = f", {sums['waived']} let off" if sums["waived"] else ""
    return f"{sums['in']} in, {sums['owed']} owed, {sums['late']} late{waived}"


def _as_object(found: "Board") -> dict[str, object]:
    return {
        "cycle": found.cycle.key,
        "at": found.at,
        "totals": {stage.key: found.totals(stage.key) for stage in found.shown},
        "districts": [
            {
                "code": line.district.code,
                "name": line.district.name,
                "stages": {
                    key: {"status": cell.status, "due_on": cell.due_on, "days_late": cell.days_late}
                    for key, cell in line.cells.items()
                },
            }
            for line in found.lines
        ],
    }
