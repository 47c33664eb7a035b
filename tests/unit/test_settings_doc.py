"""docs/settings.md names every setting as it is, and its way to real mail can be walked as it is written."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.typed import type_all
from yearwheel.cli.reference import settings_md
from yearwheel.clock import SystemClock
from yearwheel.config.settings import MailMode, Settings
from yearwheel.services import checkup
from yearwheel.services.finding import Level
from yearwheel.services.mail_checkup import check_mail

DOC = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
# The document's addresses are nobody's, which the check-up rightly calls a fault; these are nobody's either.
FILLED_IN = DOC.replace(".example", ".invalid")
(TRIAL,) = re.findall(r"```toml\n(# trial/yearwheel.toml\n.*?)```", FILLED_IN, re.DOTALL)
REAL = re.sub(r"^redirect_to.*\n", "", TRIAL, flags=re.MULTILINE)


def test_the_table_is_the_programs_own() -> None:
    assert settings_md() in DOC, "run: python -m yearwheel.cli.reference settings, and put it in its place"


@pytest.mark.slow
def test_the_way_to_real_mail_can_be_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 12, 1, 15, tzinfo=UTC))
    monkeypatch.setattr(checkup, "check_mail_servers", lambda _: [])  # nobody's servers do not answer
    for folder, settings in (("trial", TRIAL), ("data", REAL)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "yearwheel.toml").write_text(settings, "utf-8")

    first, _, second = FILLED_IN.partition("### 5. Begin")
    assert type_all(first, monkeypatch)[0] == "doctor"
    (trying,) = check_mail(Settings())
    assert (trying.level, Settings().mail.redirect_to) == (Level.WARN, "you@state.invalid")

    assert type_all(second, monkeypatch)[0] == "doctor"
    (ready,) = check_mail(Settings())
    assert (ready.level, Settings().mail.mode, Settings().data_dir) == (Level.OK, MailMode.LIVE, Path("data"))
