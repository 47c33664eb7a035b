"""Printing: tables as wide as the terminal, JSON, and text that cannot play tricks on the terminal."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_OF_A_FILE = 140  # columns of a table that goes to a file or another program


class _Terminal(Console):
    """Its own way with a reader who has gone is to end the program; ours is the one of every command."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """The terminal, with nothing in a text taken for markup."""
    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH_OF_A_FILE
    return _Terminal(markup=False, highlight=False, emoji=False, width=wide)


def say(text: str) -> None:
    """A plain line, or several."""
    typer.echo(visible(text))


def complain(text: str) -> None:
    typer.echo(visible(text), err=True)


def visible(text: str) -> str:
    """The text without control characters, which would move a terminal's cursor or colours."""
    return "".join(c for c in text if c == "\n" or c.isprintable())


def table(
    headings: Sequence[str], rows: Iterable[Sequence[str | Text]], title: str = "", *, keyed: bool = False
) -> None:
    """A plain table; cells that are Text keep their colour. Keyed, its first column is never broken."""
    grid = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        grid.add_column(heading, overflow="fold", no_wrap=keyed and number == 0)
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Text) else visible(cell) for cell in row))
    console().print(grid)


def print_json(value: Any) -> None:
    """The value as JSON: dates in ISO 8601, dataclasses as objects."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def weekday(on: date) -> str:
    """A date with its day of the week."""
    return f"{on:%a} {on.isoformat()}"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value) if not isinstance(value, Path) else value.as_posix()
