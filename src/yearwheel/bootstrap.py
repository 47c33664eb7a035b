"""Builds the App once, from settings; the flows and tasks of a worker find it here."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

from yearwheel.clock import Clock, SystemClock
from yearwheel.config.settings import MailMode, Settings
from yearwheel.notifications.mailers import Mailer
from yearwheel.notifications.mailers.maildir import MaildirMailer
from yearwheel.notifications.mailers.smtp import SmtpMailer
from yearwheel.notifications.mailers.team import RedirectingMailer, TeamMailer
from yearwheel.services.app import App
from yearwheel.store.database import Database


def build_app(settings: Settings | None = None, clock: Clock | None = None, *, durable: bool = True) -> App:
    """Put one installation together and bring its database up to date. `durable`: see Database."""
    settings = settings or Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database, durable=durable)
    try:
        database.upgrade()
    except BaseException:
        database.close()
        raise
    return App(settings, clock or SystemClock(), database, lambda: _open_mailer(settings))


_chosen: list[App] = []


@contextmanager
def use_app(app: App) -> Iterator[App]:
    """Let flows and tasks in this process work with `app`."""
    _chosen.append(app)
    try:
        yield app
    finally:
        _chosen.remove(app)


def current_app() -> App:
    """The App flows and tasks work with: the one in use here, else one built from the environment."""
    return _chosen[-1] if _chosen else _own_app()


@cache
def _own_app() -> App:
    return build_app()


def _open_mailer(settings: Settings) -> AbstractContextManager[Mailer]:
    mailer = SmtpMailer(settings.mail.server) if settings.mail.mode is MailMode.LIVE else _trial(settings)
    redirect_to = settings.mail.redirect_to
    return RedirectingMailer(redirect_to, mailer) if redirect_to else mailer


def _trial(settings: Settings) -> MaildirMailer | TeamMailer:
    staying = MaildirMailer(settings.inboxes)
    team = settings.mail.team
    return TeamMailer(team, SmtpMailer(settings.mail.server), staying) if team else staying
