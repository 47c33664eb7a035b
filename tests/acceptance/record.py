"""A copy of a rehearsed year's database, to be read by the services and altered behind their backs."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from yearwheel.bootstrap import build_app
from yearwheel.config.settings import Settings
from yearwheel.services.app import App

CYCLE = "kentucky-2027"


class Record:
    """One copy in a folder of its own."""

    def __init__(self, source: Path, folder: Path) -> None:
        self._folder = folder
        self._file = Path(shutil.copy(source, folder / "yearwheel.sqlite"))

    def alter(self, sql: str, *values: Any) -> None:
        """Change the record as no service would; every statement must hit exactly one row."""
        with self._open() as connection:
            assert connection.execute(sql, values).rowcount == 1
            connection.commit()

    def find(self, sql: str, *values: Any) -> Any:
        """The first row."""
        with self._open() as connection:
            row = connection.execute(sql, values).fetchone()
        assert row is not None, "the rehearsed year has no such case"
        return row

    @contextmanager
    def app(self) -> Iterator[App]:
        app = build_app(Settings(data_dir=self._folder))
        yield app
        app.database.close()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._file)
        yield connection
        connection.close()
