"""The check-up finds what would stop a year, and says what to do about it."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from yearwheel.clock import VirtualClock
from yearwheel.config.settings import Settings
from yearwheel.services.checkup import check_database, check_installation
from yearwheel.services.finding import Level
from yearwheel.store import health
from yearwheel.store.database import Database, NewerTables

NOW = VirtualClock(datetime(2027, 1, 4, tzinfo=UTC))


def _settings(database: Database, **others: object) -> Settings:
    return Settings(database_url=database.url.render_as_string(hide_password=False), **others)  # type: ignore[arg-type]


def test_a_sound_database_is_found_sound_on_both_engines(database: Database) -> None:
    found = check_database(_settings(database))

    assert [(finding.what, finding.level) for finding in found] == [
        ("database", Level.OK),
        ("integrity", Level.OK),
        ("tables", Level.OK),
        ("event log", Level.OK),
    ]


def test_a_database_without_tables_is_sent_to_upgrade(empty_database: Database) -> None:
    with empty_database.reading() as connection:
        assert health.version(connection) is None

    (tables,) = [f for f in check_database(_settings(empty_database)) if f.what == "tables"]
    assert (tables.level, tables.remedy) == (Level.FAIL, "yearwheel db upgrade")


def test_tables_of_a_newer_program_are_left_alone_and_it_is_said_what_to_do(database: Database) -> None:
    with database.writing() as work:
        work.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        work.commit()

    with pytest.raises(
        NewerTables, match="the database is at version 9999, and this program knows none after"
    ):
        database.upgrade()

    (tables,) = [f for f in check_database(_settings(database)) if f.what == "tables"]
    assert (tables.level, tables.remedy) == (Level.FAIL, "run the newer program that brought it there")


def test_an_event_log_that_can_be_altered_is_a_fault(sqlite_database: Database) -> None:
    with sqlite_database.writing() as work:
        work.connection.exec_driver_sql("DROP TRIGGER event_no_update")
        work.commit()

    (log,) = [f for f in check_database(_settings(sqlite_database)) if f.what == "event log"]
    assert (log.level, log.seen) == (Level.FAIL, "missing: event_no_update")


def test_a_file_that_is_no_database_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "yearwheel.sqlite").write_text("no database " * 100)

    (finding,) = check_database(Settings(data_dir=tmp_path))
    assert (finding.level, finding.seen) == (Level.FAIL, "file is not a database")


def test_looking_makes_nothing(tmp_path: Path) -> None:
    found = check_installation(Settings(data_dir=tmp_path / "new"), NOW)

    assert [f.what for f in found if f.level is Level.FAIL] == []
    assert [f.what for f in found if f.level is Level.WARN] == ["database"]
    (folder,) = [f for f in found if f.what == "data folder"]
    assert folder.seen == f"{tmp_path / 'new'} is not there yet; the first command that writes makes it"
    assert list(tmp_path.iterdir()) == []


def test_a_clock_that_lost_the_time_is_a_fault(tmp_path: Path) -> None:
    lost = VirtualClock(datetime(1970, 1, 1, tzinfo=UTC))

    (clock,) = [f for f in check_installation(Settings(data_dir=tmp_path), lost) if f.what == "clock"]
    assert clock.level is Level.FAIL


@pytest.mark.parametrize(
    ("free", "said"), [(5, (Level.FAIL, "0 MiB free")), (100 << 20, (Level.WARN, "0.1 GiB free"))]
)
def test_a_disk_that_is_full_fails_and_one_that_soon_is_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, said: tuple[Level, str]
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)

    (disk,) = [f for f in check_installation(Settings(data_dir=tmp_path), NOW) if f.what == "disk"]
    assert (disk.level, disk.seen) == said


def test_it_says_which_file_the_settings_were_read_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YEARWHEEL_PORT", "8001")

    def seen() -> str:
        (settings,) = [f for f in check_installation(Settings(), NOW) if f.what == "settings"]
        assert settings.level is Level.OK
        return settings.seen

    assert seen() == "no yearwheel.toml in the data folder or here; variables: YEARWHEEL_PORT"
    (tmp_path / "yearwheel.toml").write_text("port = 8002\n")
    assert seen() == f"read from {tmp_path / 'yearwheel.toml'}; variables: YEARWHEEL_PORT"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "this is no database's address; "),
        ("postgresql://pat:hush@db.example:port/x", "this is no database's address; "),
        ("mysql://pat:hush@db.example/x", "'mysql' is no database this program knows; "),
    ],
)
def test_an_address_of_no_database_is_a_fault_and_no_password_is_shown(url: str, said: str) -> None:
    (finding,) = check_database(Settings(database_url=url))

    assert (finding.level, finding.what) == (Level.FAIL, "database")
    assert finding.seen.startswith(said)
    assert "hush" not in finding.seen + finding.remedy


def test_a_server_that_does_not_answer_is_a_fault() -> None:
    (finding,) = check_database(Settings(database_url="postgresql://pat:hush@127.0.0.1:1/x"))

    assert "refused" in finding.seen
    assert finding.remedy == "check YEARWHEEL_DATABASE_URL and that the server runs"


def test_a_file_in_no_folder_cannot_be_made(tmp_path: Path) -> None:
    (finding,) = check_database(Settings(database_url=f"sqlite:///{tmp_path}/gone/x.sqlite"))

    assert (finding.level, finding.seen) == (Level.FAIL, f"there is no folder {tmp_path}/gone")


def test_what_helps_a_file_says_nothing_of_a_server(tmp_path: Path) -> None:
    (tmp_path / "yearwheel.sqlite").mkdir()

    (finding,) = check_database(Settings(data_dir=tmp_path))
    assert (finding.level, finding.seen) == (Level.FAIL, "unable to open database file")
    assert finding.remedy == (
        f"see that {tmp_path / 'yearwheel.sqlite'} may be read and written and that its disk has room"
    )


def test_a_damaged_file_is_put_back_from_the_copies(tmp_path: Path) -> None:
    (tmp_path / "yearwheel.sqlite").write_text("no database " * 100)

    (finding,) = check_database(Settings(data_dir=tmp_path))
    assert finding.remedy == f"put back the newest copy of {tmp_path / 'backups'}"
