"""What was handed in, as a list that people read: names in words, amounts and days as they are said."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from yearwheel.calendar.rules import in_words

TITLES = ("title", "item", "name", "section", "school", "what", "key")  # what names a row, the best first


@dataclass(frozen=True, slots=True)
class Entry:
    """A field in words: its text, or the entries below it. Its text is a person's and untrusted."""

    label: str
    text: str = ""
    entries: tuple["Entry", ...] = ()


def read_entries(evidence: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The fields of some evidence that hold anything, in their order."""
    return tuple(_entries(evidence.items()))


def _entries(fields: Iterable[tuple[str, Any]]) -> Iterable[Entry]:
    for name, value in fields:
        entry = _entry(_label(name), value)
        if entry.text or entry.entries:
            yield entry


def _entry(label: str, value: Any) -> Entry:
    match value:
        case dict():
            return Entry(label, entries=read_entries(value))
        case [dict(), *_]:
            return Entry(label, entries=tuple(_row(number, row) for number, row in enumerate(value, 1)))
        case list():
            return Entry(label, ", ".join(_text(one) for one in value))
    return Entry(label, _text(value))


def _row(number: int, row: Any) -> Entry:
    """One of several: known by what names it, which then is not said twice."""
    if not isinstance(row, dict):
        return Entry(f"{number}.", _text(row))
    title = next((name for name in TITLES if row.get(name)), "")
    rest = tuple(_entries((name, value) for name, value in row.items() if name != title))
    return Entry(f"{number}. {_text(row[title])}" if title else f"{number}.", entries=rest)


def _label(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() if re.fullmatch(r"\d+\.\d\d", value, re.ASCII):
            return f"{Decimal(value):,}"
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return _day(value)
        case str() if re.fullmatch(r"[a-z]+(_[a-z]+)+", value):
            return value.replace("_", " ")
    return str(value)


def _day(written: str) -> str:
    try:
        return in_words(date.fromisoformat(written))
    except ValueError:
        return written
