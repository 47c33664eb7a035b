"""A link that acts for a reader: nobody can make one up, change one, or use one for something else."""

import pytest

from yearwheel.config.settings import Settings
from yearwheel.notifications.tokens import DECLINE, BadToken, read, sign
from yearwheel.services.secret import read_secret

SECRET = b"a secret of this installation"
WORDS = ("kentucky-2027", "001:p.morgan@adair.example", "opened", "reminder")


def test_the_words_come_back() -> None:
    assert read(DECLINE, sign(DECLINE, WORDS, SECRET), SECRET) == WORDS


def test_the_same_words_give_the_same_link_fit_for_a_path() -> None:
    token = sign(DECLINE, WORDS, SECRET)
    assert token == sign(DECLINE, WORDS, SECRET)
    assert token.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("other", ["A", "_", "0"])
def test_a_changed_link_is_refused_at_every_place(other: str) -> None:
    token = sign(DECLINE, WORDS, SECRET)
    for place, letter in enumerate(token[:-1]):
        if letter != other:
            with pytest.raises(BadToken):
                read(DECLINE, token[:place] + other + token[place + 1 :], SECRET)


@pytest.mark.parametrize("token", ["", "x", "ä", "....", "a" * 500])
def test_what_is_no_link_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        read(DECLINE, token, SECRET)


def test_a_link_serves_one_purpose_in_one_installation() -> None:
    token = sign(DECLINE, WORDS, SECRET)
    with pytest.raises(BadToken, match="was not made here"):
        read("verify", token, SECRET)
    with pytest.raises(BadToken, match="was not made here"):
        read(DECLINE, token, b"another")


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    secret = read_secret(settings)

    assert len(secret) == 64
    assert read_secret(settings) == secret
    (path,) = (tmp_path / "data").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_installation_has_another_secret(tmp_path) -> None:
    secrets = {read_secret(Settings(data_dir=tmp_path / name)) for name in ("one", "two")}
    assert len(secrets) == 2


def test_the_settings_secret_goes_first_and_no_file_is_made(tmp_path) -> None:
    assert read_secret(Settings(data_dir=tmp_path, secret="shared")) == b"shared"
    assert not list(tmp_path.iterdir())
