"""The check-up finds what would stop a year, and says what to do about it."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from yearwheel.clock import VirtualClock
from yearwheel.config.settings import Mail, MailMode, Settings
from yearwheel.services.checkup import Level, check_database, check_installation
from yearwheel.store import health
from yearwheel.store.database import Database

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
    assert list(tmp_path.iterdir()) == []


def test_live_mail_from_an_example_address_is_a_fault(tmp_path: Path) -> None:
    live = Settings(data_dir=tmp_path, mail=Mail(mode=MailMode.LIVE))

    (mail,) = [f for f in check_installation(live, NOW) if f.what == "mail"]
    assert (mail.level, mail.seen) == (Level.FAIL, "live, but the sender is planning@education.ky.example")


def test_a_clock_that_lost_the_time_is_a_fault(tmp_path: Path) -> None:
    lost = VirtualClock(datetime(1970, 1, 1, tzinfo=UTC))

    (clock,) = [f for f in check_installation(Settings(data_dir=tmp_path), lost) if f.what == "clock"]
    assert clock.level is Level.FAIL


def test_a_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)

    (disk,) = [f for f in check_installation(Settings(data_dir=tmp_path), NOW) if f.what == "disk"]
    assert (disk.level, disk.seen) == (Level.WARN, "0.0 GiB free")


def test_a_misspelt_variable_is_a_warning_and_not_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YEARWHEEL_PROT", "8001")

    (settings,) = [f for f in check_installation(Settings(data_dir=tmp_path), NOW) if f.what == "settings"]
    assert (settings.level, settings.remedy) == (Level.WARN, "did you mean YEARWHEEL_PORT?")
