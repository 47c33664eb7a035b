"""A database of a nation's districts: Kentucky's year is published, then copied by SQL under new codes.

Publishing 13,318 districts the ordinary way needs more memory than a small machine has.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from yearwheel.bootstrap import build_app
from yearwheel.clock import VirtualClock
from yearwheel.config.cycle_file import read_shipped
from yearwheel.config.settings import Settings
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.app import App
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.store import rosters

KEY = "kentucky-2027"
PUBLISHED = datetime(2026, 12, 1, 15, tzinfo=UTC)
NOW = datetime(2027, 3, 10, 15, tzinfo=UTC)
# Every table that speaks of districts, the column with the code, and the one with a person's key.
COPIED = (
    ("district", "code", ""),
    ("contact", "district_code", "key"),
    ("district_stage", "district_code", ""),
    ("reviewer", "district_code", ""),
    ("reminder", "district_code", "contact_key"),
)


def nations_year(folder: Path, districts: int) -> App:
    """An installation with a published year of so many districts, in March."""
    app = build_app(Settings(data_dir=folder), clock=VirtualClock(PUBLISHED), durable=False)
    with app.database.writing() as work:
        rosters.save(work.connection, "KY", shipped_roster())
        work.commit()
    create_cycle(app, read_shipped(KEY), by="benchmark")
    publish_cycle(app, KEY, by="benchmark")
    app.database.close()
    with closing(sqlite3.connect(folder / "yearwheel.sqlite")) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        _copy(connection, districts)
        connection.commit()
        connection.execute("ANALYZE")
    return build_app(Settings(data_dir=folder), clock=VirtualClock(NOW), durable=False)


def _copy(connection: sqlite3.Connection, districts: int) -> None:
    query = "SELECT code FROM district WHERE kind <> 'state_office' ORDER BY code"
    codes = [code for (code,) in connection.execute(query)]
    copies = [(codes[n % len(codes)], f"{n:05}") for n in range(districts - len(codes))]
    connection.execute("CREATE TEMP TABLE copied (old TEXT, new TEXT)")
    connection.executemany("INSERT INTO copied VALUES (?, ?)", copies)
    (office,) = connection.execute("SELECT code FROM district WHERE kind = 'state_office'").fetchone()
    for table, code, person in COPIED:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
        # The office's people and empty roles serve every district under their own key.
        own = f"CASE WHEN {person} LIKE '{office}:%' OR {person} LIKE 'nobody:%' THEN {person} "
        own += f"ELSE copied.new || '.' || {person} END"
        values = ", ".join("copied.new" if c == code else own if c == person else c for c in columns)
        connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {values} FROM {table} JOIN copied ON copied.old = {code}"
        )
