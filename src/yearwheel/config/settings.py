"""Settings of one installation: `YEARWHEEL_*` variables, then `yearwheel.toml`, then these defaults."""

import json
import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, Self, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from yearwheel.notifications.mailboxes import ImapServer
from yearwheel.notifications.mailers.smtp import Security, SmtpServer
from yearwheel.notifications.mime import is_address

PREFIX = "YEARWHEEL_"
FILE = "yearwheel.toml"
FILE_VARIABLE = f"{PREFIX}CONFIG"  # names the settings file, wherever it is
OF_THIS_MACHINE = ("data_dir", "database_url", "host", "port")
OF_THE_TESTS = f"{PREFIX}TEST_"


class BadSettings(ValueError):
    """The settings cannot be read; the message says which, and what would be right, a line for each."""


class MailMode(StrEnum):
    TRIAL = "trial"  # into a local Maildir; nothing leaves
    LIVE = "live"  # over SMTP


class Section(BaseModel):
    """A part of the settings; a misspelt key in it is an error, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _mail_address(address: str) -> str:
    if address and not is_address(address):
        raise ValueError(f"{address!r} is no mail address; write for example planning@state.example")
    return address


MailAddress = Annotated[str, AfterValidator(_mail_address)]


class Mail(Section):
    """How mail leaves."""

    mode: MailMode = Field(
        MailMode.TRIAL, description="`trial` writes a local Maildir; `live` speaks to the mail server"
    )
    sender: MailAddress = Field("planning@education.ky.example", description="the address in From")
    domain: str = Field("yearwheel.example", description="the right-hand side of every Message-ID")
    bounce_domain: str = Field("", description="takes bounces, one address a message; empty uses the sender")
    host: str = Field("127.0.0.1", description="the mail server")
    port: int = Field(25, ge=1, le=65535, description="the mail server's port; 587 or 465 outside")
    security: Security = Field(
        Security.STARTTLS,
        description="`starttls` or `tls`, which check the server's certificate, or `none`",
    )
    user: str = Field("", description="who logs in at the mail server; empty means nobody does")
    password: SecretStr = Field(SecretStr(""), description="their password")
    timeout: float = Field(30.0, gt=0, description="seconds to wait for the mail server's answer")
    connections: int = Field(1, ge=1, le=20, description="connections to the mail server at once")
    local_hostname: str = Field("yearwheel.example", description="what we call ourselves in EHLO")
    team: tuple[str, ...] = Field(
        (), description="in trial mode, addresses and domains that do get real mail"
    )
    redirect_to: MailAddress = Field("", description="everybody's mail goes to this address instead")
    per_minute: int | None = Field(None, ge=1, description="messages a minute, to everyone together")
    per_domain_per_minute: int | None = Field(None, ge=1, description="messages a minute to one domain")
    letters_per_week: int | None = Field(
        None, ge=1, description="letters a person gets in seven days; what a statute asks for is exempt"
    )
    imap_host: str = Field("", description="where bounces are read, over TLS")
    imap_port: int = Field(993, ge=1, le=65535, description="its port")
    imap_user: str = Field("", description="who logs in there")
    imap_password: SecretStr = Field(SecretStr(""), description="their password")
    tell_admins: bool = Field(
        True,
        description="write the state's admins weekly digests, what districts ask of the office, and alerts",
    )

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        _ = self.server  # a password that no mail server could be told is a fault of the settings
        return self

    @property
    def server(self) -> SmtpServer:
        """The mail server that letters leave by."""
        return SmtpServer(
            self.host,
            self.port,
            self.local_hostname,
            security=self.security,
            username=self.user,
            password=self.password.get_secret_value(),
            timeout=self.timeout,
        )

    @property
    def bounce_box(self) -> ImapServer | None:
        """The mailbox in which bounces arrive; None where none is named."""
        if not self.imap_host:
            return None
        return ImapServer(
            self.imap_host, self.imap_user, self.imap_password.get_secret_value(), self.imap_port
        )

    @property
    def has_rate(self) -> bool:
        """Whether only so many messages may leave in a minute."""
        return self.per_minute is not None or self.per_domain_per_minute is not None


def _web_address(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise ValueError("an address of pages begins with https:// or http://")
    return url.rstrip("/")


class Settings(BaseSettings):
    """All settings. Everything the installation keeps is below `data_dir`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    data_dir: Path = Field(Path("data"), description="the folder of everything that is kept")
    database_url: str = Field("", description="empty means SQLite in the data folder")
    base_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "http://127.0.0.1:8000", description="where links in mail lead"
    )
    host: str = Field("127.0.0.1", description="the address pages are served on")
    port: int = Field(8000, ge=1, le=65535, description="their port")
    secret: SecretStr = Field(
        SecretStr(""), description="signs links in letters; empty means one is made in the data folder"
    )
    mail: Mail = Mail()

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'yearwheel.sqlite'}"

    @property
    def inboxes(self) -> Path:
        """Where trial mode puts mail."""
        return self.data_dir / "inboxes"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not read, and named by the caller
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        _refuse_unknown(os.environ)
        _refuse_towers(os.environ)
        file = settings_file(os.environ)
        try:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)
        except (TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"{file}: this is not TOML: {error}") from None
        except RecursionError:
            raise BadSettings(f"{file}: this is not TOML: its brackets are nested too deeply") from None


def settings_file(environ: Mapping[str, str]) -> Path | None:
    """The file of settings: the one YEARWHEEL_CONFIG names, else in the data folder, else in this folder.

    BadSettings if the one that is named is not there.
    """
    if named := environ.get(FILE_VARIABLE):
        if not Path(named).is_file():
            raise BadSettings(f"{FILE_VARIABLE} names {named}, and there is no such file")
        return Path(named)
    folder = environ.get(f"{PREFIX}DATA_DIR") or Settings.model_fields["data_dir"].default
    places = (Path(folder) / FILE, Path(FILE))
    return next((place for place in places if place.is_file()), None)


def every_setting() -> Iterator[tuple[str, FieldInfo]]:
    """Each setting as `yearwheel.toml` knows it, a section's with a dot, and what there is to say of it."""
    for name, info in Settings.model_fields.items():
        if name != "mail":
            yield name, info
    for name, info in Mail.model_fields.items():
        yield f"mail.{name}", info


def variable(setting: str) -> str:
    """The variable that stands for a setting."""
    return PREFIX + setting.replace(".", "__").upper()


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    """A misspelt key of the file is an error; a misspelt variable would otherwise be silence."""
    known = [*(variable(name) for name, _ in every_setting()), variable("mail"), FILE_VARIABLE]
    unknown = [
        name
        for name in sorted(environ)
        if name.upper().startswith(PREFIX)
        and name.upper() not in known
        and not name.upper().startswith(OF_THE_TESTS)
    ]
    if unknown:
        raise BadSettings(
            "\n".join(f"{name} is not a setting; {_nearest(name.upper(), known)}" for name in unknown)
        )


def _refuse_towers(environ: Mapping[str, str]) -> None:
    """A section or a list is read as JSON, and its reader breaks down in very many brackets."""
    sections = [variable("mail"), *(variable(name) for name, info in every_setting() if _is_list(info))]
    for name in sections:
        try:
            json.loads(environ.get(name, ""))
        except RecursionError:
            raise BadSettings(f"{name}: this is not JSON: its brackets are nested too deeply") from None
        except ValueError:
            continue  # whoever reads it says so


def _is_list(info: FieldInfo) -> bool:
    return get_origin(info.annotation) is tuple


def settings_for_workers(settings: Settings) -> dict[str, str]:
    """What a process on another machine has to be told to work as this one does; no secrets are in it."""
    words = {}
    for name, value in _leaves(settings):
        if name not in OF_THIS_MACHINE and not is_secret(name) and value is not None:
            words[variable(name)] = json.dumps(value) if isinstance(value, tuple | bool) else str(value)
    return words


def secrets_given(settings: Settings) -> list[str]:
    """The variables of the secrets that are set, and of the database's address, which may hold one."""
    given = [name for name, value in _leaves(settings) if is_secret(name) and value.get_secret_value()]
    return [variable(name) for name in (*(["database_url"] if settings.database_url else []), *given)]


def _leaves(settings: Settings) -> Iterator[tuple[str, Any]]:
    for name, _ in every_setting():
        section, _, key = name.rpartition(".")
        yield name, getattr(getattr(settings, section) if section else settings, key)


def is_secret(setting: str) -> bool:
    """Whether what it holds must not be shown."""
    info = dict(every_setting()).get(setting)
    return info is not None and info.annotation is SecretStr


def nearest_setting(given: str) -> str:
    """For a key that is none: which it may have been."""
    return _nearest(given, [name for name, _ in every_setting()])


def _nearest(given: str, known: list[str]) -> str:
    # The longer part that all names share would make any two of them alike.
    names = {name.removeprefix(PREFIX): name for name in known}
    near = [names[name] for name in get_close_matches(given.removeprefix(PREFIX), names, n=1)]
    return f"did you mean {near[0]}?" if near else "docs/settings.md has them all"
