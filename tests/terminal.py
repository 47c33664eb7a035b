"""A terminal of one installation in a folder of its own: type words, read what is printed."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from yearwheel.cli import app


class Terminal:
    """Commands run here find their data in `folder` and nothing of the machine's own settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            "YEARWHEEL_DATA_DIR": str(folder / "data"),
            "LOGNAME": "pat",
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }

    def type(self, *words: str | int | Path) -> Result:
        """What a command did, whatever its exit code."""
        result = CliRunner().invoke(app, [str(word) for word in words], env=self._environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def does(self, *words: str | int | Path) -> str:
        """What a command that succeeds prints."""
        result = self.type(*words)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def refuses(self, *words: str | int | Path) -> str:
        """What a command that fails says on stderr; it prints nothing else, and no traceback."""
        result = self.type(*words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Traceback" not in result.stderr
        return result.stderr.strip()

    def reads(self, *words: str | int | Path) -> Any:
        """What a reading command prints as JSON."""
        return json.loads(self.does(*words, "--json"))

    def writes(self, name: str, text: str) -> Path:
        """A file beside the data."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path
