"""Encloses the files of closed days beside a cycle file, so that its text alone is the whole calendar."""

import json
from collections.abc import Callable, Iterator

from yearwheel.config.yaml_text import Entries, FieldError, Items, Node, Text, read_yaml

KEY = "files"


def enclose(source: str, read: Callable[[str], str]) -> str:
    """The text of a cycle file with the files its `holidays` name under `files:` at its end.

    What is enclosed already stays as it is. A file that is not there, and a text that is no YAML, are left to
    the reader of cycle files to report. `read` gets a name without folders; OSError where there is none.
    """
    try:
        document = read_yaml(source.encode("utf-8", "surrogatepass"), lambda *_: None)
    except FieldError:
        return source
    if not isinstance(document, Entries) or KEY in document.entries:
        return source
    found: dict[str, str] = {}
    for name in _named(document.entries.get("holidays")):
        if "/" in name or "\\" in name or name.startswith("."):
            continue
        try:
            found[name] = read(name)
        except FileNotFoundError:
            continue
    if not found:
        return source
    # A JSON text is also a YAML one, whatever is in it.
    lines = [f"  {json.dumps(name)}: {json.dumps(text)}" for name, text in found.items()]
    return "\n".join([source.rstrip("\n"), f"{KEY}:", *lines, ""])


def enclosed_files(document: Node) -> dict[str, bytes]:
    """The files that a cycle file's own text brings."""
    files = document.entries.get(KEY) if isinstance(document, Entries) else None
    if files is None:
        return {}
    if not isinstance(files, Entries):
        raise FieldError(
            files,
            f"{KEY!r} holds files of closed days by name",
            example='files: {"closures.csv": "..."}',
        )
    return {
        name: node.value.encode("utf-8", "surrogatepass")
        for name, node in files.entries.items()
        if isinstance(node, Text)
    }


def file_lines(source: str) -> dict[str, int]:
    """For each file that a sound cycle file encloses, the line it stands on."""
    document = read_yaml(source.encode("utf-8", "surrogatepass"), lambda *_: None)
    files = document.entries.get(KEY) if isinstance(document, Entries) else None
    return dict(files.key_lines) if isinstance(files, Entries) else {}


def _named(node: Node | None) -> Iterator[str]:
    """The names after `file` anywhere in `holidays`."""
    if isinstance(node, Items):
        for item in node.items:
            yield from _named(item)
    elif isinstance(node, Entries):
        for key, value in node.entries.items():
            if key == "file" and isinstance(value, Text):
                yield value.value
            elif key == "calendar":
                yield from _named(value)
