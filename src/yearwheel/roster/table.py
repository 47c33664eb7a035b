"""Reads a CSV file of known columns and says everything that is wrong with it at once."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

Source = str | bytes | Path  # text, an uploaded file, or where a file lies

HEADER_ROW = 1
MOST_TOLD = 20
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault. `row` counts as a spreadsheet does: the header is row 1. `column` is "" for a whole row."""

    row: int
    column: str
    value: str
    why: str

    def __str__(self) -> str:
        place = f"row {self.row}, {self.column}" if self.column else f"row {self.row}"
        found = f" (found {_shorten(self.value)!r})" if self.value else ""
        return f"{place}: {self.why}{found}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column and how its cells are read; `parse` raises ValueError saying what would be right."""

    name: str
    parse: Callable[[str], Any] = str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its trimmed cells, and the values of those that could be read. Blank cells have no value."""

    number: int
    cells: dict[str, str]
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds, faults included."""

    rows: tuple[Row, ...]
    errors: tuple[RowError, ...]
    warnings: tuple[str, ...]


def read_table(source: Source, columns: Sequence[Column]) -> Table:
    """Read a comma-separated UTF-8 file with a header row. Bad input is reported, never raised; only a
    path that cannot be opened raises OSError."""
    try:
        text = _text(source)
    except UnicodeDecodeError as fault:
        return Table((), (_not_utf8(fault),), ())
    errors: list[RowError] = []
    records = _records(text, errors)
    _, header = next(records, (HEADER_ROW, []))
    if errors:
        return Table((), tuple(errors), ())  # the header itself is broken: nothing below can be told apart
    if not header:
        empty = RowError(
            HEADER_ROW, "", "", f"the file is empty; its first row names the columns: {_names(columns)}"
        )
        return Table((), (empty,), ())
    names = [name.lower() for name in header]
    if separated := _other_separator(names, columns):
        return Table((), (separated,), ())
    errors += _header_errors(names, columns)
    known = {column.name for column in columns}
    warnings = [
        f"row {HEADER_ROW}: the column {name!r} is not known and was not read"
        for name in dict.fromkeys(names)
        if name and name not in known
    ]
    present = [column for column in columns if column.name in names]
    rows = []
    for number, cells in records:
        while len(cells) > len(names) and not cells[-1]:
            cells.pop()
        if len(cells) != len(names):
            errors.append(
                RowError(number, "", "", f"has {len(cells)} cells where the header has {len(names)}")
            )
            continue
        row = Row(number, dict(zip(names, cells, strict=True)), {})
        errors += _parse(row, present)
        rows.append(row)
    return Table(tuple(rows), tuple(errors), tuple(warnings))


def sound_rows(rows: Iterable[Row], errors: Iterable[RowError]) -> Iterator[Row]:
    """The rows without an error; none at all when the header has one."""
    faulty = {error.row for error in errors}
    return (row for row in rows if row.number not in faulty and HEADER_ROW not in faulty)


def told(errors: Sequence[RowError]) -> list[str]:
    """The faults of a file in words; of very many the first ones, and how many more there are."""
    more = [f"and {len(errors) - MOST_TOLD:,} more"] if len(errors) > MOST_TOLD else []
    return [*map(str, errors[:MOST_TOLD]), *more]


def find_duplicates(rows: Iterable[Row], column: str) -> list[RowError]:
    """An error for each row whose cell stands in an earlier row; it names both rows."""
    first: dict[str, int] = {}
    errors = []
    for row in rows:
        cell = row.cells.get(column, "")
        if not cell:
            continue
        earlier = first.setdefault(cell, row.number)
        if earlier != row.number:
            errors.append(
                RowError(row.number, column, cell, f"rows {earlier} and {row.number} have the same {column}")
            )
    return errors


def parse_day(cell: str) -> date:
    """A day as the files write it: 2027-03-15."""
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("not a date such as 2027-03-15") from None


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean ...?` when one of the words is close, else which words there are."""
    choices = list(words)
    close = get_close_matches(word.lower(), choices, n=1)
    return f"; did you mean {close[0]}?" if close else f"; it is one of {', '.join(choices)}"


def _text(source: Source) -> str:
    raw = source.read_bytes() if isinstance(source, Path) else source
    return raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw.removeprefix("\ufeff")


def _not_utf8(fault: UnicodeDecodeError) -> RowError:
    row = fault.object.count(b"\n", 0, fault.start) + 1
    byte = f"0x{fault.object[fault.start]:02x}"
    return RowError(row, "", byte, 'the file is not UTF-8 text; in a spreadsheet, save it as "CSV UTF-8"')


def _records(text: str, errors: list[RowError]) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, numbered and trimmed; broken ones go to `errors`."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            # The reader goes on with the next line, so one broken row does not hide the faults after it.
            errors.append(
                RowError(number, "", "", f"cannot be read; is a quote missing or one too many? ({fault})")
            )
            continue
        cells = [" ".join(cell.split()) for cell in record]
        if any(cells):
            yield number, cells


def _other_separator(names: Sequence[str], columns: Sequence[Column]) -> RowError | None:
    if len(names) != 1 or names[0] in {column.name for column in columns}:
        return None
    for sign, words in OTHER_SEPARATORS.items():
        if sign in names[0]:
            commas = ",".join(column.name for column in columns)
            why = f"the columns seem to be separated by {words}; separate them by commas: {commas}"
            return RowError(HEADER_ROW, "", names[0], why)
    return None


def _header_errors(names: list[str], columns: Sequence[Column]) -> list[RowError]:
    missing = [
        RowError(HEADER_ROW, column.name, "", f"the column is missing; the header has: {', '.join(names)}")
        for column in columns
        if column.required and column.name not in names
    ]
    twice = [
        RowError(HEADER_ROW, column.name, "", "the header names this column more than once")
        for column in columns
        if names.count(column.name) > 1
    ]
    return missing + twice


def _parse(row: Row, columns: Iterable[Column]) -> list[RowError]:
    errors = []
    for column in columns:
        cell = row.cells[column.name]
        try:
            if cell:
                row.values[column.name] = column.parse(_visible(cell))
            elif column.required:
                raise ValueError("must not be blank")
        except ValueError as fault:
            errors.append(RowError(row.number, column.name, cell, str(fault)))
    return errors


def _visible(cell: str) -> str:
    # A control or direction character would travel into mail headers and pages.
    if not cell.isprintable():
        raise ValueError("holds an invisible character; type the cell again")
    return cell


def _names(columns: Iterable[Column]) -> str:
    return ", ".join(column.name for column in columns)


def _shorten(value: str, most: int = 60) -> str:
    return value if len(value) <= most else value[: most - 1] + "…"
