"""What a document tells its reader to type, typed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yearwheel.cli import app

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def lines_to_type(text: str) -> Iterator[list[str]]:
    """The words of each line of the shell blocks, without comments."""
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def type_all(text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Type every `yearwheel` and `export` line in this folder; each has to succeed. Gives what was typed.

    `serve`, which goes on until it is stopped, and lines of other programs are left out.
    """
    typed = []
    for program, *line in lines_to_type(text):
        words, target = _split(line)
        if program == "export":
            monkeypatch.setenv(*words[0].split("=", 1))
        elif program == "yearwheel" and words[0] != "serve":
            result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
            assert result.exit_code == 0, (words, result.output)
            if target:
                Path(target).write_text(result.stdout, "utf-8")
            typed.append(" ".join(words))
    return typed


def _split(words: list[str]) -> tuple[list[str], str]:
    """A line's words, and the file that what it prints goes to."""
    if ">" not in words:
        return words, ""
    return words[: words.index(">")], words[-1]
