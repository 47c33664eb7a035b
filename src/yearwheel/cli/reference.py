"""The list of all commands as Markdown: `python -m yearwheel.cli.reference > docs/commands.md`.

With the word `settings` it is the table of all settings, which stands in docs/settings.md.
"""

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from yearwheel.cli import app
from yearwheel.config.settings import every_setting

TYPES = {"int | None": "number", "tuple[str, ...]": "list"}
BRACES = str.maketrans("", "", "{}")  # around what must be given
INTRODUCTION = """\
# Commands

Every command explains itself: `yearwheel board --help`. Reading commands print JSON with `--json`; changing
ones keep who (`--by`) and why (`--why`), and say how to undo what they did. Whatever cannot be done is said
in a sentence, with exit code 1. While two cycles are published, as at the end of each year, say which one is
meant: `--cycle KEY`; commands that are printed, in letters too, name it. This page is the program's own help,
written by `python -m yearwheel.cli.reference > docs/commands.md`.
"""


def commands_md() -> str:
    """The whole list, in the order of `yearwheel --help`."""
    sections = (_section(path, command) for path, command in every_command())
    return "\n".join([INTRODUCTION, *sections])


def settings_md() -> str:
    """The table of every setting."""
    rows = (
        f"| `{name}` | {_type(info.annotation)} | {_default(info.get_default())} | {info.description} |"
        for name, info in every_setting()
    )
    return "\n".join(["| setting | type | default | meaning |", "|---|---|---|---|", *rows, ""])


def _type(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " or ".join(f"`{word}`" for word in annotation)
    plain = {bool: "`true` or `false`", int: "number", float: "number", Path: "folder", SecretStr: "secret"}
    return plain.get(annotation) or TYPES.get(str(annotation), "text")


def _default(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        value = str(value).lower()
    return "" if value is None or value in ("", ()) else f"`{value}`"


def every_command() -> list[tuple[str, Any]]:
    """Each command that does something, with the words that call it."""
    return list(_walk("yearwheel", typer.main.get_command(app)))


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    for name, child in command.commands.items():
        if hasattr(child, "commands"):
            yield from _walk(f"{path} {name}", child)
        else:
            yield f"{path} {name}", child


def _section(path: str, command: Any) -> str:
    context = typer.Context(command)
    words = [word.translate(BRACES) for param in command.params for word in param.get_usage_pieces(context)]
    lines = [f"## {' '.join([path, *words])}", "", command.help, "", f"    {command.epilog}", ""]
    lines += [_option(param) for param in command.params if param.param_type_name == "option"]
    return "\n".join(lines).rstrip() + "\n"


def _option(param: Any) -> str:
    metavar = "" if param.is_flag else f" {param.metavar}"
    names = "`, `".join(f"{name}{metavar}" for name in (*param.opts, *param.secondary_opts))
    return f"- `{names}`: {param.help}"


if __name__ == "__main__":
    typer.echo(settings_md() if sys.argv[1:] == ["settings"] else commands_md(), nl=False)
