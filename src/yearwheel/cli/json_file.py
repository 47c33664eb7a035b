"""Reading the JSON a person hands in: what can be kept as it was meant, or why it cannot."""

import json
from pathlib import Path
from typing import Any

from yearwheel.cli.desk import Unclear

DEEPEST = 50  # brackets within brackets; evidence has five
LONGEST = 100  # digits of a number
TOO_DEEP = "this is not JSON that anybody filled in: its brackets are nested too deeply"


def read_object(path: Path) -> dict[str, Any]:
    """The one JSON object a file holds; Unclear says what cannot be taken."""
    try:
        found = json.loads(path.read_bytes(), object_pairs_hook=_once_each, parse_int=_short_enough)
    except UnicodeDecodeError:
        raise Unclear(f"{path} is not UTF-8 text") from None
    except RecursionError:
        raise Unclear(TOO_DEEP) from None
    if not isinstance(found, dict):
        raise Unclear(f"{path} has to hold one JSON object; see --example")
    _check(found, "", 0)
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The library would take the last of two values for a name, and nobody would hear of the first."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Unclear(f"{name!r} stands twice in the same object; keep the one that is true")
        found[name] = value
    return found


def _short_enough(digits: str) -> int:
    if len(digits) > LONGEST:
        raise Unclear(f"a number in it has {len(digits):,} digits; write one that can be true")
    return int(digits)


def _check(value: Any, where: str, depth: int) -> None:
    """Refuse what no database keeps: half of a pair that stands for one character, and endless nesting."""
    if depth > DEEPEST:
        raise Unclear(TOO_DEEP)
    if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Unclear(
            f"{where or 'a name'} holds half a character ({ascii(value)[:60]}), which cannot be kept; "
            "write the whole character"
        )
    if isinstance(value, dict):
        for name, part in value.items():
            _check(name, "", depth)
            _check(part, f"{where}.{name}".lstrip("."), depth + 1)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            _check(part, f"{where}.{number}", depth + 1)
