"""Handing the bells to Prefect, and taking them back. Never do two ring."""

from collections.abc import Callable, Sequence
from secrets import token_hex

from yearwheel.services.app import App, Refused
from yearwheel.services.bells import Hung, hang
from yearwheel.services.serve_lock import who_serves
from yearwheel.services.status import list_running, running_cycles
from yearwheel.store import Connection, events, ringer
from yearwheel.store.events import Event
from yearwheel.store.ringer import Ringer

Register = Callable[[str, Sequence[Hung]], None]  # installation and bells


def find_ringer(app: App) -> Ringer | None:
    """The Prefect that rings the bells, or None while `serve` does."""
    with app.database.reading() as connection:
        return ringer.find(connection)


def wanted_bells(app: App) -> list[Hung]:
    """Every bell that has to hang now."""
    return list(hang(running_cycles(app), each_minute=app.settings.mail.has_rate))


def silent_bells(connection: Connection, each_minute: bool) -> list[str]:
    """Bells that have to hang and that Prefect, which rings the others, does not know; in words."""
    found = ringer.find(connection)
    wanted = hang(list_running(connection), each_minute=each_minute)
    return [bell.words for bell in wanted if found and bell.words not in found.bells]


def hand_to_prefect(app: App, register: Register, *, pool: str, api_url: str, by: str) -> list[Hung]:
    """Let Prefect ring every bell from now on; `register` tells it which. Safe to repeat.

    Refused while `serve` rings them, and where several machines would sign links with different secrets.
    """
    bells = wanted_bells(app)
    _refuse_two_ringers(app)
    _refuse_many_secrets(app)
    before = find_ringer(app)
    if before and (before.pool, before.api_url) != (pool, api_url):
        raise Refused(
            f"Prefect on {before.api_url}, work pool {before.pool}, rings the bells; "
            "first take them away there: yearwheel deploy --remove"
        )
    name = before.installation if before else token_hex(4)
    # Ours before theirs: cut off in between, `serve` knows not to ring, and `doctor` what is missing.
    begun = Ringer(name, pool, api_url, before.bells if before else (), by, app.clock.now())
    _write(app, begun)
    try:
        register(name, bells)
    except BaseException:
        # Which of the former bells are left there nobody knows.
        _write(app, before._replace(bells=()) if before else None)
        raise
    _write(app, begun._replace(bells=tuple(bell.words for bell in bells)), "bells_handed_to_prefect")
    return bells


def take_from_prefect(app: App, remove: Callable[[Ringer], None], *, by: str) -> Ringer:
    """Let `serve` ring the bells again; `remove` tells Prefect. Refused where Prefect does not ring them."""
    found = find_ringer(app)
    if found is None:
        raise Refused("Prefect does not ring the bells of this installation; there is nothing to remove")
    remove(found)
    _write(app, None, "bells_taken_from_prefect", by)
    return found


def _refuse_two_ringers(app: App) -> None:
    holder = who_serves(app.settings.data_dir)
    if holder and holder.rings:
        raise Refused(
            f"yearwheel serve rings these bells already, on {holder.address} (process {holder.pid}); "
            "stop it, deploy, and start it again: it then serves pages only"
        )


def _refuse_many_secrets(app: App) -> None:
    if not app.database.is_sqlite and not app.settings.secret.get_secret_value():
        raise Refused(
            "each worker would sign links with a secret of its own: set YEARWHEEL_SECRET to the same words "
            f"here and for every worker; what signed them so far is in {app.settings.data_dir / 'secret'}"
        )


def _write(app: App, found: Ringer | None, kind: str = "", by: str = "") -> None:
    with app.database.writing() as work:
        if found is None:
            ringer.clear(work.connection)
        else:
            ringer.put(work.connection, found)
        if kind:
            detail = {"pool": found.pool, "api_url": found.api_url} if found else None
            who = found.by if found else by
            events.append(work.connection, [Event(app.clock.now(), who, kind, detail=detail)])
        work.commit()
