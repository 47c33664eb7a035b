"""Each command that a letter, a task, a page or the terminal prints can be typed as it stands.

Two cycles are published each December, so one that acts in a cycle names it: `command` builds it.
"""

import ast
import re
import shlex
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click import Context
from typer.core import TyperGroup
from typer.main import get_command

import yearwheel
from tests.apps import KEY, SOURCE
from tests.terminal import Terminal
from yearwheel.cli import app as program
from yearwheel.cli.board import SEE
from yearwheel.notifications.commands import command, ended
from yearwheel.notifications.requests import hand_over_answers, more_time_answers

HOME = Path(yearwheel.__file__).parent
FILLED = "1"  # stands for whatever a command is about; numbers have to be numbers
ENDS = re.compile(r"[;,)`]\s|[;,)`]$|\n| rings | > ")
OF_NO_CYCLE = {"serve", "rehearse", "demo"}  # they run all of them, or one of their own
NEEDS_A_REASON = {"extend", "excuse", "undo", "change", "close", "reopen", "pause", "ask", "refuse"}
NEEDS_A_REASON |= {"discard", "resolve", "declare", "end"}


def texts(node: ast.AST) -> list[str]:
    """What a string can be; an f-string's parts are filled in, with each branch of a choice."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return ["".join(parts) for parts in product(*map(texts, values))]
        case ast.FormattedValue(value=ast.Call(func=ast.Name(id="of_state"))):
            return ["", " --state OH"]
        case ast.FormattedValue(value=ast.IfExp(body=body, orelse=other)):
            return [*texts(body), *texts(other)]
        case ast.FormattedValue(value=ast.Call(func=ast.Name(id="command"), args=[words, _])):
            return [f"yearwheel {text} --cycle {KEY}" for text in texts(words)]
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return ["".join(parts) for parts in product(texts(left), texts(right))]
        case ast.Call(func=ast.Name(id="command"), args=[words, _]):
            return [f"yearwheel {text} --cycle {KEY}" for text in texts(words)]
    return [FILLED]


def printed(path: Path) -> Iterator[tuple[int, str]]:
    """The commands in a file's strings, each with its line; docstrings and examples in --help are others'."""
    tree = ast.parse(path.read_text("utf-8"))
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if _is_help(node):
            inner.update(ast.walk(node))
        if node in inner or not isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp | ast.Call):
            continue
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id == "command"):
            continue
        inner.update(ast.walk(node))
        for text in texts(node):
            for found in text.split("yearwheel ")[1:]:
                yield getattr(node, "lineno", 0), ENDS.split(found)[0].strip()


def _is_help(node: ast.AST) -> bool:
    match node:
        case ast.keyword(arg="epilog" | "help") | ast.Expr(value=ast.Constant()):  # which is a docstring
            return True
        case ast.Assign(targets=[ast.Name(id="INTRODUCTION")]):  # of docs/commands.md
            return True
    return False


ALL = [
    pytest.param(words, id=f"{path.relative_to(HOME)}:{line}:{words}")
    for path in sorted(HOME.rglob("*.py"))
    for line, words in printed(path)
    if words.split()[:1] and words.split()[0] in get_command(program).commands  # type: ignore[attr-defined]
]
ALL += [pytest.param(f"{words} --cycle {KEY}", id=f"board:{words}") for words in SEE.values()]


def parse(words: list[str]) -> Context:
    """The real parser's reading of a command that is not carried out."""
    here: Any = get_command(program)
    context = Context(here)
    while isinstance(here, TyperGroup):
        here = here.commands[words[0]]
        words = words[1:]
        if not isinstance(here, TyperGroup):
            return here.make_context(here.name, list(words), parent=context)
    raise AssertionError(words)


@pytest.mark.parametrize("words", ALL)
def test_a_printed_command_is_parsed_and_names_its_cycle(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "pat")
    typed = [FILLED if word in ("NUMBER...", "N") else word for word in shlex.split(words)]
    if "--help" in typed:
        return
    context = parse(typed)

    names = {param.name for param in context.command.params}
    if context.command.name not in OF_NO_CYCLE and "cycle" in names:
        assert context.params["cycle"] == KEY, "build it with command()"
    assert context.command.name not in NEEDS_A_REASON or "--why" in typed


def test_there_are_as_many_as_one_thinks() -> None:
    assert len(ALL) > 60


def test_what_answers_a_request_stands_alone() -> None:
    for what, typed in (*hand_over_answers(3, KEY), *more_time_answers("001", "budget", KEY)):
        assert "yearwheel" not in what
        assert parse(shlex.split(typed)[1:]).params["cycle"] == KEY


def test_no_full_stop_is_copied_with_a_command() -> None:
    assert ended("look: " + command("board", KEY), KEY) == f"look: yearwheel board --cycle {KEY}"
    assert ended("it went", KEY) == "it went."


def test_what_is_printed_runs_while_two_cycles_are_published(tmp_path: Path) -> None:
    terminal = two_published(Terminal(tmp_path))
    on = ("--at", "2027-02-02T09:00")
    extend = ("extend", "001", "budget", "--until", "2027-03-05", "--why", "snow", "--cycle", KEY)
    said = terminal.does(*extend, *on)
    undo = said.strip().rpartition("yearwheel ")[2]

    assert "2 cycles are published" in terminal.refuses("board")
    assert "is due in budget on" in terminal.does(*shlex.split(undo), *on)


def test_a_preview_asks_which_of_two_published_cycles_is_meant(tmp_path: Path) -> None:
    terminal = two_published(Terminal(tmp_path))

    assert "say which one with --cycle KEY" in terminal.refuses("notifications", "preview", "returned")
    said = terminal.does("notifications", "preview", "receipt", "--district", "001", "--cycle", KEY)
    assert "Small planning 2027" in said


def two_published(terminal: Terminal) -> Terminal:
    terminal.does("roster", "import", "--shipped", "kentucky")
    for name, text in ((KEY, SOURCE), ("other", SOURCE.replace(KEY, "other"))):
        terminal.does("cycle", "create", terminal.writes(f"{name}.yaml", text), "--at", "2027-01-04T06:00")
        terminal.does("cycle", "publish", name, "--yes", "--at", "2027-01-04T06:00")
    return terminal
