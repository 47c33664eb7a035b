"""What the library that checks values says of one, in words for whoever typed it."""

from collections.abc import Mapping
from typing import Any

# What the library calls a problem -> how we say it. Of several that fit, the first counts.
WORDS = {
    "less_than_equal": "{le} is the most",
    "greater_than_equal": "{ge} is the least",
    "greater_than": "more than {gt:g} is needed",
    "int": "a whole number is needed",
    "float": "a number is needed",
    "finite": "a number is needed",
    "bool": "true or false is needed",
    "string": "text is needed",
    "tuple": "a list is needed",
    "list": "a list is needed",
    "model": "a group of settings is needed",
    "path": "a file's or folder's name is needed",
    "enum": "use {expected}",
    "literal": "use {expected}",
}


def plain_words(problem: Mapping[str, Any]) -> str:
    """What is wrong with a value and what would be right, from one of a ValidationError's `errors()`."""
    kind = problem["type"]
    for start, words in WORDS.items():
        if kind.startswith(start):
            return words.format_map(problem.get("ctx", {}))
    return str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
