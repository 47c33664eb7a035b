"""The documentation says what the program says."""

from pathlib import Path

import pytest

from yearwheel.cli.reference import commands_md, every_command

DOCS = Path(__file__).parent.parent / "docs"
COMMANDS = dict(every_command())
READING = {"show", "list", "board", "prove", "explain", "doctor", "check"}
CHANGING = {"create", "publish", "close", "import", "start", "submit", "return", "extend", "excuse"}
CHANGING |= {"hold", "retry", "resolve", "approve"}


def test_the_list_of_commands_is_the_programs_own_help() -> None:
    written = (DOCS / "commands.md").read_text("utf-8")

    assert written == commands_md(), "run: python -m yearwheel.cli.reference > docs/commands.md"


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_says_what_it_does_and_shows_an_example(path: str) -> None:
    command = COMMANDS[path]

    assert command.help
    assert command.help.endswith(".")
    assert command.epilog.startswith(f"Example: {path}")
    assert [param.name for param in command.params if not param.help] == []


@pytest.mark.parametrize("path", [path for path in COMMANDS if path.split()[-1] in READING])
def test_every_reading_command_has_json(path: str) -> None:
    assert "--json" in _options(path)


@pytest.mark.parametrize("path", [path for path in COMMANDS if path.split()[-1] in CHANGING])
def test_every_changing_command_asks_who(path: str) -> None:
    assert "--by" in _options(path)


def _options(path: str) -> set[str]:
    return {name for param in COMMANDS[path].params for name in param.opts}
