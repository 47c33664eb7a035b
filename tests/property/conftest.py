"""What the properties of a cycle begin from."""

from pathlib import Path

import pytest

from tests.apps import begun
from yearwheel.store.database import Database


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the small cycle begun; each example works on a copy of it."""
    path = tmp_path_factory.mktemp("begun") / "yearwheel.sqlite"
    database = Database(f"sqlite:///{path}", durable=False)
    database.upgrade()
    begun(database)
    database.close()
    return path
