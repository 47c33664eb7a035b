"""YAML as plain text with line numbers: every value is the text that was written, never a guessed type."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from yearwheel.config.yaml_faults import faults_of

MOST_DEPTH = 12
LONGEST_KEY = 60
MOST_BYTES = 500_000
UNTIL_THEN = "the rest of the file can be checked once this is mended"


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
    """Something wrong at a place in the file.

    `fix` is what was meant, in words to paste; `example` only shows the form of what may stand there.
    """

    def __init__(self, node: Node, message: str, fix: str = "", example: str = "") -> None:
        super().__init__(message)
        self.node = node
        self.message = message
        self.fix = fix
        self.example = example


def read_yaml(raw: bytes, note: Callable[[FieldError], None]) -> Node:
    """The file's only document. A key that stands twice is noted and its first value kept.

    FieldError on what is not UTF-8 or YAML, and on anchors, tags and deep nests: reading ends there. A fault
    of YAML that other lines have as well is noted for those.
    """
    top = Node(1, "")
    if len(raw) > MOST_BYTES:
        raise FieldError(top, f"the file has {len(raw)} bytes; at most {MOST_BYTES} are read")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FieldError(Node(line, ""), "this is not UTF-8 text; save the file as UTF-8") from None
    try:
        document = _Builder(YAML(typ="safe", pure=True).parse(text), note).document()
    except FieldError as fault:
        raise _last(fault) from None
    except MarkedYAMLError as error:
        first, *others = (FieldError(Node(f.line, ""), f.message, f.fix) for f in faults_of(error, text))
        for other in others:
            note(other)
        raise _last(first) from None
    # Odd input makes the library fail in its own ways, not only with YAMLError.
    except (
        YAMLError,
        ValueError,
        ArithmeticError,
        LookupError,
        AssertionError,
        AttributeError,
        TypeError,
    ) as error:
        raise FieldError(top, f"this is not YAML: {(str(error) or 'unreadable').splitlines()[0]}") from None
    if document is None:
        raise FieldError(top, "the file is empty", example="cycle: kentucky-2027")
    return document


def _last(fault: FieldError) -> FieldError:
    """The fault at which reading ends, saying so."""
    return FieldError(fault.node, f"{fault.message}; {UNTIL_THEN}", fault.fix, fault.example)


class _Builder:
    """Builds the nodes of one document from the library's events."""

    def __init__(self, events: Iterator[Any], note: Callable[[FieldError], None]) -> None:
        self._events = events
        self._note = note

    def document(self) -> Node | None:
        found: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if found is not None:
                    raise FieldError(
                        _place(event, ""), "a second document starts here; keep one cycle in a file"
                    )
                found = self._node(next(self._events), "", 0)
        return None if isinstance(found, Text) and not found.value else found

    def _node(self, event: Any, path: str, depth: int) -> Node:
        place = _place(event, path)
        if isinstance(event, AliasEvent) or event.anchor:
            hint = "name a ladder under 'ladders' and use its name"
            raise FieldError(place, f"anchors and aliases are not read; {hint}")
        if event.tag and event.tag != "!":
            raise FieldError(place, f"the tag {event.tag} is not read; write plain text")
        if depth > MOST_DEPTH:
            raise FieldError(place, "lists are nested too deeply")
        if isinstance(event, SequenceStartEvent):
            return self._items(place, depth)
        if isinstance(event, MappingStartEvent):
            return self._entries(place, depth)
        return Text(place.line, path, event.value.strip())

    def _items(self, place: Node, depth: int) -> Items:
        items: list[Node] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, f"{place.path}[{len(items)}]", depth + 1))
        return Items(place.line, place.path, tuple(items))

    def _entries(self, place: Node, depth: int) -> Entries:
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._node(event, place.path, depth + 1)
            if not isinstance(key, Text) or len(key.value) > LONGEST_KEY:
                raise FieldError(key, "a key must be one short word")
            path = f"{place.path}.{key.value}" if place.path else key.value
            value = self._node(next(self._events), path, depth + 1)
            if isinstance(value, Text) and not value.value:
                # The library places a missing value at the next word of the file.
                value = Text(key.line, path, "")
            if key.value in entries:
                before = lines[key.value]
                said = f"the key {key.value!r} is already on line {before}; keep one of the two"
                self._note(FieldError(Node(key.line, path), said))
                continue
            entries[key.value] = value
            lines[key.value] = key.line
        return Entries(place.line, place.path, entries, lines)


def _place(event: Any, path: str) -> Node:
    return Node(event.start_mark.line + 1, path)
