"""`yearwheel board`: every district in every stage, as wide as the terminal allows."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from yearwheel.calendar.counted import counted
from yearwheel.cli.desk import AsJson, At, CycleKey, cycle_desk
from yearwheel.cli.show import console, print_json, say, table, weekday
from yearwheel.notifications.commands import command

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
WAITS = ("…", "waits", "dim")  # for earlier work, although its window is open
LATE = ("!", "late", "bold red")
# What became of a message -> the command that shows more of it.
SEE = {
    "missed": "prove",
    "no_address": "tasks list",
    "uncertain": "outbox list --status uncertain",
    "failed": "outbox list --status failed",
    "bounced": "outbox list --status bounced",
    "held": "outbox list --status held",
}
NAMES_SHOWN = 5
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
    """Show where every district stands in every stage, what mail failed, and where nobody can be told."""
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
    _help(found)
    _mail(found)


def sign(cell: "Cell", *, word: bool) -> Text:
    """A cell as symbol, or symbol and word, in its colour."""
    symbol, short, style = WAITS if cell.waits_for else SIGNS[cell.status]
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
    legend = "  ".join(f"{symbol} {short}" for symbol, short, _ in (*SIGNS.values(), WAITS))
    say(f"\n{legend}  {LATE[0]} {LATE[1]}")


def _mail(found: "Board") -> None:
    """What did not reach its reader so far, and the roles in which nobody can be told."""
    rows = [
        (
            word.replace("_", " "),
            _how_many(found, word),
            _some(found, where),
            command(SEE[word], found.cycle.key),
        )
        for word, where in found.unheard.items()
        if where
    ]
    if rows:
        say("")
        table(("mail", "how many", "districts", "see"), rows)
    without: dict[str, list[str]] = {}
    for gap in found.gaps:
        without.setdefault(gap.why, []).append(gap.district_code)
    if without:
        say("")
        table(("nobody can be told", "in"), ((why, _some(found, codes)) for why, codes in without.items()))
    if not (rows or without):
        say("\nno message is known to have failed its reader, and every role is held")


def _how_many(found: "Board", word: str) -> str:
    """ "3 letters (17 reminders)"; reminders of which no letter was written stand alone."""
    reminders = counted(sum(found.unheard[word].values()), "reminder")
    letters = found.letters.get(word)
    return f"{counted(letters, 'letter')} ({reminders})" if letters else reminders


def _help(found: "Board") -> None:
    """The districts that said that they need help, whether or not they are late."""
    titles = {stage.key: stage.title for stage in found.shown}
    rows = [
        (line.district.code, line.district.name, ", ".join(titles[key] for key in line.asks_for_help_in))
        for line in found.everyone
        if line.asks_for_help_in
    ]
    if rows:
        say("")
        table(("code", "asks for help", "with"), rows)


def _some(found: "Board", codes: Collection[str]) -> str:
    names = [found.names.get(code, "the office") for code in codes]
    rest = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")


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
                    key: {
                        "status": cell.status,
                        "due_on": cell.due_on,
                        "waits_for": list(cell.waits_for),
                        "days_late": cell.days_late,
                        "says": cell.signal,
                    }
                    for key, cell in line.cells.items()
                },
            }
            for line in found.lines
        ],
        "mail": found.unheard,
        "letters": found.letters,
        "nobody_told": found.gaps,
    }
