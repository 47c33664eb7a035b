"""What went wrong, in sentences for the person who can put it right; the unforeseen stays a traceback."""

import json
import os
import sys
from collections.abc import Iterable
from errno import ENOSPC, EROFS
from typing import Any

import typer
from typer.core import TyperGroup

from yearwheel.cli.desk import Unclear
from yearwheel.cli.plain_words import plain_words
from yearwheel.cli.show import complain
from yearwheel.engine import EngineFailed

# What a shell says of a program that Ctrl-C ended, or that found nobody reading any more.
INTERRUPTED, UNREAD = 130, 141
ROOM = "make room, or give another place, and do it again"
REMEDIES = {  # what SQLite says, and what helps
    "database or disk is full": "make room on its disk and do it again",
    "attempt to write a readonly database": "let its file and folder be written again",
    "database is locked": "something else has been writing to it for half a minute; do it again",
}
STATES = {  # what PostgreSQL calls a state (its manual's appendix A), and what helps
    "42501": "the role needs a database of its own, or: GRANT USAGE, CREATE ON SCHEMA public TO it",
    "25006": "it is a copy that is only read, or set so: connect to the one that is written",
}
LONGEST_SHOWN = 60  # characters of what was typed
SHUT = ("unable to open database file", "attempt to write a readonly database")


class Speaking(TyperGroup):
    """The root command: foreseen errors go to stderr as sentences, with exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # here, where somebody still listens for what goes wrong
            return result
        except BrokenPipeError:
            _let_go_of_stdout()
            raise typer.Exit(UNREAD) from None
        except KeyboardInterrupt:
            complain("stopped; what was under way was not kept, what was done before is")
            raise typer.Exit(INTERRUPTED) from None
        except typer.BadParameter as error:
            error.message = _of_an_option(error)
            raise
        except Exception as error:
            # Usage errors and exits carry a code of their own, and the library says them itself.
            if hasattr(error, "exit_code") or (words := in_words(error)) is None:
                raise
            complain(words)
            raise typer.Exit(1) from None


def _let_go_of_stdout() -> None:
    """Whoever read us (`| head`) has had enough; without this Python would complain once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_an_option(error: typer.BadParameter) -> str:
    """What is wrong with a value that was typed; the library names its option itself."""
    problems: list[Any] = getattr(error.__cause__, "errors", list)()
    if not problems:
        return error.message
    words, given = plain_words(problems[0]), str(problems[0]["input"])
    return words if given in words else f"{words} (found {given[:LONGEST_SHOWN]!r})"


def in_words(error: Exception) -> str | None:
    """What a foreseen error says, or None for one that is a fault of the program."""
    if isinstance(error, Unclear):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"this is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
    if isinstance(error, EngineFailed):
        return str(error)
    if isinstance(error, OverflowError) and "SQLite INTEGER" in str(error):
        return "a number is far too large: nothing that is kept here has one of so many digits"
    if isinstance(error, OSError):
        said = f"{error.filename or 'this machine'}: {error.strerror or error}"
        return f"{said}; {ROOM}" if error.errno in (ENOSPC, EROFS) else said
    return _in_words_of_a_layer(error)


def _in_words_of_a_layer(error: Exception) -> str | None:
    """Errors whose classes are costly to import; whoever raised one has paid already."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError
    from sqlalchemy.exc import DatabaseError, OperationalError

    from yearwheel.config.sections import CycleFileError
    from yearwheel.config.settings import BadSettings
    from yearwheel.services.app import Refused
    from yearwheel.store.database import NewerTables, UnusableUrl
    from yearwheel.store.events import OutOfOrder

    if isinstance(error, Refused | OutOfOrder | BadSettings | NewerTables):
        return str(error)
    if isinstance(error, UnusableUrl):
        return f"YEARWHEEL_DATABASE_URL: {error}"
    if isinstance(error, SettingsError):
        return f'settings: {error}; a variable that holds a list holds it as JSON: ["a", "b"]'
    if isinstance(error, CycleFileError):
        count = len(error.problems)
        return f"{error}\n{count} {'thing' if count == 1 else 'things'} to put right"
    if isinstance(error, ValidationError) and error.title == "Settings":
        return "\n".join(_settings(error))
    if not isinstance(error, DatabaseError):
        return None
    words = str(error.orig).splitlines()[0]
    helps = STATES.get(getattr(error.orig, "sqlstate", None) or "")
    # The base class itself is what a file that is no database raises; its other children are our faults
    if not (helps or isinstance(error, OperationalError) or type(error) is DatabaseError):
        return None
    if words in SHUT and (shut := _shut()):
        return shut
    return f"the database cannot be used: {words}; {helps or REMEDIES.get(words, 'see: yearwheel doctor')}"


def _shut() -> str:
    """What about SQLite's folder or file keeps it from being opened, or nothing."""
    from yearwheel.config.settings import Settings
    from yearwheel.store.database import sqlite_file

    if (file := sqlite_file(Settings().database)) is None:
        return ""
    if not file.parent.is_dir():
        return f"there is no folder {file.parent} for the database; make it, or name another"
    for what, path in (("folder", file.parent), ("file", file)):
        if path.exists() and not os.access(path, os.W_OK):
            return (
                f"the {what} {path} cannot be written, and even looking writes there; "
                "make it writable, or name another folder with YEARWHEEL_DATA_DIR"
            )
    return ""


def _settings(error: Any) -> Iterable[str]:
    from yearwheel.config.settings import is_secret, nearest_setting, settings_file, variable

    for problem in error.errors():
        name = ".".join(str(step) for step in problem["loc"])
        given = variable(name)
        where = given if given in os.environ else f"{settings_file(os.environ)}: {name}"
        if problem["type"] == "extra_forbidden":
            yield f"{where} is not a setting; {nearest_setting(name)}"
        else:
            # A section as a whole could hold the password.
            open_word = isinstance(problem["input"], str | int) and not is_secret(name)
            found = f" (found {problem['input']!r})" if open_word else ""
            yield f"{where}: {plain_words(problem)}{found}"
