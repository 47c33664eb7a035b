"""Reads districts from a CSV file."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from yearwheel.roster.people import BodyKind, District
from yearwheel.roster.table import (
    Column,
    Row,
    RowError,
    Source,
    find_duplicates,
    nearest,
    read_table,
    sound_rows,
)

_LEAST_CODE_DIGITS = 3
_NCES_DIGITS = 7


@dataclass(frozen=True, slots=True)
class DistrictsFile:
    """The districts of the rows without fault, in file order, and every fault found."""

    districts: tuple[District, ...]
    errors: tuple[RowError, ...]
    warnings: tuple[str, ...]


def read_districts(source: Source) -> DistrictsFile:
    """Read districts from text, bytes or a path. Needs the columns code, name, kind and timezone."""
    table = read_table(source, _COLUMNS)
    errors = sorted(
        (
            *table.errors,
            *_lost_zeros(table.rows),
            *find_duplicates(table.rows, "code"),
            *find_duplicates(table.rows, "nces_id"),
            *_second_state_offices(table.rows),
        ),
        key=lambda error: error.row,
    )
    districts = tuple(_district(row) for row in sound_rows(table.rows, errors))
    warnings = (*table.warnings, *(w for row in table.rows for w in _zone_warning(row)))
    return DistrictsFile(districts, tuple(errors), warnings)


def parse_code(cell: str) -> str:
    """A district code: text, never a number."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}", cell):
        raise ValueError("a code is up to 20 letters, digits, - or _, for example 001")
    return cell


def unknown_districts(rows: Iterable[Row], column: str, codes: Collection[str]) -> list[RowError]:
    """An error for each row whose code is not among the codes; it says where leading zeros were lost."""
    widths = {len(code) for code in codes}
    errors = []
    for row in rows:
        code = row.values.get(column)
        if code is None or code in codes:
            continue
        padded = [
            code.zfill(width) for width in sorted(widths) if code.isdecimal() and code.zfill(width) in codes
        ]
        hint = f"; leading zeros were lost, write {padded[0]}" if padded else ""
        errors.append(RowError(row.number, column, code, f"no such district in the roster{hint}"))
    return errors


def _nces_id(cell: str) -> str:
    if re.fullmatch(r"[0-9]{7}", cell):
        return cell
    lost = cell.isascii() and cell.isdigit() and len(cell) < _NCES_DIGITS
    hint = f"; leading zeros were lost, write {cell.zfill(_NCES_DIGITS)}" if lost else ""
    raise ValueError(f"an NCES district id has {_NCES_DIGITS} digits{hint}")


def _kind(cell: str) -> BodyKind:
    try:
        return BodyKind(cell.lower().replace(" ", "_"))
    except ValueError:
        raise ValueError(f"not a kind of district{nearest(cell, BodyKind)}") from None


def _zone(cell: str) -> ZoneInfo:
    try:
        return ZoneInfo(cell)
    except (KeyError, ValueError, OSError):  # OSError: "America" is a folder of the zone database
        raise ValueError(
            "not a time zone; write an IANA name such as America/New_York or America/Chicago"
        ) from None


def _whole_number(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", cell):
        raise ValueError("must be a whole number without commas, or blank")
    return int(cell)


def _degrees(limit: int, cell: str) -> float:
    try:
        degrees = float(cell)
    except ValueError:
        degrees = float("nan")
    if not -limit <= degrees <= limit:
        raise ValueError(f"must be degrees from -{limit} to {limit}, or blank")
    return degrees


_COLUMNS = (
    Column("code", parse_code, required=True),
    Column("nces_id", _nces_id),
    Column("name", required=True),
    Column("kind", _kind, required=True),
    Column("county"),
    Column("timezone", _zone, required=True),
    Column("cooperative"),
    Column("enrollment", _whole_number),
    Column("schools", _whole_number),
    Column("latitude", partial(_degrees, 90)),
    Column("longitude", partial(_degrees, 180)),
)


def _district(row: Row) -> District:
    values = dict(row.values)
    return District(zone=values.pop("timezone"), **values)


def _lost_zeros(rows: tuple[Row, ...]) -> list[RowError]:
    """Codes of digits are all as long as the longest in the file; a shorter one met a spreadsheet."""
    digits = [(row, row.cells["code"]) for row in rows if row.cells.get("code", "").isdecimal()]
    width = max((len(code) for _, code in digits), default=0)
    width = max(width, _LEAST_CODE_DIGITS)
    return [
        RowError(row.number, "code", code, f"leading zeros were lost; write {code.zfill(width)}")
        for row, code in digits
        if len(code) < width
    ]


def _second_state_offices(rows: tuple[Row, ...]) -> list[RowError]:
    offices = [row for row in rows if row.values.get("kind") is BodyKind.STATE_OFFICE]
    return [
        RowError(
            row.number,
            "kind",
            row.cells["kind"],
            f"rows {offices[0].number} and {row.number} are both the state office; there is one",
        )
        for row in offices[1:]
    ]


def _zone_warning(row: Row) -> list[str]:
    # "EST" is a legal name for a zone without summer time: from March on every moment would be an hour off.
    zone = row.cells.get("timezone", "")
    if "timezone" not in row.values or "/" in zone or zone == "UTC":
        return []
    return [f"row {row.number}, timezone: {zone} may have no summer time; name a place: America/New_York"]
