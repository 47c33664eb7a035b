"""Where settings are read from, and which of two wins."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from yearwheel.config.settings import (
    BadSettings,
    Mail,
    Settings,
    every_setting,
    secrets_given,
    settings_file,
    settings_for_workers,
    variable,
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_file_named_wins_over_the_data_folders_and_that_over_this_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (settings_file({}), Settings().port) == (None, 8000)

    (tmp_path / "yearwheel.toml").write_text("port = 1\n")
    assert Settings().port == 1

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "yearwheel.toml").write_text("port = 2\n")
    assert Settings().port == 2

    monkeypatch.setenv("YEARWHEEL_DATA_DIR", str(tmp_path / "other"))
    assert Settings().port == 1
    monkeypatch.setenv("YEARWHEEL_DATA_DIR", str(tmp_path / "data"))
    assert Settings().port == 2

    (tmp_path / "named.toml").write_text("port = 3\n")
    monkeypatch.setenv("YEARWHEEL_CONFIG", "named.toml")
    assert Settings().port == 3

    monkeypatch.setenv("YEARWHEEL_PORT", "4")
    assert Settings().port == 4


def test_a_file_that_is_named_and_not_there_is_an_error_and_not_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("YEARWHEEL_CONFIG", "gone.toml")

    with pytest.raises(BadSettings, match=r"^YEARWHEEL_CONFIG names gone.toml, and there is no such file$"):
        Settings()


def test_every_setting_has_a_variable_and_a_meaning() -> None:
    settings = dict(every_setting())

    assert (variable("port"), variable("mail.per_minute")) == ("YEARWHEEL_PORT", "YEARWHEEL_MAIL__PER_MINUTE")
    assert [name for name, info in settings.items() if not info.description] == []


def test_a_slash_at_the_end_of_the_pages_address_does_not_double_in_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("YEARWHEEL_BASE_URL", "https://planning.example/year/")
    assert Settings().base_url == "https://planning.example/year"


def test_workers_are_told_every_setting_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"password": "hush", "imap_password": "hush"}
    mail = Mail(team=("pat@team.example",), per_minute=60, tell_admins=False, **secrets)  # type: ignore[arg-type]
    here = Settings(
        base_url="https://planning.example",
        database_url="postgresql://pat:hush@db.example/x",
        secret="hush",  # type: ignore[arg-type]
        mail=mail,
    )

    told = settings_for_workers(here)
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    assert "hush" not in "".join(told.values())
    there = Settings()
    assert there.base_url == here.base_url
    assert there.mail == mail.model_copy(update={"password": SecretStr(""), "imap_password": SecretStr("")})
    assert secrets_given(here) == [
        "YEARWHEEL_DATABASE_URL",
        "YEARWHEEL_SECRET",
        "YEARWHEEL_MAIL__PASSWORD",
        "YEARWHEEL_MAIL__IMAP_PASSWORD",
    ]
    assert secrets_given(Settings()) == []
