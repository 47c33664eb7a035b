"""Stages that come every quarter or month: one entry of the file becomes a stage for each."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum

from yearwheel.calendar.rules import MONTH_LENGTHS, MONTHS, ORDINALS
from yearwheel.config.sections import Report, one_of
from yearwheel.config.yaml_text import Entries, Node, Text


class Every(StrEnum):
    """How often a stage comes in a cycle's year."""

    QUARTER = "quarter"
    MONTH = "month"


_PERIOD = re.compile(r"\b(?P<last>last [a-z]+ of )?the (?P<name>quarter|month)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\b(?P<number>[0-9]{1,2})(?:st|nd|rd|th) of the month\b", re.IGNORECASE)


def each_time(node: Node, report: Report) -> tuple[Node, ...]:
    """The stage as often as it comes: `key_q1` to `key_q4`, or `key_january` to `key_december`.

    In its dates "the quarter" and "the month" are each time's own. In "last ... of the quarter" that is its
    last month, else its first. "31st of the month" is the last day of a shorter one.
    """
    written = node.entries.get("every") if isinstance(node, Entries) else None
    if not isinstance(node, Entries) or written is None:
        return (node,)
    every = report.attempt(one_of(Every), written, None)
    if every is None:
        return ()
    return tuple(_one(node, *time) for time in _times(every))


def _times(every: Every) -> Iterator[tuple[str, str, int, int]]:
    """The key's ending, the title's, and the first and last month of each time."""
    if every is Every.MONTH:
        for number, name in enumerate(MONTHS, start=1):
            yield name.lower(), name, number, number
    else:
        for quarter in range(1, 5):
            yield f"q{quarter}", f"{ORDINALS[quarter]} quarter", 3 * quarter - 2, 3 * quarter


def _one(node: Entries, key_ending: str, title_ending: str, first: int, last: int) -> Entries:
    def dated(words: str) -> str:
        words = _NUMBERED.sub(lambda m: _numbered_day(int(m["number"]), first), words)
        return _PERIOD.sub(lambda m: (m["last"] or "") + MONTHS[(last if m["last"] else first) - 1], words)

    key = node.entries.get("key")
    entries = {name: value for name, value in node.entries.items() if name != "every"}
    title = entries.get("title")
    if isinstance(key, Text):
        entries["key"] = replace(key, value=f"{key.value}_{key_ending}")
        base = title.value if isinstance(title, Text) else key.value.replace("_", " ").capitalize()
        place = title or key
        entries["title"] = Text(place.line, place.path, f"{base}, {title_ending}")
    for name in ("opens", "due", "close"):
        if name in entries:
            entries[name] = _rewritten(entries[name], dated)
    return replace(node, entries=entries, key_lines={"title": node.line, **node.key_lines})


def _rewritten(node: Node, dated: Callable[[str], str]) -> Node:
    if isinstance(node, Text):
        return replace(node, value=dated(node.value))
    if isinstance(node, Entries) and isinstance(on := node.entries.get("on"), Text):
        return replace(node, entries=node.entries | {"on": replace(on, value=dated(on.value))})
    return node


def _numbered_day(number: int, month: int) -> str:
    if number >= MONTH_LENGTHS[month - 1]:
        return f"last day of {MONTHS[month - 1]}"
    return f"{MONTHS[month - 1]} {number}"
