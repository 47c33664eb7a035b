"""What keeps a file from being YAML, in plain words, with a line to paste where one can be made."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError

TAB = re.compile(r" *\t")
ENTRY = re.compile(r"\s*(?P<key>(?:- )?[\w-]+: +)(?P<value>[^\s\"'\[{|>&*!#%@`].*?)(?:\s+#.*)?")
COLON = re.compile(r":(\s|$)")
MOST_LINES = 20

# What the library says -> what that means to whoever wrote the file. Of several that fit, the first counts.
MEANINGS = {
    "mapping values are not allowed": (
        "this line does not go with the one above it: let it begin as far to the right as its neighbors do, "
        "and write a space after each colon"
    ),
    "could not find expected ':'": "a key with a colon is missing on the line before, such as 'title: ...'",
    "unexpected end of stream": "a quote is opened here and not closed",
    "cannot start any token": "a text that begins with such a sign needs quotes around it",
    "expected <block end>, but found '<scalar>'": "a word stands outside of the quotes; quote the whole text",
    "expected <block end>": "this line begins further left or right than the lines it belongs to",
    "expected ',' or": (
        "a bracket that was opened is not closed, or a comma is missing; "
        "a text with a colon between brackets needs quotes"
    ),
    "expected the node content": "a bracket is closed here that was not opened",
}  # fmt: skip


class Fault(NamedTuple):
    """One thing that is wrong: its line (from 1), what it is, and the line to paste instead."""

    line: int
    message: str
    fix: str = ""


def faults_of(error: MarkedYAMLError, text: str) -> tuple[Fault, ...]:
    """What is wrong where the library stopped, and what is wrong in the same way on other lines."""
    lines = text.split("\n")
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    written = lines[line - 1] if line <= len(lines) else ""
    if TAB.match(written):
        return (_tabs(lines),)
    if "mapping values" in (error.problem or "") and _quoted(written):
        return tuple(_colons(lines))[:MOST_LINES]
    if "end of stream" in (error.problem or "") and error.context_mark:
        line = error.context_mark.line + 1
    return (Fault(line, _meaning(error.problem or error.context or "")),)


def _tabs(lines: list[str]) -> Fault:
    found = [number for number, line in enumerate(lines, start=1) if TAB.match(line)]
    if len(found) == 1:
        return Fault(found[0], "a tab indents this line; indent with spaces")
    more = f" and {len(found) - MOST_LINES} more" if len(found) > MOST_LINES else ""
    numbers = ", ".join(map(str, found[:MOST_LINES]))
    return Fault(found[0], f"tabs indent the lines {numbers}{more}; indent with spaces")


def _colons(lines: list[str]) -> Iterator[Fault]:
    for number, line in enumerate(lines, start=1):
        if quoted := _quoted(line):
            yield Fault(number, "a text with a colon needs quotes around it", quoted)


def _quoted(line: str) -> str:
    """The line with its value in quotes, if it is an entry whose value holds a colon that divides."""
    entry = ENTRY.fullmatch(line.rstrip())
    if entry is None or not COLON.search(entry["value"]):
        return ""
    value = entry["value"].replace("\\", "\\\\").replace('"', '\\"')
    return f'{entry["key"]}"{value}"'


def _meaning(problem: str) -> str:
    said = next((words for start, words in MEANINGS.items() if start in problem), "")
    return said or f"this is not YAML: {problem}"
