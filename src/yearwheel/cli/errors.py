"""What went wrong, in sentences for the person who can put it right; the unforeseen stays a traceback."""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from tomllib import TOMLDecodeError
from typing import Any

import typer
from typer.core import TyperGroup

from yearwheel.cli.desk import Unclear
from yearwheel.cli.show import complain
from yearwheel.engine import EngineFailed


class Speaking(TyperGroup):
    """The root command: foreseen errors go to stderr as sentences, with exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            # Usage errors and exits carry a code of their own, and the library says them itself.
            if hasattr(error, "exit_code") or (words := in_words(error)) is None:
                raise
            complain(words)
            raise typer.Exit(1) from None


def in_words(error: Exception) -> str | None:
    """What a foreseen error says, or None for one that is a fault of the program."""
    if isinstance(error, Unclear):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"this is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
    if isinstance(error, EngineFailed):
        return str(error)
    if isinstance(error, TOMLDecodeError):
        return f"yearwheel.toml: this is not TOML: {error}"
    if isinstance(error, OSError):
        return f"{error.filename or 'this machine'}: {error.strerror or error}"
    return _in_words_of_a_layer(error)


def _in_words_of_a_layer(error: Exception) -> str | None:
    """Errors whose classes are costly to import; whoever raised one has paid already."""
    from pydantic import ValidationError
    from sqlalchemy.exc import DatabaseError, OperationalError

    from yearwheel.config.sections import CycleFileError
    from yearwheel.services.app import Refused

    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, CycleFileError):
        count = len(error.problems)
        return f"{error}\n{count} {'thing' if count == 1 else 'things'} to put right; nothing was changed"
    if isinstance(error, ValidationError) and error.title == "Settings":
        return "\n".join(_settings(error))
    # The base class itself is what a file that is no database raises; its other children are our faults
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        return f"the database cannot be used: {error.orig}; see: yearwheel doctor"
    return None


def _settings(error: Any) -> Iterable[str]:
    from yearwheel.config.settings import Mail, Settings

    known = [*Settings.model_fields, *(f"mail.{name}" for name in Mail.model_fields)]
    for problem in error.errors():
        path = ".".join(str(step) for step in problem["loc"])
        if problem["type"] == "extra_forbidden":
            near = get_close_matches(path, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            yield f"settings: {path!r} is not a setting; {hint}"
        else:
            # A section as a whole could hold the password.
            found = f" (found {problem['input']!r})" if isinstance(problem["input"], str | int) else ""
            yield f"settings: {path}: {problem['msg']}{found}"
    yield "set them in yearwheel.toml or as YEARWHEEL_... variables"
