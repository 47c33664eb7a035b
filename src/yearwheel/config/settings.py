"""Settings of one installation: `YEARWHEEL_*` variables, then `yearwheel.toml`, then these defaults."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from yearwheel.notifications.mailers.smtp import Security


class MailMode(StrEnum):
    TRIAL = "trial"  # into a local Maildir; nothing leaves
    LIVE = "live"  # over SMTP


class Section(BaseModel):
    """A part of the settings; a misspelt key in it is an error, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(Section):
    """How mail leaves."""

    mode: MailMode = Field(MailMode.TRIAL, description="trial writes a local Maildir; live speaks SMTP")
    sender: str = Field("planning@education.ky.example", description="the address in From")
    domain: str = Field("yearwheel.example", description="the right-hand side of every Message-ID")
    bounce_domain: str = Field("", description="takes bounces, one address a message; empty uses the sender")
    host: str = Field("127.0.0.1", description="the mail server")
    port: int = Field(25, ge=1, le=65535)
    security: Security = Security.STARTTLS
    user: str = ""
    password: SecretStr = SecretStr("")
    timeout: float = Field(30.0, gt=0, description="seconds to wait for the mail server's answer")
    local_hostname: str = Field("yearwheel.example", description="what we call ourselves in EHLO")
    team: tuple[str, ...] = Field(
        (), description="in trial mode, addresses and domains that do get real mail"
    )
    redirect_to: str = Field("", description="everybody's mail goes to this address instead")
    per_minute: int | None = Field(None, ge=1, description="messages a minute, to everyone together")
    per_domain_per_minute: int | None = Field(None, ge=1, description="messages a minute to one domain")
    letters_per_week: int | None = Field(
        None, ge=1, description="letters a person gets in seven days; what a statute asks for is exempt"
    )
    imap_host: str = Field("", description="where bounces are read, over TLS")
    imap_user: str = ""
    imap_password: SecretStr = SecretStr("")
    tell_admins: bool = Field(True, description="write the state's admins weekly digests and alerts")


class Settings(BaseSettings):
    """All settings. Everything the installation keeps is below `data_dir`."""

    model_config = SettingsConfigDict(
        env_prefix="YEARWHEEL_",
        env_nested_delimiter="__",
        toml_file="yearwheel.toml",
        extra="forbid",
        frozen=True,
    )

    data_dir: Path = Field(Path("data"), description="the folder of everything that is kept")
    database_url: str = Field("", description="empty means SQLite in the data folder")
    base_url: str = Field("http://127.0.0.1:8000", description="where links in mail lead")
    host: str = Field("127.0.0.1", description="the address pages are served on")
    port: int = Field(8000, ge=1, le=65535)
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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
