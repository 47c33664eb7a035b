"""YAML as plain text with line numbers: every value is the text that was written, never a guessed type."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MOST_DEPTH = 12
MOST_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the file: its line (from 1) and its path, such as "stages[3].due.on"."""

    line: int
    path: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    value: str


@dataclass(frozen=True, slots=True)
class Items(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entries(Node):
    entries: dict[str, Node]
    key_lines: dict[str, int]


class FieldError(Exception):
    """Something wrong at a place in the file, and words that would be right."""

    def __init__(self, node: Node, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.node = node
        self.message = message
        self.hint = hint


def read_yaml(raw: bytes) -> Node:
    """The file's only document. FieldError on what is not UTF-8 or YAML, and on anchors, tags and deep nests."""
    top = Node(1, "")
    if len(raw) > MOST_BYTES:
        raise FieldError(top, f"the file has {len(raw)} bytes; at most {MOST_BYTES} are read")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FieldError(
            Node(line, ""), "this is not UTF-8 text", "save the file with the encoding UTF-8"
        ) from None
    try:
        return _document(_events(text), top)
    except MarkedYAMLError as error:
        raise _unreadable(error, text) from None
    # Odd input makes the library fail in its own ways, not only with YAMLError.
    except (YAMLError, ValueError, LookupError, AssertionError, AttributeError, TypeError) as error:
        raise FieldError(
            top, f"this is not YAML: {str(error).splitlines()[0] if str(error) else 'unreadable'}"
        ) from None


def _events(text: str) -> Iterator[Any]:
    return YAML(typ="safe", pure=True).parse(text)  # type: ignore[no-any-return]


def _unreadable(error: MarkedYAMLError, text: str) -> FieldError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return FieldError(Node(line, ""), "a tab indents this line", "indent with spaces")
    return FieldError(Node(line, ""), f"this is not YAML: {error.problem or error.context}")


def _document(events: Iterator[Any], top: Node) -> Node:
    found: Node | None = None
    for event in events:
        if isinstance(event, DocumentStartEvent):
            if found is not None:
                raise FieldError(
                    _place(event, ""), "a second document starts here", "keep one cycle in one file"
                )
            found = _node(events, next(events), "", 0)
    if found is None or (isinstance(found, Text) and not found.value):
        raise FieldError(top, "the file is empty", "cycle: kentucky-2027")
    return found


def _place(event: Any, path: str) -> Node:
    return Node(event.start_mark.line + 1, path)


def _node(events: Iterator[Any], event: Any, path: str, depth: int) -> Node:
    place = _place(event, path)
    if isinstance(event, AliasEvent) or event.anchor:
        raise FieldError(
            place, "anchors and aliases are not read", "name a ladder under 'ladders' and use its name"
        )
    if event.tag and event.tag != "!":
        raise FieldError(place, f"the tag {event.tag} is not read", "write plain text")
    if depth > MOST_DEPTH:
        raise FieldError(place, "lists are nested too deeply")
    if isinstance(event, SequenceStartEvent):
        items: list[Node] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(_node(events, event, f"{path}[{len(items)}]", depth + 1))
        return Items(place.line, path, tuple(items))
    if isinstance(event, MappingStartEvent):
        return _entries(events, place, depth)
    assert isinstance(event, ScalarEvent)
    return Text(place.line, path, event.value.strip())


def _entries(events: Iterator[Any], place: Node, depth: int) -> Entries:
    entries: dict[str, Node] = {}
    lines: dict[str, int] = {}
    while not isinstance(event := next(events), MappingEndEvent):
        key = _node(events, event, place.path, depth + 1)
        if not isinstance(key, Text):
            raise FieldError(key, "a key must be one word")
        path = f"{place.path}.{key.value}" if place.path else key.value
        if key.value in entries:
            raise FieldError(
                Node(key.line, path), f"{key.value!r} stands here twice, first on line {lines[key.value]}"
            )
        entries[key.value] = _node(events, next(events), path, depth + 1)
        lines[key.value] = key.line
    return Entries(place.line, place.path, entries, lines)
