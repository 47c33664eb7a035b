"""What every service works with: settings, clock, database, words and mail."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event as Signal

from yearwheel.clock import Clock
from yearwheel.config.settings import Settings
from yearwheel.notifications.mailers import Mailer
from yearwheel.notifications.press import renderer
from yearwheel.notifications.render import Renderer
from yearwheel.services.secret import read_secret
from yearwheel.store.database import Database


@dataclass
class App:
    """One installation, put together by `bootstrap`. Once `stopping` is set no further message is offered."""

    settings: Settings
    clock: Clock
    database: Database
    open_mailer: Callable[[], AbstractContextManager[Mailer]]
    stopping: Signal = field(default_factory=Signal, compare=False)

    @property
    def renderer(self) -> Renderer:
        return renderer()

    @cached_property
    def secret(self) -> bytes:
        return read_secret(self.settings)


class Refused(Exception):
    """Something asked for cannot be done; the message says why and what to do. Nothing was changed."""
